"""归并问题: several findings of a list are one and the same; they go on under the number of this one."""

from cases.corrections import Correction, require_mergeable
from cases.refusals import Unknown
from tasks.acts import act
from tasks.case import FindingCase
from tasks.correcting.asking import ask
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("merged", "comment"), task=False)
def merge_findings(work: Work, case: FindingCase, form: Form) -> None:
    """Ask that the findings with the numbers ``merged`` end in favour of this one. Raises CannotMerge, Unknown."""
    numbers = sorted(set(form.texts("merged")))
    others = [work.finding(number) for number in numbers]
    for other in others:
        work.require("merge_findings", other.finding.subject)
    if not others:
        raise Unknown()
    require_mergeable(case.finding, [other.finding for other in others])
    ask(work, case, [Correction.MERGE], {"merged": numbers}, form.text("comment"))
