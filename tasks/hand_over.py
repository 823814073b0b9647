"""转办: a task goes to a named person who may do it."""

from cases.events import Event
from cases.refusals import FormIncomplete
from cases.rights import may
from persistence.people import load_actor
from persistence.tables import open_tasks
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
    receiver = load_actor(work.conn, person_id, work.today)
    permission = ACTS[task.act].permission if task.act in ACTS else "fill_form"
    if not may(receiver, permission, case.finding.subject):
        raise FormIncomplete({"person": "may_not"})

    work.set(open_tasks, task.id, claimed_by=person_id)
    work.record(
        case, Event("TaskHandedOver", {"task": task.name, "persons": [person_id], "reason": form.text("reason")})
    )
