from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendar import WorkingCalendar
from cases.deadlines import (
    Countdown,
    Period,
    PeriodUnit,
    Urgency,
    UrgencyPolicy,
    countdown_in_words,
    days_late,
    due,
    explain,
    half_way,
    urgency,
)
from config.calendars import DayKind, Kind, days_with, published_days

CHINA = WorkingCalendar(published_days())
FRIDAY = date(2026, 11, 20)
DAYS = st.dates(date(2004, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("start", "period", "end"),
    [
        (date(2026, 1, 31), Period(1, PeriodUnit.MONTHS), date(2026, 2, 28)),
        (date(2023, 11, 30), Period(3, PeriodUnit.MONTHS), date(2024, 2, 29)),
        (date(2026, 8, 31), Period(6, PeriodUnit.MONTHS), date(2027, 2, 28)),
        (date(2026, 12, 15), Period(1, PeriodUnit.MONTHS), date(2027, 1, 15)),
        (date(2026, 9, 24), Period(8, PeriodUnit.WORKING_DAYS), date(2026, 10, 13)),
        (date(2026, 9, 24), Period(8, PeriodUnit.DAYS), date(2026, 10, 2)),
        (date(2026, 9, 24), Period.on(date(2026, 12, 31)), date(2026, 12, 31)),
    ],
)
def test_a_period_ends_by_its_unit(start: date, period: Period, end: date) -> None:
    assert due(start, period, CHINA).day == end


@pytest.mark.parametrize(
    ("amount", "unit", "until"),
    [
        (-1, PeriodUnit.DAYS, None),
        (0, PeriodUnit.DATE, None),
        (3, PeriodUnit.MONTHS, FRIDAY),
    ],
)
def test_what_is_no_period_is_refused(amount: int, unit: PeriodUnit, until: date | None) -> None:
    with pytest.raises(ValueError, match="no period"):
        Period(amount, unit, until)


def test_a_deadline_explains_itself_in_both_languages() -> None:
    counted = due(date(2026, 9, 24), Period(8, PeriodUnit.WORKING_DAYS), CHINA)

    assert explain(counted, "zh") == (
        "自2026年9月24日起 8 个工作日，至2026年10月13日。"
        "不计入：中秋节 3 天、国庆节 7 天、周末 1 天。"
        "调休上班 1 天计入：2026年10月10日。"
    )
    assert explain(counted, "en") == (
        "8 working day(s) from 24 September 2026, until 13 October 2026. "
        "Not counted: Mid-Autumn Festival 3 day(s), National Day 7 day(s), weekend 1 day(s). "
        "1 make-up working day(s) counted: 10 October 2026."
    )


def test_a_deadline_in_an_unpublished_year_warns() -> None:
    assert "2031年放假安排尚未公布" in explain(due(date(2031, 3, 3), Period(3, PeriodUnit.WORKING_DAYS), CHINA), "zh")


def test_an_officers_own_note_stands_in_the_explanation() -> None:
    calendar = WorkingCalendar(days_with({date(2026, 11, 23): DayKind(Kind.HOLIDAY, "暴雪停工")}))

    assert "暴雪停工 1 天" in explain(due(FRIDAY, Period(1, PeriodUnit.WORKING_DAYS), calendar), "zh")


@pytest.mark.parametrize(
    ("today", "expected", "words"),
    [
        (date(2026, 11, 12), Countdown(Urgency.NORMAL, 6), "剩 6 个工作日"),
        (date(2026, 11, 13), Countdown(Urgency.NEAR, 5), "剩 5 个工作日"),
        (date(2026, 11, 20), Countdown(Urgency.NEAR, 0), "今日到期"),
        (date(2026, 11, 21), Countdown(Urgency.OVERDUE, 0), "已逾期"),
        (date(2026, 11, 23), Countdown(Urgency.OVERDUE, 1), "逾期 1 个工作日"),
    ],
)
def test_a_countdown_counts_working_days(today: date, expected: Countdown, words: str) -> None:
    countdown = urgency(FRIDAY, today, CHINA, UrgencyPolicy(near_within=5))

    assert countdown == expected
    assert countdown_in_words(countdown, "zh") == words


@given(DAYS, st.integers(0, 60))
def test_every_month_period_keeps_its_day_or_ends_its_month(start: date, months: int) -> None:
    end = due(start, Period(months, PeriodUnit.MONTHS), CHINA).day

    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end.toordinal() + 1) == _first_after(end).toordinal())


def _first_after(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


@given(DAYS, DAYS)
def test_half_way_lies_in_the_middle_of_the_working_days(start: date, end: date) -> None:
    middle = half_way(start, end, CHINA)

    if end <= start:
        assert middle == end
    else:
        before = CHINA.working_days_between(start, middle)
        after = CHINA.working_days_between(middle, end)
        assert start <= middle <= end
        assert after - before in (0, 1)


@given(DAYS, DAYS)
def test_overdue_is_exactly_what_is_past_its_day(due_on: date, today: date) -> None:
    countdown = urgency(due_on, today, CHINA, UrgencyPolicy())

    assert (countdown.urgency is Urgency.OVERDUE) == (today > due_on)
    assert countdown.working_days == abs(days_late(due_on, today, CHINA))


def test_a_count_over_a_holiday_without_a_notice_says_that_it_is_estimated() -> None:
    calendar = WorkingCalendar(days_with({}))
    new_year = due(date(2026, 12, 30), Period(3, PeriodUnit.WORKING_DAYS), calendar)
    countdown = urgency(date(2027, 1, 4), date(2026, 12, 30), calendar, UrgencyPolicy())

    assert "元旦（预估） 1 天" in explain(new_year, "zh")
    assert "New Year's Day (estimated) 1 day(s)" in explain(new_year, "en")
    assert countdown_in_words(countdown, "zh") == "剩 2 个工作日（预估）"
    assert countdown_in_words(urgency(date(2026, 12, 31), date(2026, 12, 30), calendar, UrgencyPolicy()), "zh") == (
        "剩 1 个工作日"
    )
