"""The ledger as the audit administrator searches it: who did what to which case when, never what was written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, tuple_

from persistence.case_store import OFFICE
from persistence.searching import says_all
from persistence.tables import cases, findings, issue_lists, ledger, samples

Place = tuple[datetime, int, int]  # moment, case, event


@dataclass(frozen=True)
class Sought:
    """What is looked for; empty does not narrow. *number* is that of a finding, list or sample, or ``office``."""

    who: str = ""
    number: str = ""
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None


def search(conn: Connection, sought: Sought, *, before: Place | None = None, limit: int = 100) -> list[Row[Any]]:
    """Return events with the number of their case, newest first: no body, no title."""
    number = func.coalesce(findings.c.number, issue_lists.c.number, samples.c.number)
    columns = ("case_id", "seq", "event", "act", "at", "recorded_at", "who", "post", "hash", "leaf")
    joined = (
        ledger.join(cases, cases.c.id == ledger.c.case_id)
        .outerjoin(findings, findings.c.id == ledger.c.case_id)
        .outerjoin(issue_lists, issue_lists.c.id == ledger.c.case_id)
        .outerjoin(samples, samples.c.id == ledger.c.case_id)
    )
    query = select(*(ledger.c[name] for name in columns), cases.c.kind, number.label("number")).select_from(joined)
    query = query.where(*_narrowed(conn, sought))
    place = tuple_(ledger.c.at, ledger.c.case_id, ledger.c.seq)
    if before is not None:
        values = (bindparam(None, value, column.type) for value, column in zip(before, place.clauses, strict=True))
        query = query.where(place < tuple_(*values))
    newest = (ledger.c.at.desc(), ledger.c.case_id.desc(), ledger.c.seq.desc())
    return list(conn.execute(query.order_by(*newest).limit(limit)))


def _narrowed(conn: Connection, sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.who:
        found.append(says_all(sought.who, ledger.c.who))
    if sought.number:
        found.append(ledger.c.case_id == _case_id(conn, sought.number))
    if sought.event:
        found.append(ledger.c.event == sought.event)
    if sought.since is not None:
        found.append(ledger.c.at >= sought.since)
    if sought.until is not None:
        found.append(ledger.c.at <= sought.until)
    return found


def _case_id(conn: Connection, number: str) -> int:
    if number == "office":
        return OFFICE
    for table in (findings, issue_lists, samples):
        found = conn.scalar(select(table.c.id).where(table.c.number == number))
        if found is not None:
            return int(found)
    return 0
