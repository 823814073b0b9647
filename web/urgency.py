"""How near a due day is, as a row shows it: a colour, a shape and a word, never the colour alone."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from cases.calendar import WorkingCalendar
from cases.deadlines import (
    Period,
    PeriodUnit,
    Urgency,
    UrgencyPolicy,
    countdown_in_words,
    due,
    explain,
    urgency,
)
from cases.finding import State, is_overdue
from cases.moments import day_on_paper, shanghai_date
from config.messages import say
from persistence.clocks import Clock
from persistence.overviews import Task
from tasks.case import OWN_DAY

SHAPES = {Urgency.OVERDUE: "▲", Urgency.NEAR: "●", Urgency.NORMAL: "■"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in a row: *tone* names the colour."""

    tone: str
    shape: str
    words: str


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What is needed to say how urgent something is, today and in one language."""

    calendar: WorkingCalendar
    today: date
    near_within: int
    language: str

    def of_finding(self, state: str, due_on: date | None, submitted_at: datetime | None) -> Shown | None:
        """Return how near the day of a finding is while its clock runs, or how late it is or was handed in."""
        if is_overdue(state, due_on, submitted_at, self.today):
            return self.show(due_on, shanghai_date(submitted_at) if submitted_at else None)
        return self.show(due_on) if state == State.OPEN and submitted_at is None else None

    def of_task(self, task: Task, clock: Clock | None) -> Shown | None:
        """Return how near the day of a task is: its own, or that of its case while the clock of that runs."""
        if isinstance(clock, tuple):
            return self.show(task.due_on) if task.act in OWN_DAY else self.of_finding(*clock)
        return self.show(task.due_on) if clock else None

    def show(self, due_on: date | None, on: date | None = None) -> Shown | None:
        """Return how near *due_on* is today, or was on the day *on*; None where there is no due day."""
        if due_on is None:
            return None
        countdown = urgency(due_on, on or self.today, self.calendar, UrgencyPolicy(self.near_within))
        words = countdown_in_words(countdown, self.language)
        return Shown(str(countdown.urgency), SHAPES[countdown.urgency], words)

    def counted(self, day: date | None, start: date | None, end: date | None) -> str:
        """Return *day*, which was counted within a window of working days, as people read it; empty for none."""
        if day is None:
            return ""
        said = day_on_paper(day, self.language)
        is_estimated = bool(start and end and self.calendar.counts_estimates(start, end))
        return say(self.language, "deadline.estimated", what=said) if is_estimated else said

    def explain(self, since: date | None, due_on: date | None) -> str:
        """Return how the days up to *due_on* were counted: which were skipped and why."""
        if due_on is None:
            return ""
        start = min(since or self.today, due_on)
        count = self.calendar.working_days_between(start, due_on)
        counted = due(start, Period(count, PeriodUnit.WORKING_DAYS), self.calendar)
        return explain(replace(counted, day=due_on), self.language)
