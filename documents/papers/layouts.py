"""整改台账 in the unit's own layout: its titles and headings with our values, and what it had besides."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal

from cases.refusals import CaseError
from documents.layouts import Layout
from documents.papers.sheets import SIGNATURES, WIDTHS
from documents.papers.text_sheets import TextBook, lines_of
from documents.papers.values import LedgerLine, ListValues, numbered

WAN = Decimal(10_000)
_FIELDS = tuple(one.name for one in fields(LedgerLine))
_WIDTH_OF = dict(zip(_FIELDS, WIDTHS, strict=True))
_OTHER_WIDTH = 14  # characters, of a column that is none of ours


class NoLayoutKept(CaseError):
    """The unit has sent no ledger in a form of its own yet."""

    code = "no_layout_kept"


def own_ledger(values: ListValues, layouts: Sequence[Layout]) -> bytes:
    """Return the ledger of a list as its file looked; our own import reads it back.

    A sheet holds the findings that were read from it; one from which none was read alone (a second list about the same
    findings) holds all. Findings that came later stand on the first sheet. Raises NoLayoutKept.
    Raises NoLayoutKept.
    """
    if not layouts:
        raise NoLayoutKept()
    book = TextBook()
    of_sheet = _by_sheet(values, layouts)
    for layout in layouts:
        _write(book, layout, of_sheet[layout.sheet] or values.lines, values)
    return book.bytes()


def _by_sheet(values: ListValues, layouts: Sequence[Layout]) -> dict[str, list[LedgerLine]]:
    found: dict[str, list[LedgerLine]] = {layout.sheet: [] for layout in layouts}
    for line in values.lines:
        sheet = values.places.get(line.number, "").rpartition(":")[0]
        found.get(sheet, found[layouts[0].sheet]).append(line)
    return found


def _write(book: TextBook, layout: Layout, lines: Sequence[LedgerLine], values: ListValues) -> None:
    headings = len(layout.rows) - layout.first_heading
    width = max(max(layout.columns) + 1, *(len(row) for row in layout.rows))
    sheet = book.sheet(
        layout.sheet, [_width(layout, column) for column in range(width)], frozen=len(layout.rows), fixed_columns=2
    )
    sheet.kept(layout.rows, layout.merged, headings)
    for line in lines:
        others = layout.others.get(values.places.get(line.number, ""), {})
        sheet.row([_cell(layout, column, line, others) for column in range(width)])
    sheet.note(SIGNATURES)
    sheet.note(f"注：{values.checkpoint}")


def _width(layout: Layout, column: int) -> int:
    """As wide as our own column, and as the heading needs on two lines."""
    said = lines_of(layout.written.get(column, "").rpartition("/")[2], 2)  # of one Chinese character each
    return max(_WIDTH_OF.get(layout.columns.get(column) or "", _OTHER_WIDTH), said + 1)


def _cell(layout: Layout, column: int, line: LedgerLine, others: Mapping[str, str]) -> str:
    name = layout.columns.get(column)
    if name is None:
        return others.get(layout.written.get(column, ""), "")
    if name == "amount_unit":
        return "万元" if line.amount else ""
    if name in ("amount", "recovered"):
        return _money(getattr(line, name), layout, column)
    said = getattr(line, name)
    return numbered(said) if isinstance(said, tuple) else str(said)


def _money(wan: str, layout: Layout, column: int) -> str:
    """Return an amount (万元) in the unit of its column, or with its own where the column names none."""
    if not wan:
        return ""
    if column in layout.yuan:
        return f"{(Decimal(wan) * WAN / Decimal(layout.yuan[column])).normalize():f}"
    return wan if "amount_unit" in layout.columns.values() else f"{wan}万元"
