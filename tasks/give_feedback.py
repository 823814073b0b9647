"""反馈: the findings are handed to the unit (双反馈), its superior leader is told (一通报), and every clock starts."""

from cases.deadlines import Period, PeriodUnit, due, half_way
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.papers import file_papers
from tasks.readiness import require_ready
from tasks.work import Work


@act(on="issue_list", needs=("feedback_on",))
def give_feedback(work: Work, case: ListCase, form: Form) -> None:
    """Give the feedback and let the diagram issue every finding. Raises NotReadyToIssue."""
    feedback_on = form.needed_day("feedback_on")
    require_ready(work.conn, case.id)
    months = work.office.number_setting(work.conn, "report.months", work.today)
    report_due_on = due(feedback_on, Period(months, PeriodUnit.MONTHS), work.calendar).day

    case.issue_list, given = case.issue_list.give_feedback(
        feedback_on,
        today=work.today,
        midterm_on=half_way(feedback_on, report_due_on, work.calendar),
        report_due_on=report_due_on,
    )
    file_papers(work, case)
    work.record(case, given)

    work.complete(case)
