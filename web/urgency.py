"""How near a due day is, as a row shows it: a colour, a shape and a word, never the colour alone."""

from dataclasses import dataclass, replace
from datetime import date

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

    def show(self, due_on: date | None) -> Shown | None:
        """Return how near *due_on* is; None where there is no due day."""
        if due_on is None:
            return None
        countdown = urgency(due_on, self.today, self.calendar, UrgencyPolicy(self.near_within))
        words = countdown_in_words(countdown, self.language)
        return Shown(str(countdown.urgency), SHAPES[countdown.urgency], words)

    def explain(self, since: date | None, due_on: date | None) -> str:
        """Return how the days up to *due_on* were counted: which were skipped and why."""
        if due_on is None:
            return ""
        start = min(since or self.today, due_on)
        count = self.calendar.working_days_between(start, due_on)
        counted = due(start, Period(count, PeriodUnit.WORKING_DAYS), self.calendar)
        return explain(replace(counted, day=due_on), self.language)
