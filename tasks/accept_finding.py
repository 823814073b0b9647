"""签收: the unit acknowledges that the finding is its own."""

from tasks.acts import act
from tasks.between_cases import plan_approved
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import Work


@act(on="finding")
def accept_finding(work: Work, case: FindingCase, _form: Form) -> None:
    """Accept the finding for its unit."""
    case.finding, accepted = case.finding.accept(work.at)
    work.record(case, accepted)

    work.complete(case, plan_approved=plan_approved(work, case))
