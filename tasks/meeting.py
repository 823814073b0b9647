"""What the acts of a meeting share: the meeting itself, what is ready for it, who has a vote on a finding."""

from collections.abc import Iterable, Sequence
from typing import Any

from cases.decided import OnAnotherAgenda
from cases.meeting import Ballot, MeetingOver, Opinion, require_reasons, require_turn
from cases.refusals import CaseError, FormIncomplete, NoSuchTask, Unknown
from cases.rights import may
from cases.sign_off import Dossier, objections, require_apart
from persistence.meetings import Meeting, find_meeting, on_open_agenda
from persistence.people import load_actor
from persistence.tables import meeting_votes
from tasks.case import FindingCase
from tasks.form import Form
from tasks.sign_off import dossier_to_sign
from tasks.work import Work


def open_meeting(work: Work, form: Form) -> Meeting:
    """Return the meeting that the form names. Raises Unknown, MeetingOver."""
    meeting = find_meeting(work.conn, work.actor, form.number("meeting") or 0)
    if meeting is None:
        raise Unknown()
    if meeting.row.state != "open":
        raise MeetingOver()
    return meeting


def ready_for_sign_off(work: Work, case: FindingCase) -> Dossier:
    """Return the facts of a finding that nothing stands against, whoever signs. Raises the first objection."""
    if not any(task.act == "sign_off" for task in case.tasks):
        raise NoSuchTask(act="sign_off")
    dossier = dossier_to_sign(work, case)
    for objection in objections(dossier):
        raise objection
    return dossier


def ready_for_meeting(work: Work, case: FindingCase) -> Dossier:
    """Return the facts of a finding that may be put on an agenda. Raises what stands against it."""
    dossier = ready_for_sign_off(work, case)
    if other := on_open_agenda(work.conn, case.id):
        raise OnAnotherAgenda(number=case.number, meeting=other)
    return dossier


def without_vote(work: Work, meeting: Meeting, case: FindingCase, dossier: Dossier) -> frozenset[int]:
    """Return the members who rectified or checked the finding, belong to its unit, or were recused from it."""
    away = set()
    for seat in meeting.seats:
        member = load_actor(work.conn, seat.person_id, work.today)
        try:
            require_apart(member, case.finding.unit_path, dossier)
        except CaseError:
            away.add(seat.person_id)
        if not may(member, "sign_off", case.finding.subject):
            away.add(seat.person_id)
    return frozenset(away)


def ballot_of(person_id: int, form: Form, numbers: Iterable[str]) -> Ballot:
    """Return what a form says for *person_id*; exceptions are «number opinion reason». Raises FormIncomplete."""
    known = set(numbers)
    exceptions = {}
    for line in form.texts("exceptions"):
        number, opinion, reason = (*line.split(maxsplit=2), "", "")[:3]
        if number not in known or opinion not in set(Opinion):
            raise FormIncomplete({"exceptions": "not_a_choice"})
        exceptions[number] = (Opinion(opinion), reason.strip())
    return Ballot(person_id, Opinion(form.choice("opinion", *Opinion)), form.text("reason"), exceptions)


def keep_ballot(work: Work, meeting: Meeting, ballot: Ballot) -> None:
    """Put down a vote when it is its turn. Raises what stands against it."""
    require_turn(ballot.person_id, meeting.row.chair_id, meeting.seats, meeting.voted)
    require_reasons(ballot)
    work.add(
        meeting_votes,
        meeting_id=meeting.row.id,
        person_id=ballot.person_id,
        opinion=ballot.opinion,
        reason=ballot.reason,
        exceptions={number: list(said) for number, said in ballot.exceptions.items()},
        recorded_by=work.actor.person_id,
        at=work.at,
    )


def on_agenda(meeting: Meeting) -> Sequence[Any]:
    """Return the items that were not excluded by hand."""
    return [item for item in meeting.items if item.excluded_because is None]
