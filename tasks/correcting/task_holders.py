"""Whoever is responsible now holds the open tasks of a case."""

from typing import TYPE_CHECKING

from cases.rights import UNIT_SIDE
from persistence.tables import open_tasks
from tasks.case import FindingCase, ListCase

if TYPE_CHECKING:
    from tasks.work import Work


def move_tasks(work: "Work", case: FindingCase | ListCase) -> int:
    """Put the unit's open tasks on the lists of those responsible now, unclaimed; return how many moved."""
    moved = 0
    for task in case.open_tasks():
        if task.role not in UNIT_SIDE:
            continue
        holder = work.office.holder(work.conn, case, task.role, work.today)
        if holder != task.holder:
            work.set(open_tasks, task.id, holder=holder, claimed_by=None)
            moved += 1
    return moved
