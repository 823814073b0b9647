"""函件巡检: letters that a killed worker had claimed go out again, and missed notices are folded into one letter."""

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select, update

from persistence import outbox
from persistence.outbox import Owed, State
from persistence.tables import outbox as rows
from tasks.patrols.round import Counts, Round

if TYPE_CHECKING:
    from datetime import datetime

OF_THE_READER = ("post",)  # said once, above all matters


def letters(patrol: Round) -> Counts:
    """Give back stale claims, fold what is held, and count what is waiting or dead."""
    attempts = patrol.attempts("letters")

    def release() -> int:
        with patrol.office.database.writing() as conn:
            patrol.guard(conn)
            return outbox.release_stale(conn, patrol.office.now())

    def digest() -> int:
        with patrol.office.read() as conn:
            if not patrol.office.calendar(conn).is_working_day(patrol.today):
                return 0  # what the ladder holds back leaves on no free day
        with patrol.office.database.writing() as conn:
            patrol.guard(conn)
            return fold(conn, patrol.now)

    counts = {"released": attempts.of("stale", release) or 0, "digests": attempts.of("digests", digest) or 0}
    with patrol.office.read() as conn:
        dead = conn.scalar(select(func.count()).select_from(rows).where(rows.c.state == State.DEAD)) or 0
        return attempts.counted(counts | {"waiting": outbox.waiting_count(conn), "dead": dead})


def fold(conn: Connection, now: "datetime") -> int:
    """Make one letter of all that is held for a person; a single one goes out as it is. Return the digests made."""
    held = conn.execute(select(rows).where(rows.c.state == State.HELD).order_by(rows.c.person_id, rows.c.id)).all()
    digests = 0
    for person_id, group in groupby(held, attrgetter("person_id")):
        mine = list(group)
        if person_id is None or len(mine) == 1:
            _set(conn, mine, State.WAITING)
            continue
        outbox.owe(conn, [_digest(mine, now)], now=now)
        _set(conn, mine, State.SUPERSEDED)
        digests += 1
    return digests


def _digest(letters: list[Any], now: "datetime") -> Owed:
    last = letters[-1]
    matters = [
        {**{name: value for name, value in row.facts.items() if name not in OF_THE_READER}, "letter": row.letter}
        for row in letters
    ]
    once = [one for place, one in enumerate(matters) if one not in matters[:place]]
    return Owed(
        obligation=f"digest|{last.id}|person:{last.person_id}",
        letter="digest",
        role=last.role,
        person_id=last.person_id,
        facts={
            "post": last.facts.get("post", ""),
            "link": "/",
            "items": once,
        },
        next_at=now,
        address=last.address,
        language=last.language,
    )


def _set(conn: Connection, letters: list[Any], state: State) -> None:
    ids = [row.id for row in letters]
    conn.execute(update(rows).where(rows.c.id.in_(ids), rows.c.state == State.HELD).values(state=state))
