"""中止和恢复: the clock stops for a legal reason and goes on, with as many days as the suspension took."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from cases.moments import shanghai_date
from persistence.tables import instances, ledger
from tasks.case import FindingCase
from tasks.correcting.asked import Asked
from tasks.due_day import move_due_day

if TYPE_CHECKING:
    from tasks.work import Work


def suspend(work: "Work", case: FindingCase, asked: Asked) -> None:
    """No act and no timer moves the finding until it is resumed."""
    case.finding, suspended = case.finding.suspend(asked.body["because"])
    work.write_later(update(instances).where(instances.c.case_id == case.id).values(wake_at=None))
    work.record(case, suspended)


def resume(work: "Work", case: FindingCase, _asked: Asked) -> None:
    """The finding goes on; its due day moves by the days it was suspended."""
    case.finding, resumed = case.finding.resume()
    work.record(case, resumed)
    if case.finding.due_on is not None:
        move_due_day(work, case, case.finding.due_on + _pause(work, case))
    for running in case.live:
        if running.status == "running" and running.stored is not None:
            work.wake(case, running)
    work.tell(case.id, "look_again")  # what it waits for may have happened meanwhile


def _pause(work: "Work", case: FindingCase) -> timedelta:
    return work.today - _suspended_on(work, case)


def _suspended_on(work: "Work", case: FindingCase) -> date:
    since = (
        select(ledger.c.at)
        .where(ledger.c.case_id == case.id, ledger.c.event == "FindingSuspended")
        .order_by(ledger.c.seq.desc())
        .limit(1)
    )
    return shanghai_date(work.conn.execute(since).scalar_one())
