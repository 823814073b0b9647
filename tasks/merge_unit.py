"""单位合并: one unit goes into another; what is open follows, what is closed keeps the old name."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Table, func, literal, or_, select, update

from cases.events import Event
from cases.finding import State
from cases.issue_list import ListState
from cases.refusals import CaseError
from cases.rights import Role
from persistence.tables import findings, issue_lists, posts, transfers, units
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.correcting.task_holders import move_tasks
from tasks.form import Form
from tasks.roster import row_of
from tasks.work import Work

_LED_BY_ONE = (Role.CHIEF, Role.LEADERSHIP_TEAM)  # posts that the successor has itself


class CannotMergeUnit(CaseError):
    """A unit goes into another one that lasts, not into itself or what lies below it."""

    code = "cannot_merge_unit"
    field = "into"


@act(on="office", needs=("unit", "into"), task=False, permission="edit_people")
def merge_unit(work: Work, case: OfficeCase, form: Form) -> None:
    """Let ``unit`` end today and go into ``into``. Raises CannotMergeUnit.

    It becomes a part of its successor in the tree, so that whoever may see the successor sees what the unit had, and
    its closed findings keep the name that they were closed under. Its handlers and leaders take their posts along.
    """
    unit, into = row_of(work, units, form, "unit"), row_of(work, units, form, "into")
    is_over = into.valid_until is not None and into.valid_until < work.today
    if is_over or into.path.startswith(unit.path) or unit.successor_id is not None or unit.parent_id is None:
        raise CannotMergeUnit()
    chief = _chief_of(work, into.id)
    followed = _open_findings(work, unit, into, chief)

    _end_leading_posts(work, unit.id)
    work.write_later(
        update(posts)
        .where(posts.c.unit_id == unit.id, posts.c.role.not_in(_LED_BY_ONE))
        .values(unit_id=into.id, scope_unit_id=into.id)
    )
    work.set(units, unit.id, successor_id=into.id, parent_id=into.id, valid_until=work.today)
    moved = f"{into.path}{unit.id}/"
    for table in (units, findings, issue_lists):
        _move_paths(work, table, "path" if table is units else "unit_path", unit.path, moved)
    _move_paths(work, transfers, "from_unit_path", unit.path, moved)
    facts = {"unit": unit.name, "into": into.name, "findings": followed, "until": str(work.today)}
    work.record(case, Event("UnitMerged", facts))
    work.answer |= {"unit": str(into.id), "findings": followed}


def _open_findings(work: Work, unit: Row[Any], into: Row[Any], chief: int | None) -> int:
    """Let the open findings and lists of the unit be the successor's; return how many findings."""
    running = select(findings.c.id).where(
        findings.c.unit_id == unit.id, findings.c.state.not_in((State.SIGNED_OFF, State.ENDED))
    )
    ids = list(work.conn.scalars(running.order_by(findings.c.id)))
    told = Event("UnitFollowed", {"unit": unit.name, "into": into.name})
    for finding_id in ids:
        case = work.finding(finding_id)
        place = {"unit_id": into.id, "unit_path": into.path}
        case.finding = replace(case.finding, **place, chief_post_id=chief or case.finding.chief_post_id)
        move_tasks(work, case)
        work.record(case, told)
    for list_id in work.conn.scalars(
        select(issue_lists.c.id).where(issue_lists.c.unit_id == unit.id, issue_lists.c.state != ListState.ARCHIVED)
    ).all():
        listed = work.issue_list(list_id)
        listed.issue_list = replace(listed.issue_list, unit_id=into.id, unit_path=into.path)
        move_tasks(work, listed)
        work.record(listed, told)
    return len(ids)


def _chief_of(work: Work, unit_id: int) -> int | None:
    own = select(posts.c.id).where(posts.c.unit_id == unit_id, posts.c.role == Role.CHIEF)
    lasting = or_(posts.c.valid_until.is_(None), posts.c.valid_until > work.today)
    return work.conn.scalar(own.where(lasting).order_by(posts.c.id).limit(1))


def _end_leading_posts(work: Work, unit_id: int) -> None:
    """The successor has a chief and a leadership team of its own."""
    led = (posts.c.unit_id == unit_id, posts.c.role.in_(_LED_BY_ONE))
    lasting = or_(posts.c.valid_until.is_(None), posts.c.valid_until > work.today)
    work.write_later(update(posts).where(*led, lasting).values(valid_until=work.today))


def _move_paths(work: Work, table: Table, name: str, old: str, new: str) -> None:
    """Put everything that lies at *old* or below it to *new*."""
    column = table.c[name]
    rest = func.substr(column, len(old) + 1)
    work.write_later(
        update(table).where(column >= old, column < old[:-1] + "0").values({name: literal(new).concat(rest)})
    )
