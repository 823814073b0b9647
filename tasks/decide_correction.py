"""审批更正: the leading group decides on a correction that changes figures, deadlines or responsibility."""

from tasks.acts import act
from tasks.case import FindingCase
from tasks.correcting.asking import decide
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def decide_correction(work: Work, case: FindingCase, form: Form) -> None:
    """Consent to the correction, which then happens at once, or refuse it. Raises SamePerson, CorrectionRefused."""
    decide(work, case, form)
