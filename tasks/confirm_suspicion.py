"""第二人核查: a second examiner, by an account of his own; it takes two to pass as it takes two to doubt."""

from cases.comments import require_substance
from cases.events import Event
from cases.sign_off import SamePerson, require_independent
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.hearing import (
    in_this_hearing,
    last_examination,
    proposed_by,
    require_considered,
    running_of,
    settle,
)
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def confirm_suspicion(work: Work, case: FindingCase, form: Form) -> None:
    """Agree with the first examiner, or send his verdict back to him."""
    running = running_of(work, case)
    examined = last_examination(work, case, running)
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    if work.is_same_person(examined.person_id, examined.at):
        raise SamePerson(earlier="decide_suspicion")
    verdict = form.choice("verdict", "agreed", "returned")
    require_substance(form.text("comment"))
    require_considered(work, case, running, form)

    keep_review(work, case, form, verdict, items=in_this_hearing(running))
    work.record(case, Event("SuspicionExamined", {"by": "second", "verdict": verdict}))
    if verdict == "returned":
        work.complete(case, examination_agreed=False)
        return
    settle(work, case, {hit: one for hit, one in proposed_by(examined).items() if one[0] != "confirmed"})
    cleared = {"determination": "explained"} if examined.verdict == "cleared" else {}
    work.complete(case, examination_agreed=True, **cleared)
