"""安排再检查: who goes back to a signed-off finding, where, when, on which sample."""

from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.prepare_look_back import appoint
from tasks.work import Work


@act(on="finding", needs=("inspectors", "method", "place", "starts_on", "sample"))
def start_durability(work: Work, case: FindingCase, form: Form) -> None:
    """Appoint the durability look-back."""
    appoint(work, case, form, durability=True)

    work.complete(case)
