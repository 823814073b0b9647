"""更正: words, amounts, kind, due day and responsibility of a finding."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from cases.corrections import Correction, NothingToCorrect
from cases.events import Event
from cases.finding import Finding, Kind, State
from persistence.tables import findings
from tasks.case import FindingCase
from tasks.correcting.asked import Asked
from tasks.correcting.task_holders import move_tasks
from tasks.due_day import move_due_day

if TYPE_CHECKING:
    from tasks.work import Work

FIELDS: Mapping[str, Correction] = {
    "title": Correction.TEXT,
    "detail": Correction.TEXT,
    "target": Correction.TEXT,
    "category": Correction.TEXT,
    "amount_yuan": Correction.AMOUNT,
    "headcount": Correction.AMOUNT,
    "kind": Correction.KIND,
    "due_on": Correction.DUE_ON,
    "leader_post_id": Correction.RESPONSIBLE,
    "handler_post_id": Correction.RESPONSIBLE,
    "chief_post_id": Correction.RESPONSIBLE,
}
_IN_THE_ROW = ("detail", "target")  # texts that no rule reads
_FROM_JSON: Mapping[str, Any] = {"amount_yuan": Decimal, "kind": Kind, "due_on": date.fromisoformat}


def only_changed(work: "Work", case: FindingCase, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *values* that are not what stands there already, as JSON. Raises NothingToCorrect."""
    now = _now(work, case)
    changed = {name: _json(value) for name, value in values.items() if _json(value) != _json(now[name])}
    if not changed:
        raise NothingToCorrect()
    return changed


def change_contents(work: "Work", case: FindingCase, asked: Asked) -> None:
    """Put the new values in the place of the old ones, which stay in the ledger."""
    now = _now(work, case)
    was = {name: _json(now[name]) for name in asked.body}
    values = {name: _FROM_JSON.get(name, lambda same: same)(value) for name, value in asked.body.items()}
    if "due_on" in values and case.finding.state is not State.REGISTERED:
        move_due_day(work, case, values.pop("due_on"))
    texts = {name: values.pop(name) for name in _IN_THE_ROW if name in values}
    if texts:
        work.write_later(update(findings).where(findings.c.id == case.id).values(texts))
    case.finding = replace(case.finding, **values)
    move_tasks(work, case)
    facts = {"fields": list(asked.body), "was": was, "now": dict(asked.body), "reason": asked.reason}
    work.record(case, Event("FindingCorrected", facts))


def _now(work: "Work", case: FindingCase) -> dict[str, Any]:
    row = work.conn.execute(select(*(findings.c[name] for name in _IN_THE_ROW)).where(findings.c.id == case.id)).one()
    known = set(Finding.__dataclass_fields__)
    return dict(row._mapping) | {name: getattr(case.finding, name) for name in FIELDS if name in known}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value.quantize(Decimal("0.01")))
    return value if value is None or isinstance(value, int) else str(value)
