"""What keeps the findings of a list from being issued."""

from sqlalchemy import Connection, func, select

from cases.finding import NotReadyToIssue, State
from persistence.case_store import findings_of_list
from persistence.tables import findings, milestones

NAMED = 5  # numbers that a refusal names; all of them are counted


def lacking(conn: Connection, list_id: int) -> dict[str, tuple[str, ...]]:
    """Return the names of what is missing by number of the finding; who lacks nothing is left out."""
    steps = _milestones(conn, list_id)
    waiting = findings_of_list(conn, list_id, State.REGISTERED)
    lacks = ((one.number, one.missing_for_issue(milestones=steps.get(one.id, 0))) for one in waiting)
    return {number: missing for number, missing in lacks if missing}


def _milestones(conn: Connection, list_id: int) -> dict[int, int]:
    """Return how many dated steps each finding of a list has, by its id; those without any are left out."""
    query = (
        select(milestones.c.finding_id, func.count())
        .join(findings, findings.c.id == milestones.c.finding_id)
        .where(findings.c.list_id == list_id)
        .group_by(milestones.c.finding_id)
    )
    return dict(conn.execute(query).tuples().all())


def require_ready(conn: Connection, list_id: int) -> None:
    """Raise NotReadyToIssue that names the first findings that lack something, and all that is lacking."""
    if missing := lacking(conn, list_id):
        every = tuple(dict.fromkeys(name for names in missing.values() for name in names))
        raise NotReadyToIssue(number=list(missing)[:NAMED], missing=every, count=len(missing))
