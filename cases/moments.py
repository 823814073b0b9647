"""Days are counted in Shanghai and moments are kept in UTC, whatever the zone of the server."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from config.messages import say

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)  # that anybody means; counting from them leaves no calendar


class DayOutOfRange(ValueError):
    """A day that no case is about: before FIRST_DAY or after LAST_DAY."""


def known_day(day: date) -> date:
    """Return *day*. Raises DayOutOfRange."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DayOutOfRange(f"{day} lies outside of {FIRST_DAY} to {LAST_DAY}")
    return day


def read_day(text: str) -> date:
    """Return the day that *text* writes (2026-03-31). Raises ValueError, and DayOutOfRange among them."""
    return known_day(date.fromisoformat(text))


def shanghai_date(moment: datetime) -> date:
    """Return the day that *moment* (aware) has in Shanghai. Raises ValueError for a moment without a zone."""
    return _aware(moment).astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """Return the first moment of *day* in Shanghai, as UTC."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the last moment of *day* in Shanghai, as UTC: a deadline passes after it, not on it."""
    return datetime.combine(day, time.max, SHANGHAI).astimezone(UTC)


def on_paper(moment: datetime, language: str) -> str:
    """Return *moment* (aware) as people read it: the day and the minute in Shanghai."""
    local = _aware(moment).astimezone(SHANGHAI)
    return say(language, "moment.minute", day=day_on_paper(local.date(), language), clock=f"{local:%H:%M}")


def day_on_paper(day: date, language: str) -> str:
    """Return *day* as people read it."""
    month = say(language, f"moment.month_{day.month}")
    return say(language, "moment.day", year=day.year, month=month, day=day.day)


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} names no zone; astimezone() would take the server's")
    return moment
