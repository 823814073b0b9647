"""到会情况: who came, put right before anybody has spoken."""

from sqlalchemy import update

from cases.events import Event
from cases.meeting import VotesCast
from cases.refusals import FormIncomplete
from persistence.tables import meeting_seats, meetings
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.meeting import open_meeting
from tasks.work import Work


@act(on="office", needs=("meeting", "chair", "present"), task=False, permission="call_meeting")
def note_attendance(work: Work, case: OfficeCase, form: Form) -> None:
    """Note who is present and who takes the chair."""
    meeting = open_meeting(work, form)
    if meeting.ballots:
        raise VotesCast()
    present, members = set(form.ids("present")), {seat.person_id for seat in meeting.seats}
    if not present <= members:
        raise FormIncomplete({"present": "not_a_choice"})
    chair = (form.ids("chair") or [0])[0]
    if chair not in present:
        raise FormIncomplete({"chair": "not_a_choice"})

    for person in members:
        seat = (meeting_seats.c.meeting_id == meeting.row.id) & (meeting_seats.c.person_id == person)
        work.write_later(update(meeting_seats).where(seat).values(present=person in present))
    work.set(meetings, meeting.row.id, chair_id=chair)
    work.record(case, Event("AttendanceNoted", {"meeting": meeting.row.number, "present": sorted(present)}))
