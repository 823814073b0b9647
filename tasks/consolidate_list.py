"""汇总审定: the office settles the list: categories, responsibility by post, due dates, closure criteria."""

from dataclasses import replace

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.finding import State
from cases.issue_list import ListState
from persistence.tables import findings
from tasks.acts import act
from tasks.case import ListCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="issue_list", needs=("verdict", "comment"))
def consolidate_list(work: Work, case: ListCase, form: Form) -> None:
    """Settle the list for the feedback, or return it to the team."""
    verdict = form.choice("verdict", "agreed", "returned")
    require_substance(form.text("comment"))

    keep_review(work, case, form, verdict)
    if verdict == "agreed":
        case.issue_list = replace(case.issue_list, state=ListState.CONSOLIDATED)
        _keep_history(work, case)
    work.record(case, Event("ListConsolidated" if verdict == "agreed" else "ListReturned"))

    work.complete(case, consolidation_verdict=verdict)


def _keep_history(work: Work, case: ListCase) -> None:
    """What the ledger called signed off, and nobody unmarked until now, is never issued."""
    historic = select(findings.c.id).where(
        findings.c.list_id == case.id, findings.c.state == State.REGISTERED, findings.c.historic
    )
    for (finding_id,) in work.conn.execute(historic.order_by(findings.c.id)):
        work.tell(finding_id, "keep_as_history")
