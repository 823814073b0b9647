"""Figures as of any day, counted alike by SQLite and PostgreSQL, and only over what a person may see."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, true, update

from cases.figures import Quantity, Tally, formula
from persistence.database import Database
from persistence.figures import By, FigureFilters, counted_findings, tallies, tally
from persistence.tables import (
    cycles,
    extensions,
    findings,
    milestones,
    posts,
    reviews,
)
from persistence.visibility import below
from tests.persistence.lives import DUE, issued, marked, noon, put, revoked, signed, submitted, told
from tests.persistence.stock import a_finding, add_findings, found_city

LATER = date(2026, 12, 31)


@pytest.fixture
def store(database: Database) -> Database:
    with database.writing() as connection:
        found_city(connection)
    return database


def on(store: Database, day: date = LATER, **narrowed: Any) -> Tally:
    with store.reading() as connection:
        return tally(connection, true(), FigureFilters(day, **narrowed))


def behind(store: Database, quantity: Quantity, day: date = LATER) -> list[int]:
    with store.reading() as connection:
        return [one.id for one in counted_findings(connection, true(), FigureFilters(day), quantity)]


def test_a_finding_counts_from_the_day_of_its_issue_in_shanghai(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10)
        add_findings(connection, a_finding(11, state="registered"))
        connection.execute(update(cycles).values(opened_at=datetime(2026, 3, 1, 16, 0, tzinfo=UTC)))

    assert on(store, date(2026, 3, 1)) == Tally()
    assert on(store, date(2026, 3, 2)) == Tally(total=1)


def test_a_sign_off_counts_from_its_day_and_is_on_time_by_the_submission(store: Database) -> None:
    with store.writing() as connection:
        for id, day in ((10, datetime(2026, 4, 1, 15, 59, tzinfo=UTC)), (11, datetime(2026, 4, 1, 16, 0, tzinfo=UTC))):
            issued(connection, id)
            submitted(connection, id, day)
            signed(connection, id, noon(5, 1))
        issued(connection, 12)

    assert on(store, date(2026, 4, 30)) == Tally(total=3, overdue=2)  # handed in a minute late, and not at all
    assert on(store) == Tally(total=3, done=2, on_time=1, overdue=1, ever_done=2)
    assert behind(store, Quantity.ON_TIME) == [10]
    assert behind(store, Quantity.UNDONE) == [12]
    assert formula("done_only").rate(on(store)).text == "66.67%"


def test_of_several_submissions_the_last_one_was_accepted(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10, amount_yuan=Decimal("500.00"))
        submitted(connection, 10, noon(3, 20), yuan=100)
        submitted(connection, 10, noon(4, 20), yuan=450)
        signed(connection, 10, noon(5, 1))

    whole = on(store)

    assert (whole.done, whole.on_time) == (1, 0)
    assert [int(yuan) for yuan in (whole.amount_yuan, whole.amount_done_yuan, whole.amount_left_yuan)] == [500, 450, 50]
    assert formula("money").rate(whole).text == "90.00%"


def test_money_that_nobody_verified_is_not_put_right(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10, amount_yuan=Decimal("0.30"))
        submitted(connection, 10, noon(3, 20), yuan=1)

    assert on(store).amount_yuan == Decimal("0.30")
    assert on(store).amount_done_yuan == 0
    assert behind(store, Quantity.AMOUNT_DONE) == []


def test_an_approved_extension_moves_the_day_that_on_time_is_measured_by(store: Database) -> None:
    with store.writing() as connection:
        for id, verdict in ((10, "approved"), (11, "refused")):
            due = date(2026, 4, 30) if verdict == "approved" else DUE
            issued(connection, id, due_on=due)
            put(connection, extensions, finding_id=id, cycle=1, asked_by=7, asked_at=noon(3, 20), from_due_on=DUE,
                until=date(2026, 4, 30), reason="", verdict=verdict, decided_at=noon(3, 25))  # fmt: skip
            submitted(connection, id, noon(4, 20))
            signed(connection, id, noon(5, 1))

    assert behind(store, Quantity.ON_TIME) == [10]


def test_what_is_revoked_later_leaves_the_figures_of_earlier_days_alone(store: Database) -> None:
    with store.writing() as connection:
        for id in (10, 11):
            issued(connection, id)
            submitted(connection, id, noon(3, 20))
            signed(connection, id, noon(5, 1))
    may = on(store, date(2026, 5, 31))
    with store.writing() as connection:
        revoked(connection, 10, noon(7, 1), "found_false")
        revoked(connection, 11, noon(7, 1), "recurred")

    assert on(store, date(2026, 5, 31)) == may == Tally(total=2, done=2, on_time=2, ever_done=2)
    assert on(store, date(2026, 7, 1)) == Tally(total=2, ever_done=2, revoked=2, recurred=1)
    assert behind(store, Quantity.RECURRED) == [11]


def test_a_new_cycle_may_be_signed_off_too_and_stays_revoked_once(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10)
        signed(connection, 10, noon(5, 1))
        revoked(connection, 10, noon(7, 1), "revoked")
        submitted(connection, 10, noon(8, 20), cycle=2)
        signed(connection, 10, noon(9, 20), cycle=2)

    assert on(store) == Tally(total=1, done=1, on_time=1, ever_done=1, revoked=1, recurred=1)


def test_a_cycle_found_false_was_no_sign_off(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10)
        ended = update(cycles).where(cycles.c.finding_id == 10)
        connection.execute(ended.values(closed_at=noon(5, 1), result="found_false"))
        put(connection, cycles, finding_id=10, cycle=2, opened_at=noon(5, 1), because="found_false", due_on=DUE)

    assert on(store) == Tally(total=1, overdue=1)


def test_overdue_stands_from_the_day_after_until_more_time_or_a_sign_off_whatever_a_patrol_did(store: Database) -> None:
    with store.writing() as connection:
        for id in (10, 11):
            issued(connection, id)
        connection.execute(update(findings).where(findings.c.id == 10).values(due_on=date(2026, 5, 1)))
        put(connection, extensions, finding_id=10, cycle=1, asked_by=7, asked_at=noon(3, 30), from_due_on=DUE,
            until=date(2026, 5, 1), reason="", verdict="approved", decided_at=noon(4, 10))  # fmt: skip
        signed(connection, 11, noon(4, 20))

    assert [on(store, date(2026, month, day)).overdue for month, day in ((4, 1), (4, 2), (4, 15), (4, 25), (5, 2))] == [
        0, 2, 1, 0, 1,
    ]  # fmt: skip


def test_a_continuous_finding_is_basically_done_after_a_milestone(store: Database) -> None:
    with store.writing() as connection:
        for id, kind in ((10, "CONTINUOUS"), (11, "CONTINUOUS"), (12, "PHASED")):
            issued(connection, id, kind=kind)
        put(connection, milestones, finding_id=10, seq=1, text="清查", due_on=DUE, held_at=noon(4, 10))
        put(connection, milestones, finding_id=11, seq=1, text="清查", due_on=DUE)

    assert on(store, date(2026, 4, 9)) == Tally(total=3, overdue=3)
    assert on(store, date(2026, 4, 10)) == Tally(total=3, basic=1, overdue=3)
    assert behind(store, Quantity.BASIC) == [10]
    assert formula("done_or_basic").rate(on(store)).text == "33.33%"
    assert formula("done_only").rate(on(store)).text == "0.00%"


def test_what_was_signed_off_before_it_came_here_is_counted_apart(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10)
        add_findings(connection, a_finding(11, state="signed_off", historic=True, signed_off_at=noon(3, 1)))

    assert on(store) == Tally(total=1, overdue=1, historic=1)
    assert on(store, date(2026, 2, 27)) == Tally()
    assert behind(store, Quantity.HISTORIC) == [11]


def test_a_historic_finding_counts_from_the_cycle_that_its_revocation_opens(store: Database) -> None:
    with store.writing() as connection:
        add_findings(connection, a_finding(11, state="open", historic=False, cycle=2, due_on=LATER))
        put(connection, cycles, finding_id=11, cycle=2, opened_at=noon(5, 4), because="revoked", due_on=LATER)

    assert on(store, date(2026, 5, 3)) == Tally(historic=1)
    assert on(store, date(2026, 5, 4)) == Tally(total=1)


def test_what_came_back_behind_its_day_is_overdue_from_then_on(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10)
        submitted(connection, 10, noon(3, 20))
        put(connection, reviews, case_id=10, cycle=1, act="verify_rectification", verdict="returned", comment="x",
            person_id=7, person_name="甲", at=noon(5, 5))  # fmt: skip

    assert [on(store, date(2026, 5, day)).overdue for day in (4, 5)] == [0, 1]


def test_a_suspended_finding_stays_in_the_total_and_is_told_apart_while_it_lasts(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10)
        told(connection, 10, "FindingSuspended", noon(3, 10), seq=1)
        told(connection, 10, "FindingResumed", noon(3, 20), seq=2)
        told(connection, 10, "FindingSuspended", noon(4, 10), seq=3)
        issued(connection, 11)

    days = [date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 20), date(2026, 4, 10)]
    assert [on(store, day).suspended for day in days] == [0, 1, 0, 1]
    assert [on(store, day).total for day in days] == [2, 2, 2, 2]
    assert behind(store, Quantity.SUSPENDED) == [10]


@pytest.mark.parametrize("how", ["split", "merged"])
def test_what_was_split_or_merged_away_counts_until_that_day(store: Database, how: str) -> None:
    with store.writing() as connection:
        issued(connection, 10, closed_as=how, closed_at=noon(5, 4))
        issued(connection, 11)

    assert on(store, date(2026, 5, 3)) == Tally(total=2, overdue=2)
    assert on(store, date(2026, 5, 4)) == Tally(total=1, overdue=1)
    assert behind(store, Quantity.TOTAL) == [11]


def test_every_number_has_exactly_its_findings_behind_it(store: Database) -> None:
    with store.writing() as connection:
        for id in range(10, 22):
            issued(connection, id, kind="CONTINUOUS" if id % 3 == 0 else "PHASED", amount_yuan=Decimal(id))
            if id % 2:
                submitted(connection, id, noon(3, 20 + id % 11), yuan=id)
            if id % 4 == 1:
                signed(connection, id, noon(5, 1))
            if id % 5 == 0:
                marked(connection, id, noon(4, 2))
        revoked(connection, 13, noon(6, 1), "recurred")
    counts = set(Quantity) - {Quantity.AMOUNT, Quantity.AMOUNT_DONE}

    whole = on(store)

    assert whole.done > 1
    assert whole.overdue > 0
    assert {one: len(behind(store, one)) for one in counts} == {one: whole.of(one) for one in counts}


@pytest.mark.parametrize("by", list(By))
def test_groups_add_up_to_the_whole_and_open_with_their_key(store: Database, by: By) -> None:
    with store.writing() as connection:
        connection.execute(insert(posts).values(id=77, unit_id=2, title="局长", role="responsible_leader",
                                                scope_unit_id=2, valid_from=date(2020, 1, 1)))  # fmt: skip
        issued(connection, 10, category="作风", kind="IMMEDIATE", leader_post_id=77)
        issued(connection, 11, category="作风", unit_id=3, unit_path="/1/3/")
        issued(connection, 12)
        signed(connection, 12, noon(5, 1))
    keys = {
        By.ROUND: "round_id", By.LIST: "list_id", By.UNIT: "own_unit_id", By.CATEGORY: "category", By.KIND: "kind",
        By.LEADER: "leader_post_id",
    }  # fmt: skip

    with store.reading() as connection:
        groups = tallies(connection, true(), FigureFilters(LATER), by)

    assert sum((group.tally for group in groups), Tally()) == on(store)
    assert len(groups) == (1 if by in (By.ROUND, By.LIST) else 2)
    for group in groups:
        key: Any = group.key if by in (By.CATEGORY, By.KIND) else int(group.key)
        assert on(store, **{keys[by]: key}) == group.tally, group


def test_nothing_is_counted_that_may_not_be_seen(store: Database) -> None:
    with store.writing() as connection:
        issued(connection, 10)
        issued(connection, 11, unit_id=3, unit_path="/1/3/")
        issued(connection, 12, confidentiality=2)
    mine = below("/1/2/") & (findings.c.confidentiality <= 1)

    with store.reading() as connection:
        assert tally(connection, mine, FigureFilters(LATER)) == Tally(total=1, overdue=1)
        assert tally(connection, mine, FigureFilters(LATER, unit_path="/1/3/")) == Tally()
        assert [group.key for group in tallies(connection, mine, FigureFilters(LATER), By.UNIT)] == ["2"]
        rows = counted_findings(connection, mine, FigureFilters(LATER), Quantity.TOTAL)
    assert [row.id for row in rows] == [10]


def test_rows_come_in_pages_that_join(store: Database) -> None:
    with store.writing() as connection:
        for id in range(10, 15):
            issued(connection, id)

    with store.reading() as connection:
        first = counted_findings(connection, true(), FigureFilters(LATER), Quantity.TOTAL, limit=3)
        rest = counted_findings(
            connection, true(), FigureFilters(LATER), Quantity.TOTAL, after=first[-1].number, limit=3
        )
    assert [row.id for row in (*first, *rest)] == [10, 11, 12, 13, 14]
