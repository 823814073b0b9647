"""疑点巡检: looks again at findings that were changed since the last round, or that grew suspect with time."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from cases.finding import State
from persistence.tables import cases, findings, signal_hits
from tasks.case import AnyCase
from tasks.patrols.round import Counts, Round
from tasks.signals import look_for_signals, table_in_force
from tasks.work import Work

AT_ONCE = 500
F = findings.c


def signals(patrol: Round) -> Counts:
    """Raise the signals that the acts could not see yet."""
    counts: Counter[str] = Counter(looked_at=0, raised=0)
    for finding_id in _suspects(patrol):
        counts["looked_at"] += 1
        counts["raised"] += _look(patrol, finding_id)
    return counts


def _suspects(patrol: Round) -> Iterator[int]:
    """Yield ids in pages: what was changed since the last round, found by the moment of its last change."""
    changed = and_(cases.c.kind == "finding", F.submitted_at.is_not(None))
    if patrol.since is not None:
        changed = and_(changed, cases.c.changed_at >= patrol.since)
    seen: set[int] = set()
    for condition in (changed, _grown_old(patrol)):
        last = 0
        while True:
            query = select(F.id).join(cases, cases.c.id == F.id).where(F.state == State.OPEN, condition, F.id > last)
            with patrol.office.read() as conn:
                page = conn.scalars(query.order_by(F.id).limit(AT_ONCE)).all()
            yield from (found for found in page if found not in seen)
            seen.update(page)
            if len(page) < AT_ONCE:
                break
            last = page[-1]


def _grown_old(patrol: Round) -> ColumnElement[bool]:
    """Long overdue or long silent, and not yet known as such for this due day: what PR-16 reads."""
    with patrol.office.read() as conn:
        table, _ = table_in_force(patrol.office, conn)
    numbers = table["PR-16"].numbers if "PR-16" in table else {}
    overdue_before = patrol.today - timedelta(days=numbers.get("days_overdue", 30))
    known = select(signal_hits.c.id).where(
        signal_hits.c.finding_id == F.id, signal_hits.c.cycle == F.cycle, signal_hits.c.signal == "PR-16"
    )
    silent_since = patrol.now - timedelta(days=numbers.get("silent_days", 30))
    silent = and_(
        F.submitted_at.is_(None), F.issued_at < silent_since, or_(F.progress_at.is_(None), F.progress_at < silent_since)
    )
    return and_(or_(and_(F.overdue_since.is_not(None), F.due_on < overdue_before), silent), ~known.exists())


def _look(patrol: Round, finding_id: int) -> int:
    raised = 0

    def body(work: Work) -> AnyCase:
        nonlocal raised
        work.guard = patrol.guard
        case = work.finding(finding_id)
        raised = len(look_for_signals(work, case))
        return case

    patrol.office.as_clock("patrol_signals", body, at=patrol.now)
    return raised
