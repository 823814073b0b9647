"""中止: the clock stops for a legal reason."""

from sqlalchemy import update

from cases.comments import require_substance
from persistence.tables import instances
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("because", "comment"), task=False)
def suspend_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Suspend the finding: no act and no timer moves it until it is resumed."""
    because = form.choice("because", "litigation", "force_majeure", "organisation")
    require_substance(form.text("comment"))

    case.finding, suspended = case.finding.suspend(because)
    work.write_later(update(instances).where(instances.c.case_id == case.id).values(wake_at=None))
    work.record(case, suspended)
