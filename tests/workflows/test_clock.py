"""The embedded clock: it asks what is due, loses nothing while it is down, and lets a living Prefect go first."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from config.timetable import TIMETABLE
from persistence.tables import instances, ledger
from tasks.deliver import House
from tasks.patrols import PATROLS
from tests.tasks.town import DUE_ON, Town, at
from workflows.clock import Clock, last_slot, period_of
from workflows.heartbeat import LIVES, beat, prefect_is_alive


def clock(town: Town) -> Clock:
    return Clock(town.office, None, House())


def test_every_patrol_has_its_time() -> None:
    assert set(TIMETABLE) == set(PATROLS)


@pytest.mark.parametrize(
    ("cron", "now", "slot"),
    [
        ("30 7 * * *", at("2026-03-02", 7), "2026-03-01T07:30"),
        ("30 7 * * *", at("2026-03-02", 8), "2026-03-02T07:30"),
        ("15 * * * *", at("2026-03-02", 8), "2026-03-02T07:15"),
        ("0 2 * * mon", at("2026-03-08", 8), "2026-03-02T02:00"),
        ("30 7 * * *", at("2026-03-02", 7) + timedelta(minutes=30), "2026-03-02T07:30"),
    ],
)
def test_the_last_slot_is_counted_in_shanghai(cron: str, now: object, slot: str) -> None:
    assert period_of(last_slot(cron, now)) == slot  # type: ignore[arg-type]  # a moment


def test_a_timer_that_fell_due_while_the_house_was_down_fires_once(town: Town) -> None:
    town.now = at(DUE_ON + timedelta(days=4))

    assert clock(town).move_cases() >= 3
    assert clock(town).move_cases() == 0

    assert {town.finding(f"XC2026-001-00{n}").overdue_since for n in (1, 2, 3)} == {DUE_ON + timedelta(days=4)}
    assert len(town.letters("finding_overdue")) == 3
    with town.office.read() as conn:
        late = select(instances.c.id).where(instances.c.status == "running", instances.c.wake_at <= town.now)
        assert conn.scalar(late) is None


def test_without_prefect_the_clock_keeps_the_timetable(town: Town) -> None:
    town.now = at("2026-03-03")

    assert set(clock(town).keep_timetable()) == set(PATROLS)
    assert clock(town).keep_timetable() == []

    town.now += timedelta(hours=1)
    assert set(clock(town).keep_timetable()) == {"letters", "audit"}


def test_a_living_prefect_goes_first_and_a_dead_one_is_replaced(town: Town) -> None:
    town.now = at("2026-03-03")
    clock(town).keep_timetable()
    town.now = at("2026-03-04", 7) + timedelta(minutes=31)
    beat(town.database, town.now)

    assert "deadlines" not in clock(town).keep_timetable()

    town.now += timedelta(minutes=3)
    with town.office.read() as conn:
        assert not prefect_is_alive(conn, town.now)
    assert "deadlines" in clock(town).keep_timetable()


def test_a_living_prefect_that_sleeps_over_a_slot_is_not_waited_for_for_ever(town: Town) -> None:
    town.now = at("2026-03-03", 8)
    beat(town.database, town.now)

    assert "deadlines" in clock(town).keep_timetable()
    assert timedelta(minutes=1) < LIVES


def test_the_log_is_sealed_every_few_seconds_once(town: Town) -> None:
    with town.office.read() as conn:
        events = len(conn.execute(select(ledger.c.hash)).all())

    assert clock(town).seal_log() == events
    assert clock(town).seal_log() == 0


def test_it_ticks_by_itself_and_ends(town: Town) -> None:
    town.now = at(DUE_ON + timedelta(days=1))
    ticking = clock(town)
    ticking.start()
    try:
        until = time.monotonic() + 15
        while not town.letters("finding_overdue") and time.monotonic() < until:
            time.sleep(0.2)
    finally:
        ticking.stop()

    assert len(town.letters("finding_overdue")) == 3
