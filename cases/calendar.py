"""The working calendar: which days count, which were skipped and why.

Counting begins on the day after the start, so one working day from a Friday is the Monday.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from config.calendars import DayKind, Kind

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SkippedDay:
    """A day that did not count, and what it is."""

    day: date
    why: DayKind


@dataclass(frozen=True, slots=True)
class Span:
    """A count of working days: where it ends and everything a person may ask about it.

    *made_up* are weekend days that counted because they were worked (调休上班). *unpublished* are years without a
    notice of the State Council, counted by plain weekdays: the end may still move.
    """

    end: date
    skipped: tuple[SkippedDay, ...] = ()
    made_up: tuple[date, ...] = ()
    unpublished: tuple[int, ...] = ()


@dataclass(frozen=True)
class WorkingCalendar:
    """Weekdays are worked, weekends are not, *exceptions* say where it is otherwise."""

    exceptions: Mapping[date, DayKind] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        """Whether *day* is worked."""
        exception = self.exceptions.get(day)
        return exception.is_worked if exception else day.weekday() < 5

    def is_published(self, year: int) -> bool:
        """Whether a notice for *year* is known; National Day free is its mark, since every notice has it.

        A single day that an officer entered for next year is no notice, a table typed off from one is.
        """
        exception = self.exceptions.get(date(year, 10, 1))
        return exception is not None and not exception.is_worked

    def unpublished_years(self, first: date, last: date) -> tuple[int, ...]:
        """Return the years from *first* to *last*, in either order, that are counted by plain weekdays."""
        low, high = sorted((first.year, last.year))
        return tuple(year for year in range(low, high + 1) if not self.is_published(year))

    def add_working_days(self, start: date, count: int) -> Span:
        """Return the *count*-th working day after *start*, before it when negative; none is *start* itself."""
        step = ONE_DAY if count >= 0 else -ONE_DAY
        day, left = start, abs(count)
        skipped: list[SkippedDay] = []
        made_up: list[date] = []

        while left:
            day += step
            if self.is_working_day(day):
                left -= 1
                if day.weekday() >= 5:
                    made_up.append(day)
            else:
                skipped.append(SkippedDay(day, self.exceptions.get(day, DayKind(Kind.WEEKEND))))

        return Span(day, tuple(skipped), tuple(made_up), self.unpublished_years(start, day))

    def working_days_between(self, start: date, end: date) -> int:
        """Return how many working days lie after *start* up to and with *end*; negative when *end* comes first."""
        return self._worked_until(end) - self._worked_until(start)

    def _worked_until(self, day: date) -> int:
        """Count working days from the year 1 on: a patrol asks this of 100,000 findings, so no walking day by day."""
        ordinal = day.toordinal()  # 1 is a Monday
        weeks, rest = divmod(ordinal, 7)
        worked_weekends, free_weekdays = self._against_the_week
        return weeks * 5 + min(rest, 5) + bisect_right(worked_weekends, ordinal) - bisect_right(free_weekdays, ordinal)

    @cached_property
    def _against_the_week(self) -> tuple[list[int], list[int]]:
        days = sorted(self.exceptions.items())
        worked_weekends = [day.toordinal() for day, kind in days if kind.is_worked and day.weekday() >= 5]
        free_weekdays = [day.toordinal() for day, kind in days if not kind.is_worked and day.weekday() < 5]
        return worked_weekends, free_weekdays
