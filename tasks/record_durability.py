"""再检查记录: whether what was signed off still holds; if not, the sign-off is revoked (再通报)."""

from cases.events import Event
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.record_look_back import keep_record, open_visit
from tasks.work import Work


@act(on="finding", needs=("method", "place", "started_on", "ended_on", "sample", "record", "result"))
def record_durability(work: Work, case: FindingCase, form: Form) -> None:
    """Record the durability look-back and its result."""
    visit = open_visit(work, case)
    result = form.choice("result", "held", "revoked")
    keep_record(work, case, visit, form, result)
    work.record(case, Event("DurabilityRecorded", {"result": result, "new_facts": form.text("new_facts")}))

    work.complete(case, durability_result=result)
