"""移交: another unit is responsible; number, way and deadlines stay, rights change at once."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cases.events import Event
from persistence.people import holders_of_post
from persistence.tables import findings, transfers, units
from tasks.case import FindingCase
from tasks.correcting.asked import Asked
from tasks.correcting.task_holders import move_tasks

if TYPE_CHECKING:
    from tasks.work import Work

_POSTS = ("leader_post_id", "handler_post_id", "chief_post_id")
_KEPT = ("number", "title", "detail", "target", "category", "kind", "amount_yuan", "due_on", "state", "stage")


def transfer(work: "Work", case: FindingCase, asked: Asked) -> None:
    """Give the finding to the unit that was asked for; the one before keeps a picture of what was."""
    before, unit = case.finding, work.conn.execute(select(units).where(units.c.id == asked.body["unit"])).one()
    left = _holders(work, case)
    case.finding = replace(
        before,
        unit_id=unit.id,
        unit_path=unit.path,
        leader_post_id=asked.body["leader_post_id"],
        handler_post_id=asked.body["handler_post_id"],
        chief_post_id=asked.body["chief_post_id"],
    )
    move_tasks(work, case)
    work.record(case, Event("FindingTransferred", {"unit": unit.name, "reason": asked.reason}))
    if left:
        work.record(case, Event("FindingLeft", {"persons": left}))
    work.add(
        transfers,
        finding_id=case.id,
        from_unit_id=before.unit_id,
        from_unit_path=before.unit_path,
        to_unit_id=unit.id,
        reason=asked.reason,
        seen_until=case.head.ledger.seq + len(case.events),
        snapshot=_picture(work, case),
        at=work.at,
    )


def _holders(work: "Work", case: FindingCase) -> list[int]:
    """Return who was responsible in the unit before."""
    posts = [post for name in _POSTS if (post := getattr(case.finding, name)) is not None]
    return sorted({who.person_id for post in posts for who in holders_of_post(work.conn, post, work.today)})


def _picture(work: "Work", case: FindingCase) -> dict[str, Any]:
    row = work.conn.execute(select(*(findings.c[name] for name in _KEPT)).where(findings.c.id == case.id)).one()
    return {name: None if value is None else str(value) for name, value in row._mapping.items()}
