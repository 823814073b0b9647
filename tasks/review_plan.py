"""联审: each body reviews the plan under its own account; one return stops all (退单)."""

from cases.comments import require_substance
from cases.events import Event
from tasks.acts import act
from tasks.case import ListCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="issue_list", needs=("verdict", "grade", "comment"))
def review_plan(work: Work, case: ListCase, form: Form) -> None:
    """Agree to the plan or return it, finding by finding."""
    assert work.task is not None
    verdict = form.choice("verdict", "agreed", "returned")
    require_substance(form.text("comment"))

    returned = {str(place): text for place, text in enumerate(form.texts("returned_findings"), 1)}
    keep_review(work, case, form, verdict, body=work.task.role, items=returned | {"grade": form.text("grade")})
    kind = "PlanReviewed" if verdict == "agreed" else "PlanReturned"
    work.record(case, Event(kind, {"body": work.task.role, "comment": form.text("comment")}))

    work.complete(case, plan_verdict=verdict)
