"""恢复: the finding goes on, with as many days as the suspension took."""

from dataclasses import replace
from datetime import date

from sqlalchemy import select, update

from cases.comments import require_substance
from cases.moments import shanghai_date
from persistence.tables import ledger, open_tasks
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import LOOK_AGAIN, Work


@act(on="finding", needs=("comment",), task=False)
def resume_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Resume the finding; its due date moves by the days it was suspended."""
    require_substance(form.text("comment"))
    case.finding, resumed = case.finding.resume()
    if case.finding.due_on is not None:
        due_on = case.finding.due_on + (work.today - _suspended_on(work, case))
        case.finding = replace(case.finding, due_on=due_on)
        moved = update(open_tasks).where(open_tasks.c.case_id == case.id)
        work.write_later(moved.values(due_on=due_on, sort_on=due_on.isoformat()))
    work.record(case, resumed)

    for running in case.live:
        if running.status == "running":
            work.wake(case, running)
    work.tell(case.id, LOOK_AGAIN)  # what it waits for may have happened meanwhile


def _suspended_on(work: Work, case: FindingCase) -> date:
    since = (
        select(ledger.c.at)
        .where(ledger.c.case_id == case.id, ledger.c.event == "FindingSuspended")
        .order_by(ledger.c.seq.desc())
        .limit(1)
    )
    return shanghai_date(work.conn.execute(since).scalar_one())
