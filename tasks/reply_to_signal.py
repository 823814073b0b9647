"""申辩: what the unit says to a suspicion stays beside it, and whoever decides has it before him."""

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from cases.rights import outside
from cases.sign_off import NotOfTheUnit
from cases.signals.own_view import TOLD
from persistence.tables import signal_replies
from tasks.acts import act
from tasks.case import FindingCase
from tasks.evidence import attach
from tasks.form import Form
from tasks.suspicion import undecided_hits
from tasks.work import LOOK_FOR_SIGNALS, Work


@act(on="finding", needs=("signal", "comment"), task=False)
def reply_to_signal(work: Work, case: FindingCase, form: Form) -> None:
    """Reply to a suspicion that is not decided yet, with papers where there are some."""
    if outside(work.actor, case.finding.unit_path):
        raise NotOfTheUnit()
    hits = {str(hit): row.signal for hit, row in undecided_hits(work, case).items() if row.signal in TOLD}
    chosen = form.text("signal")
    if chosen not in hits:
        raise FormIncomplete({"signal": "not_a_choice"})
    require_substance(form.text("comment"))

    files = attach(work, case)
    work.add(
        signal_replies,
        hit_id=int(chosen),
        person_id=work.actor.person_id,
        text=form.text("comment"),
        at=work.at,
    )
    work.record(case, Event("SignalReplied", {"signal": hits[chosen], "evidence": files}))
    if files:
        work.tell(case.id, LOOK_FOR_SIGNALS)
