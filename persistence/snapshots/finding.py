"""The snapshot of one finding in its present cycle."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from cases.moments import shanghai_date
from cases.signals.snapshot import Progress, Snapshot
from persistence import registers
from persistence.people import staff_of
from persistence.snapshots import course, dossier, registered
from persistence.snapshots.cycle import Cycle
from persistence.snapshots.past import as_it_was
from persistence.snapshots.reference import Reference, reference_of
from persistence.tables import cases, findings, issue_lists, measures


def snapshot_of(conn: Connection, finding_id: int, as_of: datetime, reference: Reference | None = None) -> Snapshot:
    """Return what the signals read of a finding as of a moment; *reference* spares reading it for each of many."""
    reference = reference or reference_of(conn, as_of)
    row = _row(conn, finding_id, as_of)
    cycle = Cycle(conn, row.id, row.cycle)
    kept = registers.of_finding(conn, row.id, as_of=as_of)
    of_list = registers.of_list(conn, row.list_id, as_of=as_of)
    known = registered.particulars(kept)
    partners = reference.ids_of(known.co_units) | {row.lead_unit_id}
    names = reference.names_for(row.unit_path, *partners)
    own = frozenset(name for unit in reference.family(row.unit_path) for name in unit.names if unit.id == row.unit_id)
    told = course.last_submission(cycle, as_of)
    today = shanghai_date(as_of)
    staff = reference.once(("staff", row.unit_path, today), lambda: staff_of(conn, row.unit_path, today))
    text = f"{row.title}。{row.detail}" if row.detail and row.detail != row.title else row.title
    refunds = registered.recoveries(kept, reference, own)
    actions = registered.person_actions(kept)
    extended = course.extended_of(cycle, as_of)
    claimed_amount, claimed_persons = registered.claimed(kept)
    inspected = of_list.get("inspection", ())
    progress = course.progress_of(cycle, as_of)
    return Snapshot(
        finding_id=row.id,
        number=row.number,
        unit_id=row.unit_id,
        kind=row.kind,
        as_of=as_of,
        feedback_on=row.feedback_on,
        issued_on=shanghai_date(row.issued_at) if row.issued_at else None,
        due_on=row.due_on,
        overdue_since=row.overdue_since,
        submitted_at=_known(row.submitted_at, as_of),
        last_progress_on=_last_sign(progress, told),
        extensions=sum(asked.verdict == "approved" for asked in extended),
        measures=dossier.measures_of(conn, row, partners, told, as_of),
        exhibits=dossier.exhibits_of(cycle, row, partners, reference, as_of),
        opinions=course.opinions_of(cycle, row.submitted_at, as_of),
        visits=course.visits_of(cycle, staff, as_of),
        title=row.title,
        detail=row.detail,
        category=row.category,
        amount=row.amount_yuan,
        headcount=row.headcount,
        is_systemic=row.is_systemic,
        needs_on_site=known.needs_on_site,
        location=known.location,
        classed_as=row.due_text,
        inspected_from=shanghai_date(inspected[-1].at) if inspected else None,
        inspected_until=_day(inspected[-1].fields.get("until")) if inspected else None,
        entries=tuple(sorted(day for entry in inspected if (day := _day(entry.fields.get("again"))))),
        plan_approved_on=shanghai_date(row.plan_approved_at) if _known(row.plan_approved_at, as_of) else None,
        first_due_on=row.first_due_on,
        signed_off_at=_known(row.signed_off_at, as_of),
        counted_done=_known(row.signed_off_at, as_of) is not None,
        completion=told.completion if told else "",
        claimed_amount=claimed_amount or (told.recovered_yuan if told else None),
        claimed_persons=claimed_persons,
        progress=progress,
        extended=extended,
        names=replace(names, foreign=names.foreign - _parties(conn, row.list_id, names.outside, reference)),
        recoveries=refunds,
        fund=known.fund,
        payments=registered.payments(conn, row, refunds, reference, as_of),
        affiliates=reference.affiliates,
        callbacks=registered.callbacks(kept),
        waivers=registered.waivers(kept),
        person_actions=actions,
        appointments=registered.appointments(conn, actions, as_of),
        executed=registered.executed(kept),
        regulations=registered.regulations(kept),
        issued_documents=registered.issued_documents(conn, row.unit_id, as_of),
        self_checks=registered.self_checks(kept),
        spot_checks=registered.spot_checks(kept),
        milestones=course.milestones_of(conn, row),
        earlier=course.earlier_of(conn, row, text, known.objects, reference, as_of),
        complaints=course.complaints_of(conn, row, text, known.objects, own, as_of),
        pace=course.pace_of(conn, row, reference, as_of),
        changes=course.changes_of(cycle, row.signed_off_at, as_of),
        participants=course.participants_of(cycle, told, as_of),
        unit_people=frozenset(staff),
    )


_told = select(findings.c.title, findings.c.detail).where(findings.c.list_id == bindparam("list"))
_planned = (
    select(measures.c.text)
    .join(findings, findings.c.id == measures.c.finding_id)
    .where(findings.c.list_id == bindparam("list"))
)


def _parties(conn: Connection, list_id: int, outside: frozenset[str], reference: Reference) -> frozenset[str]:
    """Return the outsiders that the findings and plans of the list name: minutes speak of several findings."""
    if not outside:
        return frozenset()
    text = reference.once(("told", list_id), lambda: _text_of(conn, list_id))
    return frozenset(name for name in outside if name in text)


def _text_of(conn: Connection, list_id: int) -> str:
    """Return what the findings and plans of a list say."""
    told, planned = conn.execute(_told, {"list": list_id}), conn.scalars(_planned, {"list": list_id})
    return "\n".join([*(f"{each.title}\n{each.detail}" for each in told), *planned])


_finding = (
    select(findings, issue_lists.c.feedback_on, issue_lists.c.plan_approved_at, cases.c.changed_at)
    .join(issue_lists, issue_lists.c.id == findings.c.list_id)
    .join(cases, cases.c.id == findings.c.id)
    .where(findings.c.id == bindparam("finding"))
)


def _row(conn: Connection, finding_id: int, as_of: datetime) -> Row[Any]:
    """Return the finding with its list, as it was at *as_of*."""
    row = conn.execute(_finding, {"finding": finding_id}).one()
    return row if row.changed_at <= as_of else as_it_was(conn, row, as_of)


def _known(moment: datetime | None, as_of: datetime) -> datetime | None:
    return moment if moment is not None and moment <= as_of else None


def _last_sign(progress: Sequence[Progress], told: Row[Any] | None) -> date | None:
    """Return when the unit last told of its progress: a submission that was handed back told of it too."""
    moments = [*(entry.at for entry in progress), *([told.at] if told else [])]
    return shanghai_date(max(moments)) if moments else None


def _day(written: object) -> date | None:
    return date.fromisoformat(str(written)) if written else None
