"""第二人复核: a decision that somebody wrote down waits for another one of the inspecting side, who is told of it."""

from datetime import date

from cases.events import Event
from cases.rights import Role
from persistence.people import holders_of_role
from tasks.case import OfficeCase
from tasks.work import Work


def ask_second_person(
    work: Work, case: OfficeCase, decision_id: int, *, office_unit_id: int, sheet: str, decided_on: date
) -> None:
    """Tell the others of the office that a recorded decision waits for one of them."""
    office = holders_of_role(work.conn, Role.INSPECTION_OFFICE, office_unit_id, work.today)
    others = [one.person_id for one in office if one.person_id not in work.actor.persons]
    link = f"/decisions/{decision_id}"
    shown = {"number": sheet, "title": "", "deadline": decided_on.isoformat(), "link": link}
    work.record(case, Event("SecondPersonAsked", {"sheet": sheet, "persons": others, "shown": shown}))
