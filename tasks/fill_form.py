"""填表: what an administrator has drawn as a new task, with a form of its own."""

from cases.events import Event
from tasks.acts import act
from tasks.case import FindingCase, ListCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="any")
def fill_form(work: Work, case: FindingCase | ListCase, form: Form) -> None:
    """Keep the answers and let the diagram see those that it declared as facts."""
    assert work.task is not None
    answers = {name: value for name, value in form.items() if isinstance(value, str | int | bool | list)}
    keep_review(work, case, form, "filled", act=work.task.name, body=work.task.role, items=answers)
    work.record(case, Event("FormFilled", {"task": work.task.name, "label": work.task.label}))

    work.complete(case, **answers)
