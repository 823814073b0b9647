"""整改进展情况报告: the first responsible person signs it with the pledge of truth."""

from cases.events import Event
from cases.refusals import FormIncomplete
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.in_person import require_in_person
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("summary",))
def sign_progress_report(work: Work, case: ListCase, form: Form) -> None:
    """Hand in the progress report of the whole list."""
    if not form.flag("pledge"):
        raise FormIncomplete({"pledge": "required"})
    require_in_person(work, case.issue_list.subject)

    file_papers(work, case)
    work.record(case, Event("ProgressReportSigned", {"summary": form.text("summary")}))

    work.complete(case)
