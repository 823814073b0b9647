"""The working calendar: which days count, which were skipped and why.

Counting begins on the day after the start, so one working day from a Friday is the Monday.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from config.calendars import DayKind, Kind, has_notice

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
    notice of the State Council, counted by weekdays but for the days that the law names: the end may still move.
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
        """Whether a notice for *year* is known."""
        return has_notice(self.exceptions, year)

    def unpublished_years(self, first: date, last: date) -> tuple[int, ...]:
        """Return the years from *first* to *last*, in either order, that are counted without a notice."""
        low, high = sorted((first.year, last.year))
        return tuple(year for year in range(low, high + 1) if not self.is_published(year))

    def add_working_days(self, start: date, count: int) -> Span:
        """Return the *count*-th working day after *start*, before it when negative; none is *start* itself.

        Raises OverflowError where that day lies outside the years 1 to 9999.
        """
        if not 0 < start.toordinal() + count <= date.max.toordinal():  # known at once, so nobody walks there
            raise OverflowError(f"no calendar holds the day {count} working days from {start}")
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

    def first_working_day(self, day: date) -> date:
        """Return *day* itself where it is worked, else the next day that is."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def last_start(self, until: date, passed: int) -> date:
        """Return the latest day from which at least *passed* working days have passed by *until*.

        Negative: not more than that many are left. The free days behind a working day count like that day itself.
        """
        if passed > 0:  # counted back from *until* itself, this working day is one too near
            return self.add_working_days(until + ONE_DAY, -passed).end - ONE_DAY
        return self.add_working_days(until, 1 - passed).end - ONE_DAY

    def counts_estimates(self, first: date, last: date) -> bool:
        """Whether a count between these days, in either order, leaves out a weekday that is free by estimate only."""
        low, high = sorted((first.toordinal(), last.toordinal()))
        return bisect_right(self._estimated, high) > bisect_right(self._estimated, low)

    @cached_property
    def _estimated(self) -> list[int]:
        days = self.exceptions.items()
        return sorted(day.toordinal() for day, kind in days if kind.is_estimated and day.weekday() < 5)

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
