"""反馈: the findings are handed to the unit (双反馈), its superior leader is told (一通报), and every clock starts."""

from sqlalchemy import select

from cases.deadlines import Period, PeriodUnit, due, half_way
from cases.finding import NotReadyToIssue, State
from persistence.case_store import find_finding
from persistence.tables import findings
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("feedback_on",))
def give_feedback(work: Work, case: ListCase, form: Form) -> None:
    """Give the feedback and let the diagram issue every finding. Raises NotReadyToIssue for the first that lacks."""
    feedback_on = form.needed_day("feedback_on")
    _require_ready(work, case)
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


def _require_ready(work: Work, case: ListCase) -> None:
    waiting = select(findings.c.id).where(findings.c.list_id == case.id, findings.c.state == State.REGISTERED)
    for (finding_id,) in work.conn.execute(waiting.order_by(findings.c.id)).all():
        found = find_finding(work.conn, int(finding_id))
        assert found is not None
        if missing := found[1].missing_for_issue():
            raise NotReadyToIssue(number=found[1].number, missing=missing)
