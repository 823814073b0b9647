"""Whoever is responsible now holds the open tasks of a case."""

from typing import TYPE_CHECKING

from cases.rights import Side
from persistence.roles import side_of
from persistence.tables import open_tasks
from tasks.case import FindingCase, ListCase

if TYPE_CHECKING:
    from tasks.work import Work


def move_tasks(work: "Work", case: FindingCase | ListCase) -> int:
    """Put the unit's open tasks on the lists of those responsible now, unclaimed; return how many moved."""
    moved = 0
    for task in case.open_tasks():
        if side_of(work.conn, task.role) is not Side.UNIT:
            continue
        holder = work.office.holder(work.conn, case, task.role, work.today)
        if holder != task.holder:
            work.set(open_tasks, task.id, holder=holder, claimed_by=None)
            moved += 1
    return moved
