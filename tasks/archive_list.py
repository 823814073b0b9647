"""归档: only when every finding is signed off or has an approved long-term plan."""

from tasks.acts import act
from tasks.between_cases import findings_open
from tasks.case import ListCase
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("archive_number", "comment"))
def archive_list(work: Work, case: ListCase, _form: Form) -> None:
    """Archive the list. Raises FindingsOpen."""
    case.issue_list, archived = case.issue_list.archive(work.at, still_open=findings_open(work, case.id))
    file_papers(work, case)
    work.record(case, archived)

    work.complete(case)
