"""Each thing of a work is tried by itself: what fails is put down, rests, and holds up nothing else.

How to use it, wherever one after the other is done by the clock or by a patrol::

    attempts = Attempts(office, "deadlines", now)
    for case_id in chosen:
        counts.update(attempts.of(case_id, lambda: climb(case_id), case_id=case_id) or {})
    return attempts.counted(counts)

`of` passes over what rests (``None``), runs the rest, and where that raises writes one row of ``failures``: its cause
and the next try, after pauses that grow (``failures.*`` of config.policy). Success ends the row. `due` names what
failed before and is to be tried by now, for works that would not choose it again by themselves. A query may leave out
what rests by `persistence.failures.rests`. All of it stands on the incident page, and `tell_of_failures` writes one
letter a day to the system administrators. A database that cannot be reached and a lost lease are nobody's fault: they
rise.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from cases.events import Event
from cases.moments import shanghai_date
from persistence import failures
from persistence.database import DatabaseBusy
from persistence.failures import Pauses
from persistence.leases import LostLease

if TYPE_CHECKING:
    from tasks.case import AnyCase
    from tasks.office import Office
    from tasks.work import Work

log = logging.getLogger(__name__)
T = TypeVar("T")
NAMED = 10  # failures that the event names; the letter says how many there are


class Attempts:
    """What one round of a *work* tries; *by_hand*: a person asked for it, so that nothing rests."""

    def __init__(self, office: "Office", work: str, now: datetime, *, by_hand: bool = False) -> None:
        self._office, self._work, self._now, self._by_hand = office, work, now, by_hand
        self.failed = 0
        with office.read() as conn:
            self._known = failures.standing(conn, work)

    def due(self) -> tuple[str, ...]:
        """Return the subjects that failed before and do not rest any more."""
        return tuple(subject for subject in self._known if not self.rests(subject))

    def rests(self, subject: str | int) -> bool:
        """Whether the pause of *subject* is not over."""
        known = self._known.get(str(subject))
        return known is not None and known.next_at > self._now and not self._by_hand

    def of(self, subject: str | int, do: Callable[[], T], *, case_id: int | None = None) -> T | None:
        """Do it and return what came of it, None where it rests or fails. Raises DatabaseBusy, LostLease."""
        if self.rests(subject):
            return None
        try:
            done = do()
        except (DatabaseBusy, LostLease):
            raise
        except Exception as why:  # whatever it is, it is put down, shown and told; the next thing is no part of it
            log.exception("%s failed for %s", self._work, subject)
            self._put_down(str(subject), why, case_id)
            return None
        if self._known.pop(str(subject), None) is not None:
            with self._office.database.writing() as conn:
                failures.mend(conn, self._work, [str(subject)], self._now)
        return done

    def counted(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Return *counts* of a round with what failed in it, where anything did."""
        failed = self.failed + counts.get("failed", 0)  # of a part of the round that tried by itself
        return {name: count for name, count in counts.items() if name != "failed"} | (
            {"failed": failed} if failed else {}
        )

    def _put_down(self, subject: str, why: Exception, case_id: int | None) -> None:
        self.failed += 1
        known = self._known.get(subject)
        seen = known.times if known else 0
        put_down(self._office, self._work, subject, why, self._now, case_id=case_id, seen=seen)


def put_down(
    office: "Office",
    work: str,
    subject: str,
    why: Exception,
    now: datetime,
    *,
    case_id: int | None = None,
    seen: int | None = None,
) -> None:
    """Put down that *subject* of a *work* failed, and when it is tried again; *seen* as in `failures.put_down`."""
    with office.database.writing() as conn:
        pauses = pauses_in_force(office, conn, now)
        failures.put_down(conn, work, subject, cause_of(why), now, pauses, case_id=case_id, seen=seen)


def cause_of(why: BaseException) -> str:
    """Return what went wrong in one line, with what it came from."""
    said = f"{type(why).__name__}: {why}"
    return f"{said} ({cause_of(why.__cause__)})" if why.__cause__ is not None else said


def pauses_in_force(office: "Office", conn: Connection, now: datetime) -> Pauses:
    """Return the pauses that the numbers in force ask for."""
    first, grows, longest = (
        office.number_setting(conn, f"failures.{name}", shanghai_date(now))
        for name in ("first_pause_seconds", "pause_grows", "longest_pause_hours")
    )
    return Pauses(timedelta(seconds=first), max(grows, 1), timedelta(hours=longest))


def tell_of_failures(office: "Office", now: datetime) -> bool:
    """Write the letter of the day to the system administrators, if anything fails; return whether it was written."""
    today = shanghai_date(now)
    with office.read() as conn:
        if failures.were_told(conn, today) or not failures.count_at_present(conn):
            return False
        found, count = failures.at_present(conn), failures.count_at_present(conn)
    facts = {
        "count": count,
        "failures": [{"work": row.work, "subject": row.subject, "cause": row.cause} for row in found[:NAMED]],
        "notice": f"failures|{today}",
        "shown": {"number": str(count), "link": "/incidents"},
    }

    def body(work: "Work") -> "AnyCase":
        case = work.office_case()
        work.record(case, Event("FailuresStand", facts))
        return case

    def write() -> bool:
        office.as_clock("tell_of_failures", body, at=now)
        with office.database.writing() as conn:
            failures.note_told(conn, today)
        return True

    return Attempts(office, "letters", now).of("failures_stand", write) or False
