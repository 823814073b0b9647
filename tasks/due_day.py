"""The due day of a finding moves: its tasks, its overdue mark and its timers move with it."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import update

from persistence.tables import open_tasks
from tasks.case import OWN_DAY, FindingCase

if TYPE_CHECKING:
    from tasks.work import Work


def move_due_day(work: "Work", case: FindingCase, due_on: date) -> None:
    """Let the open finding be due on *due_on*. Raises WrongState."""
    case.finding = case.finding.extend(due_on, work.today)
    moved = update(open_tasks).where(open_tasks.c.case_id == case.id, open_tasks.c.act.not_in(OWN_DAY))
    work.write_later(moved.values(due_on=due_on, sort_on=due_on.isoformat()))
    work.rearm(case, "rectify_due")
