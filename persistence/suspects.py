"""Whom a nightly look for signals concerns: what changed since the last one, and what time alone makes suspect.

Every query starts from the small side, an index of changes or a window of days that came to their end; nothing walks
through all findings but the first look.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, not_, or_, select, true

from cases.evidence import EvidenceKind
from cases.evidence_facts import FactKind
from cases.finding import State
from cases.likeness import contained, likeness
from cases.moments import end_of_day, shanghai_date
from persistence.sketches import LEAST_CHARACTERS
from persistence.tables import (
    cases,
    evidence,
    evidence_facts,
    findings,
    issue_lists,
    measures,
    register_entries,
    sketches,
)

LOOKED_AT: Final = (State.OPEN, State.SIGNED_OFF)
_OF_MONEY: Final = ("account", "affiliate")  # registers of the office, and what they may make suspect
_LIKE_A_COMPLAINT: Final = 30  # percent; the rule knows the threshold, this only spares looking at what is far from it
_AT_ONCE: Final = 500

F, R = findings.c, register_entries.c


@dataclass(frozen=True, slots=True)
class Silence:
    """When silence and lateness become suspect (PR-16), when a regulation has to have been used (PR-25), in days."""

    silent_days: int = 30
    silent_percent: int = 25
    days_overdue: int = 30
    execution_days: int = 90


def changed(conn: Connection, since: datetime | None, *, but_by: str) -> set[int]:
    """Return the findings, of whatever state, that changed since; all of them where there was no look yet.

    *but_by*: the act of the look itself, which changes what it raises something about.
    """
    return _changed(conn, "finding", since, but_by)


def without_sketches(conn: Connection) -> set[int]:
    """Return the findings that have measures of which the index knows nothing: of before it, or of before its form."""
    drawn = exists().where(sketches.c.finding_id == measures.c.finding_id)
    told = select(measures.c.finding_id).where(func.length(measures.c.text) > LEAST_CHARACTERS, not_(drawn))
    return set(conn.scalars(told.distinct()))


def to_look_at(
    conn: Connection, since: datetime | None, fresh: set[int], now: datetime, silence: Silence, *, new_rules: bool
) -> list[int]:
    """Return the findings that may have become suspect since, *fresh* ones that changed and their neighbours.

    *new_rules*: other parameters of the signals came into force since, so that any may have.
    """
    if since is None or new_rules:
        return sorted(conn.scalars(select(F.id).where(F.state.in_(LOOKED_AT))))
    found = _in_state(conn, fresh)
    found |= _submitted_beside(conn, fresh, since)
    found |= _concerned_by_the_office(conn, since)
    found |= set(_grown_old(conn, since, now, silence))
    found |= _regulations_grown_old(conn, since, now, silence.execution_days)
    return sorted(found)


def lists_to_look_at(
    conn: Connection, since: datetime | None, fresh: set[int], now: datetime, *, but_by: str
) -> list[int]:
    """Return the lists that changed, whose findings did, or of which a paper became due since."""
    found = _changed(conn, "issue_list", since, but_by)
    if since is not None:
        for some in _portions(fresh):
            found |= set(conn.scalars(select(F.list_id).where(F.id.in_(some)).distinct()))
        due = issue_lists.c.report_due_on
        just_due = due.between(shanghai_date(since) - timedelta(days=1), shanghai_date(now) - timedelta(days=1))
        found |= set(conn.scalars(select(issue_lists.c.id).where(just_due)))
    return sorted(found)


# --- what changed ---------------------------------------------------------------------------------------------------


def _changed(conn: Connection, kind: str, since: datetime | None, but_by: str) -> set[int]:
    moved = true() if since is None else and_(cases.c.changed_at >= since, cases.c.changed_act != but_by)
    return set(conn.scalars(select(cases.c.id).where(cases.c.kind == kind, moved)))


def _in_state(conn: Connection, ids: set[int]) -> set[int]:
    found: set[int] = set()
    for some in _portions(ids):
        found |= set(conn.scalars(select(F.id).where(F.id.in_(some), F.state.in_(LOOKED_AT))))
    return found


def _submitted_beside(conn: Connection, fresh: set[int], since: datetime) -> set[int]:
    """Return what the same units submitted on the same lists: a batch shows with its last finding (PR-18)."""
    places: set[tuple[int, int]] = set()
    for some in _portions(fresh):
        just = select(F.list_id, F.unit_id).where(F.id.in_(some), F.submitted_at >= since)
        places |= set(conn.execute(just.distinct()).tuples())
    found: set[int] = set()
    for list_id, unit_id in places:
        beside = select(F.id).where(F.list_id == list_id, F.unit_id == unit_id, F.submitted_at.is_not(None))
        found |= set(conn.scalars(beside.where(F.state == State.OPEN)))
    return found


def _concerned_by_the_office(conn: Connection, since: datetime) -> set[int]:
    """Return whom new rows concern that hold for the whole office; of the others the acts have told."""
    new = or_(R.entered_at >= since, R.withdrawn_at >= since)

    def rows(*registers: str) -> Select[tuple[Any]]:
        return select(R.fields).where(R.register.in_(registers), R.unit_id.is_(None), new)

    found: set[int] = set()
    if conn.execute(rows(*_OF_MONEY).limit(1)).first() is not None:
        refunds = select(R.finding_id).where(R.register == "recovery", R.finding_id.is_not(None))
        found |= _in_state(conn, set(conn.scalars(refunds.distinct())))
    if conn.execute(rows("organisation").limit(1)).first() is not None:
        found |= set(conn.scalars(select(F.id).where(F.state == State.OPEN, F.submitted_at.is_not(None))))
    complaints = [str(fields["text"]) for fields in conn.scalars(rows("complaint"))]
    return found | set(_like_complaints(conn, complaints))


def _like_complaints(conn: Connection, complaints: list[str]) -> Iterator[int]:
    """Yield closed findings that a complaint may speak of whose unit nobody knew."""
    if not complaints:
        return
    closed = select(F.id, F.title, F.detail).where(F.state == State.SIGNED_OFF)
    objects: dict[int, list[str]] = {}
    named = select(R.finding_id, R.fields).where(R.register == "particulars", R.withdrawn_at.is_(None))
    for finding_id, fields in conn.execute(named):
        objects.setdefault(finding_id, []).extend(filter(None, str(fields.get("object") or "").split("、")))
    for id, title, detail in conn.execute(closed):
        for said in complaints:
            near = max(likeness(f"{title}。{detail}", said), contained(title, said), contained(said, title + detail))
            if near >= _LIKE_A_COMPLAINT or any(thing in said for thing in objects.get(id, ())):
                yield id
                break


# --- what time alone makes suspect ------------------------------------------------------------------------------------


def _grown_old(conn: Connection, since: datetime, now: datetime, silence: Silence) -> Iterator[int]:
    """Yield what became long overdue or long silent since (PR-16): once each, on the day on which it did."""
    first, last = shanghai_date(since), shanghai_date(now)
    overdue_after = timedelta(days=silence.days_overdue + 1)
    overdue = F.due_on.between(first - overdue_after, last - overdue_after)
    late = and_(F.submitted_at.is_(None), F.overdue_since.is_not(None), overdue)
    yield from conn.scalars(select(F.id).where(F.state == State.OPEN, late))

    latest = end_of_day(last - timedelta(days=silence.silent_days + 1))
    quiet = and_(
        F.submitted_at.is_(None), or_(F.progress_at < latest, and_(F.progress_at.is_(None), F.issued_at < latest))
    )
    rows = select(F.id, F.issued_at, F.progress_at, F.due_on).where(F.state == State.OPEN, quiet)
    for id, issued_at, progress_at, due_on in conn.execute(rows):
        window = (due_on - shanghai_date(issued_at)).days if due_on and issued_at else 0
        longest = max(silence.silent_days, window * silence.silent_percent // 100)
        if first <= shanghai_date(progress_at or issued_at) + timedelta(days=longest + 1) <= last:
            yield id


def _regulations_grown_old(conn: Connection, since: datetime, now: datetime, days: int) -> set[int]:
    """Return the findings with a regulation that should have been used by now (PR-25), on the day of which it is."""
    first, last = (shanghai_date(moment) - timedelta(days=days) for moment in (since, now))
    stated = exists().where(
        evidence_facts.c.sha256 == evidence.c.sha256,
        evidence_facts.c.kind == FactKind.DOC_DATE,
        evidence_facts.c.value.between(first.isoformat(), last.isoformat()),
    )
    of_these_days: ColumnElement[bool] = or_(evidence.c.effective_on.between(first, last), stated)
    query = (
        select(evidence.c.finding_id)
        .join(findings, F.id == evidence.c.finding_id)
        .where(evidence.c.kind == EvidenceKind.REGULATION, evidence.c.withdrawn_at.is_(None), of_these_days)
        .where(F.state.in_(LOOKED_AT), F.submitted_at.is_not(None))
    )
    return set(conn.scalars(query.distinct()))


def _portions(ids: Iterable[int]) -> Iterator[list[int]]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]
