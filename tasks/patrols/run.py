"""A patrol runs once per slot of its timetable, on one machine at a time, whoever wakes it."""

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, insert, select, update

from persistence import failures, leases
from persistence.columns import new_id
from persistence.database import DatabaseBusy
from persistence.failures import WHOLE_ROUND
from persistence.tables import patrol_runs
from tasks.attempts import put_down, tell_of_failures
from tasks.patrols import PATROLS
from tasks.patrols.round import LEASE_SECONDS, Round

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
WokenBy = Literal["prefect", "clock", "command", "page"]
PART_OF = {"undecided": "signals"}  # works that are tried within the round of a patrol of another name
BY_HAND = ("command", "page")  # a person asked for the round: it waits for no pause
HERE = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True, slots=True)
class Patrolled:
    """What became of a wake-up; *did* is False when the slot was done already or somebody else is at it."""

    name: str
    period: str
    did: bool
    counts: Mapping[str, int]


def run_patrol(
    office: "Office",
    name: str,
    now: datetime,
    woken_by: WokenBy,
    *,
    period: str | None = None,
    flow_run: str | None = None,
) -> Patrolled:
    """Run the patrol *name* for the slot *period* (by default one of its own, the moment *now*) unless it was run.

    A round that failed as a whole rests before the clock may try it again, after growing pauses. Raises KeyError for an
    unknown name, LostLease when it slept and somebody else went on; what a patrol raises is noted in its row and rises.
    """
    patrol = PATROLS[name]
    period = period or f"{woken_by} {now:%Y-%m-%dT%H:%M:%S}"
    lease = f"patrol:{name}"
    by_hand = woken_by in BY_HAND
    if not by_hand and _rests(office, name, now):
        return Patrolled(name, period, False, {})
    with office.database.writing() as conn:
        fence = leases.take(conn, lease, HERE, office.now(), LEASE_SECONDS)
        if fence is None:
            return Patrolled(name, period, False, {})
        row = conn.execute(
            select(patrol_runs).where(patrol_runs.c.name == name, patrol_runs.c.period == period)
        ).one_or_none()
        if row is not None and row.ended_at is not None and row.error is None:
            leases.release(conn, lease, fence)
            return Patrolled(name, period, False, dict(row.counts or {}))
        values = {"woken_by": woken_by, "flow_run": flow_run, "fence": fence, "started_at": now}
        if row is None:
            run = new_id()
            conn.execute(insert(patrol_runs), values | {"id": run, "name": name, "period": period})
        else:  # it died under way, or failed: once more, under a newer fence
            run = row.id
            again = values | {"ended_at": None, "counts": None, "error": None}
            conn.execute(update(patrol_runs).where(patrol_runs.c.id == run).values(again))
        since = last_round(conn, name)

    try:
        counts = dict(patrol(Round(office, now, lease, fence, since, by_hand)))
    except leases.LostLease:
        raise
    except Exception as why:
        log.exception("patrol %s failed", name)
        _end(office, lease, fence, run, {"error": f"{type(why).__name__}: {why}"[:2_000]})
        if not isinstance(why, DatabaseBusy):
            put_down(office, name, WHOLE_ROUND, why, now)
            tell_of_failures(office, now)
        raise
    _end(office, lease, fence, run, {"counts": counts})
    with office.database.writing() as conn:
        failures.mend(conn, name, [WHOLE_ROUND], now)
    office.settle(1_000, at=now)
    tell_of_failures(office, now)
    return Patrolled(name, period, True, counts)


def _rests(office: "Office", name: str, now: datetime) -> bool:
    """Whether the round of a patrol failed so lately that it is not to be tried yet."""
    with office.read() as conn:
        again = failures.next_try(conn, name, WHOLE_ROUND)
    return again is not None and again > now


def try_again(office: "Office", now: datetime) -> list[str]:
    """Run the patrols once more of which a case failed and rests no longer; return their names."""
    with office.read() as conn:
        works = failures.works_to_try(conn, now, but_for=WHOLE_ROUND)
    names = sorted({PART_OF.get(work, work) for work in works} & set(PATROLS))
    return [
        name for name in names if run_patrol(office, name, now, "clock", period=f"again {now:%Y-%m-%dT%H:%M:%S}").did
    ]


def last_round(conn: Connection, name: str) -> datetime | None:
    """Return for which moment the patrol *name* last came to its end."""
    done = select(patrol_runs.c.started_at).where(
        patrol_runs.c.name == name, patrol_runs.c.ended_at.is_not(None), patrol_runs.c.error.is_(None)
    )
    return conn.execute(done.order_by(patrol_runs.c.started_at.desc()).limit(1)).scalar_one_or_none()


def was_run(conn: Connection, name: str, period: str) -> bool:
    """Whether the slot *period* of the patrol *name* is done."""
    done = select(patrol_runs.c.id).where(
        patrol_runs.c.name == name,
        patrol_runs.c.period == period,
        patrol_runs.c.ended_at.is_not(None),
        patrol_runs.c.error.is_(None),
    )
    return conn.execute(done).scalar_one_or_none() is not None


def _end(office: "Office", lease: str, fence: int, run: int, values: dict[str, object]) -> None:
    with office.database.writing() as conn:
        leases.hold(conn, lease, fence)
        conn.execute(update(patrol_runs).where(patrol_runs.c.id == run).values(ended_at=office.now(), **values))
        leases.release(conn, lease, fence)
