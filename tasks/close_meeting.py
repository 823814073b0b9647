"""形成决议: the votes are counted, every rule is asked once more, and what was carried becomes a decision."""

from typing import Any

from cases.comments import require_substance
from cases.decided import DossierChanged, ScanMissing, SheetInFuture
from cases.events import Event
from cases.meeting import ChairSilent, Tally, require_quorum, signer_of, tally
from cases.refusals import CaseError
from persistence.columns import new_id
from persistence.meetings import Meeting
from persistence.tables import decision_items, decisions, meeting_items, meetings
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.evidence import keep_blob
from tasks.form import Form
from tasks.meeting import open_meeting, ready_for_sign_off, without_vote
from tasks.second_person import ask_second_person
from tasks.sign_off import basis_of
from tasks.work import Work


@act(on="office", needs=("meeting", "comment"), task=False, permission="call_meeting")
def close_meeting(work: Work, case: OfficeCase, form: Form) -> None:
    """End a meeting whose chair has spoken; votes that somebody wrote down need a scan and a second person."""
    meeting = open_meeting(work, form)
    if meeting.row.held_on > work.today:
        raise SheetInFuture()
    if meeting.row.chair_id not in meeting.voted:
        raise ChairSilent()
    require_quorum(meeting.seats, work.office.number_setting(work.conn, "meeting.quorum_percent", work.today))
    require_substance(form.text("comment"))
    if meeting.written_down and not work.attachments:
        raise ScanMissing()

    carried = [(item, signer) for item in meeting.items if (signer := _judge(work, meeting, item))]
    decision = _decide(work, meeting, form, carried) if carried else 0
    work.set(meetings, meeting.row.id, state="decided", resolution=form.text("comment"), decided_at=work.at)
    work.answer |= {"meeting": str(meeting.row.id), "decision": str(decision)}
    facts = {"meeting": meeting.row.number, "carried": [item.number for item, _ in carried]}
    work.record(case, Event("MeetingDecided", facts))
    if decision and not meeting.written_down:
        work.confirmed = decision
    elif decision:
        row = meeting.row
        ask_second_person(
            work, case, decision, office_unit_id=row.office_unit_id, sheet=row.number, decided_on=row.held_on
        )


def _judge(work: Work, meeting: Meeting, item: Any) -> int | None:
    """Put down what became of an item; return in whose name it is signed off, None where it is not."""
    if item.excluded_because is not None:
        work.set(meeting_items, item.id, result="excluded")
        return None
    finding = work.finding(item.number)
    try:
        dossier = ready_for_sign_off(work, finding)
        if basis_of(finding, dossier) != item.basis:
            raise DossierChanged(number=item.number)
    except CaseError as why:
        work.set(meeting_items, item.id, result="objected", why={"code": why.code, "facts": why.facts})
        return None
    away = without_vote(work, meeting, finding, dossier)
    votes = tally(item.number, meeting.seats, meeting.ballots, away)
    signer = signer_of(item.number, meeting.row.chair_id, meeting.ballots, away)
    majority = work.office.number_setting(work.conn, "meeting.majority_percent", work.today)
    carried = votes.carried(majority) and signer is not None
    work.set(meeting_items, item.id, result="carried" if carried else "lost", votes=_as_kept(votes))
    return signer if carried else None


def _as_kept(votes: Tally) -> dict[str, int]:
    names = ("agree", "dissent", "abstain", "recused", "entitled")
    return {name: getattr(votes, name) for name in names}


def _decide(work: Work, meeting: Meeting, form: Form, carried: list[tuple[Any, int]]) -> int:
    """Put down the decision of a meeting; it takes effect at once where every vote is its member's own."""
    scan = next(iter(work.attachments), None)
    if scan is not None:
        keep_blob(work, scan)
    confirmed = not meeting.written_down
    decision = new_id()
    given = {"verdict": "signed", "comment": form.text("comment"), "sheet_number": meeting.row.number}
    work.add(
        decisions, id=decision, office_unit_id=meeting.row.office_unit_id, sheet_number=meeting.row.number,
        act="sign_off", decided_on=meeting.row.held_on, meeting_id=meeting.row.id, given=given,
        signers=_signers(meeting), sha256=scan.sha256 if scan else None, filename=scan.filename if scan else "",
        state="confirmed" if confirmed else "waiting",
        recorded_by=work.actor.person_id, recorded_account=work.actor.account_id, recorded_at=work.at,
        confirmed_at=work.at if confirmed else None, comment="",
    )  # fmt: skip
    for item, signer in carried:
        work.add(
            decision_items, decision_id=decision, case_id=item.finding_id, number=item.number, signed_as=signer,
            basis=item.basis, state="waiting",
        )  # fmt: skip
    return decision


def _signers(meeting: Meeting) -> list[dict[str, str]]:
    names = {seat.person_id: seat.name for seat in meeting.seats}
    return [
        {
            "name": names[ballot.person_id],
            "post": meeting.posts[ballot.person_id],
            "opinion": str(ballot.opinion),
            "signed_on": meeting.row.held_on.isoformat(),
        }
        for ballot in meeting.ballots
    ]
