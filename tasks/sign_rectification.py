"""签字背书: the first responsible person signs for the truth of the submission."""

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import keep_review, require_not_submitter
from tasks.form import Form
from tasks.in_person import require_in_person
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def sign_rectification(work: Work, case: FindingCase, form: Form) -> None:
    """Sign the submission with the pledge of truth, or return it to the handler. Raises SamePerson."""
    require_not_submitter(work, case)
    verdict = form.choice("verdict", "agreed", "returned")
    require_substance(form.text("comment"))
    if verdict == "agreed":
        require_in_person(work, case.finding.subject)
    if verdict == "agreed" and not form.flag("pledge"):
        raise FormIncomplete({"pledge": "required"})

    keep_review(work, case, form, verdict)
    if verdict == "returned":
        case.finding = case.finding.returned()
        work.record(case, Event("RectificationReturned", {"by": "signature", "comment": form.text("comment")}))
    else:
        work.record(case, Event("RectificationSigned", {"comment": form.text("comment")}))

    work.complete(case, signature_verdict=verdict)
