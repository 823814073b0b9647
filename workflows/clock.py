"""The clock inside the serving process: messages between cases, due timers, letters, the log, and patrols.

A tick asks the database what is due; nothing is remembered between ticks, so nothing is lost while the house is down,
and any number of clocks may tick at once. Where Prefect keeps the timetable, the clock only watches that it does.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from cases.moments import SHANGHAI
from config.timetable import TIMETABLE, ZONE
from notifications.smtp import Server
from persistence import leases, outbox
from persistence.attachments import Attachments
from tasks.between_cases import hear_messages, wake_due
from tasks.deliver import House, deliver
from tasks.evidence_facts import read_waiting
from tasks.patrols.audit import seal
from tasks.patrols.run import HERE, run_patrol, was_run
from workflows.heartbeat import prefect_is_alive

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
GRACE = timedelta(minutes=3)  # how long a slot waits for Prefect before the clock takes it
LONGEST_GAP = timedelta(days=8)  # between two slots of any timetable


class Clock:
    """Ticks in threads of its own from `start` to `stop`."""

    def __init__(
        self, office: "Office", server: Server | None, house: House, attachments: Attachments | None = None
    ) -> None:
        self._office, self._server, self._house, self._attachments = office, server, house, attachments
        self._scheduler = BackgroundScheduler(
            timezone=ZONE, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )

    def start(self) -> None:
        """Begin to tick."""
        ticks: tuple[tuple[Callable[[], object], int], ...] = (
            (self.move_cases, 1),
            (self.send_letters, 2),
            (self.read_evidence, 3),
            (self.seal_log, 5),
            (self.take_back_claims, 30),
            (self.keep_timetable, 15),
        )
        for tick, seconds in ticks:
            self._scheduler.add_job(_quietly(tick), IntervalTrigger(seconds=seconds, timezone=ZONE), name=tick.__name__)
        self._scheduler.start()

    def stop(self) -> None:
        """End after the ticks that are under way."""
        self._scheduler.shutdown(wait=True)

    def move_cases(self) -> int:
        """Let cases hear what others told them, and timers fire; return how many moved."""
        return hear_messages(self._office, 200) + wake_due(self._office)

    def send_letters(self) -> int:
        """Send what waits; return how many were sent."""
        return deliver(self._office, self._server, self._house, now=self._office.now())["sent"]

    def read_evidence(self) -> int:
        """Read files of evidence that wait; return how many were taken up."""
        return sum(read_waiting(self._office, self._attachments).values()) if self._attachments else 0

    def seal_log(self) -> int:
        """Seal the log, one process at a time; return its size, 0 where there was nothing new."""
        with self._office.database.writing() as conn:
            fence = leases.take(conn, "seal", HERE, self._office.now(), 60)
        if fence is None:
            return 0
        try:
            return seal(self._office)
        finally:
            with self._office.database.writing() as conn:
                leases.release(conn, "seal", fence)

    def take_back_claims(self) -> int:
        """Give back letters that a killed worker had claimed; return how many."""
        with self._office.database.writing() as conn:
            return outbox.release_stale(conn, self._office.now())

    def keep_timetable(self) -> list[str]:
        """Run the patrols whose slot nobody has run, and return their names; while Prefect lives it goes first."""
        now, ran = self._office.now(), []
        for name, cron in TIMETABLE.items():
            slot = last_slot(cron, now)
            with self._office.read() as conn:
                wait = prefect_is_alive(conn, now) and now - slot < GRACE
                if wait or was_run(conn, name, period_of(slot)):
                    continue
            if run_patrol(self._office, name, now, "clock", period=period_of(slot)).did:
                ran.append(name)
        return ran


def period_of(slot: datetime) -> str:
    """Return the key under which a slot of the timetable is run once, whoever wakes it."""
    return slot.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def last_slot(cron: str, now: datetime) -> datetime:
    """Return the latest moment of *cron* that is not after *now*."""
    trigger = _trigger(cron)
    for gap in (timedelta(hours=2), LONGEST_GAP):
        slot: datetime | None = None
        following: datetime | None = trigger.get_next_fire_time(None, now - gap)
        while following is not None and following <= now:
            slot = following
            following = trigger.get_next_fire_time(slot, slot + timedelta(seconds=1))
        if slot is not None:
            return slot
    raise ValueError(f"{cron}: no slot within {LONGEST_GAP}")


@lru_cache(maxsize=32)
def _trigger(cron: str) -> CronTrigger:
    return CronTrigger.from_crontab(cron, timezone=ZONE)


def _quietly(tick: Callable[[], object]) -> Callable[[], object]:
    """Log what a tick raises, once, and go on ticking: the next tick asks the database again."""

    def ticking() -> object:
        try:
            return tick()
        except Exception:
            log.exception("tick %s failed", tick.__name__)
            return None

    return ticking
