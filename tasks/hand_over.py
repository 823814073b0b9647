"""转办: a task goes to a named person who may do it."""

from sqlalchemy import select

from cases.events import Event
from cases.refusals import FormIncomplete
from cases.rights import Side, may, outside
from persistence.case_store import TaskRow
from persistence.people import load_actor
from persistence.roles import side_of
from persistence.tables import open_tasks, people
from tasks.acts import ACTS, act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.held_task import held_task
from tasks.work import Work


@act(on="finding", needs=("person", "reason"), task=False)
def hand_over(work: Work, case: FindingCase, form: Form) -> None:
    """Hand one's task to another person whose posts allow it."""
    task = held_task(work, case, form)
    (person_id,) = form.ids("person")[:1]
    if not _may_take(work, case, task, person_id):
        raise FormIncomplete({"person": "may_not"})

    work.set(open_tasks, task.id, claimed_by=person_id)
    work.record(
        case, Event("TaskHandedOver", {"task": task.name, "persons": [person_id], "reason": form.text("reason")})
    )


def _may_take(work: Work, case: FindingCase, task: TaskRow, person_id: int) -> bool:
    """Whether the posts of a person allow the task, and it does not come to the unit from those who oversee it."""
    if work.conn.scalar(select(people.c.id).where(people.c.id == person_id)) is None:
        return False
    receiver = load_actor(work.conn, person_id, work.today)
    if side_of(work.conn, task.role) is Side.INSPECTING and not outside(receiver, case.finding.unit_path):
        return False
    return may(receiver, ACTS[task.act].permission if task.act in ACTS else "fill_form", case.finding.subject)
