"""Whether the clock of a case runs: what says how late the tasks on it are."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, select

from cases.issue_list import REPORTS_TO_COME
from persistence.tables import findings, issue_lists

Clock = tuple[str, date | None, datetime | None] | bool
"""Of a finding its state, due day and submission; of a list whether its report is still to come."""


def clocks_of(conn: Connection, ids: Sequence[int]) -> dict[int, Clock]:
    """Return the clocks of the cases *ids* by id; what is neither a finding nor a list has none."""
    F, L = findings.c, issue_lists.c
    found: dict[int, Clock] = {}
    for row in conn.execute(select(F.id, F.state, F.due_on, F.submitted_at).where(F.id.in_(ids))):
        found[row.id] = (row.state, row.due_on, row.submitted_at)
    for list_id, state in conn.execute(select(L.id, L.state).where(L.id.in_(ids))):
        found[list_id] = state in REPORTS_TO_COME
    return found
