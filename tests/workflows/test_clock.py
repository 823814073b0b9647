"""The embedded clock: it asks what is due, loses nothing while it is down, and lets a living Prefect go first."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from config.timetable import TIMETABLE, TimetableWrong, timetable_of
from persistence.tables import instances, ledger
from persistence.timekeeping import Keeper, Keeping, note
from tasks.deliver import House
from tasks.patrols import PATROLS
from tests.support.waiting import wait_until
from tests.tasks.town import DUE_ON, Town, at
from workflows.clock import Clock
from workflows.prefect_watch import Where
from workflows.slots import last_slot, period_of


def clock(town: Town) -> Clock:
    return Clock(town.office, None, House())


def found_out(town: Town, found: Keeping) -> None:
    with town.database.writing() as conn:
        note(conn, found, "another process", town.now, asked=True)


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


@pytest.mark.parametrize("why", ["kept", "first_awaited"])
def test_a_prefect_that_keeps_the_timetable_goes_first_for_a_minute(town: Town, why: str) -> None:
    town.now = at("2026-03-03")
    clock(town).keep_timetable()
    town.now = at("2026-03-04", 7) + timedelta(minutes=30, seconds=10)
    found_out(town, Keeping(Keeper.PREFECT, why))

    assert "deadlines" not in clock(town).keep_timetable()

    town.now += timedelta(minutes=1)
    found_out(town, Keeping(Keeper.PREFECT, why))
    assert "deadlines" in clock(town).keep_timetable()


@pytest.mark.parametrize("why", ["missed", "not_registered", "paused", "not_scheduled", "not_served", "unreachable"])
def test_where_prefect_does_not_keep_it_the_clock_takes_the_slot_at_once(town: Town, why: str) -> None:
    town.now = at("2026-03-03")
    clock(town).keep_timetable()
    town.now = at("2026-03-04", 7) + timedelta(minutes=30, seconds=1)
    found_out(town, Keeping(Keeper.CLOCK, why))

    assert "deadlines" in clock(town).keep_timetable()


def test_a_finding_that_nobody_renews_keeps_no_slot_waiting(town: Town) -> None:
    town.now = at("2026-03-03")
    clock(town).keep_timetable()
    found_out(town, Keeping(Keeper.PREFECT, "kept"))
    town.now = at("2026-03-04", 7) + timedelta(minutes=30, seconds=1)

    assert "deadlines" in clock(town).keep_timetable()


def test_it_says_who_keeps_the_timetable_and_says_it_again_only_when_it_changes(town: Town) -> None:
    town.now, said = at("2026-03-03"), list[Keeping]()
    somewhere = _Somewhere(Where(None, "starting"))
    watching = Clock(town.office, None, House(), prefect=somewhere, tell=said.append)

    watching.watch_prefect()
    watching.watch_prefect()
    somewhere.now = Where(None, "flows_ended")
    watching.watch_prefect()

    assert [one.why for one in said] == ["starting", "flows_ended"]
    assert {one.since for one in said} == {town.now}


def test_an_own_timetable_is_kept(town: Town) -> None:
    town.now = at("2026-03-03", 8) + timedelta(minutes=7)
    own = timetable_of({"XIAOHAO_TIMETABLE": "audit=*/5 * * * *"})
    keeping = Clock(town.office, None, House(), timetable=own)

    keeping.keep_timetable()
    town.now += timedelta(minutes=4)

    assert keeping.keep_timetable() == ["audit"]


@pytest.mark.parametrize("text", ["audits=5 * * * *", "audit", "audit=5 * *", "audit=0 2 * * 1"])
def test_an_own_timetable_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(TimetableWrong):
        timetable_of({"XIAOHAO_TIMETABLE": text})


@dataclass
class _Somewhere:
    now: Where

    def where(self) -> Where:
        return self.now


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
        assert wait_until(lambda: town.letters("finding_overdue"), every=0.2)
    finally:
        ticking.stop()

    assert len(town.letters("finding_overdue")) == 3
