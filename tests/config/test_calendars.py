from datetime import date

import pytest

from config.calendars import DayKind, Kind, days_with, published_days
from config.messages import LANGUAGES, catalogue


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_holiday_has_a_name_in_every_language(language: str) -> None:
    notes = {kind.note for kind in published_days().values()}

    assert {f"calendar.{note}" for note in notes} <= catalogue(language).keys()


def test_published_days_tell_holidays_days_in_lieu_and_make_up_days_apart() -> None:
    days = published_days()

    assert days[date(2026, 10, 1)] == DayKind(Kind.HOLIDAY, "national_day")
    assert days[date(2026, 10, 7)] == DayKind(Kind.IN_LIEU, "national_day")
    assert days[date(2026, 10, 10)] == DayKind(Kind.MAKE_UP, "national_day")


def test_a_make_up_day_is_a_weekend_and_a_day_in_lieu_is_a_weekday() -> None:
    days = published_days().items()

    assert all(day.weekday() >= 5 for day, kind in days if kind.kind is Kind.MAKE_UP)
    assert all(day.weekday() < 5 for day, kind in days if kind.kind is Kind.IN_LIEU)


def test_an_edited_day_lies_above_the_published_one() -> None:
    typhoon = DayKind(Kind.HOLIDAY, "台风停工")

    assert days_with({date(2026, 10, 10): typhoon})[date(2026, 10, 10)] == typhoon
    assert published_days()[date(2026, 10, 10)] != typhoon
