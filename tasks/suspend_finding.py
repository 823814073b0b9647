"""中止: the clock is to stop for a legal reason."""

from cases.corrections import Correction
from tasks.acts import act
from tasks.case import FindingCase
from tasks.correcting.asking import ask
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("because", "comment"), task=False)
def suspend_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Ask that no act and no timer move the finding until it is resumed."""
    because = form.choice("because", "litigation", "force_majeure", "organisation")
    ask(work, case, [Correction.SUSPEND], {"because": because}, form.text("comment"))
