"""Amounts of money, counts with their unit words, and tables of figures."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from cases.evidence_facts import Fact, FactKind
from cases.money import in_yuan, read_amount, unit_of
from documents.evidence.text import Table, Whole

LONGEST_SERIES: Final = 400  # rows that a fact keeps
WIDEST_SERIES: Final = 40
SHORTEST_SERIES: Final = 3

_AMOUNT = re.compile(
    r"(?<![\d.])[¥￥]?[ \t]?\d[\d,，]{0,20}(?:\.\d{1,6})?[ \t]?[余多]?(?:(?:十|百|千)?万亿?|[百千]?亿|[百千])?[余多]?元"
    r"|[¥￥][ \t]?\d[\d,，]{0,20}(?:\.\d{1,6})?"
    r"|[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]{2,20}[元圆][零壹贰叁肆伍陆柒捌玖角分整正]{0,8}"
)
_COUNT = re.compile(
    r"(?<![\d.,，〔\[第])(\d[\d,，]{0,9})[ \t]?[余多]?(人次|个|名|人|户|项|件|次|份|处)"
    r"(?!月|工作日|自然日|小时|星期|季度|百分|半)"
)
_SAME_UNIT: Final = {"名": "人"}


def numbers_in(whole: Whole) -> Iterator[Fact]:
    """Yield amounts and counts in the text."""
    for match in _AMOUNT.finditer(whole.text):
        yuan = read_amount(match[0]).yuan
        if yuan is not None:
            yield whole.fact(FactKind.AMOUNT, f"{yuan:.2f}", *match.span())
    for match in _COUNT.finditer(whole.text):
        number = int(re.sub("[,，]", "", match[1]))
        yield whole.fact(FactKind.COUNT, f"{number}|{_SAME_UNIT.get(match[2], match[2])}", *match.span())


def figures_in(tables: Iterable[Table], whole: Whole) -> Iterator[Fact]:
    """Yield each table of numbers as a series, and the amounts under headings that name a unit of money."""
    offsets = {part.place: start for part, start in zip(whole.parts, whole.starts, strict=False)}
    for table in tables:
        head = _heading_of(table)
        if head is None:
            continue
        header = [cell.strip() for cell in table.rows[head]][:WIDEST_SERIES]
        body = [row for row in range(head + 1, len(table.rows)) if any(map(str.strip, table.rows[row]))]
        rows = [[cell.strip() for cell in table.rows[row][:WIDEST_SERIES]] for row in body[:LONGEST_SERIES]]
        value = json.dumps({"header": header, "rows": rows}, ensure_ascii=False)
        yield Fact(FactKind.SERIES, value, " | ".join(filter(None, header))[:300], table.place)
        for column, name in enumerate(header):
            unit = unit_of(name)
            for row in body if unit is not None else ():
                written = table.rows[row][column] if column < len(table.rows[row]) else ""
                yuan = _yuan(written, unit)
                if yuan is not None:
                    start = offsets[table.place_of(row, column)]
                    yield whole.fact(FactKind.AMOUNT, f"{yuan:.2f}", start, start + len(written))


def _yuan(written: str, unit: Decimal | None) -> Decimal | None:
    number = number_of(written)
    return None if number is None or unit is None else in_yuan(number, unit=unit).yuan


def _heading_of(table: Table) -> int | None:
    """Return the row above at least three rows with figures, itself without any; None where there is none."""
    for row, cells in enumerate(table.rows[:20]):
        words = [cell for cell in cells if cell.strip()]
        if len(words) < 2 or any(number_of(cell) is not None for cell in words):
            continue
        below = sum(1 for under in table.rows[row + 1 :] if any(number_of(cell) is not None for cell in under))
        return row if below >= SHORTEST_SERIES else None
    return None


def number_of(cell: str) -> Decimal | None:
    """Return the number that a cell is, None for words; 12.5% and 1,200 are numbers."""
    plain = unicodedata.normalize("NFKC", cell).strip().rstrip("%").replace(",", "")
    if not plain or len(plain) > 30 or not (plain[0].isdigit() or plain[0] in "-."):
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
