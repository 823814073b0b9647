"""撤回登记: a row of a register that was wrong is withdrawn with its reason; it stays to be read."""

from typing import Any

from sqlalchemy import Row as TableRow
from sqlalchemy import select

from cases.events import Event
from cases.refusals import FormIncomplete, Unknown
from persistence.tables import register_entries, units
from tasks.acts import act
from tasks.case import AnyCase, FindingCase, ListCase
from tasks.form import Form
from tasks.registering import Owner, Row, register_named, require_right, tell_concerned
from tasks.work import Work

LEAST_REASON = 4  # characters


@act(on="anywhere", needs=("entry", "reason"), task=False, permission="enter_register")
def withdraw_entry(work: Work, case: AnyCase, form: Form) -> None:
    """Withdraw a row; whoever may enter its like may do so."""
    reason = form.text("reason")
    if len(reason) < LEAST_REASON:
        raise FormIncomplete({"reason": "too_short"})
    entry = _entry(work, case, form)
    register = register_named(entry.register)
    owner = _owner(work, case, entry)
    require_right(work, register, owner)

    work.set(register_entries, entry.id, withdrawn_at=work.at, withdrawn_because=reason)
    facts = {"register": register.name, "entry": str(entry.id), "fields": entry.fields, "reason": reason}
    work.record(case, Event("RegisterWithdrawn", facts))
    tell_concerned(work, register, [Row(owner, entry.fields, entry.at)])


def _entry(work: Work, case: AnyCase, form: Form) -> TableRow[Any]:
    """Return the row that stands and belongs to *case*. Raises Unknown."""
    entry = work.conn.execute(
        select(register_entries).where(
            register_entries.c.id == (form.number("entry") or 0), register_entries.c.withdrawn_at.is_(None)
        )
    ).one_or_none()
    if entry is None or (entry.finding_id or entry.list_id) != (case.id if _is_own(case) else None):
        raise Unknown()
    return entry


def _is_own(case: AnyCase) -> bool:
    return isinstance(case, FindingCase | ListCase)


def _owner(work: Work, case: AnyCase, entry: TableRow[Any]) -> Owner:
    if isinstance(case, FindingCase):
        return Owner(case, case.finding.unit_path, case.finding.confidentiality, finding_id=case.id)
    if isinstance(case, ListCase):
        return Owner(case, case.issue_list.unit_path, list_id=case.id)
    path = work.conn.scalar(select(units.c.path).where(units.c.id == entry.unit_id)) if entry.unit_id else ""
    return Owner(case, str(path), unit_id=entry.unit_id)
