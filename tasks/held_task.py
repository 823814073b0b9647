"""Which open task a verb is about: the one named in the form, or the only one that the person holds."""

from cases.refusals import NoSuchTask, NotYourTask
from persistence.case_store import TaskRow
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import Work


def held_task(work: Work, case: FindingCase, form: Form) -> TaskRow:
    """Return the task. Raises NoSuchTask, NotYourTask."""
    named = form.text("task") or work.named_task
    waiting = [task for task in case.tasks if named in ("", task.id, task.name)]
    if not waiting:
        raise NoSuchTask(act=named or work.act)
    for task in waiting:
        if work.holds(task):
            return task
    raise NotYourTask(holder=waiting[0].label)
