"""汇总审定: the office settles the list: categories, responsibility by post, due dates, closure criteria."""

from dataclasses import replace

from cases.comments import require_substance
from cases.events import Event
from cases.issue_list import ListState
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
    work.record(case, Event("ListConsolidated" if verdict == "agreed" else "ListReturned"))

    work.complete(case, consolidation_verdict=verdict)
