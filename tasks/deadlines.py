"""The moments that diagrams ask for by key: a rule computes them when the timer is entered."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cases.deadlines import Period, PeriodUnit, due
from cases.moments import end_of_day, start_of_day
from tasks.case import AnyCase, FindingCase, ListCase

if TYPE_CHECKING:
    from tasks.work import Work


class CaseDeadlines:
    """Answers the deadline keys of one case and remembers what it answered, so that the turn can be played again."""

    def __init__(self, work: "Work", case: AnyCase) -> None:
        self._work, self._case = work, case
        self.resolved: dict[str, datetime] = {}

    def __call__(self, key: str) -> datetime:
        """Return the moment of *key*. Raises KeyError for a key that no rule knows."""
        moment = _RULES[key](self._work, self._case)
        self.resolved[key] = moment
        return moment


KEYS = frozenset(
    {
        "rectify_due",
        "look_back_from",
        "midterm",
        "report_due",
        "plan_due",
        "decide_extension_due",
        "verify_suspicion_due",
        "statement_due",
        "answer_due",
        "reconsideration_due",
    }
)


def _never(work: "Work") -> datetime:
    return work.at + timedelta(days=365 * 50)


def _rectify_due(work: "Work", case: AnyCase) -> datetime:
    assert isinstance(case, FindingCase)
    return end_of_day(case.finding.due_on) if case.finding.due_on else _never(work)


def _look_back_from(work: "Work", case: AnyCase) -> datetime:
    assert isinstance(case, FindingCase)
    rule = work.office.decide(work, case, "look_back_rule")
    wait = Period(int(rule["look_back_wait"]), PeriodUnit(rule["look_back_wait_unit"]))
    return start_of_day(due(work.today, wait, work.calendar).day)


def _midterm(work: "Work", case: AnyCase) -> datetime:
    assert isinstance(case, ListCase)
    return start_of_day(case.issue_list.midterm_on) if case.issue_list.midterm_on else work.at


def _report_due(work: "Work", case: AnyCase) -> datetime:
    assert isinstance(case, ListCase)
    return end_of_day(case.issue_list.report_due_on) if case.issue_list.report_due_on else _never(work)


def _in_working_days(setting: str) -> Callable[["Work", AnyCase], datetime]:
    def rule(work: "Work", case: AnyCase) -> datetime:
        days = work.office.number_setting(work.conn, setting, work.today)
        start = (
            case.issue_list.feedback_on if isinstance(case, ListCase) and case.issue_list.feedback_on else work.today
        )
        return end_of_day(due(start, Period(days, PeriodUnit.WORKING_DAYS), work.calendar).day)

    return rule


_RULES: Mapping[str, Callable[["Work", AnyCase], datetime]] = {
    "rectify_due": _rectify_due,
    "look_back_from": _look_back_from,
    "midterm": _midterm,
    "report_due": _report_due,
    "plan_due": _in_working_days("plan.working_days"),
    "decide_extension_due": _in_working_days("extensions.decide_working_days"),
    "verify_suspicion_due": _in_working_days("suspicion.working_days"),
    "statement_due": _in_working_days("hearing.statement_working_days"),
    "answer_due": _in_working_days("hearing.answer_working_days"),
    "reconsideration_due": _in_working_days("hearing.reconsideration_working_days"),
}
