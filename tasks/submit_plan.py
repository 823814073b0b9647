"""报送整改方案: the unit hands in its plan with the three lists."""

from cases.events import Event
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("summary", "adopted_on"))
def submit_plan(work: Work, case: ListCase, form: Form) -> None:
    """Submit the plan to the joint review."""
    file_papers(work, case)
    work.record(
        case, Event("PlanSubmitted", {"summary": form.text("summary"), "adopted_on": str(form.day("adopted_on"))})
    )

    work.complete(case)
