"""One bad row stops nobody: it is put down with its cause, rests longer each time, is told once a day, and mended."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from persistence import failures, incidents
from persistence.columns import new_id
from persistence.tables import findings, instances, notices, patrol_runs
from tasks.between_cases import wake_due
from tasks.patrols.run import run_patrol, try_again
from tests.tasks.town import DUE_ON, UNIT, Town, at
from xiaohao.doctor import _nothing_fails

ONE, TWO, THREE = (f"XC2026-001-00{n}" for n in (1, 2, 3))


def break_the_cycle(town: Town, number: str) -> None:
    """Leave a row that no rule expects."""
    with town.database.writing() as conn:
        conn.exec_driver_sql(f"UPDATE findings SET kind = 'no such kind' WHERE number = '{number}'")


def repair(town: Town, number: str) -> None:
    with town.database.writing() as conn:
        conn.execute(update(findings).where(findings.c.number == number).values(kind="PHASED"))


def test_a_notice_of_another_work_is_no_concern_of_the_ladder(town: Town) -> None:
    proposed = {"kind": "unit", "subject": UNIT, "cycle": 1, "code": "campaign", "trigger": "campaign"}
    with town.database.writing() as conn:
        conn.execute(
            insert(notices), proposed | {"id": new_id(), "period": "2026H2", "outcome": "proposed", "at": town.now}
        )

    done = town.patrol("deadlines", DUE_ON + timedelta(days=1))

    assert "failed" not in done.counts
    with town.office.read() as conn:
        told = conn.execute(select(notices.c.trigger, notices.c.outcome).where(notices.c.kind == "unit")).tuples().all()
    assert ("concentrated", "proposed") in told or ("concentrated", "told") in told


def test_the_others_of_a_round_go_on(town: Town) -> None:
    break_the_cycle(town, TWO)

    done = town.patrol("deadlines", DUE_ON + timedelta(days=1))

    assert (done.counts["overdue"], done.counts["failed"]) == (2, 2), "the finding, and the word in its row"
    with town.office.read() as conn:
        of_word, (row, number) = sorted(incidents.failing(conn), key=lambda one: one[1] or "")
        assert of_word[0].subject == "word findings.kind"
        assert f"deadlines {row.subject}: {row.cause}" in list(_nothing_fails(town.office, conn))
        assert incidents.incident_count(conn) == 2
    assert (number, row.work, row.times) == (TWO, "deadlines", 1)
    assert "no such kind" in row.cause


def test_administrators_hear_of_it_once_a_day(town: Town) -> None:
    for number in (ONE, TWO, THREE):
        break_the_cycle(town, number)

    for hours in (0, 1, 2):
        town.now = at(DUE_ON + timedelta(days=1), 9 + hours)
        run_patrol(town.office, "deadlines", town.now, "clock", period=f"slot {hours}")
    first = town.letters("failures_stand")
    town.patrol("deadlines", DUE_ON + timedelta(days=2))

    assert [row.facts["number"] for row in first] == ["4"] * len({row.person_id for row in first})
    assert len(town.letters("failures_stand")) == 2 * len(first)


def test_what_failed_is_tried_again_after_its_pause_and_mended(town: Town) -> None:
    break_the_cycle(town, TWO)
    town.patrol("deadlines", DUE_ON + timedelta(days=1))
    assert try_again(town.office, town.now + timedelta(seconds=30)) == []

    town.now += timedelta(seconds=61)
    assert try_again(town.office, town.now) == ["deadlines"]
    with town.office.read() as conn:
        assert [row.times for row in failures.at_present(conn)] == [2, 2]

    repair(town, TWO)
    town.now += timedelta(minutes=5)
    assert try_again(town.office, town.now) == ["deadlines"]
    with town.office.read() as conn:
        assert failures.count_at_present(conn) == 0
    assert town.finding(TWO).overdue_since == DUE_ON + timedelta(days=1)
    assert try_again(town.office, town.now + timedelta(days=1)) == []


def test_a_finding_that_the_signals_could_not_look_at_is_looked_at_again(town: Town) -> None:
    town.patrol("signals", "2026-03-03")
    break_the_cycle(town, TWO)
    town.act("u11handler", "report_progress", ONE, {"text": "已追缴第一笔租金，共三万元，凭证附后。"})
    with town.database.writing() as conn:
        conn.exec_driver_sql("UPDATE cases SET changed_at = '2026-03-04T00:00:00.000000Z'")
    broken = town.patrol("signals", "2026-03-05")
    assert broken.counts["failed"] == 1

    repair(town, TWO)
    town.now += timedelta(minutes=2)
    assert try_again(town.office, town.now) == ["signals"]

    with town.office.read() as conn:
        assert failures.count_at_present(conn) == 0


def test_a_round_that_fails_as_a_whole_is_not_tried_every_15_seconds(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> Any:
        raise KeyError("the calendar is gone")

    with monkeypatch.context() as patched:
        patched.setattr(town.office, "calendar", breaks)
        with pytest.raises(KeyError):
            town.patrol("deadlines", DUE_ON, period="slot")
        for seconds in (15, 30, 45):
            again = run_patrol(town.office, "deadlines", town.now + timedelta(seconds=seconds), "clock", period="slot")
            assert not again.did
        with pytest.raises(KeyError):
            run_patrol(town.office, "deadlines", town.now + timedelta(seconds=61), "clock", period="slot")
        with pytest.raises(KeyError):  # a person who asks is not made to wait
            run_patrol(town.office, "deadlines", town.now + timedelta(seconds=70), "command")
    with town.office.read() as conn:
        ((row, _),) = incidents.failing(conn)
        assert (row.work, row.subject, row.times) == ("deadlines", "round", 3)
    assert len(town.letters("failures_stand")) == len({one.person_id for one in town.letters("failures_stand")})

    done = run_patrol(town.office, "deadlines", town.now + timedelta(hours=1), "clock", period="slot")

    assert done.did
    with town.office.read() as conn:
        assert failures.count_at_present(conn) == 0
        assert conn.scalars(select(patrol_runs.c.error).where(patrol_runs.c.period == "slot")).all() == [None]


def test_a_timer_that_breaks_rests_and_the_others_fire(town: Town) -> None:
    break_the_cycle(town, TWO)
    moment = at(DUE_ON + timedelta(days=1))

    wake_due(town.office, at=moment)
    wake_due(town.office, at=moment + timedelta(seconds=1))

    with town.office.read() as conn:
        (row,) = failures.at_present(conn)
        broken = conn.scalar(select(instances.c.id).where(instances.c.case_id == town.finding(TWO).id))
    assert (row.work, row.subject, row.times) == ("wake", str(broken), 1)
    assert town.finding(ONE).overdue_since == DUE_ON + timedelta(days=1)

    repair(town, TWO)
    wake_due(town.office, at=moment + timedelta(minutes=2))

    assert town.finding(TWO).overdue_since == DUE_ON + timedelta(days=1)
    with town.office.read() as conn:
        assert failures.count_at_present(conn) == 0
