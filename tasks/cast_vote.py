"""表决: a member says what he thinks of each finding, himself; the chair last."""

from cases.events import Event
from cases.meeting import MemberRecused, Opinion
from persistence.meetings import Meeting
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.meeting import ballot_of, keep_ballot, on_agenda, open_meeting, without_vote
from tasks.sign_off import dossier_to_sign
from tasks.work import Work


@act(on="office", needs=("meeting", "opinion"), task=False)
def cast_vote(work: Work, case: OfficeCase, form: Form) -> None:
    """Vote on the whole batch, with other opinions on single findings. A vote stands."""
    meeting = open_meeting(work, form)
    vote(work, meeting, work.actor.person_id, form)
    work.record(case, Event("VoteCast", {"meeting": meeting.row.number}))


def vote(work: Work, meeting: Meeting, member: int, form: Form) -> None:
    """Put down the vote of *member*. Raises MemberRecused where he speaks to a finding in which he had a hand."""
    ballot = ballot_of(member, form, [item.number for item in on_agenda(meeting)])
    for number, (opinion, _) in ballot.exceptions.items():
        finding = work.finding(number)
        if opinion is not Opinion.RECUSED and member in without_vote(
            work, meeting, finding, dossier_to_sign(work, finding)
        ):
            raise MemberRecused(number=number)
    keep_ballot(work, meeting, ballot)
