"""When something is due, how that was counted, and how near it is."""

from calendar import monthrange
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from cases.calendar import Span, WorkingCalendar
from cases.moments import day_on_paper
from config.calendars import DayKind
from config.messages import knows, say


class PeriodUnit(StrEnum):
    """In what a period is counted."""

    DATE = "date"  # a day named as such; nothing is counted
    MONTHS = "months"  # calendar months; the last day of the month where the day is missing
    WORKING_DAYS = "working_days"
    DAYS = "days"  # calendar days


@dataclass(frozen=True, slots=True)
class Period:
    """A time allowed: *amount* of *unit*, or the day *until* for the unit DATE. Raises ValueError for anything else."""

    amount: int
    unit: PeriodUnit
    until: date | None = None

    def __post_init__(self) -> None:
        if self.amount < 0 or (self.until is None) == (self.unit is PeriodUnit.DATE):
            raise ValueError(f"no period: {self.amount} {self.unit} until {self.until}")

    @classmethod
    def on(cls, day: date) -> Self:
        """The period that ends on a named *day*."""
        return cls(0, PeriodUnit.DATE, day)


@dataclass(frozen=True, slots=True)
class Due:
    """A due day with the way it was counted; see :func:`explain`."""

    day: date
    from_day: date
    period: Period
    span: Span


def due(from_day: date, period: Period, calendar: WorkingCalendar) -> Due:
    """Return when *period* that begins on *from_day* is over; the due day itself is still in time."""
    match period.unit:
        case PeriodUnit.WORKING_DAYS:
            span = calendar.add_working_days(from_day, period.amount)
        case PeriodUnit.MONTHS:
            span = Span(_months_later(from_day, period.amount))
        case PeriodUnit.DAYS:
            span = Span(from_day + timedelta(days=period.amount))
        case PeriodUnit.DATE:
            span = Span(period.until or from_day)
    return Due(span.end, from_day, period, span)


def half_way(start: date, due_on: date, calendar: WorkingCalendar) -> date:
    """Return the day on which half of the working days of a window are over, rounded down: its mid-term check."""
    if due_on <= start:
        return due_on
    return calendar.add_working_days(start, calendar.working_days_between(start, due_on) // 2).end


def days_late(due_on: date, today: date, calendar: WorkingCalendar) -> int:
    """Return the working days after *due_on* up to *today*; negative: working days that are left."""
    return calendar.working_days_between(due_on, today)


class Urgency(StrEnum):
    """What the colour, the icon and the word of a row say."""

    OVERDUE = "overdue"
    NEAR = "near"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class UrgencyPolicy:
    """From how many working days before the due day something is near."""

    near_within: int = 5


@dataclass(frozen=True, slots=True)
class Countdown:
    """How urgent something is, with the working days that are left, or late when overdue.

    Overdue by 0 is the weekend after a Friday: the day has passed, no working day has. *is_estimated*: a holiday lies
    between whose year has no notice yet (预估).
    """

    urgency: Urgency
    working_days: int
    is_estimated: bool = False


def urgency(due_on: date, today: date, calendar: WorkingCalendar, policy: UrgencyPolicy) -> Countdown:
    """Return how near *due_on* is on the day *today*."""
    late, is_estimated = days_late(due_on, today, calendar), calendar.counts_estimates(due_on, today)
    if today > due_on:
        return Countdown(Urgency.OVERDUE, late, is_estimated)
    return Countdown(Urgency.NEAR if -late <= policy.near_within else Urgency.NORMAL, -late, is_estimated)


def countdown_in_words(countdown: Countdown, language: str) -> str:
    """Return what a row says about its due day, such as “逾期 3 个工作日”."""
    key = f"deadline.{countdown.urgency}"
    if countdown.working_days == 0:
        key += "_0"
    said = say(language, key, count=countdown.working_days)
    return say(language, "deadline.estimated", what=said) if countdown.is_estimated else said


def explain(counted: Due, language: str) -> str:
    """Return in *language* how a due day was counted: what was skipped, what counted though it looks free."""
    period, span = counted.period, counted.span
    sentences = [
        say(
            language,
            f"deadline.counted_{period.unit}",
            start=day_on_paper(counted.from_day, language),
            amount=period.amount,
            end=day_on_paper(counted.day, language),
        )
    ]
    if span.skipped:
        reasons = Counter(reason_in_words(skip.why, language) for skip in span.skipped)
        parts = [say(language, "deadline.skipped_part", why=why, count=count) for why, count in reasons.items()]
        sentences.append(say(language, "deadline.skipped", parts=say(language, "deadline.comma").join(parts)))
    if span.made_up:
        days = say(language, "deadline.comma").join(day_on_paper(day, language) for day in span.made_up)
        sentences.append(say(language, "deadline.made_up", count=len(span.made_up), days=days))
    sentences += [say(language, "deadline.unpublished", year=year) for year in span.unpublished]
    return say(language, "deadline.gap").join(sentences)


def reason_in_words(why: DayKind, language: str) -> str:
    """Return why a day does not count: the holiday's name, an officer's note, or simply the weekend."""
    if not why.note:
        return say(language, f"calendar.{why.kind}")
    name = f"calendar.{why.note}"
    said = say(language, name) if knows(name) else why.note
    return say(language, "deadline.estimated", what=said) if why.is_estimated else said


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
