"""剔除议题: a finding is taken off the agenda, with a reason that the minutes print."""

from cases.events import Event
from cases.refusals import FormIncomplete
from persistence.tables import meeting_items
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.meeting import on_agenda, open_meeting
from tasks.work import Work


@act(on="office", needs=("meeting", "number", "reason"), task=False, permission="call_meeting")
def exclude_finding(work: Work, case: OfficeCase, form: Form) -> None:
    """Take a finding off the agenda; it waits on, for another meeting."""
    meeting = open_meeting(work, form)
    item = next((one for one in on_agenda(meeting) if one.number == form.text("number")), None)
    if item is None:
        raise FormIncomplete({"number": "not_a_choice"})
    work.require("view", work.finding(item.number).finding.subject)

    work.set(meeting_items, item.id, excluded_because=form.text("reason")[:500], excluded_by=work.actor.person_id)
    work.record(case, Event("FindingExcluded", {"meeting": meeting.row.number, "number": item.number}))
