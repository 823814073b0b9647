"""The snapshot of an issue list: how the unit as a whole rectifies and reports."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from cases.moments import SHANGHAI, shanghai_date
from cases.signals.snapshot import Counted, ListSnapshot, Reported, Survey
from persistence import registers
from persistence.registers import Entry
from persistence.tables import findings, issue_lists, ledger


def list_snapshot_of(conn: Connection, list_id: int, as_of: datetime) -> ListSnapshot:
    """Return what the signals read of a list as of a moment."""
    row = conn.execute(select(issue_lists).where(issue_lists.c.id == list_id)).one()
    kept = registers.of_list(conn, list_id, as_of=as_of)
    items = conn.execute(
        select(findings.c.kind, findings.c.basic_done, findings.c.signed_off_at, findings.c.chief_post_id)
        .add_columns(findings.c.leader_post_id)
        .where(findings.c.list_id == list_id, findings.c.state != "ended")
    ).all()
    reported = tuple(_reported(entry) for entry in kept.get("report", ()))
    meetings = kept.get("meeting", [])
    mapped = [item for item in items if item.leader_post_id is not None]
    return ListSnapshot(
        list_id=list_id,
        number=row.number,
        unit_id=row.unit_id,
        as_of=as_of,
        findings=len(items),
        done=_done_on(items, shanghai_date(as_of)),
        reported=reported,
        counted=tuple(_counted(items, report.on) for report in reported),
        surveys=tuple(_survey(entry) for entry in kept.get("survey", ())),
        chief_owns=sum(item.leader_post_id == item.chief_post_id for item in mapped) if mapped else None,
        meetings=len(meetings) if meetings else None,
        chief_attended=sum(bool(entry.fields["chief_attended"]) for entry in meetings) if meetings else None,
        chief_signed=_signed(conn, row, kept.get("signature", ()), as_of),
    )


def _reported(entry: Entry) -> Reported:
    rate = entry.fields.get("rate")
    return Reported(
        entry.id, shanghai_date(entry.at), int(entry.fields["done"]), int(entry.fields["total"]),
        round(float(rate) * 100) if rate not in (None, "") else None,
    )  # fmt: skip


def _survey(entry: Entry) -> Survey:
    fields = entry.fields
    return Survey(
        entry.id, shanghai_date(entry.at), int(fields["asked"]), int(fields["answered"]), int(fields["satisfied"])
    )


def _done_on(items: Sequence[Any], day: date) -> int:
    return sum(item.signed_off_at is not None and shanghai_date(item.signed_off_at) <= day for item in items)


def _counted(items: Sequence[Any], day: date) -> Counted:
    """Return what the items themselves say of *day*."""
    open_ones = [item for item in items if item.signed_off_at is None or shanghai_date(item.signed_off_at) > day]
    return Counted(
        on=day,
        done=len(items) - len(open_ones),
        total=len(items),
        basically_done=sum(bool(item.basic_done) for item in open_ones),
        continuous=sum(item.kind == "CONTINUOUS" and not item.basic_done for item in open_ones),
    )


def _signed(conn: Connection, row: Row[Any], on_paper: Sequence[Entry], as_of: datetime) -> dict[str, bool] | None:
    """Return whether the chief signed the papers that are due: by his act here, or on paper as it was registered."""
    told = select(ledger.c.event).where(ledger.c.case_id == row.id, ledger.c.at <= as_of).distinct()
    acts = set(conn.scalars(told))
    papers = {str(entry.fields["document"]): bool(entry.fields["by_chief"]) for entry in on_paper}
    due = dict(papers)
    if not acts:  # it did not live here: what nobody registered is not known
        return due or None
    if row.plan_approved_at is not None and row.plan_approved_at <= as_of:
        due.setdefault("plan", "PlanSubmitted" in acts)
    if row.report_due_on is not None and _end_of(row.report_due_on) < as_of:
        due.setdefault("report", "ProgressReportSigned" in acts)
    return due or None


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
