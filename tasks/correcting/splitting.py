"""拆分: one finding becomes several with numbers of their own; the old one ends and is counted no more."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from cases.corrections import ClosedAs
from cases.events import Event
from cases.finding import Finding, Kind, State
from cases.known_words import required
from persistence import ledger
from persistence.case_store import Head
from persistence.columns import new_id
from persistence.tables import cases, criteria, cycles, findings, issue_lists, measures, milestones
from tasks.case import FindingCase, new_case_row
from tasks.correcting.asked import Asked
from tasks.correcting.ending import copy_evidence, end, link

if TYPE_CHECKING:
    from tasks.work import Work

# What a part does not inherit: it has its own way before it. Deadline, delay, responsibility and list stay.
_FRESH: dict[str, Any] = {
    "cycle": 1, "basic_done": False, "accepted_at": None, "submitted_at": None, "progress_at": None,
    "signed_off_at": None, "historic": False, "suspended_because": None, "attention": 0, "returns": 0,
    "closed_as": None, "closed_at": None,
}  # fmt: skip


def split(work: "Work", case: FindingCase, asked: Asked) -> None:
    """End the finding and begin one for each part, issued as it was."""
    numbers = _next_numbers(work, case, len(asked.body["parts"]))
    row = work.conn.execute(select(findings).where(findings.c.id == case.id)).mappings().one()
    for place, (number, part) in enumerate(zip(numbers, asked.body["parts"], strict=True), 1):
        _begin_part(work, case, dict(row), number, place, part)
    end(work, case, ClosedAs.SPLIT, numbers)
    work.answer |= {"parts": numbers}


def _next_numbers(work: "Work", case: FindingCase, count: int) -> list[str]:
    """Return numbers that the list has never given; no row is ever deleted, so counting them is enough."""
    own = select(func.count()).where(findings.c.list_id == case.finding.list_id)
    taken = int(work.conn.execute(own).scalar_one())
    listed = select(issue_lists.c.number).where(issue_lists.c.id == case.finding.list_id)
    number = work.conn.execute(listed).scalar_one()
    return [f"{number}-{place:03d}" for place in range(taken + 1, taken + count + 1)]


def _begin_part(
    work: "Work", case: FindingCase, row: dict[str, Any], number: str, place: int, part: dict[str, Any]
) -> None:
    part_id = new_id()
    is_issued = case.finding.state is State.OPEN
    own = row | _FRESH | {
        "id": part_id,
        "number": number,
        "seq": f"{row['seq']}-{place}"[:40],
        "title": part["title"],
        "amount_yuan": Decimal(part["amount_yuan"]) if part.get("amount_yuan") else None,
        "parent_id": case.id,
        "stage": "issued" if is_issued else row["stage"],
    }  # fmt: skip
    work.create(cases, [new_case_row(part_id, "finding", at=work.at, by=work.actor.name, act=work.act)])
    work.create(findings, [own])
    measure_ids = _copy_contents(work, case, part_id, set(part.get("measures", ())))
    copy_evidence(work, case, part_id, 1, measure_ids, only=set(part.get("evidence", ())))
    link(work, case.id, part_id, "split")

    known = {name: own[name] for name in Finding.__dataclass_fields__}
    finding = Finding(**known | {"kind": required(Kind, own["kind"]), "state": required(State, own["state"])})
    head = Head(part_id, "finding", 0, ledger.Head(part_id), work.at, work.actor.name, work.act)
    new = FindingCase(head, [], [], before=finding, finding=finding)
    work.add_case(new)
    work.record(new, Event("FindingSplitOff", {"from": case.number, "due_on": str(finding.due_on or "")}))
    if is_issued:
        work.add(cycles, finding_id=part_id, cycle=1, opened_at=work.at, because="split", due_on=finding.due_on)
        work.tell(part_id, "begin_cycle")


def _copy_contents(work: "Work", case: FindingCase, part_id: int, own_measures: set[int]) -> dict[int, int]:
    """Copy criteria, milestones and the part's own measures; return old id of a measure -> new."""
    for table in (criteria, milestones):
        for row in work.conn.execute(select(table).where(table.c.finding_id == case.id)).mappings():
            work.add(table, **dict(row) | {"id": new_id(), "finding_id": part_id})
    measure_ids: dict[int, int] = {}
    rows = work.conn.execute(select(measures).where(measures.c.finding_id == case.id).order_by(measures.c.seq))
    for row in rows.mappings():
        if row["id"] in own_measures:
            measure_ids[row["id"]] = new_id()
            place = {"id": measure_ids[row["id"]], "finding_id": part_id, "seq": len(measure_ids)}
            work.add(measures, **dict(row) | place)
    return measure_ids
