"""The deadline patrol: late is marked, each rung speaks once, and downtime makes one letter of many."""

import threading
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, case, insert, select, update

from cases.calendar import WorkingCalendar
from cases.ladder import Rung, Standing, Trigger, rungs_reached
from cases.moments import shanghai_date
from cases.reporting import ListSource
from persistence import leases
from persistence.database import Database
from persistence.tables import calendar_days, findings, patrol_runs
from tasks.between_cases import wake_due
from tasks.patrols.deadlines import ladder_in_force, reached_by
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
        patched.setattr(town.office, "calendar", power_cut)
        with pytest.raises(RuntimeError):
            town.patrol("deadlines", "2026-07-01", period="slot")

    town.now += timedelta(minutes=5)  # its lease has run out
    again = run_patrol(town.office, "deadlines", town.now, "clock", period="slot")

    assert again.did
    assert again.counts["overdue"] == 3
    with town.office.read() as conn:
        (row,) = conn.execute(select(patrol_runs).where(patrol_runs.c.period == "slot"))
    assert row.error is None


def test_a_finding_due_on_a_sunday_is_told_on_the_monday(town: Town) -> None:
    with town.database.writing() as conn:
        conn.execute(update(findings).where(findings.c.number == ONE).values(due_on=date(2026, 7, 5)))
    walk(town, "2026-06-26", "2026-07-07")

    letters = [row for row in town.letters("ladder_notice") if row.facts["number"] == ONE]

    told = {shanghai_date(row.created_at) for row in letters if row.facts["rung"] == "supervise_letter"}
    assert told == {date(2026, 7, 6)}


def test_no_letter_of_a_patrol_or_a_timer_leaves_on_a_free_day(town: Town) -> None:
    due = {ONE: date(2026, 9, 25), "XC2026-001-002": date(2026, 9, 27), "XC2026-001-003": date(2026, 10, 2)}
    with town.database.writing() as conn:
        for number, day in due.items():
            conn.execute(update(findings).where(findings.c.number == number).values(due_on=day))
        calendar = town.office.calendar(conn)
    day = date(2026, 9, 23)
    while day <= date(2026, 10, 14):
        town.now = at(day, 7)
        wake_due(town.office, at=town.now)
        for name in ("deadlines", "signals", "campaigns", "letters", "audit"):
            town.patrol(name, day)
        day += timedelta(days=1)

    leaving = [
        (row.letter, shanghai_date(row.next_at)) for row in town.letters() if row.created_at > at("2026-09-23", 0)
    ]

    assert {"ladder_notice", "finding_overdue"} <= {letter for letter, _ in leaving}
    assert [each for each in leaving if not calendar.is_working_day(each[1])] == []


def test_who_was_given_more_time_is_reminded_of_his_silence_since_then(town: Town) -> None:
    walk(town, "2026-03-16", "2026-03-17")
    town.now = at("2026-04-16")
    asked = {"until": "2026-09-30", "reason": "诉讼调解尚未结束，已清退 5 户，余下 2 户待判决。"}
    town.act("u11handler", "ask_extension", ONE, asked)
    agreed = {"verdict": "approved", "comment": "查阅调解材料 2 份，理由成立", "until": "2026-09-30"}
    town.act("signer2", "decide_extension", ONE, agreed)

    walk(town, "2026-04-28", "2026-05-09")

    reminded = [shanghai_date(row.created_at) for row in town.letters("ladder_notice") if row.facts["number"] == ONE]
    assert reminded == [date(2026, 3, 16), date(2026, 4, 30)]


def _whether_chosen(rungs: Sequence[Rung], day: date, calendar: WorkingCalendar) -> Select[Any]:
    """Ask of a finding, with a column for each of *rungs*, whether the query chooses it on *day*."""
    conditions = [reached_by(rung, day, calendar) for rung in rungs]
    return select(*(case((condition, 1), else_=0) for condition in conditions if condition is not None))


def test_the_query_chooses_exactly_what_the_rule_decides(sqlite_town: Callable[[], str]) -> None:
    """Without notices: each due day around the longest holidays, each day, each rung that counts days."""
    town = Town(Database(sqlite_town()))
    counted = (Trigger.DEADLINE, Trigger.KEY_FINDING, Trigger.NO_PROGRESS)
    with town.office.read() as conn:
        calendar = town.office.calendar(conn)
        rungs = [rung for rung in ladder_in_force(town.office, conn, ListSource.INSPECTION) if rung.trigger in counted]
        row = town.finding(ONE)
    days = [day for day in (date(2026, 8, 26) + timedelta(days=n) for n in range(80)) if calendar.is_working_day(day)]
    asked = {day: _whether_chosen(rungs, day, calendar).where(findings.c.id == row.id) for day in days}
    seen = 0
    for shift in range(0, 100, 3):
        due, last = date(2026, 8, 20) + timedelta(days=shift), date(2026, 8, 1) + timedelta(days=shift)
        with town.database.writing() as conn:
            progress = {"due_on": due, "progress_at": at(last, 23), "is_key": True}
            conn.execute(update(findings).where(findings.c.id == row.id).values(progress))
        with town.office.read() as conn:
            standing = Standing(f"finding:{row.id}", due_on=due, last_progress_on=last, is_key=True)
            for day in days:
                chosen = conn.execute(asked[day]).one()
                reached = [bool(rungs_reached([rung], standing, day, calendar)) for rung in rungs]
                assert list(map(bool, chosen)) == reached, (due, last, day)
                seen += sum(chosen)
    assert seen > 1_000
    town.database.dispose()


def test_the_system_administrator_is_reminded_of_the_calendar_once_a_week(town: Town) -> None:
    walk(town, "2026-10-29", "2026-11-15")

    letters = town.letters("calendar_missing")

    assert {shanghai_date(row.created_at) for row in letters} == {date(2026, 11, 2), date(2026, 11, 9)}
    assert {row.facts["number"] for row in letters} == {"2027"}

    with town.database.writing() as conn:
        row = {"day": date(2027, 10, 1), "kind": "holiday", "note": "national_day"}
        known = {column.name for column in calendar_days.c}
        more = {"edited_by": 1, "edited_at": town.now, "set_by": 1, "set_at": town.now, "id": 1}
        conn.execute(insert(calendar_days).values({k: v for k, v in (row | more).items() if k in known}))
    walk(town, "2026-11-16", "2026-11-22")
    assert len(town.letters("calendar_missing")) == len(letters)
