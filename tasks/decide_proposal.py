"""决定处理建议: the system only proposes an interview (约谈), a circular (通报) or a revocation; people decide."""

from sqlalchemy import update

from cases.comments import require_substance
from cases.events import Event
from cases.finding import State
from cases.refusals import FormIncomplete
from cases.sign_off import require_outside
from persistence.tables import notices
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.operations import begin_cycle
from tasks.suspicion import PROPOSED
from tasks.work import Work

ANSWERS = ("adopted", "dropped")


@act(on="finding", needs=("interview", "criticism", "comment"))
def decide_proposal(work: Work, case: FindingCase, form: Form) -> None:
    """Adopt or drop each measure that a confirmed suspicion proposes."""
    require_outside(work.actor, case.finding.unit_path)
    require_substance(form.text("comment"))
    decided = {name: form.choice(name, *ANSWERS) for name in PROPOSED}
    if case.finding.state is State.SIGNED_OFF:
        if "revocation" not in form:
            raise FormIncomplete({"revocation": "required"})
        decided["revocation"] = form.choice("revocation", *ANSWERS)

    adopted = [name for name, answer in decided.items() if answer == "adopted"]
    verdict = "adopted" if adopted else "dropped"
    keep_review(work, case, form, verdict, items=decided)
    _note(work, case, decided)
    work.record(case, Event("ProposalDecided", {"adopted": adopted, "comment": form.text("comment")}))

    work.complete(case, proposal_verdict=verdict)
    if decided.get("revocation") == "adopted":
        begin_cycle(work, case, None, because="found_false")
        work.record(case, Event("SignOffRevoked", {"because": "found_false", "comment": form.text("comment")}))


def _note(work: Work, case: FindingCase, decided: dict[str, str]) -> None:
    """Say on the ladder what became of its proposals."""
    assert work.task is not None
    subject = next(running.subject_id for running in case.live if running.id == work.task.instance_id)
    for code in PROPOSED:
        proposal = update(notices).where(
            notices.c.kind == "finding",
            notices.c.subject == case.id,
            notices.c.code == code,
            notices.c.period == str(subject),
        )
        work.write_later(proposal.values(outcome=decided[code]))
