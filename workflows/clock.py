"""The clock inside the serving process: messages between cases, due timers, letters, the log, and patrols.

A tick asks the database what is due; nothing is remembered between ticks, so nothing is lost while the house is down,
and any number of clocks may tick at once. Where Prefect keeps the timetable, the clock only watches that it does; where
it does not, the clock takes a slot at once.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from cases.moments import shanghai_date
from config.timetable import TIMETABLE, ZONE
from notifications.smtp import Server
from persistence import leases, outbox, timekeeping
from persistence.attachments import Attachments
from persistence.timekeeping import Keeper, Keeping
from tasks.attempts import tell_of_failures
from tasks.between_cases import hear_messages, wake_due
from tasks.deliver import House, deliver
from tasks.evidence_facts import read_waiting
from tasks.patrols.audit import seal
from tasks.patrols.run import HERE, run_patrol, try_again, was_run
from tasks.witness import Witness, WitnessUnreadable, hand_out
from workflows.prefect_watch import Elsewhere, Neighbour, Watch
from workflows.slots import last_slot, period_of

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
SLOTS_EVERY = 3  # seconds
ASKS_EVERY = 10  # seconds
ENDS_WITHIN = 1.5  # seconds; what a tick has not done by then is done by the next clock


class Clock:
    """Ticks in threads of its own from `start` to `stop`."""

    def __init__(
        self,
        office: "Office",
        server: Server | None,
        house: House,
        attachments: Attachments | None = None,
        *,
        timetable: Mapping[str, str] = TIMETABLE,
        prefect: Neighbour | None = None,
        tell: Callable[[Keeping], None] | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._witness, self._is_unheard = witness, False
        self._office, self._server, self._house, self._attachments = office, server, house, attachments
        self._timetable, self._tell = timetable, tell
        self._watch = Watch(office, timetable, prefect or Elsewhere(None))
        self._told: tuple[Keeper, str] | None = None
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
            (self.try_again, 20),
            (self.watch_prefect, ASKS_EVERY),
            (self.keep_timetable, SLOTS_EVERY),
        )
        for tick, seconds in ticks:
            self._scheduler.add_job(_quietly(tick), IntervalTrigger(seconds=seconds, timezone=ZONE), name=tick.__name__)
        self._scheduler.add_job(_quietly(self.watch_prefect))  # at once: who serves is told who keeps the timetable
        self._scheduler.start()

    def stop(self) -> None:
        """End after the ticks that are under way, unless one takes long: it is not waited for."""
        ending = threading.Thread(target=self._scheduler.shutdown, name="clock ends", daemon=True)
        ending.start()
        ending.join(ENDS_WITHIN)
        _quietly(self._watch.end)()

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
            size = seal(self._office)
            if self._witness is not None:
                self._hand_out(self._witness)
            return size
        finally:
            with self._office.database.writing() as conn:
                leases.release(conn, "seal", fence)

    def _hand_out(self, witness: Witness) -> None:
        """Give the witness what it has not seen; a place that is away is said once, and tried at every tick."""
        try:
            hand_out(self._office, witness)
            self._is_unheard = False
        except WitnessUnreadable as why:
            if not self._is_unheard:
                log.warning("checkpoints do not leave the house: %s", why.facts)
            self._is_unheard = True

    def take_back_claims(self) -> int:
        """Give back letters that a killed worker had claimed; return how many."""
        with self._office.database.writing() as conn:
            return outbox.release_stale(conn, self._office.now())

    def try_again(self) -> list[str]:
        """Run the patrols again of which something failed and rests no longer, and tell who must know, once a day."""
        now = self._office.now()
        names = try_again(self._office, now)
        tell_of_failures(self._office, now)
        return names

    def watch_prefect(self) -> Keeping:
        """Find out who keeps the timetable, and tell it when it is another one or for another reason than before."""
        found = self._watch.look()
        if self._tell and self._told != (found.keeper, found.why):
            self._told = (found.keeper, found.why)
            self._tell(found)
        return found

    def keep_timetable(self) -> list[str]:
        """Run the patrols whose slot nobody has run, and return their names; a Prefect that keeps it goes first."""
        now, ran = self._office.now(), []
        with self._office.read() as conn:
            first = timekeeping.keeping(conn, now).waits
            seconds = self._office.number_setting(conn, "timetable.grace_seconds", shanghai_date(now))
        grace = timedelta(seconds=seconds if first else 0)
        for name, cron in self._timetable.items():
            slot = last_slot(cron, now)
            with self._office.read() as conn:
                if now - slot < grace or was_run(conn, name, period_of(slot)):
                    continue
            if run_patrol(self._office, name, now, "clock", period=period_of(slot)).did:
                ran.append(name)
        return ran


def _quietly(tick: Callable[[], object]) -> Callable[[], object]:
    """Log what a tick raises, once, and go on ticking: the next tick asks the database again."""

    def ticking() -> object:
        try:
            return tick()
        except Exception:
            log.exception("tick %s failed", tick.__name__)
            return None

    return ticking
