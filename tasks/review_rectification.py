"""责任领导审核: the responsible leader of the unit looks at the submission before it leaves the house."""

from cases.comments import require_substance
from cases.events import Event
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import keep_review, require_not_submitter
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def review_rectification(work: Work, case: FindingCase, form: Form) -> None:
    """Agree to the submission or return it to the handler. Raises SamePerson."""
    require_not_submitter(work, case)
    verdict = form.choice("verdict", "agreed", "returned")
    require_substance(form.text("comment"))

    keep_review(work, case, form, verdict)
    if verdict == "returned":
        case.finding = case.finding.returned()
        work.record(case, Event("RectificationReturned", {"by": "review", "comment": form.text("comment")}))
    else:
        work.record(case, Event("RectificationReviewed", {"comment": form.text("comment")}))

    work.complete(case, review_verdict=verdict)
