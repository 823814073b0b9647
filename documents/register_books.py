"""登记簿 as workbooks: rows are read by their headings in any order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cases.dirty_text import clean, same_text
from documents.delimited import read_delimited
from documents.limited import DOCUMENTS, LIMITS, Cell, Limits, Sheet, kind_of, read_book
from documents.refusals import FileKindUnknown, TooManyRows

LONGEST = 200  # characters of a heading
MOST_ABOVE = 20  # rows of titles and notes above the headings
LEAST_KNOWN = 2  # headings side by side: one known word may stand in any sentence

_BESIDE = re.compile(r"[*＊]|[（(][^（(）)]*[）)]")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it stands: *place* is its sheet and number, *cells* are by field."""

    place: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReadBook:
    """What a workbook holds; *unknown* headings are used for nothing, *fields* stand somewhere as a heading."""

    rows: Sequence[ReadRow]
    fields: frozenset[str]
    unknown: tuple[str, ...] = ()


def read_register(
    name: str,
    content: bytes,
    headings: Mapping[str, str],
    *,
    longest: Mapping[str, int] = MappingProxyType({}),
    most: int = LIMITS.rows,
    limits: Limits = LIMITS,
) -> ReadBook:
    """Return the rows below the headings of each visible sheet; *headings*: as people write them -> field.

    A cell ends one character behind the *longest* of its field: whoever judges the row sees that it is too long.
    Raises the refusals of `documents.limited`, and TooManyRows where there are more than *most*.
    """
    known = {_bare(heading): field for heading, field in headings.items()}
    rows: list[ReadRow] = []
    fields: set[str] = set()
    unknown: dict[str, None] = {}
    for sheet in _sheets(name, content, limits):
        found = _headings(sheet, known)
        if found is None:
            continue
        top, columns = found
        fields |= set(columns.values())
        others = [str(cell) for place, cell in enumerate(sheet.rows[top]) if place not in columns and _is_full(cell)]
        unknown |= dict.fromkeys(map(clean, others))
        for number, cells in enumerate(sheet.rows[top + 1 :], top + 2):
            told = {
                field: _cut(cells[place], longest.get(field, limits.cell_characters))
                for place, field in columns.items()
                if place < len(cells)
            }
            if any(_is_full(cell) for cell in told.values()):
                rows.append(ReadRow(f"{sheet.name} {number}", told))
        if len(rows) > most:
            raise TooManyRows(limit=most)
    return ReadBook(rows, frozenset(fields), tuple(unknown))


def _sheets(name: str, content: bytes, limits: Limits) -> Sequence[Sheet]:
    kind = kind_of(name, content, limits)
    if kind in DOCUMENTS:
        raise FileKindUnknown(name=name)
    if kind == "text":
        return [read_delimited(name.rpartition(".")[0] or name, content, limits)]
    return [sheet for sheet in read_book(kind, content, limits).sheets if sheet.visible]


def _headings(sheet: Sheet, known: Mapping[str, str]) -> tuple[int, Mapping[int, str]] | None:
    """Return the row that names the most fields, and which column holds which; the first of two alike is meant."""
    best: tuple[int, Mapping[int, str]] | None = None
    for number, cells in enumerate(sheet.rows[:MOST_ABOVE]):
        columns: dict[int, str] = {}
        for place, cell in enumerate(cells):
            field = known.get(_bare(str(cell)))
            if field is not None and field not in columns.values():
                columns[place] = field
        if len(columns) >= LEAST_KNOWN and (best is None or len(columns) > len(best[1])):
            best = number, columns
    return best


def _bare(heading: str) -> str:
    return same_text(_BESIDE.sub("", heading[:LONGEST]))


def _cut(cell: Cell, longest: int) -> Cell:
    return cell[: longest + 1] if isinstance(cell, str) else cell


def _is_full(cell: Cell) -> bool:
    return bool(clean(cell)) if isinstance(cell, str) else True
