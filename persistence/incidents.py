"""What stands still and needs somebody's hand: faulted processes, messages nobody could take up, letters given up."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, String, cast, func, select

from persistence import failures
from persistence.outbox import State
from persistence.overviews import titles_of
from persistence.tables import cases, instances, messages, outbox, releases
from persistence.tables import failures as failed

MOST = 200
MESSAGE = "message"  # among the failures: shown with a hand to try it again


def faulted(conn: Connection) -> list[dict[str, Any]]:
    """Return processes that cannot go on, oldest first, with the number of their case and where they stood."""
    rows = conn.execute(
        select(instances, cases.c.kind, releases.c.title.label("release_title"))
        .join(cases, cases.c.id == instances.c.case_id)
        .outerjoin(releases, releases.c.id == instances.c.release_id)
        .where(instances.c.status == "faulted")
        .order_by(instances.c.id)
        .limit(MOST)
    ).all()
    numbers = titles_of(conn, (row.case_id for row in rows))
    return [
        {
            "row": row,
            "number": numbers.get(row.case_id, ("", ""))[0],
            "fault": row.fault or {},
            "since": _moment((row.fault or {}).get("at")),
            "path": list(row.path),
        }
        for row in rows
    ]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def unheard(conn: Connection) -> list[tuple[Row[Any], str]]:
    """Return messages between cases that failed at least once: cause, next try, and the number of the case."""
    tried = failures.X.subject == cast(messages.c.id, String)
    rows = conn.execute(
        select(messages, failures.X.cause, failures.X.next_at)
        .outerjoin(failed, (failures.X.work == MESSAGE) & tried & failures.X.mended_at.is_(None))
        .where(messages.c.taken_at.is_(None), messages.c.failures > 0)
        .order_by(messages.c.id)
        .limit(MOST)
    ).all()
    numbers = titles_of(conn, (row.case_id for row in rows))
    return [(row, numbers.get(row.case_id, ("", ""))[0]) for row in rows]


def letter_counts(conn: Connection) -> dict[str, int]:
    """Return how many letters are in which state."""
    return dict(conn.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).tuples().all())


def incident_count(conn: Connection) -> int:
    """Return how many things need a hand."""
    stuck = select(func.count()).where(instances.c.status == "faulted")
    dead = select(func.count()).where(outbox.c.state == State.DEAD)
    return sum(int(conn.scalar(query) or 0) for query in (stuck, dead)) + failures.count_at_present(conn)


def failing(conn: Connection) -> list[tuple[Row[Any], str]]:
    """Return what the clock and the patrols could not do, longest first, with the number of the case concerned."""
    rows = [row for row in failures.at_present(conn) if row.work != MESSAGE]
    numbers = titles_of(conn, (row.case_id for row in rows if row.case_id))
    return [(row, numbers.get(row.case_id, ("", ""))[0]) for row in rows]
