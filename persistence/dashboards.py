"""What leaders look at: units by category, how old the open findings are, how far they got, month by month.

Same findings, same day, same definitions as `persistence.figures`; only what *visible* lets through.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, case, func, or_, select, type_coerce

from cases.figures import Tally
from cases.moments import end_of_day, shanghai_date
from persistence.figures import FigureFilters, Step, histories, narrowed, reached_at, standing, sums
from persistence.tables import cycles, findings, units

F, C = findings.c, cycles.c


@dataclass(frozen=True)
class Cell:
    """The findings of one unit, category and age (place among ``figures.AGES``, None where never issued)."""

    unit_id: int
    unit: str
    category: str
    age: int | None
    tally: Tally


@dataclass(frozen=True)
class Passage:
    """How many findings got as far as *step*, and after how many days since the step before, as a median."""

    step: Step
    count: int
    days: float | None


@dataclass(frozen=True)
class Month:
    """What had been issued and what was done at the end of *day*."""

    day: date
    tally: Tally  # total and done, nothing else


def cells(connection: Connection, visible: ColumnElement[bool], filters: FigureFilters) -> tuple[Cell, ...]:
    """Count by unit, category and age at once, in the order of the tree of units."""
    day = standing(visible, filters)
    own = day.c
    keys = (own.unit_id, units.c.short_name, own.category, own.age, units.c.path)
    joined = day.join(units, units.c.id == own.unit_id)
    query = select(*keys, *sums(day)).select_from(joined).group_by(*keys).order_by(units.c.path, own.category)
    names = [field.name for field in fields(Tally)]
    found = (
        Cell(row.unit_id, row.short_name, row.category, row.age, Tally(**{name: row._mapping[name] for name in names}))
        for row in connection.execute(query)
    )
    return tuple(cell for cell in found if cell.tally.total or cell.tally.historic)


def passages(connection: Connection, visible: ColumnElement[bool], filters: FigureFilters) -> tuple[Passage, ...]:
    """Return step by step how far the newest cycles got by the day."""
    until = end_of_day(filters.as_of)
    moments = [type_coerce(reached_at(step, until), String).label(step) for step in Step]
    reached: Counter[Step] = Counter()
    took: dict[Step, list[int]] = defaultdict(list)
    for row in connection.execute(select(*moments).select_from(_newest(until)).where(*_counted(visible, filters))):
        days = [_day(text) for text in row]
        reached.update(step for step, day in zip(Step, days, strict=True) if day is not None)
        for step, (before, day) in zip(list(Step)[1:], pairwise(days), strict=True):
            if before is not None and day is not None and day >= before:
                took[step].append((day - before).days)
    return tuple(Passage(step, reached[step], median(took[step]) if took[step] else None) for step in Step)


def months(
    connection: Connection, visible: ColumnElement[bool], filters: FigureFilters, count: int = 12
) -> tuple[Month, ...]:
    """Return the last *count* ends of months and the day itself: each as `figures.tally` of that day counts it."""
    days = ends_of_months(filters.as_of, count)
    issued, done = [0] * len(days), [0] * len(days)
    newer = cycles.alias().c
    followed = (
        select(func.min(newer.opened_at))
        .where(newer.finding_id == F.id, newer.cycle > C.cycle)
        .correlate(findings, cycles)
        .scalar_subquery()
    )
    steps = {"opened": C.opened_at, "ended": F.closed_at, "followed": followed, "signed": _signed()}
    placed = [_place(moment, days).label(name) for name, moment in steps.items()]
    where = (visible, *narrowed(filters))
    inner = (
        select(C.finding_id, C.cycle, *placed).select_from(cycles.join(findings, F.id == C.finding_id)).where(*where)
    )
    own = inner.subquery().c
    keys = (own.opened, own.ended, own.followed, own.signed)
    for opened, ended, followed_in, signed, number in connection.execute(select(*keys, func.count()).group_by(*keys)):
        ends = min(ended, followed_in)
        for series, first in ((issued, opened), (done, max(opened, signed))):
            _between(series, first, ends, number)
    return tuple(
        Month(day, Tally(total=total, done=closed))
        for day, total, closed in zip(days, accumulate(issued), accumulate(done), strict=True)
    )


def ends_of_months(last: date, count: int) -> tuple[date, ...]:
    """Return the last days of *count* months before that of *last*, oldest first, and *last* itself."""
    found = [last]
    for _ in range(count - 1):
        found.append(found[-1].replace(day=1) - timedelta(days=1))
    return tuple(reversed(found))


def _between(series: list[int], first: int, end: int, number: int) -> None:
    """Count *number* in from the place *first* until before the place *end*; places beyond the series are later."""
    if first >= end:
        return
    if first < len(series):
        series[first] += number
    if end < len(series):
        series[end] -= number


def _place(moment: ColumnElement[Any], days: Sequence[date]) -> ColumnElement[int]:
    """Return the place of the first of *days* by whose end *moment* had come, their number where it had not."""
    return case(*((moment <= end_of_day(day), place) for place, day in enumerate(days)), else_=len(days))


def _signed() -> ColumnElement[Any]:
    return case((C.result == "signed_off", C.closed_at))


def _newest(until: datetime) -> Any:
    """Return each finding with its newest cycle by then."""
    known = histories(until)
    joined = findings.join(known, known.c.finding_id == F.id)
    return joined.join(cycles, and_(C.finding_id == F.id, C.cycle == known.c.cycle))


def _counted(visible: ColumnElement[bool], filters: FigureFilters) -> list[ColumnElement[bool]]:
    still = or_(F.closed_at.is_(None), F.closed_at > end_of_day(filters.as_of))
    return [visible, still, *narrowed(filters)]


def _day(text: str | None) -> date | None:
    return None if text is None else _day_of_hour(text[:13])


@lru_cache(maxsize=20_000)
def _day_of_hour(text: str) -> date:
    """Return the Shanghai day of an hour in UTC, ``2026-03-02T01``."""
    return shanghai_date(datetime.fromisoformat(f"{text}:00:00+00:00"))
