"""记录表决: the secretary writes down what a member said; a second person confirms the whole before it takes effect."""

from cases.events import Event
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.cast_vote import vote
from tasks.form import Form
from tasks.meeting import open_meeting
from tasks.work import Work


@act(on="office", needs=("meeting", "member", "opinion"), task=False)
def record_vote(work: Work, case: OfficeCase, form: Form) -> None:
    """Write down the vote of a member who spoke at the table."""
    meeting = open_meeting(work, form)
    member = (form.ids("member") or [0])[0]
    vote(work, meeting, member, form)
    work.record(case, Event("VoteRecorded", {"meeting": meeting.row.number, "member": member}))
