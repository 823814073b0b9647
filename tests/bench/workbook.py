"""A ledger of 20,000 rows with merged cells: our door for files beside openpyxl reading the same cells."""

import io
import time
from collections.abc import Iterator

from openpyxl import Workbook, load_workbook

from documents.limited import read_book
from tests.bench.places import Places
from tests.bench.table import Line, interleaved

SECTION = "workbook"
ROWS, COLUMNS, ROUNDS = 20_000, 12, 1
MERGED_EVERY = 20


def measure(places: Places) -> Iterator[Line]:
    """Yield the seconds until all cells, merged ranges too, are in memory; ours in its limited child process."""
    content = _written()
    mine, theirs = interleaved(ROUNDS, lambda: _ours(content), lambda: _openpyxl(content))
    what = f"{ROWS:,} rows, merged cells included / openpyxl in full"
    yield Line(SECTION, what, "", mine, theirs, least=5)


def _written() -> bytes:
    """Return the workbook: a heading and rows of Chinese text, the unit's cell merged over every twenty rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([f"栏目{n}" for n in range(COLUMNS)])
    for row in range(2, ROWS + 1):
        sheet.append([f"第{row}行第{column}栏的内容" for column in range(COLUMNS)])
    for row in range(2, ROWS - MERGED_EVERY, MERGED_EVERY):
        sheet.merge_cells(start_row=row, end_row=row + MERGED_EVERY - 1, start_column=1, end_column=1)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _ours(content: bytes) -> float:
    began = time.perf_counter()
    (sheet,) = read_book("xlsx", content).sheets
    assert len(sheet.rows) == ROWS
    assert sheet.merged
    return time.perf_counter() - began


def _openpyxl(content: bytes) -> float:
    began = time.perf_counter()
    sheet = load_workbook(io.BytesIO(content), data_only=True).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(rows) == ROWS
    assert sheet.merged_cells.ranges
    return time.perf_counter() - began
