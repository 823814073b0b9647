"""Cells of a decision table, written into its file: whatever else stands there, ids and comments too, stays."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from bpmn.decisions import DecisionTable, read_decision

Place = tuple[int, int]  # row and column from 0; the inputs are counted first, then the outputs


class CellNotWritten(ValueError):
    """A cell without an id of its own, or one whose text does not stand in the file exactly once."""


def with_cells(file: str, content: bytes, cells: Mapping[Place, str]) -> bytes:
    """Return *content* with other texts in *cells*. Raises CellNotWritten, DiagramRefused."""
    before = read_decision(file, content)
    text = content.decode()  # what was read is UTF-8
    for (row, column), written in cells.items():
        id = re.escape(before.rows[row].entries[column])
        cell = re.compile(
            rf'<(?:\w+:)?(?:input|output)Entry\b[^<>]*\bid="{id}"[^<>]*>\s*<(?:\w+:)?text>([^<]*)</(?:\w+:)?text>'
        )
        found = list(cell.finditer(text))
        if not id or len(found) != 1:
            raise CellNotWritten(f"{file}: row {row + 1}, column {column + 1}")
        begin, end = found[0].span(1)
        text = text[:begin] + escape(written) + text[end:]

    edited = text.encode()
    if _texts(read_decision(file, edited)) != _texts(before) | dict(cells):
        raise CellNotWritten(file)
    return edited


def _texts(table: DecisionTable) -> dict[Place, str]:
    """Return what the table says cell by cell, as the engine reads it."""
    return {
        (number, column): text
        for number, row in enumerate(table.rows)
        for column, text in enumerate([*(cell.text for cell in row.conditions), *(one.text for one in row.results)])
    }
