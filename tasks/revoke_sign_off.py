"""撤销销号: the sign-off is taken back, and the finding begins a new cycle under its number."""

from cases.comments import require_substance
from cases.events import Event
from cases.finding import State
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.operations import begin_cycle
from tasks.work import Work


@act(on="finding", needs=("because", "comment"), task=False)
def revoke_sign_off(work: Work, case: FindingCase, form: Form) -> None:
    """Take the sign-off back for a stated reason."""
    case.finding.must_be(State.SIGNED_OFF)
    because = form.choice("because", "recurred", "found_false", "wrong_decision")
    require_substance(form.text("comment"))

    keep_review(work, case, form, because)
    begin_cycle(work, case, None, because=because)
    work.record(case, Event("SignOffRevoked", {"because": because, "comment": form.text("comment")}))
