"""认领: one of several who may do a task takes it."""

from cases.events import Event
from persistence.tables import open_tasks
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.held_task import held_task
from tasks.work import Work


@act(on="finding", task=False)
def claim_task(work: Work, case: FindingCase, form: Form) -> None:
    """Take an unclaimed task for oneself."""
    task = held_task(work, case, form)
    work.set(open_tasks, task.id, claimed_by=work.actor.person_id)
    work.record(case, Event("TaskClaimed", {"task": task.name}))
