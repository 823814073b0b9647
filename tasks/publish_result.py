"""公开: the result is published within the scope decided, or withheld for one of five reasons."""

from tasks.acts import act
from tasks.between_cases import findings_open
from tasks.case import ListCase
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("scope", "published_on"))
def publish_result(work: Work, case: ListCase, form: Form) -> None:
    """Register the publication of the list's result."""
    file_papers(work, case)
    case.issue_list, published = case.issue_list.publish(form.needed_day("published_on"))
    work.record(case, published)

    work.complete(case, findings_closed=not findings_open(work, case.id))
