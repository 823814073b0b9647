"""A file's text as one string, whose every character has a place that a person can turn to."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from cases.evidence_facts import Fact, FactKind


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, page or cell; *tail* follows its text in the whole."""

    place: str
    text: str
    tail: str = "\n"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells as text; *sheet*: of a workbook, whose cells are called B4."""

    place: str
    rows: Sequence[Sequence[str]]
    sheet: bool = False

    def place_of(self, row: int, column: int) -> str:
        """Return the name of a cell, both counted from 0."""
        if self.sheet:
            return f"{self.place}!{_letters(column)}{row + 1}"
        return f"{self.place}R{row + 1}C{column + 1}"

    def cells(self) -> Iterator[Part]:
        """Yield the cells that are not empty, row by row."""
        for row, cells in enumerate(self.rows):
            full = [column for column, cell in enumerate(cells) if cell.strip()]
            for column in full:
                yield Part(self.place_of(row, column), cells[column], "\n" if column == full[-1] else "\t")


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


@dataclass(frozen=True)
class Whole:
    """All parts in one text."""

    parts: tuple[Part, ...]

    @cached_property
    def text(self) -> str:
        """The text."""
        return "".join(part.text + part.tail for part in self.parts)

    @cached_property
    def starts(self) -> list[int]:
        """Where each part begins."""
        return list(accumulate((len(part.text) + len(part.tail) for part in self.parts), initial=0))

    def place(self, offset: int) -> str:
        """Return the place of the character at *offset*."""
        return self.parts[bisect_right(self.starts, offset) - 1].place

    def fact(self, kind: FactKind, value: str, start: int, end: int) -> Fact:
        """Return a fact that is written from *start* to *end*."""
        return Fact(kind, value, self.text[start:end], self.place(start), start, end)
