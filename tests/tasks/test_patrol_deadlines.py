"""The deadline patrol: late is marked, each rung speaks once, and downtime makes one letter of many."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from persistence import leases
from persistence.tables import patrol_runs
from tasks.patrols.run import run_patrol
from tests.tasks.town import DUE_ON, Town, at, proof

ONE = "XC2026-001-001"


def walk(town: Town, first: str, last: str) -> None:
    """Patrol every morning from *first* to *last*."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        town.patrol("deadlines", day)
        day += timedelta(days=1)


def test_a_finding_is_overdue_on_the_day_after_its_due_day(town: Town) -> None:
    town.patrol("deadlines", DUE_ON)
    assert town.finding(ONE).overdue_since is None

    done = town.patrol("deadlines", DUE_ON + timedelta(days=1))

    assert done.counts["overdue"] == 3
    assert town.finding(ONE).overdue_since == DUE_ON + timedelta(days=1)


def test_a_finding_that_was_submitted_in_time_is_not_overdue(town: Town) -> None:
    town.now = at("2026-06-29")
    town.submit(ONE, proof("缴款凭证.pdf", "FUND_RECEIPT"))

    done = town.patrol("deadlines", "2026-07-02")

    assert done.counts["overdue"] == 2
    assert town.finding(ONE).overdue_since is None


def test_each_rung_speaks_once_to_those_whom_it_names(town: Town) -> None:
    walk(town, "2026-06-29", "2026-07-02")

    letters = [row for row in town.letters("ladder_notice") if row.facts["number"] == ONE]

    rungs = [(row.facts["rung"], row.role) for row in letters if row.facts["rung"] == "supervise_letter"]
    assert sorted(rungs) == [("supervise_letter", "chief"), ("supervise_letter", "responsible_leader")]
    assert all(row.facts["reply_by"] for row in letters if row.facts["rung"] == "supervise_letter")


def test_a_second_patrol_on_the_same_day_does_nothing(town: Town) -> None:
    town.patrol("deadlines", "2026-07-01", period="first")
    before = (len(town.letters()), town.notices())

    again = town.patrol("deadlines", "2026-07-01", period="second")

    assert again.did
    assert not any(again.counts[name] for name in ("overdue", "told", "proposed", "superseded"))
    assert (len(town.letters()), town.notices()) == before


def test_a_slot_is_run_once_whoever_wakes_it(town: Town) -> None:
    first = town.patrol("deadlines", "2026-07-01", period="slot")
    second = town.patrol("deadlines", "2026-07-01", period="slot")

    assert (first.did, second.did) == (True, False)
    assert second.counts == first.counts


def test_two_workers_at_once_tell_everybody_once(town: Town) -> None:
    town.now = at("2026-07-01")
    start, done = threading.Barrier(4), []

    def work(worker: int) -> None:
        start.wait()
        done.append(run_patrol(town.office, "deadlines", town.now, "clock", period=f"slot {worker % 2}"))

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    letters = town.letters("finding_overdue")
    assert len(letters) == len({row.obligation for row in letters}) == 3
    assert sum(one.counts.get("overdue", 0) for one in done if one.did) == 3


def test_a_worker_that_slept_past_its_lease_writes_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    real = leases.renew
    taken_over: list[bool] = []

    def sleep_once(*given: object) -> None:
        if not taken_over:
            taken_over.append(True)
            raise leases.LostLease("somebody else went on")
        real(*given)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(leases, "renew", sleep_once)

    with pytest.raises(leases.LostLease):
        town.patrol("deadlines", "2026-07-01")

    assert town.letters("finding_overdue") == []


def test_after_downtime_a_person_gets_one_digest(town: Town) -> None:
    town.patrol("deadlines", "2026-06-15")
    before = len(town.letters())

    town.patrol("deadlines", "2026-07-03")

    new = town.letters()[before:]
    waiting = [row for row in new if row.state == "waiting"]
    assert len(waiting) == len({row.person_id for row in waiting})
    digests = {row.role: row for row in waiting if row.letter == "digest"}
    assert {"chief", "handler", "responsible_leader"} == set(digests)
    told = [item["number"] for item in digests["responsible_leader"].facts["items"]]
    assert told == [f"XC2026-001-00{n}" for n in (1, 2, 3)]
    assert {row.state for row in new if row not in waiting} == {"superseded"}


def test_only_the_highest_rung_speaks_and_the_rest_is_recorded(town: Town) -> None:
    town.patrol("deadlines", "2026-07-31")

    outcomes = town.notices()
    assert outcomes.count(("deadline_order", "told")) == 3
    assert ("supervise_letter", "superseded") in outcomes
    assert ("supervise_letter", "told") not in outcomes


def test_an_interview_is_proposed_and_never_told(town: Town) -> None:
    walk(town, "2026-08-10", "2026-08-14")

    proposed = town.letters("rung_proposed")
    assert {row.facts["rung"] for row in proposed} == {"interview"}
    assert {row.role for row in proposed} == {"superior_leader"}
    assert not [row for row in town.letters("ladder_notice") if row.facts["rung"] == "interview"]


def test_a_unit_with_many_late_findings_is_told_once_a_month(town: Town) -> None:
    walk(town, "2026-07-01", "2026-07-04")

    of_unit = [row for row in town.letters("ladder_notice") if row.facts["number"] == "XC2026-001"]
    assert {row.facts["rung"] for row in of_unit} == {"key_supervision"}
    assert len(of_unit) == len({row.person_id for row in of_unit})


def test_a_patrol_that_fails_says_so_and_is_run_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def power_cut(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(town.office, "as_clock", power_cut)
        with pytest.raises(RuntimeError):
            town.patrol("deadlines", "2026-07-01", period="slot")

    town.now += timedelta(minutes=5)  # its lease has run out
    again = run_patrol(town.office, "deadlines", town.now, "clock", period="slot")

    assert again.did
    assert again.counts["overdue"] == 3
    with town.office.read() as conn:
        (row,) = conn.execute(select(patrol_runs).where(patrol_runs.c.period == "slot"))
    assert row.error is None
