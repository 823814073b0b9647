"""Which days are worked in China: the published notices of the State Council, and an office's own table above them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType

from borax.calendars.lunardate import LunarDate, TermUtils
from chinese_calendar import constants as published

ESTIMATED_UNTIL = 2100  # the last year of the lunar tables


class Kind(StrEnum):
    """Why a day is worked or not, where the day of the week alone does not say it."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    IN_LIEU = "in_lieu"  # 调休放假: free, and worked off on a weekend
    MAKE_UP = "make_up"  # 调休上班: a day that is worked although it looks free


@dataclass(frozen=True, slots=True)
class DayKind:
    """What a day is; *note* is a holiday's code (``calendar.<code>`` in the catalogues) or an officer's own words.

    *is_estimated*: the law names it, but the notice of its year is not known.
    """

    kind: Kind
    note: str = ""
    is_estimated: bool = False

    @property
    def is_worked(self) -> bool:
        return self.kind is Kind.MAKE_UP


@cache
def published_days() -> Mapping[date, DayKind]:
    """Return every day that the known notices of the State Council change, weekends inside a holiday included.

    Source: ``chinesecalendar``, which types the yearly notices off from 2004 on; a later year may be absent.
    """
    codes = {holiday.value: holiday.name for holiday in published.Holiday}
    days = {day: DayKind(Kind.HOLIDAY, codes[name]) for day, name in published.holidays.items()}
    days |= {day: DayKind(Kind.IN_LIEU, codes[name]) for day, name in published.in_lieu_days.items()}
    days |= {day: DayKind(Kind.MAKE_UP, codes[name]) for day, name in published.workdays.items()}
    return MappingProxyType(days)


def days_with(edited: Mapping[date, DayKind]) -> dict[date, DayKind]:
    """Return the published days with an office's *edited* table laid above them.

    A year after the last published one whose notice the office has not entered either is estimated (预估): the days
    that the law itself names are free, no weekend is worked.
    """
    known = {**published_days(), **edited}
    last = max(day.year for day in published_days())
    unknown = [year for year in range(last + 1, ESTIMATED_UNTIL + 1) if not has_notice(known, year)]
    return {day: kind for year in unknown for day, kind in estimated_days(year).items()} | known


def has_notice(days: Mapping[date, DayKind], year: int) -> bool:
    """Whether *days* hold the notice for *year*; National Day free is its mark, since every notice has it.

    A single day that an officer entered for next year is no notice, a table typed off from one is.
    """
    kind = days.get(date(year, 10, 1))
    return kind is not None and not kind.is_worked and not kind.is_estimated


@lru_cache(maxsize=128)
def estimated_days(year: int) -> Mapping[date, DayKind]:
    """Return the days of *year* that are free by law whatever a notice says.

    Source: 全国年节及纪念日放假办法 as of 2025, 13 days: New Year 1, Spring Festival 4 from its eve, Qingming 1,
    Labour Day 2, Dragon Boat 1, Mid-Autumn 1, National Day 3. What is moved or worked in exchange a notice says.
    """
    return {day: DayKind(Kind.HOLIDAY, code, is_estimated=True) for code, day in _by_law(year)}


def _by_law(year: int) -> Iterator[tuple[str, date]]:
    new_year = LunarDate(year, 1, 1).to_solar_date()
    yield "new_years_day", date(year, 1, 1)
    yield from (("spring_festival", new_year + timedelta(days=days)) for days in (-1, 0, 1, 2))
    yield "tomb_sweeping_day", TermUtils.day_start_from_term(year, "清明")
    yield from (("labour_day", date(year, 5, day)) for day in (1, 2))
    yield "dragon_boat_festival", LunarDate(year, 5, 5).to_solar_date()
    yield "mid_autumn_festival", LunarDate(year, 8, 15).to_solar_date()
    yield from (("national_day", date(year, 10, day)) for day in (1, 2, 3))
