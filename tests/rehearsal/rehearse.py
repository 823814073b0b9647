"""Rehearses days and compares; ``python -m tests.rehearsal --days 365`` prints the table."""

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from config.ladder import ROWS
from persistence.verification import verify
from tests.rehearsal.days import is_worked
from tests.rehearsal.house import Rehearsed
from tests.rehearsal.life import LIFE, Life, People, live
from tests.rehearsal.reckoning import Line, Reckoning


@dataclass(frozen=True)
class Compared:
    """The table: what was reckoned, what arrived, and where they differ."""

    wanted: tuple[Line, ...]
    came: tuple[Line, ...]
    letters: int  # of every kind
    on_free_days: tuple[str, ...]  # which nobody's act had asked for
    twice: tuple[str, ...]
    left_over: tuple[str, ...]
    broken: tuple[str, ...]  # patrols, failures, complaints of the ledger

    @property
    def missing(self) -> list[Line]:
        """Lines of the table that nobody was told, on that day."""
        return sorted((Counter(self.wanted) - Counter(self.came)).elements())

    @property
    def too_much(self) -> list[Line]:
        """Letters that no line of the table asks for on their day: too late, too early, or once too often."""
        return sorted((Counter(self.came) - Counter(self.wanted)).elements())

    @property
    def complaints(self) -> list[str]:
        """Return in words everything that does not agree; empty when the house does what its table says."""
        found = [f"missing: {_words(line)}" for line in self.missing]
        found += [f"not in the table: {_words(line)}" for line in self.too_much]
        found += [f"on a free day: {one}" for one in self.on_free_days]
        found += [f"twice: {one}" for one in self.twice]
        found += [f"left over: {one}" for one in self.left_over]
        return found + [f"broken: {one}" for one in self.broken]


def rehearse(
    house: Rehearsed, first: date, days: int, *, life: Life = LIFE, by_command: Container[int] = ()
) -> Compared:
    """Let *days* days happen from *first* on, each with every patrol and its letters.

    *by_command*: the days, counted from the first one, on which the command line does it.
    """
    reckoning = Reckoning(tuple(ROWS))
    for said in house.said_before():
        reckoning.remember(*said)
    for marked in house.marked_before():
        reckoning.remember_overdue(*marked)
    people, wanted = People(house, first), list[Line]()
    for number in range(days):
        day = first + timedelta(days=number)
        wanted += reckoning.of_day(day, house.state(day))
        if number in by_command:
            house.by_command(day)
        else:
            house.patrol(day)
            house.send(day, unasked=True)
        live(people, day, life)
        house.send(day)
    last = first + timedelta(days=days - 1)
    return _compared(house, first, [line for line in wanted if line.day <= last])


def _compared(house: Rehearsed, first: date, wanted: list[Line]) -> Compared:
    broken = [*house.complaints]
    broken += [f"{house.failures()} failures stand"] if house.failures() else []
    broken += [str(one) for one in verify(house.database, house.office.keyring).problems]
    return Compared(
        wanted=tuple(sorted(wanted)),
        came=tuple(sorted(house.lines_since(first))),
        letters=house.letters.total(),
        on_free_days=tuple(f"{day} {subject}" for day, subject in house.unasked if not is_worked(day)),
        twice=tuple(name for name, arrivals in house.arrived.items() if len(arrivals) > 1),
        left_over=tuple(house.left_over()),
        broken=tuple(broken),
    )


def table_of(compared: Compared) -> Iterator[str]:
    """Yield the table: a line per day, subject and rung, with all whom it told; behind it what does not agree."""
    yield f"{'day':<12}{'of':<16}{'rung':<24}{'how':<10}{'wanted':>7}{'came':>6}  whom"
    wanted, came = Counter(map(_row, compared.wanted)), Counter(map(_row, compared.came))
    for row in sorted(wanted | came):
        whom = sorted({one.whom.partition("@")[0] for one in (*compared.wanted, *compared.came) if _row(one) == row})
        mark = "" if wanted[row] == came[row] else "  <<<"
        both = f"{wanted[row]:>7}{came[row]:>6}"
        yield f"{row[0]!s:<12}{row[1]:<16}{row[2]:<24}{row[3]:<10}{both}  {', '.join(whom)}{mark}"
    yield ""
    yield f"{'rung':<24}{'how':<10}{'lines':>7}{'letters':>9}{'missing':>9}{'too much':>10}"
    kinds = sorted({(one.what, one.how) for one in (*compared.wanted, *compared.came)})
    for what, how in kinds:
        counts = [sum((one.what, one.how) == (what, how) for one in ones)
                  for ones in (compared.wanted, compared.came, compared.missing, compared.too_much)]  # fmt: skip
        yield f"{what:<24}{how:<10}{counts[0]:>7}{counts[1]:>9}{counts[2]:>9}{counts[3]:>10}"
    counts = [len(ones) for ones in (compared.wanted, compared.came, compared.missing, compared.too_much)]
    yield f"{'all':<34}{counts[0]:>7}{counts[1]:>9}{counts[2]:>9}{counts[3]:>10}"
    yield f"{compared.letters} letters of every kind arrived; unasked on free days: {len(compared.on_free_days)}"
    yield from compared.complaints


def _row(line: Line) -> tuple[date, str, str, str]:
    return (line.day, line.number, line.what, line.how)


def _words(line: Line) -> str:
    return f"{line.day} {line.number} {line.what} {line.how} {line.whom}"
