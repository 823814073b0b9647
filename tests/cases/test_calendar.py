from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendar import WorkingCalendar
from config.calendars import DayKind, Kind, days_with, published_days

CHINA = WorkingCalendar(published_days())
DAYS = st.dates(date(2003, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 9, 18), True),  # an ordinary Friday
        (date(2026, 9, 19), False),  # an ordinary Saturday
        (date(2026, 9, 20), True),  # a Sunday worked for National Day
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),  # in lieu
        (date(2026, 10, 10), True),  # a Saturday worked for National Day
        (date(2025, 1, 26), True),  # a Sunday worked for the Spring Festival
    ],
)
def test_a_day_is_worked_as_the_state_council_said(day: date, is_worked: bool) -> None:
    assert CHINA.is_working_day(day) is is_worked


def test_one_working_day_from_a_friday_is_the_monday() -> None:
    assert CHINA.add_working_days(date(2026, 11, 20), 1).end == date(2026, 11, 23)


def test_a_count_over_national_day_says_what_it_skipped_and_what_it_counted() -> None:
    span = CHINA.add_working_days(date(2026, 9, 24), 8)

    assert span.end == date(2026, 10, 13)
    assert [(skip.day.day, skip.why.kind) for skip in span.skipped] == [
        (25, Kind.HOLIDAY),
        (26, Kind.HOLIDAY),
        (27, Kind.HOLIDAY),
        *[(day, Kind.HOLIDAY) for day in range(1, 6)],
        (6, Kind.IN_LIEU),
        (7, Kind.IN_LIEU),
        (11, Kind.WEEKEND),
    ]
    assert span.made_up == (date(2026, 10, 10),)
    assert span.unpublished == ()


def test_an_unpublished_year_is_counted_by_weekdays_and_says_so() -> None:
    span = CHINA.add_working_days(date(2031, 9, 30), 1)

    assert span.end == date(2031, 10, 1)
    assert span.unpublished == (2031,)


def test_an_office_lays_its_own_days_above_the_published_ones() -> None:
    edited = {
        date(2026, 9, 20): DayKind(Kind.HOLIDAY, "台风停工"),
        date(2026, 9, 19): DayKind(Kind.MAKE_UP, "补台风停工"),
    }
    calendar = WorkingCalendar(days_with(edited))

    assert not calendar.is_working_day(date(2026, 9, 20))
    assert calendar.is_working_day(date(2026, 9, 19))
    assert not calendar.is_working_day(date(2026, 10, 1))


def test_one_edited_day_does_not_make_a_year_published_but_its_national_day_does() -> None:
    one_day = WorkingCalendar(days_with({date(2031, 1, 2): DayKind(Kind.HOLIDAY, "new_years_day")}))
    notice = WorkingCalendar(days_with({date(2031, 10, 1): DayKind(Kind.HOLIDAY, "national_day")}))

    assert not one_day.is_published(2031)
    assert notice.is_published(2031)


@given(DAYS, st.integers(0, 400))
def test_the_days_that_were_added_are_the_days_between(start: date, count: int) -> None:
    assert CHINA.working_days_between(start, CHINA.add_working_days(start, count).end) == count


@given(DAYS, DAYS)
def test_the_quick_count_is_the_count_day_by_day(one: date, other: date) -> None:
    start, end = sorted((one, other))
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))

    assert CHINA.working_days_between(start, end) == sum(map(CHINA.is_working_day, days))


@given(DAYS, DAYS, DAYS)
def test_counts_add_up_and_turn_round(first: date, second: date, third: date) -> None:
    between = CHINA.working_days_between

    assert between(first, second) + between(second, third) == between(first, third)
    assert between(first, second) == -between(second, first)


@given(DAYS, st.integers(1, 60))
def test_counting_back_ends_on_a_working_day_that_many_before(start: date, count: int) -> None:
    end = CHINA.add_working_days(start, -count).end
    days = (end + timedelta(days=n) for n in range((start - end).days))

    assert CHINA.is_working_day(end)
    assert sum(map(CHINA.is_working_day, days)) == count


@given(DAYS, st.integers(-60, 60))
def test_every_day_of_a_span_is_worked_or_skipped(start: date, count: int) -> None:
    span = CHINA.add_working_days(start, count)

    assert len(span.skipped) + abs(count) == abs((span.end - start).days)
    assert not any(CHINA.is_working_day(skip.day) for skip in span.skipped)
