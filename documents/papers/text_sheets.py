"""Workbooks of text: whatever a unit wrote can never become a formula, here or in a copy saved elsewhere.

Sheets are written row by row, so that twenty thousand findings need no more memory than twenty.
"""

import io
from collections.abc import Sequence
from copy import copy
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from documents.papers.values import LONGEST_CELL, printable

_A4, _A3 = 9, 8
_A4_HOLDS, _A3_HOLDS = 160, 240  # characters from left to right that can still be read
HIGHEST_ROW = 409  # points, Excel's limit
_MAY_START_A_FORMULA = ("=", "+", "-", "@", "\t")
_THIN = Side(style="thin", color="808080")
_FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def lines_of(text: str, width: int) -> int:
    """Return how many lines *text* takes in a column of *width* characters; a Chinese one takes two."""
    return sum(ceil(max(sum(1 + (c > "\u2e7f") for c in line), 1) / max(width - 1, 1)) for line in text.split("\n"))


class TextBook:
    """A workbook under way."""

    def __init__(self) -> None:
        self._book = Workbook(write_only=True)

    def sheet(self, name: str, widths: Sequence[int], *, frozen: int, fixed_columns: int) -> "TextSheet":
        """Add a sheet with columns of *widths* (characters); the first *frozen* rows stay in view and are repeated."""
        made = self._book.create_sheet(name)
        for column, width in enumerate(widths, 1):
            made.column_dimensions[get_column_letter(column)].width = width
        made.freeze_panes = f"{get_column_letter(fixed_columns + 1)}{frozen + 1}"
        made.print_title_rows = f"{frozen}:{frozen}"
        made.print_title_cols = f"A:{get_column_letter(fixed_columns)}"
        made.page_setup.orientation = "landscape"
        made.page_setup.paperSize = _A3 if sum(widths) > _A4_HOLDS else _A4
        made.page_setup.fitToWidth, made.page_setup.fitToHeight = ceil(sum(widths) / _A3_HOLDS), 0
        made.sheet_properties.pageSetUpPr.fitToPage = True
        made.page_margins.left = made.page_margins.right = 0.4
        made.print_options.horizontalCentered = True
        made.oddFooter.center.text = "第 &P 页 共 &N 页"
        return TextSheet(made, widths)

    def bytes(self) -> bytes:
        """Return the file."""
        file = io.BytesIO()
        self._book.save(file)
        return file.getvalue()


class TextSheet:
    """A sheet that grows downwards."""

    def __init__(self, sheet: Any, widths: Sequence[int]) -> None:
        self._sheet, self._widths, self._rows = sheet, widths, 0
        place = "center" if sum(widths) <= _A3_HOLDS else "left"  # the middle of several pages is on none of them
        self._title = self._style(Font(name="黑体", size=18), Alignment(place, "center"))
        self._note = self._style(Font(name="宋体", size=11), Alignment("left", "center", wrap_text=True))
        self._heading = self._style(
            Font(name="黑体", size=11), Alignment("center", "center", wrap_text=True), _FRAME,
            PatternFill("solid", fgColor="E7E6E6"),
        )  # fmt: skip
        self._cell = self._style(Font(name="宋体", size=10), Alignment("left", "top", wrap_text=True), _FRAME)
        self._centred = self._style(Font(name="宋体", size=10), Alignment("center", "center", wrap_text=True), _FRAME)

    def title(self, text: str) -> None:
        """Write the name of the paper over all columns."""
        self._across(text, self._title, height=34)

    def note(self, text: str) -> None:
        """Write a line over all columns."""
        self._across(text, self._note, height=20)

    def headings(self, texts: Sequence[str]) -> None:
        """Write the row of headings."""
        self._sheet.row_dimensions[self._rows + 1].height = 34
        self._append([self._text(text, self._heading) for text in texts])

    def kept(self, rows: Sequence[Sequence[str]], merged: Sequence[tuple[int, int, int, int]], headings: int) -> None:
        """Write rows as they came, the last *headings* of them framed; *merged* counts from the first row."""
        for place, texts in enumerate(rows, 1):
            framed = place > len(rows) - headings
            style = self._heading if framed else self._title if place == 1 and rows[0] is not rows[-1] else self._note
            width = [*texts, *[""] * (len(self._widths) - len(texts))]
            self._sheet.row_dimensions[self._rows + 1].height = 34 if framed or place == 1 else 20
            self._append([self._text(text, style) for text in width])
        for top, left, bottom, right in merged:
            first, last = get_column_letter(left + 1), get_column_letter(right + 1)
            self._sheet.merged_cells.add(f"{first}{top + 1}:{last}{bottom + 1}")

    def row(self, texts: Sequence[str], *, centred: bool = False) -> None:
        """Write one row of cells, as high as its longest text needs: no program measures that on opening."""
        lines = max(lines_of(text, width) for text, width in zip(texts, self._widths, strict=True))
        self._sheet.row_dimensions[self._rows + 1].height = min(14 * lines + 6, HIGHEST_ROW)
        self._append([self._text(text, self._centred if centred else self._cell) for text in texts])

    def _across(self, text: str, style: Any, *, height: int) -> None:
        """Write *text* over all columns: intake takes what covers less than half of them for a heading."""
        height *= lines_of(text, min(sum(self._widths), _A3_HOLDS))
        self._sheet.row_dimensions[self._rows + 1].height = height
        self._append([self._text(text, style)])
        self._sheet.merged_cells.add(f"A{self._rows}:{get_column_letter(len(self._widths))}{self._rows}")

    def _append(self, cells: list[Any]) -> None:
        self._sheet.append(cells)
        self._rows += 1

    def _style(self, font: Font, alignment: Alignment, border: Border | None = None, fill: Any = None) -> Any:
        cell: Any = WriteOnlyCell(self._sheet)
        cell.font, cell.alignment = font, alignment
        if border is not None:
            cell.border = border
        if fill is not None:
            cell.fill = fill
        cell.number_format = "@"
        return cell._style

    def _text(self, text: str, style: Any) -> Any:
        """Return a cell that is text whatever it says; one that looks like a formula is marked as quoted besides."""
        shown = printable(text)
        if len(shown) > LONGEST_CELL:
            shown = f"{shown[:LONGEST_CELL]}……"
        cell: Any = WriteOnlyCell(self._sheet, value=shown)
        cell.data_type = "s"
        cell._style = copy(style)  # making a style anew for each cell takes ten times as long
        if shown.startswith(_MAY_START_A_FORMULA):
            cell.quotePrefix = True
        return cell
