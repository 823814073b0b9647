"""Files as tests need them: small ledgers, and the hostile kind."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

HEADINGS = ("序号", "反馈问题", "整改措施", "责任单位", "整改时限")


def ledger(
    *rows: Sequence[Any], headings: Sequence[Any] = HEADINGS, change: Callable[[Worksheet], object] = bool
) -> bytes:
    """A workbook with *headings* and *rows*; *change* may do anything to the sheet before it is saved."""
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "台账"
    for row in (headings, *rows):
        sheet.append(list(row))
    change(sheet)
    return saved(workbook)


def saved(workbook: Workbook) -> bytes:
    into = io.BytesIO()
    workbook.save(into)
    return into.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """*content* with one part of the package changed."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, change(old.read(entry)) if entry == name else old.read(entry))
    return into.getvalue()


def with_saved_result(content: bytes, cell: str, result: str) -> bytes:
    """*content* whose formula in *cell* has the saved *result*, as spreadsheet programs leave it."""
    pattern = re.compile(rf'(<c r="{cell}"[^>]*>\s*<f>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)'.encode())
    return with_part(
        content, "xl/worksheets/sheet1.xml", lambda xml: pattern.sub(rb"\1<v>" + result.encode() + b"</v>", xml)
    )
