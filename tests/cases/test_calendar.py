from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendar import WorkingCalendar
from config.calendars import DayKind, Kind, days_with, published_days

CHINA = WorkingCalendar(published_days())
ESTIMATED = WorkingCalendar(days_with({}))
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


def test_a_year_without_a_notice_is_counted_by_the_days_of_the_law_and_says_so() -> None:
    span = ESTIMATED.add_working_days(date(2031, 9, 30), 1)

    assert span.end == date(2031, 10, 6)  # 1 October is Mid-Autumn Day too; the 4th and 5th are a weekend
    assert span.unpublished == (2031,)
    assert [skip.why.is_estimated for skip in span.skipped] == [True, True, True, False, False]
    assert span.made_up == ()


@pytest.mark.parametrize("year", [2027, 2028, 2033, 2050, 2100])
def test_the_law_names_thirteen_days(year: int) -> None:
    days = [day for day, kind in days_with({}).items() if day.year == year and kind.is_estimated]

    assert len(days) in (12, 13)  # Mid-Autumn may fall on National Day
    assert not any(ESTIMATED.is_working_day(day) for day in days)
    assert not any(kind.is_worked for day, kind in days_with({}).items() if day.year == year)


def test_the_lunar_days_of_2027_are_those_of_the_almanac() -> None:
    spring = [date(2027, 2, 5), date(2027, 2, 6), date(2027, 2, 7), date(2027, 2, 8)]
    others = [date(2027, 4, 5), date(2027, 6, 9), date(2027, 9, 15)]

    assert all(not ESTIMATED.is_working_day(day) for day in spring + others)
    assert ESTIMATED.is_working_day(date(2027, 2, 9))


def test_the_estimates_of_a_year_go_when_its_notice_is_entered() -> None:
    notice = {date(2027, 10, 1): DayKind(Kind.HOLIDAY, "national_day"), date(2027, 2, 6): DayKind(Kind.MAKE_UP, "x")}
    entered = WorkingCalendar(days_with(notice))

    assert not any(kind.is_estimated for day, kind in entered.exceptions.items() if day.year == 2027)
    assert entered.is_working_day(date(2027, 2, 5))  # a Friday: the notice that was entered does not free it
    assert not entered.counts_estimates(date(2027, 1, 1), date(2027, 12, 31))
    assert entered.counts_estimates(date(2027, 12, 31), date(2028, 1, 31))


def test_no_year_with_a_notice_is_estimated() -> None:
    assert not any(kind.is_estimated for day, kind in days_with({}).items() if CHINA.is_published(day.year))


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


def test_a_count_that_no_calendar_holds_is_refused_at_once() -> None:
    for count in (10**9, -(10**9)):
        with pytest.raises(OverflowError, match=str(count)):
            CHINA.add_working_days(date(2026, 11, 20), count)
