"""填表: what an administrator has drawn as a new task, with a form of its own."""

from cases.events import Event
from persistence.tables import reviews
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import Work


@act(on="finding")
def fill_form(work: Work, case: FindingCase, form: Form) -> None:
    """Keep the answers and let the diagram see those that it declared as facts."""
    assert work.task is not None
    answers = {name: value for name, value in form.items() if isinstance(value, str | int | bool | list)}
    work.add(
        reviews,
        case_id=case.id,
        cycle=case.finding.cycle,
        act=work.task.name,
        body=work.task.role,
        person_id=work.actor.person_id,
        person_name=work.actor.name,
        post_title=work.actor.title_for("fill_form", case.finding.subject),
        verdict="filled",
        comment=form.text("comment"),
        items=answers,
        at=work.at,
    )
    work.record(case, Event("FormFilled", {"task": work.task.name, "label": work.task.label}))

    work.complete(case, **answers)
