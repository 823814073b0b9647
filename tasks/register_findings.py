"""登记问题: the inspection team hands in what it found; a second handler confirms it."""

from sqlalchemy import func, select

from cases.events import Event
from cases.issue_list import ListEmpty
from persistence.tables import findings
from tasks.acts import act
from tasks.case import ListCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("comment",))
def register_findings(work: Work, case: ListCase, form: Form) -> None:
    """Hand in the findings of the list."""
    count = work.conn.execute(select(func.count()).where(findings.c.list_id == case.id)).scalar_one()
    if not count:
        raise ListEmpty()

    keep_review(work, case, form, "registered")
    file_papers(work, case)
    work.record(case, Event("FindingsRegistered", {"count": count}))

    work.complete(case, findings=int(count))
