"""Excel papers. Every cell is text: what a unit wrote can never become a formula, here or in a copy saved elsewhere.

Sheets are written row by row, so that twenty thousand findings need no more memory than twenty.
"""

import io
from collections.abc import Iterable, Sequence
from copy import copy
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from cases.figures import Quantity, plain
from config.messages import say
from documents.papers.values import LONGEST_CELL, FigureValues, LedgerLine, ListValues, day_in_words, printable

_COLUMNS = (  # heading and width in characters
    ("序号", 5), ("问题编号", 15), ("反馈方面", 10), ("问题类别", 10),
    ("反馈问题", 24), ("具体问题", 30), ("涉及金额(万元)", 10), ("涉及人数", 7),
    ("整改类型", 9), ("整改目标", 20), ("整改措施", 34), ("责任领导", 12),
    ("牵头单位", 14), ("责任单位", 14), ("责任人", 12), ("联系电话", 13),
    ("整改开始时间", 11), ("整改时限", 11), ("整改进展情况", 30), ("整改状态", 9),
    ("完成时间", 11), ("整改成效", 30), ("追回/清退金额(万元)", 11), ("处理人数及方式", 16),
    ("建章立制名称及文号", 20), ("佐证材料名称及编号", 26), ("未完成原因", 18), ("下一步措施", 18),
    ("延期情况", 16), ("审核意见", 24), ("销号情况", 18), ("备注", 12),
)  # fmt: skip
HEADINGS = tuple(heading for heading, _ in _COLUMNS)
_A4, _A3 = 9, 8
_A4_HOLDS, _A3_HOLDS = 160, 240  # characters from left to right that can still be read
HIGHEST_ROW = 409  # points, Excel's limit
_MAY_START_A_FORMULA = ("=", "+", "-", "@", "\t")
_THIN = Side(style="thin", color="808080")
_FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_ROOM = "　" * 8
SIGNATURES = f"填表人：{_ROOM}审核人：{_ROOM}党组织主要负责人（签字）：{_ROOM}填报日期：{day_in_words(None)}"


def ledger_sheet(values: ListValues) -> bytes:
    """Return the 整改台账 of a list; our own import reads it back."""
    paper = _Paper()
    sheet = paper.sheet("整改台账", [width for _, width in _COLUMNS], frozen=3, fixed_columns=2)
    sheet.title(f"{values.unit}巡察整改台账")
    sheet.note(_scope(values))
    sheet.headings(HEADINGS)
    for line in values.lines:
        sheet.row(line.texts())
    sheet.note(SIGNATURES)
    sheet.note(f"注：{values.checkpoint}")
    return paper.bytes()


def three_lists(values: ListValues) -> bytes:
    """Return 问题清单, 任务清单 and 责任清单 of a list, a sheet each."""
    paper = _Paper()
    for name, widths, headings, rows in (
        ("问题清单", (6, 16, 14, 14, 36, 48, 12, 9, 11), _OF_PROBLEMS, _problem_rows(values.lines)),
        ("任务清单", (6, 16, 36, 8, 52, 32, 18, 14), _OF_TASKS, _task_rows(values.lines)),
        ("责任清单", (6, 16, 40, 16, 22, 22, 16, 16, 14), _OF_DUTIES, _duty_rows(values.lines)),
    ):
        sheet = paper.sheet(name, widths, frozen=3, fixed_columns=2)
        sheet.title(f"{values.unit}巡察整改{name}")
        sheet.note(_scope(values))
        sheet.headings(headings)
        for row in rows:
            sheet.row(row)
        sheet.note(SIGNATURES)
        sheet.note(f"注：{values.checkpoint}")
    return paper.bytes()


_OF_PROBLEMS = (
    "序号",
    "问题编号",
    "反馈方面",
    "问题类别",
    "反馈问题",
    "具体问题",
    "涉及金额(万元)",
    "涉及人数",
    "整改类型",
)
_OF_TASKS = ("序号", "问题编号", "反馈问题", "任务", "整改措施", "整改目标", "牵头单位", "整改时限")
_OF_DUTIES = ("序号", "问题编号", "反馈问题", "责任领导", "牵头单位", "责任单位", "责任人", "联系电话", "整改时限")


def _problem_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    for line in lines:
        yield (line.seq, line.number, line.aspect, line.category, line.title, line.detail, line.amount, line.headcount,
               line.kind)  # fmt: skip


def _task_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    """One row per measure; a finding without one stands there with an empty task, so that it is seen."""
    for line in lines:
        for place, measure in enumerate(line.measures or ("",), 1):
            name = str(place) if measure else ""
            yield line.seq, line.number, line.title, name, measure, line.target, line.lead_org, line.due


def _duty_rows(lines: Iterable[LedgerLine]) -> Iterable[Sequence[str]]:
    for line in lines:
        yield (line.seq, line.number, line.title, line.responsible_leader, line.lead_org, line.responsible_org,
               line.responsible_person, line.phone, line.due)  # fmt: skip


_COUNTED = tuple(one for one in Quantity if one is not Quantity.EVER_DONE)


def figures_sheet(values: FigureValues) -> bytes:
    """Return the 统计表: quantities, rates, and under the table every formula in words and with its numbers."""
    language = values.language
    paper = _Paper()
    widths = (28, *[12] * len(_COUNTED), *[14] * len(values.formulas))
    sheet = paper.sheet(say(language, "paper.figures"), widths, frozen=3, fixed_columns=1)
    sheet.title(values.title)
    sheet.note(say(language, "paper.figures_scope", scope=values.scope, day=values.as_of.isoformat()))
    named = [say(language, f"quantity.{one}") for one in _COUNTED]
    sheet.headings((values.grouped_by, *named, *(one.title(language) for one in values.formulas)))
    for label, tally in [
        *((line.label, line.tally) for line in values.lines),
        (say(language, "paper.sum"), values.whole),
    ]:
        counts = [plain(tally.of(one)) for one in _COUNTED]
        sheet.row((label, *counts, *(one.rate(tally).text for one in values.formulas)), centred=True)
    for one in values.formulas:
        sheet.note(f"{one.sentence(language)}　{one.worked(values.whole, language)}")
    sheet.note(say(language, "paper.historic_apart", count=values.whole.historic))
    if language == "zh":
        sheet.note(SIGNATURES)
    return paper.bytes()


def _scope(values: ListValues) -> str:
    """Return the lines over the headings; intake finds the unit and the day of feedback at the start of theirs."""
    feedback = f"反馈日期：{day_in_words(values.feedback_on)}\n" if values.feedback_on else ""
    listed = f"清单编号：{values.number}　　轮次：{values.round_name}　　数据截至：{day_in_words(values.as_of)}"
    return f"单位：{values.unit}\n{feedback}{listed}"


def _lines(text: str, width: int) -> int:
    """Return how many lines *text* takes in a column of *width* characters; a Chinese one takes two."""
    return sum(ceil(max(sum(1 + (c > "\u2e7f") for c in line), 1) / max(width - 1, 1)) for line in text.split("\n"))


# --- how a sheet looks ----------------------------------------------------------------------------------------------


class _Paper:
    """A workbook under way."""

    def __init__(self) -> None:
        self._book = Workbook(write_only=True)

    def sheet(self, name: str, widths: Sequence[int], *, frozen: int, fixed_columns: int) -> "_Sheet":
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
        return _Sheet(made, widths)

    def bytes(self) -> bytes:
        """Return the file."""
        file = io.BytesIO()
        self._book.save(file)
        return file.getvalue()


class _Sheet:
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

    def row(self, texts: Sequence[str], *, centred: bool = False) -> None:
        """Write one row of cells, as high as its longest text needs: no program measures that on opening."""
        lines = max(_lines(text, width) for text, width in zip(texts, self._widths, strict=True))
        self._sheet.row_dimensions[self._rows + 1].height = min(14 * lines + 6, HIGHEST_ROW)
        self._append([self._text(text, self._centred if centred else self._cell) for text in texts])

    def _across(self, text: str, style: Any, *, height: int) -> None:
        """Write *text* over all columns: intake takes what covers less than half of them for a heading."""
        height *= _lines(text, min(sum(self._widths), _A3_HOLDS))
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
