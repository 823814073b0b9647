"""A finding as it was at an earlier moment: in its cycle, submitted or not yet, with the days of then."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, Row, func, or_, select

from cases.moments import shanghai_date
from persistence.tables import cycles, look_backs, reviews, submissions


def as_it_was(conn: Connection, row: Row[Any], as_of: datetime) -> Row[Any]:
    """Return *row* with what has moved since put back; titles, measures and classifications are those of today."""
    opened = select(cycles).where(cycles.c.finding_id == row.id, cycles.c.opened_at <= as_of)
    cycle = conn.execute(opened.order_by(cycles.c.cycle.desc()).limit(1)).one_or_none()
    moved: dict[str, Any] = {}
    if cycle is not None and cycle.cycle != row.cycle:
        moved = {
            "cycle": cycle.cycle,
            "issued_at": cycle.opened_at,
            "due_on": cycle.due_on,
            "first_due_on": cycle.due_on,
            "overdue_since": None,
            "signed_off_at": cycle.closed_at if cycle.result == "signed_off" else None,
        }
    moved["submitted_at"] = _submitted_at(conn, row.id, moved.get("cycle", row.cycle), as_of)
    if row.overdue_since and row.overdue_since > shanghai_date(as_of):
        moved["overdue_since"] = None
    return cast(Row[Any], SimpleNamespace(**{**row._mapping, **moved}))  # read by the names of the columns alone


def _submitted_at(conn: Connection, finding_id: int, cycle: int, as_of: datetime) -> datetime | None:
    """Return when it was last submitted, unless that was returned, or its milestone looked back on, before *as_of*."""
    own = (submissions.c.finding_id == finding_id, submissions.c.cycle == cycle, submissions.c.at <= as_of)
    sent = conn.scalar(select(func.max(submissions.c.at)).where(*own))
    if sent is None:
        return None
    returned = select(reviews.c.id).where(
        reviews.c.case_id == finding_id, reviews.c.cycle == cycle, reviews.c.verdict == "returned",
        reviews.c.at > sent, reviews.c.at <= as_of,
    )  # fmt: skip
    looked_at = select(look_backs.c.id).where(
        look_backs.c.finding_id == finding_id, look_backs.c.cycle == cycle,
        look_backs.c.confirmed_at > sent, look_backs.c.confirmed_at <= as_of,
        or_(look_backs.c.result == "returned", look_backs.c.milestone_id.is_not(None)),
    )  # fmt: skip
    came_back = conn.execute(returned.limit(1)).first() or conn.execute(looked_at.limit(1)).first()
    return None if came_back else cast(datetime, sent)
