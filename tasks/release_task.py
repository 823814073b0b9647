"""退回认领: a claimed task goes back to everybody who may do it."""

from cases.events import Event
from persistence.tables import open_tasks
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.held_task import held_task
from tasks.work import Work


@act(on="finding", task=False)
def release_task(work: Work, case: FindingCase, form: Form) -> None:
    """Give a claimed task back."""
    task = held_task(work, case, form)
    work.set(open_tasks, task.id, claimed_by=None)
    work.record(case, Event("TaskReleased", {"task": task.name}))
