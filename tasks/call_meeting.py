"""召开会议: the leading group is called together, with the findings that are ready for its decision."""

from typing import Any

from cases.decided import SheetKnown, sheet_in_order
from cases.events import Event
from cases.refusals import CaseError, FormIncomplete
from cases.rights import Role, may_in_office
from persistence.columns import new_id
from persistence.meetings import path_of, sheet_is_known
from persistence.people import Recipient, holders_of_role
from persistence.tables import meeting_items, meeting_seats, meetings
from tasks.acts import act
from tasks.case import FindingCase, OfficeCase
from tasks.form import Form
from tasks.meeting import ready_for_meeting
from tasks.sign_off import basis_of
from tasks.work import Work


class NothingReady(CaseError):
    """None of the findings may be signed off yet."""

    code = "nothing_ready"


@act(on="office", needs=("meeting_number", "held_on", "chair", "present", "numbers"), task=False)
def call_meeting(work: Work, case: OfficeCase, form: Form) -> None:
    """Put findings on the agenda of a new meeting; what is not ready stays out and the answer says why."""
    numbers = list(dict.fromkeys(form.texts("numbers")))
    findings = [work.finding(number) for number in numbers]
    for finding in findings:
        work.require("view", finding.finding.subject)
    office = _office_of(work, findings)
    number = sheet_in_order(form.text("meeting_number"))
    if sheet_is_known(work.conn, office, number):
        raise SheetKnown(sheet=number)

    members = holders_of_role(work.conn, Role.LEADING_GROUP, office, work.today)
    present = _present(members, form.ids("present"))
    chair = (form.ids("chair") or [0])[0]
    if chair not in present:
        raise FormIncomplete({"chair": "not_a_choice"})

    meeting_id = new_id()
    work.add(
        meetings, id=meeting_id, number=number, office_unit_id=office, held_on=form.needed_day("held_on"),
        place=form.text("place")[:120], chair_id=chair, state="open", resolution="",
        called_by=work.actor.person_id, called_at=work.at,
    )  # fmt: skip
    for one in members:
        seat = {"person_id": one.person_id, "name": one.name, "post_title": one.post_title}
        work.add(meeting_seats, meeting_id=meeting_id, **seat, present=one.person_id in present)
    skipped = _put_on_agenda(work, meeting_id, findings)
    if len(skipped) == len(findings):
        raise NothingReady()
    work.answer |= {"meeting": str(meeting_id), "skipped": skipped}
    facts = {"meeting": number, "findings": [n for n in numbers if n not in skipped], "skipped": skipped}
    facts |= _told(work, form, meeting_id, members)
    work.record(case, Event("MeetingCalled", facts))


def _office_of(work: Work, findings: list[FindingCase]) -> int:
    """Return the one inspecting side of all *findings*, for which the actor works."""
    offices = {finding.finding.office_unit_id for finding in findings}
    if len(offices) != 1:
        raise FormIncomplete({"numbers": "not_a_choice"})
    (office,) = offices
    if not may_in_office(work.actor, "call_meeting", path_of(work.conn, office)):
        raise FormIncomplete({"numbers": "not_a_choice"})
    return office


def _told(work: Work, form: Form, meeting_id: int, members: list[Recipient]) -> dict[str, Any]:
    """Return whom the letter of the meeting goes to and what it says; who calls it knows already."""
    shown = {
        "number": sheet_in_order(form.text("meeting_number")),
        "title": form.text("place")[:120],
        "deadline": form.needed_day("held_on").isoformat(),
        "link": f"/meetings/{meeting_id}",
    }
    return {"persons": [one.person_id for one in members if one.person_id != work.actor.person_id], "shown": shown}


def _present(members: list[Recipient], wanted: list[int]) -> set[int]:
    present = set(wanted)
    if not present <= {one.person_id for one in members}:
        raise FormIncomplete({"present": "not_a_choice"})
    return present


def _put_on_agenda(work: Work, meeting_id: int, findings: list[FindingCase]) -> dict[str, str]:
    """Put down what is ready; return number -> code of the refusal of the others."""
    skipped = {}
    for finding in findings:
        try:
            dossier = ready_for_meeting(work, finding)
        except CaseError as why:
            skipped[finding.number] = why.code
            continue
        work.add(
            meeting_items, meeting_id=meeting_id, finding_id=finding.id, number=finding.number,
            basis=basis_of(finding, dossier),
        )  # fmt: skip
    return skipped
