"""Who keeps the timetable: what was found out last, and the identity by which Prefect knows the house.

The finding is written by the process that asked Prefect; whoever wants to know reads it, and one that is older than
`FRESH` says nothing any more: then the clock keeps the timetable, in whatever process it ticks.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Row, and_, func, select, update

from cases.known_words import known
from persistence.database import Database
from persistence.insertion import insert_new
from persistence.tables import patrol_runs, timekeeping

FRESH = timedelta(seconds=45)  # some questions may fail before a finding counts as old
ONE = 1


class Keeper(StrEnum):
    """Who wakes the patrols at the slots of their timetable."""

    PREFECT = "prefect"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Keeping:
    """Who keeps the timetable and why; *why* is a key of the catalogue (``timekeeping.*``), *facts* are its values.

    *waits*: Prefect is believed to run the next slot, so the clock gives it a little time; *pages*: address of
    Prefect's own pages, only while they are ours.
    """

    keeper: Keeper
    why: str
    facts: Mapping[str, str] = field(default_factory=dict)
    scheduled: int = 0
    since: datetime | None = None
    in_place_since: datetime | None = None
    pages: str | None = None

    @property
    def waits(self) -> bool:
        """Whether the clock lets Prefect go first at a slot."""
        return self.why in ("kept", "first_awaited")


def house_of(database: Database) -> str:
    """Return the identity of the house that this database is, made when it is first asked for."""
    with database.reading() as conn:
        house = conn.scalar(select(timekeeping.c.house))
    if house is not None:
        return str(house)
    with database.writing() as conn:
        _make_row(conn)
        return str(conn.scalar(select(timekeeping.c.house)))


def keeping(conn: Connection, now: datetime) -> Keeping:
    """Return who keeps the timetable at *now*; nobody asks Prefect any more: the clock."""
    row = conn.execute(select(timekeeping)).one_or_none()
    if row is None or row.checked_at is None:
        return Keeping(Keeper.CLOCK, "nobody_asks")
    if now - row.checked_at > FRESH:
        was_clock = row.keeper == Keeper.CLOCK
        return Keeping(Keeper.CLOCK, "nobody_asks", since=row.since if was_clock else row.checked_at)
    keeper = known(Keeper, row.keeper) or Keeper.CLOCK
    return Keeping(
        keeper, row.why, row.facts, row.scheduled, row.since, row.in_place_since, row.pages
    )  # fmt: skip


def note(conn: Connection, found: Keeping, asker: str, now: datetime, *, asked: bool) -> None:
    """Keep what *asker* found out; who could not ask (*asked* False) says so only where nobody else knows better."""
    row = conn.execute(select(timekeeping).with_for_update()).one_or_none()
    if row is None:
        _make_row(conn)
    elif not asked and row.asker != asker and row.checked_at is not None and now - row.checked_at <= FRESH:
        return
    before = keeping(conn, now)
    values = {
        "keeper": found.keeper,
        "since": before.since if before.keeper == found.keeper and before.since else now,
        "why": found.why,
        "facts": dict(found.facts),
        "scheduled": found.scheduled,
        "in_place_since": found.in_place_since,
        "checked_at": now,
        "asker": asker,
        "pages": found.pages,
    }
    conn.execute(update(timekeeping).where(timekeeping.c.id == ONE).values(values))


def last_slots(conn: Connection) -> list[Row[tuple[str, str, str]]]:
    """Return name, slot and waker of the last slot that each patrol came to the end of, by name."""
    by_itself = and_(
        patrol_runs.c.woken_by.in_(tuple(Keeper)),
        patrol_runs.c.period.like("____-__-__T__:__"),
        patrol_runs.c.ended_at.is_not(None),
        patrol_runs.c.error.is_(None),
    )
    newest = (
        select(patrol_runs.c.name, func.max(patrol_runs.c.period).label("slot"))
        .where(by_itself)
        .group_by(patrol_runs.c.name)
        .subquery()
    )
    same = and_(patrol_runs.c.name == newest.c.name, patrol_runs.c.period == newest.c.slot)
    found = select(patrol_runs.c.name, patrol_runs.c.period, patrol_runs.c.woken_by).join(newest, same)
    return list(conn.execute(found.order_by(patrol_runs.c.name)))


def _make_row(conn: Connection) -> None:
    nothing = {"keeper": Keeper.CLOCK, "why": "nobody_asks", "facts": {}, "scheduled": 0, "asker": ""}
    conn.execute(insert_new(conn, timekeeping, "id"), nothing | {"id": ONE, "house": secrets.token_hex(4)})
