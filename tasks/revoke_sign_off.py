"""提出撤销销号: a sign-off is taken back only after the unit was heard and the facts were found."""

from cases.comments import require_substance
from cases.events import Event
from cases.finding import State
from cases.refusals import CaseError
from persistence.columns import new_id
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.hearing import in_this_hearing
from tasks.work import Work

REVOKE = "revocation"  # the process


class RevocationUnderWay(CaseError):
    """A revocation of this sign-off was proposed already, and the unit is being heard."""

    code = "revocation_under_way"


@act(on="finding", needs=("because", "comment"), task=False)
def revoke_sign_off(work: Work, case: FindingCase, form: Form) -> None:
    """Propose for a stated reason that the sign-off is taken back; the unit is heard, and others find."""
    case.finding.must_be(State.SIGNED_OFF)
    if any(running.process_id == REVOKE for running in case.live):
        raise RevocationUnderWay()
    because = form.choice("because", "recurred", "found_false", "wrong_decision")
    require_substance(form.text("comment"))

    work.record(case, Event("RevocationProposed", {"because": because, "comment": form.text("comment")}))
    running = work.start(case, REVOKE, {"number": case.number}, subject_id=new_id(), cycle=case.finding.cycle)
    keep_review(work, case, form, because, items=in_this_hearing(running))
