"""催办: a reminder by a person, logged and rate-limited."""

from datetime import timedelta

from sqlalchemy import func, select

from cases.events import Event
from cases.refusals import CaseError
from persistence.tables import ledger
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import Work


class UrgedRecently(CaseError):
    """The unit was urged a short while ago; facts: hours."""

    code = "urged_recently"


class NobodyToUrge(CaseError):
    """The case waits for a day or for another case, and for nobody who could be urged."""

    code = "nobody_to_urge"


@act(on="finding", needs=("text",), task=False)
def urge(work: Work, case: FindingCase, form: Form) -> None:
    """Urge whoever holds the finding now."""
    hours = work.office.number_setting(work.conn, "urge.hours", work.today)
    recent = select(func.count()).where(
        ledger.c.case_id == case.id, ledger.c.event == "Urged", ledger.c.at > work.at - timedelta(hours=hours)
    )
    if work.conn.execute(recent).scalar_one():
        raise UrgedRecently(hours=hours)

    if not case.tasks:
        raise NobodyToUrge()
    roles = list(dict.fromkeys(task.role for task in case.tasks))
    holders = list(dict.fromkeys(task.held_by for task in case.tasks))
    work.record(case, Event("Urged", {"text": form.text("text"), "roles": roles, "holders": holders}))
