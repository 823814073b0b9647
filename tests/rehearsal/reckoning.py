"""The independent reckoning: rows of the ladder as they stand in the table, dates as they stand in the rows, no rule.

Day by day it says who must be told what. It remembers by itself what it said before, and asks nothing of the product
but the rows that people wrote (`State`): neither its calendar, nor its notices, nor its marks of what is overdue.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.rehearsal.days import ONE_DAY, first_worked, is_worked, worked_after, worked_before, worked_between

Row = Mapping[str, str | int | None]
HEAP_LEAST = 3
OUTSIDE = ("superior_leader", "leading_group", "discipline_commission", "organisation_department")


@dataclass(frozen=True)
class Finding:
    """What stands in the row of a finding on a morning."""

    number: str
    cycle: int
    is_open: bool
    is_suspended: bool
    unit: int
    due_on: date | None
    issued_on: date | None
    extended_on: date | None
    progress_on: date | None
    returns: int
    is_key: bool
    is_submitted: bool
    came_late: bool  # handed in, but after the due day
    was_kept: bool  # handed in in time, and back with the unit only behind the due day
    undecided_since: date | None
    people: Mapping[str, frozenset[str]]  # role -> addresses


@dataclass(frozen=True)
class Unit:
    """What stands of a unit on a morning: its newest list that was fed back, and its people."""

    list_number: str
    people: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class State:
    """The house on a morning, after what people and timers did until then."""

    findings: tuple[Finding, ...]
    units: Mapping[int, Unit]
    administrators: frozenset[str]


@dataclass(frozen=True, order=True)
class Line:
    """One line of the table: on *day* *whom* is told *what* (a code of the ladder, or another word) of *number*."""

    day: date
    number: str
    what: str
    how: str  # told, proposed
    whom: str


@dataclass
class Reckoning:
    """Remembers and says; *rows* are those of the table for inspections."""

    rows: tuple[Row, ...]
    _said: dict[tuple[str, int], set[tuple[str, str, str]]] = field(default_factory=dict)
    _overdue: set[tuple[str, int, date]] = field(default_factory=set)
    _paused: Counter[str] = field(default_factory=Counter)  # worked days on which a finding stood still
    _reminded: set[tuple[int, int, int]] = field(default_factory=set)

    def remember(self, number: str, cycle: int, code: str, trigger: str, period: str) -> None:
        """Take over what had been said before the rehearsal began."""
        self._said.setdefault((number, cycle), set()).add((code, trigger, period))

    def remember_overdue(self, number: str, cycle: int, due_on: date) -> None:
        """Take over that a finding had been marked before the rehearsal began."""
        self._overdue.add((number, cycle, due_on))

    def of_day(self, day: date, state: State) -> list[Line]:
        """Return the lines of a day."""
        lines = [line for one in state.findings for line in self._overdue_lines(day, one)]
        if not is_worked(day):
            return lines
        self._paused.update(one.number for one in state.findings if one.is_suspended)
        for one in state.findings:
            if one.is_open:
                lines += self._ladder_lines(day, one)
            if one.undecided_since is not None:
                lines += self._undecided_lines(day, one)
        for unit in sorted({one.unit for one in state.findings}):
            lines += self._heap_lines(day, unit, state)
        lines += self._notice_lines(day, state)
        return lines

    # --- one finding ------------------------------------------------------------------------------------------------

    def _overdue_lines(self, day: date, one: Finding) -> list[Line]:
        """On the morning after its day the handler reads that a finding is overdue; on a free one, behind it."""
        if not one.is_open or one.due_on is None or one.due_on >= day or one.is_submitted or one.was_kept:
            return []
        if (one.number, one.cycle, one.due_on) in self._overdue:
            return []
        self._overdue.add((one.number, one.cycle, one.due_on))
        return [Line(first_worked(day), one.number, "overdue", "told", who) for who in one.people["handler"]]

    def _ladder_lines(self, day: date, one: Finding) -> list[Line]:
        said = self._said.setdefault((one.number, one.cycle), set())
        reached = [(row, period) for row in self.rows for period in _reached(row, day, one)]
        return self._speak(day, one.number, one.people, said, reached, str(one.due_on))

    def _undecided_lines(self, day: date, one: Finding) -> list[Line]:
        assert one.undecided_since is not None
        said = self._said.setdefault((f"suspicion {one.number}", one.cycle), set())
        waited = worked_between(one.undecided_since, day) - self._paused[one.number]
        reached = []
        for row in self.rows:
            if row["trigger"] == "suspicion_undecided":
                beyond, again = waited - _int(row["after_days"]), row["repeat_after_days"]
                times = 0 if beyond < 0 else 1 + (beyond // _int(again) if again else 0)
                reached += [(row, f"{one.undecided_since} {n}") for n in range(times, 0, -1)]
        return self._speak(day, one.number, one.people, said, reached, "")

    def _heap_lines(self, day: date, unit: int, state: State) -> list[Line]:
        own = [one for one in state.findings if one.unit == unit and one.is_open]
        late = [one for one in own if one.due_on and one.due_on < day and (not one.is_submitted or one.came_late)]
        if len(late) < HEAP_LEAST or unit not in state.units:
            return []
        said = self._said.setdefault((f"unit {unit}", 1), set())
        of_unit = state.units[unit]
        reached = [
            (row, f"{day:%Y-%m}")
            for row in self.rows
            if row["trigger"] == "concentrated" and len(late) * 100 >= _int(row["after_days"]) * len(own)
        ]
        return self._speak(day, of_unit.list_number, of_unit.people, said, reached, "")

    def _speak(
        self,
        day: date,
        number: str,
        people: Mapping[str, frozenset[str]],
        said: set[tuple[str, str, str]],
        reached: Iterable[tuple[Row, str]],
        due: str,
    ) -> list[Line]:
        """Of what is new the highest speaks, and the highest that only people decide; the rest is silent for good."""
        fresh = [
            (row, period) for row, period in reached if (str(row["code"]), str(row["trigger"]), period) not in said
        ]
        lines: list[Line] = []
        for decided_by, how in (("system", "told"), ("human", "proposed")):
            codes = {code for code, _, period in said if period == due}
            climbed = [row for row in self.rows if row["decided_by"] == decided_by and row["code"] in codes]
            height = max((_int(row["rank"]) for row in climbed), default=-1)
            able = [
                (row, period)
                for row, period in fresh
                if row["decided_by"] == decided_by
                and (_int(row["rank"]) > height if period == due else _int(row["rank"]) >= height)
            ]
            if able:
                row, _ = max(able, key=lambda one: _int(one[0]["rank"]))
                roles = [role.strip() for role in str(row["addressees"]).split(",")]
                if how == "proposed":
                    roles = [role for role in roles if role in OUTSIDE] or ["leading_group"]
                whom = {who for role in roles for who in people[role]}
                lines += [Line(day, number, str(row["code"]), how, who) for who in sorted(whom)]
        said.update((str(row["code"]), str(row["trigger"]), period) for row, period in fresh)
        return lines

    # --- the notice of next year --------------------------------------------------------------------------------------

    def _notice_lines(self, day: date, state: State) -> list[Line]:
        """From November on, and all through a year whose notice is missing: the first worked day of each week."""
        year = day.year if day.year > 2026 else day.year + 1 if day.month >= 11 else 0
        week = day.isocalendar()[:2]
        if not year or (year, *week) in self._reminded:
            return []
        self._reminded.add((year, *week))
        return [Line(day, str(year), "calendar_missing", "told", who) for who in sorted(state.administrators)]


def _reached(row: Row, day: date, one: Finding) -> list[str]:
    """Return the period for which a finding stands on a row on a worked *day*, as a list of none or one."""
    after, trigger = _int(row["after_days"]), row["trigger"]
    if trigger == "returned":
        times = one.returns // after * after
        return [str(times)] if times else []
    if one.is_submitted:
        return []
    if trigger == "no_progress":
        last = one.progress_on or one.extended_on or one.issued_on
        return [str(last)] if last and day >= last + timedelta(days=after) else []
    if trigger == "deadline" or (trigger == "key_finding" and one.is_key):
        since = one.extended_on or one.issued_on
        if one.due_on is None:
            return []
        comes = line_day(row, one.due_on)
        came_before = after < 0 and since is not None and comes <= since
        return [str(one.due_on)] if day >= comes and not came_before else []
    return []


def line_day(row: Row, due_on: date) -> date:
    """Return the day of a row for a due day."""
    after = _int(row["after_days"])
    if row["unit"] == "days":
        return first_worked(due_on + after * ONE_DAY)
    return worked_after(due_on, after) if after > 0 else worked_before(due_on, -after)


def _int(value: str | int | None) -> int:
    assert isinstance(value, int)
    return value
