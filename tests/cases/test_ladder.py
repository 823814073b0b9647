from bisect import bisect_left
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendar import WorkingCalendar
from cases.ladder import (
    Climb,
    DecidedBy,
    LadderUnit,
    Notice,
    NoticeKey,
    Rung,
    Standing,
    Trigger,
    ladder,
    last_start,
    next_notices,
    rungs_reached,
)
from config.calendars import published_days
from config.ladder import ROWS
from config.messages import knows

CHINA = WorkingCalendar(published_days())
LADDER = ladder(ROWS)
FRIDAY = date(2026, 11, 20)
FINDING = Standing("F-1", due_on=FRIDAY, since=date(2026, 1, 5), last_progress_on=FRIDAY)


TEN_YEARS = [date(2017, 1, 1) + timedelta(days=days) for days in range(3_900)]
COUNTS = [
    (unit, count) for unit in (LadderUnit.WORKING_DAYS, LadderUnit.DAYS) for count in (-20, -10, -3, -1, 0, 1, 2, 5, 30)
]


def climb(as_of: date, standing: Standing = FINDING, noticed: frozenset[NoticeKey] = frozenset()) -> Climb:
    return next_notices(LADDER, standing, as_of, CHINA, noticed=noticed)


def keys(answer: Climb) -> frozenset[NoticeKey]:
    notices = (answer.tell, answer.propose, *answer.superseded)
    return frozenset(notice.key for notice in notices if notice)


def code(notice: Notice | None) -> str | None:
    return notice.rung.code if notice else None


@pytest.mark.parametrize(
    ("working_days", "told", "proposed"),
    [
        (-21, None, None),
        (-20, "remind", None),
        (-10, "urge", None),
        (0, "urge", None),
        (1, "supervise_letter", None),
        (15, "key_supervision", None),
        (20, "deadline_order", None),
        (30, "deadline_order", "interview"),
        (400, "deadline_order", "interview"),
    ],
)
def test_the_highest_rung_speaks(working_days: int, told: str | None, proposed: str | None) -> None:
    answer = climb(CHINA.add_working_days(FRIDAY, working_days).end)

    assert (code(answer.tell), code(answer.propose)) == (told, proposed)


def test_lower_rungs_are_superseded_after_downtime() -> None:
    answer = climb(date(2026, 11, 23))

    assert [notice.rung.code for notice in answer.superseded] == ["remind", "urge"]


def test_the_same_patrol_twice_tells_nothing_new() -> None:
    first = climb(date(2026, 11, 23))

    assert climb(date(2026, 11, 24), noticed=keys(first)) == Climb()


def test_an_extension_begins_at_the_foot_again() -> None:
    told = keys(climb(date(2026, 12, 31)))
    extended = replace(FINDING, due_on=date(2027, 3, 1), since=date(2027, 1, 4), last_progress_on=date(2027, 2, 1))

    assert code(climb(date(2027, 2, 8), extended, told).tell) == "remind"


def test_nobody_is_urged_on_the_day_he_gets_a_short_errand() -> None:
    short = replace(FINDING, since=date(2026, 11, 17))

    assert climb(date(2026, 11, 17), short) == Climb()
    assert code(climb(date(2026, 11, 23), short).tell) == "supervise_letter"


def test_a_month_without_progress_is_reminded_once_for_each_silence() -> None:
    silent = replace(FINDING, due_on=date(2027, 6, 30), last_progress_on=date(2026, 11, 1))
    first = climb(date(2026, 11, 16), silent)  # the 15th is a Sunday
    again = climb(date(2026, 11, 20), silent, keys(first))
    later = climb(date(2026, 12, 21), replace(silent, last_progress_on=date(2026, 11, 25)), keys(first))

    assert code(first.tell) == "remind"
    assert again == Climb()
    assert code(later.tell) == "remind"


def test_no_reminder_comes_from_below_a_letter_that_was_sent() -> None:
    told = keys(climb(date(2026, 11, 23)))
    answer = climb(date(2026, 12, 7), replace(FINDING, last_progress_on=date(2026, 11, 22)), told)

    assert answer.tell is None
    assert [notice.rung.code for notice in answer.superseded] == ["remind"]


def test_what_came_back_twice_gets_a_letter_before_it_is_late() -> None:
    returned = replace(FINDING, due_on=date(2027, 6, 30), returned=3)

    assert code(climb(FRIDAY, returned).tell) == "supervise_letter"


def test_a_key_finding_climbs_sooner_and_is_told_only_once_for_that_day() -> None:
    key = replace(FINDING, is_key=True)
    first = climb(CHINA.add_working_days(FRIDAY, 5).end, key)
    later = climb(CHINA.add_working_days(FRIDAY, 15).end, key, keys(first))

    assert code(first.tell) == "key_supervision"
    assert later.tell is None


def test_a_unit_where_delay_is_concentrated_is_told_once_a_month() -> None:
    unit = Standing("unit:7", percent_overdue=30)
    november = climb(FRIDAY, unit)

    assert code(november.tell) == "key_supervision"
    assert climb(date(2026, 11, 30), unit, keys(november)) == Climb()
    assert code(climb(date(2026, 12, 1), unit, keys(november)).tell) == "key_supervision"


def test_a_new_cycle_knows_nothing_of_the_last_one() -> None:
    told = keys(climb(date(2026, 11, 23)))

    assert code(climb(date(2026, 11, 23), replace(FINDING, cycle=2), told).tell) == "supervise_letter"


def test_a_proposal_does_not_silence_the_notice_below_it() -> None:
    answer = climb(date(2027, 3, 1))

    assert answer.tell is not None
    assert answer.propose is not None
    assert answer.propose.rung.addressees == ("superior_leader",)


@pytest.mark.parametrize(
    "change",
    [
        {"rank": 5},
        {"rank": "high"},
        {"rank": True},
        {"trigger": "full_moon"},
        {"unit": "percent"},
        {"addressees": " , "},
        {"after_days": None},
        {"decided_by": "nobody"},
        {"trigger": "no_progress", "after_days": 0},
        {"trigger": "returned", "unit": "times", "after_days": 0},
    ],
)
def test_a_row_that_is_no_rung_is_refused_with_its_place(change: dict[str, str | int | None]) -> None:
    with pytest.raises(ValueError, match="row 1 of the ladder"):
        ladder([{**ROWS[0], **change}])


def test_a_row_without_a_code_is_refused() -> None:
    with pytest.raises(ValueError, match="row 2"):
        ladder([ROWS[0], {"rank": 1}])


def test_one_rung_with_two_ranks_is_refused() -> None:
    with pytest.raises(ValueError, match="two ranks"):
        ladder([ROWS[0], {**ROWS[1], "rank": 1}])


def test_every_rung_has_a_name() -> None:
    assert [rung.code for rung in LADDER if not knows(f"rung.{rung.code}")] == []


STANDINGS = st.builds(
    Standing,
    st.just("F-1"),
    cycle=st.integers(1, 2),
    due_on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    since=st.none() | st.dates(date(2025, 6, 1), date(2026, 6, 1)),
    last_progress_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    returned=st.integers(0, 9),
    is_key=st.booleans(),
    percent_overdue=st.integers(0, 100),
)


@given(STANDINGS, st.dates(date(2026, 1, 1), date(2027, 6, 1)))
def test_each_rung_that_was_reached_is_told_proposed_or_superseded_and_then_silent(
    standing: Standing, as_of: date
) -> None:
    answer = climb(as_of, standing)

    assert keys(answer) == {notice.key for notice in rungs_reached(LADDER, standing, as_of, CHINA)}
    assert climb(as_of, standing, keys(answer)) == Climb()


@given(STANDINGS, st.dates(date(2026, 1, 1), date(2027, 6, 1)))
def test_the_system_never_does_what_a_person_must_decide(standing: Standing, as_of: date) -> None:
    answer = climb(as_of, standing)

    assert answer.tell is None or answer.tell.rung.decided_by is DecidedBy.SYSTEM
    assert answer.tell is None or answer.tell.rung.rank < 5
    assert all(notice.rung.trigger is not Trigger.DECISION for notice in answer.superseded)


@given(STANDINGS, st.dates(date(2026, 1, 1), date(2026, 12, 1)), st.sets(st.integers(0, 120), max_size=12))
def test_what_the_deadline_tells_only_climbs_however_often_the_patrol_ran(
    standing: Standing, first: date, offsets: set[int]
) -> None:
    noticed: frozenset[NoticeKey] = frozenset()
    ranks = []
    for offset in sorted(offsets):
        answer = climb(first + timedelta(days=offset), standing, noticed)
        noticed |= keys(answer)
        if answer.tell and answer.tell.key.period == str(standing.due_on):
            ranks.append(answer.tell.rung.rank)

    assert ranks == sorted(set(ranks))


def first_days(rung: Rung) -> dict[date, date]:
    """Return by due day when a rung first speaks, asked of the range of due days that the patrol's query takes."""
    working = [day for day in TEN_YEARS if CHINA.is_working_day(day)]
    ends = [last_start(rung, day, CHINA) for day in working]
    assert ends == sorted(ends)
    return {due: working[bisect_left(ends, due)] for due in TEN_YEARS[60:-120]}


@pytest.mark.parametrize(("unit", "count"), COUNTS)
def test_a_rung_comes_on_its_day_for_every_due_day_of_ten_years(unit: LadderUnit, count: int) -> None:
    rung = Rung("x", 1, Trigger.DEADLINE, count, unit, ("chief",))
    counted = dict(zip(TEN_YEARS, accumulate(CHINA.is_working_day(day) for day in TEN_YEARS), strict=True))

    for due, told in first_days(rung).items():
        before = told - timedelta(days=1)
        assert CHINA.is_working_day(told)
        if unit is LadderUnit.WORKING_DAYS:
            assert counted[told] - counted[due] >= count > counted[before] - counted[due]
        else:
            assert told == CHINA.first_working_day(due + timedelta(days=count))


@given(st.sampled_from(TEN_YEARS[400:-400]), st.integers(-60, 60), st.sampled_from(COUNTS), st.booleans())
def test_the_rule_and_the_range_agree(due: date, days: int, count: tuple[LadderUnit, int], silent: bool) -> None:
    trigger = Trigger.NO_PROGRESS if silent and count[1] > 0 else Trigger.DEADLINE
    rung = Rung("x", 1, trigger, count[1], count[0], ("chief",))
    as_of = due + timedelta(days=days)

    reached = rungs_reached([rung], Standing("F-1", due_on=due, last_progress_on=due), as_of, CHINA)

    assert bool(reached) is (CHINA.is_working_day(as_of) and due <= last_start(rung, as_of, CHINA))


def test_on_a_free_day_the_ladder_is_silent() -> None:
    overdue = replace(FINDING, due_on=date(2026, 9, 25), returned=2, is_key=True)

    for day in (date(2026, 10, 1), date(2026, 10, 4), date(2026, 10, 11)):
        assert climb(day, overdue) == Climb()
    assert climb(date(2026, 10, 10), overdue).tell is not None  # a Saturday that is worked
