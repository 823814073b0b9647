"""报送整改方案: the unit hands in its plan with the three lists."""

from sqlalchemy import select

from cases.events import Event
from persistence.tables import findings
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.in_person import require_in_person
from tasks.papers import file_papers
from tasks.work import LOOK_FOR_SIGNALS, Work


@act(on="issue_list", needs=("summary", "adopted_on"))
def submit_plan(work: Work, case: ListCase, form: Form) -> None:
    """Submit the plan to the joint review."""
    require_in_person(work, case.issue_list.subject)
    file_papers(work, case)
    work.record(
        case, Event("PlanSubmitted", {"summary": form.text("summary"), "adopted_on": str(form.day("adopted_on"))})
    )

    for finding_id in work.conn.scalars(select(findings.c.id).where(findings.c.list_id == case.id)):
        work.tell(finding_id, LOOK_FOR_SIGNALS)  # measures that copy the finding, or each other, stand at the review
    work.complete(case)
