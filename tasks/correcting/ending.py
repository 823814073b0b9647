"""A finding ends without a sign-off: whatever ran for it stops, and it stays readable."""

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from cases.corrections import ClosedAs, close_as
from cases.events import Event
from persistence.columns import new_id
from persistence.tables import cycles, evidence, finding_links
from tasks.case import FindingCase

if TYPE_CHECKING:
    from tasks.work import Work


def end(work: "Work", case: FindingCase, how: ClosedAs, into: list[str]) -> None:
    """End *case* in favour of the findings with the numbers *into*; its open tasks go."""
    case.finding, ended = close_as(case.finding, how, work.at)
    for running in case.live:
        if running.status == "running":
            work.cancel(case, running)
    present = (cycles.c.finding_id == case.id, cycles.c.cycle == case.finding.cycle)
    work.write_later(update(cycles).where(*present).values(closed_at=work.at, result=str(how)))
    work.record(case, Event(ended.kind, {**ended.facts, "into": into}))
    work.tell(case.finding.list_id, "look_again")


def link(work: "Work", from_id: int, to_id: int, relation: str) -> None:
    """Note which finding went into which."""
    work.add(finding_links, from_id=from_id, to_id=to_id, relation=relation, at=work.at)


def copy_evidence(
    work: "Work",
    source: FindingCase,
    target_id: int,
    target_cycle: int,
    measure_ids: dict[int, int],
    only: set[int] | None,
) -> None:
    """Let the evidence of *source*'s present cycle, or *only* that, stand with another finding too, as it was."""
    own = select(evidence).where(
        evidence.c.finding_id == source.id,
        evidence.c.cycle == source.finding.cycle,
        evidence.c.withdrawn_at.is_(None),
    )
    for row in work.conn.execute(own.order_by(evidence.c.id)).mappings():
        if only is not None and row["id"] not in only:
            continue
        copied = {"id": new_id(), "finding_id": target_id, "cycle": target_cycle, "replaces_id": None, "version": 1}
        work.add(evidence, **dict(row) | copied | {"measure_id": measure_ids.get(row["measure_id"])})
