"""恢复: the finding is to go on, with as many days as the suspension took."""

from cases.corrections import Correction
from tasks.acts import act
from tasks.case import FindingCase
from tasks.correcting.asking import ask
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("comment",), task=False)
def resume_finding(work: Work, case: FindingCase, form: Form) -> None:
    """Ask that the finding go on; its due day will move by the days it was suspended."""
    ask(work, case, [Correction.RESUME], {}, form.text("comment"))
