"""CSV as programs of all ages write it: UTF-8, GB18030 or UTF-16; commas, tabs or semicolons."""

import csv
import io
import re

from documents.limited import LIMITS, Limits, Sheet
from documents.refusals import FileDamaged, TextUnreadable, TooManyRows

DELIMITERS = ",\t;|"
_RULE = frozenset(" \t\r\n\u3000:|-=+—")  # the line under the headings of a table drawn with signs
LONGEST_CELL = 32_767  # characters; more comes from a quote that was never closed


def decode(content: bytes) -> str:
    """Return *content* as text. Raises TextUnreadable for anything but UTF-8, UTF-16 and GB18030."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _strictly(content, encoding)
    if b"\0" in content[:4096]:
        even, odd = content[0:4096:2].count(0), content[1:4096:2].count(0)
        return _strictly(content, "utf-16-le" if odd >= even else "utf-16-be")
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TextUnreadable


def read_delimited(name: str, content: bytes, limits: Limits = LIMITS) -> Sheet:
    """Return the rows of *content* as one sheet; the delimiter is the one that keeps the rows most alike."""
    text = decode(content)
    if declared := re.match(r"sep=(.)\r?\n", text):
        delimiter, text = declared[1], "\n" + text[declared.end() :]  # the line stays a row, so that places hold
    else:
        delimiter = max(DELIMITERS, key=lambda sign: _evenness(text, sign))
    rows: list[list[str]] = []
    csv.field_size_limit(LONGEST_CELL)
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append([] if _is_rule("".join(cells)) else cells)
            if len(rows) > limits.rows + 200:
                raise TooManyRows(limit=limits.rows)
    except csv.Error:
        raise FileDamaged(name=name) from None
    return Sheet(name, rows)


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise TextUnreadable from None


def _evenness(text: str, delimiter: str) -> tuple[int, int]:
    """How many of the first rows have the most common number of cells, and that number; one cell is no table."""
    sample = io.StringIO(text[:20_000], newline="")
    csv.field_size_limit(1 << 20)
    widths = [len(row) for row, _ in zip(csv.reader(sample, delimiter=delimiter), range(50), strict=False) if row]
    wide = [width for width in widths if width > 1]
    if not wide:
        return 0, 0
    usual = max(wide, key=wide.count)
    return widths.count(usual) * usual, usual


def _is_rule(line: str) -> bool:
    return "---" in line and _RULE.issuperset(line)
