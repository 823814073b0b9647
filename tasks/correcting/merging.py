"""归并: findings that are one go on as one; the others end, and what they had stands with the survivor."""

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from cases.corrections import ClosedAs, merged_into, require_mergeable
from cases.events import Event
from cases.finding import State
from persistence.columns import new_id
from persistence.tables import findings, measures
from tasks.case import FindingCase
from tasks.correcting.asked import Asked
from tasks.correcting.ending import copy_evidence, end, link
from tasks.due_day import move_due_day

if TYPE_CHECKING:
    from tasks.work import Work


def merge(work: "Work", case: FindingCase, asked: Asked) -> None:
    """Take the others in and end them. Raises CannotMerge when one of them has moved on since it was asked."""
    others = [work.finding(number) for number in asked.body["merged"]]
    require_mergeable(case.finding, [other.finding for other in others])
    was_due, case.finding = case.finding.due_on, merged_into(case.finding, [other.finding for other in others])
    due_on = case.finding.due_on
    if case.finding.state is State.OPEN and due_on is not None and due_on != was_due:
        move_due_day(work, case, due_on)
    measure_ids = _take_in(work, case, others)
    for other in others:
        copy_evidence(work, other, case.id, case.finding.cycle, measure_ids, only=None)
        end(work, other, ClosedAs.MERGED, [case.number])
        link(work, other.id, case.id, "merged")
    work.record(case, Event("FindingsMerged", {"merged": list(asked.body["merged"]), "due_on": str(due_on or "")}))


def _take_in(work: "Work", case: FindingCase, others: list[FindingCase]) -> dict[int, int]:
    """Append what the others say and the measures that they had; return old id of a measure -> new."""
    ids = [other.id for other in others]
    details = dict(
        work.conn.execute(select(findings.c.id, findings.c.detail).where(findings.c.id.in_([case.id, *ids])))
        .tuples()
        .all()
    )
    said = [details[case.id], *(f"（归并自 {one.number}）{one.finding.title}。{details[one.id]}" for one in others)]
    work.write_later(update(findings).where(findings.c.id == case.id).values(detail="\n".join(filter(None, said))))
    own = select(func.count()).where(measures.c.finding_id == case.id)
    last = int(work.conn.execute(own).scalar_one())
    rows = select(measures).where(measures.c.finding_id.in_(ids)).order_by(measures.c.finding_id, measures.c.seq)
    measure_ids: dict[int, int] = {}
    for seq, row in enumerate(work.conn.execute(rows).mappings(), last + 1):
        measure_ids[row["id"]] = work.add(measures, **dict(row) | {"id": new_id(), "finding_id": case.id, "seq": seq})
    return measure_ids
