"""整改评估: score and grade of the whole list."""

from cases.comments import require_substance
from tasks.acts import act
from tasks.case import ListCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("grade", "score", "comment"))
def evaluate_rectification(work: Work, case: ListCase, form: Form) -> None:
    """Grade the rectification; fair and poor lead to a second one."""
    grade = form.choice("grade", "good", "fair", "poor")
    require_substance(form.text("comment"))

    keep_review(work, case, form, grade, items={"score": form.text("score")})
    file_papers(work, case)
    case.issue_list, evaluated = case.issue_list.evaluate(grade)
    work.record(case, evaluated)

    work.complete(case, evaluation_grade=grade)
