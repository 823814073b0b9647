"""复核线下决定: a second person holds the record against the scan; only then does the decision take effect."""

from sqlalchemy import select

from cases.comments import require_substance
from cases.decided import NotWaiting, ScanNotOpened, SecondPersonNeeded
from cases.events import Event
from cases.refusals import Unknown
from cases.sign_off import require_independent
from persistence.meetings import Decision, find_decision
from persistence.tables import decisions, meeting_votes
from tasks.acts import act
from tasks.case import FindingCase, OfficeCase
from tasks.facts_of_case import dossier_of
from tasks.form import Form
from tasks.work import Work


@act(on="office", needs=("decision", "verdict", "comment"), task=False)
def confirm_paper_decision(work: Work, case: OfficeCase, form: Form) -> None:
    """Confirm a recorded decision, or reject the record: then nothing happened, and the number stays taken."""
    decision = find_decision(work.conn, work.actor, form.number("decision") or 0)
    if decision is None:
        raise Unknown()
    if decision.row.state != "waiting":
        raise NotWaiting()
    _require_second_person(work, decision)
    if work.actor.person_id not in decision.opened_by:
        raise ScanNotOpened()
    verdict = form.choice("verdict", "confirmed", "rejected")
    require_substance(form.text("comment"))

    work.set(
        decisions, decision.row.id, state=verdict, confirmed_by=work.actor.person_id, confirmed_at=work.at,
        comment=form.text("comment"),
    )  # fmt: skip
    facts = {"sheet": decision.row.sheet_number, "verdict": verdict, "cases": [item.number for item in decision.items]}
    work.answer |= {"decision": str(decision.row.id)}
    work.record(case, Event("PaperDecisionConfirmed", facts))
    if verdict == "confirmed":
        work.confirmed = decision.row.id


def _require_second_person(work: Work, decision: Decision) -> None:
    """Raise unless the actor wrote nothing of it down himself, under any account, and has clean hands."""
    wrote = {decision.row.recorded_by}
    if decision.row.meeting_id is not None:
        votes = select(meeting_votes.c.recorded_by).where(
            meeting_votes.c.meeting_id == decision.row.meeting_id,
            meeting_votes.c.recorded_by != meeting_votes.c.person_id,
        )
        wrote |= set(work.conn.scalars(votes))
    if work.actor.persons & wrote or work.actor.account_id == decision.row.recorded_account:
        raise SecondPersonNeeded()
    for item in decision.items:
        one = work.any_case(item.case_id)
        if isinstance(one, FindingCase):
            work.require("view", one.finding.subject)
            require_independent(work.actor, one.finding.unit_path, dossier_of(work, one))
