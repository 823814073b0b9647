"""Reads one office file inside narrow limits and prints what stands in it as JSON; ``documents.limited`` starts it.

It runs as a plain script in an isolated interpreter with an empty environment, so it imports nothing of ours. A crash,
a kill or no memory here is a refusal there. What is counted is counted on the packed stream, before anything is loaded.

Input: one JSON line (kind, limits), then the file. Output: ``{"sheets": [...], "since_1904"}`` for workbooks,
``{"blocks": [...]}`` for Word documents, or ``{"refused": code}``.
"""

import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

CHUNK = 1 << 20  # bytes unpacked at a time
SLACK_ROWS = 200  # titles, signatures and blank rows around the rows that count


class Refused(Exception):
    """The file is not read; the argument is the code of the refusal."""


def main() -> None:
    order = json.loads(sys.stdin.buffer.readline())
    limit_myself(order["memory_bytes"], order["cpu_seconds"])
    content = sys.stdin.buffer.read()
    try:
        answer = _READERS[order["kind"]](content, order)
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "reading_took_too_long"}
    except Exception:  # whatever a damaged file makes a reader say, the officer hears that it is damaged
        answer = {"refused": "file_damaged"}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=_cell))


def limit_myself(memory_bytes: int, cpu_seconds: int) -> None:
    """Let this process take no more than it is given, and write no file."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- packages (.xlsx, .docx): counting before reading --------------------------------------------------

_FULL_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]{1,4})(\d{1,9})[\"'](?:[^>]*[^/>])?>")
_MARKED_CELL = re.compile(
    rb"<(?:\w+:)?c\s((?:[^>]*[^/>])?)>\s*(<(?:\w+:)?f\b)?"
)  # attributes; whether a formula stands inside
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_STYLE = re.compile(rb"\bs=[\"'](\d{1,6})[\"']")
_ERROR = re.compile(rb"\bt=[\"']e[\"']")


class Extent:
    """How far the full cells of one sheet reach, and which of them need a word."""

    def __init__(self) -> None:
        self.cells = 0
        self.rows: set[bytes] = set()
        self.columns: set[bytes] = set()
        self.formulas: list[tuple[int, int]] = []
        self.months: list[tuple[int, int]] = []
        self.errors: list[tuple[int, int]] = []

    def count(self, piece: bytes, month_styles: frozenset[bytes]) -> None:
        places = _FULL_CELL.findall(piece)
        self.cells += piece.count(b"<c ") + piece.count(b":c ")
        self.columns.update(column for column, _ in places)
        self.rows.update(row for _, row in places)
        if b"<f" not in piece and b":f" not in piece and b't="e"' not in piece and not month_styles:
            return
        for marked in _MARKED_CELL.finditer(piece):
            attributes, formula = marked[1], marked[2]
            style = _STYLE.search(attributes) if month_styles else None
            month, error = style is not None and style[1] in month_styles, _ERROR.search(attributes)
            if (formula or month or error) and (place := _PLACE.search(attributes)):
                at = (int(place[2]) - 1, _column(place[1]))
                for wanted, places_ in ((formula, self.formulas), (month, self.months), (error, self.errors)):
                    if wanted:
                        places_.append(at)

    def check(self, order: dict[str, Any]) -> None:
        if self.cells > order["cells"]:
            raise Refused("unpacks_too_large")
        last_row = max(map(int, self.rows), default=0)
        last_column = max(map(_column, self.columns), default=0) + 1
        if last_column > 16_384 or last_row > 1_048_576:
            raise Refused("file_damaged")
        if len(self.rows) > order["rows"] + SLACK_ROWS:
            raise Refused("too_many_rows")
        if last_row > order["rows"] * 3 or last_row * last_column > order["cells"] * 2:
            raise Refused("unpacks_too_large")  # a phantom cell far away


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def open_package(content: bytes, order: dict[str, Any]) -> zipfile.ZipFile:
    """Return the package in *content*, counted and found honest. Raises Refused."""
    package = zipfile.ZipFile(io.BytesIO(content))
    entries = package.infolist()
    if len(entries) > order["entries"] or sum(entry.file_size for entry in entries) > order["unpacked_bytes"]:
        raise Refused("unpacks_too_large")
    if sum(entry.compress_size for entry in entries) > len(content):
        raise Refused("unpacks_too_large")  # entries that share their bytes
    if len({entry.filename for entry in entries}) != len(entries):
        raise Refused("file_damaged")  # two readers would read two different files
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("file_encrypted")
    return package


def _pieces(package: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Unpack *name* piece by piece, each ending with a complete tag."""
    with package.open(name) as stream:
        kept = b""
        while read := stream.read(CHUNK):
            kept += read
            refuse_trickery(kept)
            complete = kept.rfind(b"<c ")  # a cell and its formula stay together
            if complete < len(kept) - (CHUNK >> 4):
                complete = kept.rfind(b"<")
            if complete > 0:
                yield kept[:complete]
                kept = kept[complete:]
            if len(kept) > 8 * CHUNK:
                raise Refused("unpacks_too_large")
        yield kept


def refuse_trickery(piece: bytes) -> None:
    if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece or piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("file_damaged")  # no office program writes entities or UTF-16 parts


def small_part(package: zipfile.ZipFile, name: str) -> ElementTree.Element | None:
    """Return the part *name* as a tree, None where there is none."""
    if name not in package.namelist():
        return None
    part = package.read(name)
    refuse_trickery(part)
    return ElementTree.fromstring(part)  # noqa: S314 - no DOCTYPE got so far


# --- workbooks --------------------------------------------------


def read_xlsx(content: bytes, order: dict[str, Any]) -> dict[str, Any]:
    package = open_package(content, order)
    month_styles = _month_styles(package)
    extents: dict[str, Extent] = {}
    total = 0
    for name in package.namelist():
        if not name.endswith((".xml", ".rels")):
            continue
        extents[name] = extent = Extent()
        for piece in _pieces(package, name):
            extent.count(piece, month_styles)
            if total + extent.cells > order["cells"]:
                raise Refused("unpacks_too_large")
        extent.check(order)
        total += extent.cells
    parts, since_1904 = _sheet_parts(package)
    return _read_sheets(content, order, {name: extents.get(part) for name, part in parts.items()}, since_1904)


def read_xls(content: bytes, order: dict[str, Any]) -> dict[str, Any]:
    datemode = re.search(rb"\x22\x00\x02\x00([\x00\x01])\x00", content)
    return _read_sheets(content, order, {}, datemode is not None and datemode[1] == b"\x01")


def _read_sheets(
    content: bytes, order: dict[str, Any], extents: dict[str, Extent | None], since_1904: bool
) -> dict[str, Any]:
    import python_calamine

    try:
        workbook = python_calamine.load_workbook(io.BytesIO(content))
    except python_calamine.PasswordError:
        raise Refused("file_encrypted") from None
    sheets = []
    for meta in workbook.sheets_metadata:
        if meta.typ is not python_calamine.SheetTypeEnum.WorkSheet:
            continue
        visible = meta.visible is python_calamine.SheetVisibleEnum.Visible
        sheet: dict[str, Any] = {"name": meta.name, "visible": visible, "rows": [], "merged": []}
        if visible:
            found = workbook.get_sheet_by_name(meta.name)
            if found.total_height * found.total_width > order["cells"] * 2:
                raise Refused("unpacks_too_large")
            sheet["rows"] = found.to_python(skip_empty_area=False)
            sheet["merged"] = found.merged_cell_ranges or []
        if extent := extents.get(meta.name):
            sheet |= {"formulas": extent.formulas, "months": extent.months, "errors": extent.errors}
        sheets.append(sheet)
    return {"sheets": sheets, "since_1904": since_1904}


def _cell(value: date | time | timedelta) -> dict[str, str]:
    """What JSON has no word for."""
    if isinstance(value, datetime):
        return {"date": value.date().isoformat()}
    return {"date": value.isoformat()} if isinstance(value, date) else {"time": str(value)}


_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_BUILT_IN_MONTHS = frozenset({17, 27, 36, 50, 52, 57})  # mmm-yy and yyyy"年"m"月"; ECMA-376 18.8.30, zh-cn


def _month_styles(package: zipfile.ZipFile) -> frozenset[bytes]:
    """Styles that show a month only: Excel turns a typed 2025年6月 into 1 June, a day that nobody wrote."""
    styles = small_part(package, "xl/styles.xml")
    if styles is None:
        return frozenset()
    months = set(_BUILT_IN_MONTHS)
    for number_format in styles.iter(f"{_MAIN}numFmt"):
        shown = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", number_format.get("formatCode", "")).lower()
        if "m" in shown and re.search(r"[ye]", shown) and not re.search(r"[dhs]", shown):
            months.add(int(number_format.get("numFmtId", "0")))
    formats = styles.find(f"{_MAIN}cellXfs")
    return frozenset(
        str(index).encode() for index, xf in enumerate(formats or ()) if int(xf.get("numFmtId", "0")) in months
    )


def _sheet_parts(package: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Return the part of each sheet by its name, and whether days count from 1904."""
    book = small_part(package, "xl/workbook.xml")
    relations = small_part(package, "xl/_rels/workbook.xml.rels")
    if book is None:
        raise Refused("file_damaged")
    targets = {
        relation.get("Id"): relation.get("Target", "") for relation in (relations if relations is not None else ())
    }
    identity = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    parts = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(identity), "")
        parts[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    properties = book.find(f"{_MAIN}workbookPr")
    return parts, properties is not None and properties.get("date1904") in {"1", "true"}


# --- Word documents --------------------------------------------------

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LONGEST_DOCUMENT = 64 << 20  # bytes of XML; a tree of it takes about ten times as much memory


def _read_docx(content: bytes, order: dict[str, Any]) -> dict[str, Any]:
    package = open_package(content, order)
    if package.getinfo("word/document.xml").file_size > _LONGEST_DOCUMENT:
        raise Refused("unpacks_too_large")
    document = small_part(package, "word/document.xml")
    body = document.find(f"{_WORD}body") if document is not None else None
    if body is None:
        raise Refused("file_damaged")
    numbering = Numbering(small_part(package, "word/numbering.xml"), small_part(package, "word/styles.xml"))
    blocks = list(_blocks(body, numbering))
    if len(blocks) + sum(len(block.get("rows", ())) for block in blocks) > order["rows"]:
        raise Refused("too_many_rows")
    return {"blocks": blocks}


def _blocks(parent: ElementTree.Element, numbering: "Numbering") -> Iterator[dict[str, Any]]:
    for child in parent:
        if child.tag == f"{_WORD}p":
            text = "".join(_texts(child))
            if text.strip():
                yield {"text": numbering.label(child) + text}
        elif child.tag == f"{_WORD}tbl":
            yield _table(child, numbering)
        elif child.tag in {f"{_WORD}sdt", f"{_WORD}sdtContent", f"{_WORD}ins", f"{_WORD}customXml"}:
            yield from _blocks(child, numbering)


def _texts(paragraph: ElementTree.Element) -> Iterator[str]:
    for node in paragraph.iter():
        if node.tag == f"{_WORD}t":  # what a tracked change deleted is w:delText
            yield node.text or ""
        elif node.tag in {f"{_WORD}br", f"{_WORD}cr"}:
            yield "\n"
        elif node.tag == f"{_WORD}tab":
            yield "\t"


def _table(table: ElementTree.Element, numbering: "Numbering") -> dict[str, Any]:
    rows: list[list[str]] = []
    merged: list[list[list[int]]] = []
    tall: dict[int, list[list[int]]] = {}  # column -> the range that is still growing downwards
    for index, row in enumerate(table.iter(f"{_WORD}tr")):
        texts: list[str] = []
        for cell in row.findall(f"{_WORD}tc"):
            column = len(texts)
            span = int(_value(cell, "tcPr/gridSpan") or 1)
            if span > 200:
                raise Refused("file_damaged")
            merge = cell.find(f"{_WORD}tcPr/{_WORD}vMerge")
            restarts = merge is not None and merge.get(f"{_WORD}val") == "restart"
            if merge is not None and not restarts and column in tall:
                tall[column][1][0] = index
                texts += [""] * span
                continue
            tall.pop(column, None)
            text = "\n".join(block["text"] for block in _blocks(cell, numbering) if "text" in block)
            texts += [text, *[""] * (span - 1)]
            if span > 1 or restarts:
                merged.append(place := [[index, column], [index, column + span - 1]])
                if restarts:
                    tall[column] = place
        rows.append(texts)
    return {"rows": rows, "merged": merged}


def _value(element: ElementTree.Element, path: str) -> str | None:
    found = element.find("/".join(f"{_WORD}{step}" for step in path.split("/")))
    return None if found is None else found.get(f"{_WORD}val")


class Numbering:
    """The numbers that Word prints and does not store: 一、 （一） 1. before headings."""

    def __init__(self, numbering: ElementTree.Element | None, styles: ElementTree.Element | None) -> None:
        lists = list(numbering.iter(f"{_WORD}abstractNum")) if numbering is not None else []
        abstract = {each.get(f"{_WORD}abstractNumId"): each for each in lists}
        self.levels: dict[tuple[str, int], tuple[str, str]] = {}  # (list, level) -> format and text such as %1、
        for number in numbering.iter(f"{_WORD}num") if numbering is not None else ():
            of = abstract.get(_value(number, "abstractNumId"))
            for level in of.findall(f"{_WORD}lvl") if of is not None else ():
                key = (number.get(f"{_WORD}numId", ""), int(level.get(f"{_WORD}ilvl", "0")))
                self.levels[key] = (_value(level, "numFmt") or "decimal", _value(level, "lvlText") or "")
        self.styles = {
            style.get(f"{_WORD}styleId", ""): (_value(style, "pPr/numPr/numId"), _value(style, "pPr/numPr/ilvl"))
            for style in (styles.iter(f"{_WORD}style") if styles is not None else ())
        }
        self.counts: dict[tuple[str, int], int] = {}

    def label(self, paragraph: ElementTree.Element) -> str:
        """Count *paragraph* and return what stands before it, empty for a plain or a bulleted one."""
        of_style = self.styles.get(_value(paragraph, "pPr/pStyle") or "", (None, None))
        number = _value(paragraph, "pPr/numPr/numId") or of_style[0]
        level = int(_value(paragraph, "pPr/numPr/ilvl") or of_style[1] or 0)
        if number is None or (number, level) not in self.levels:
            return ""
        self.counts[number, level] = self.counts.get((number, level), 0) + 1
        for deeper in [key for key in self.counts if key[0] == number and key[1] > level]:
            del self.counts[deeper]
        style, text = self.levels[number, level]
        if style in {"bullet", "none"}:
            return ""
        return re.sub(r"%(\d)", lambda match: self._counted(number, int(match[1]) - 1), text)

    def _counted(self, number: str, level: int) -> str:
        style, _ = self.levels.get((number, level), ("decimal", ""))
        count = self.counts.get((number, level), 1)
        if ("hinese" in style or "ideograph" in style or "japaneseCounting" in style) and 1 <= count < 100:
            tens, ones = divmod(count, 10)
            digits = "零一二三四五六七八九"
            return ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (digits[ones] if ones else "")
        return chr(0x2460 + count - 1) if style == "decimalEnclosedCircle" and count <= 20 else str(count)


_READERS = {"xlsx": read_xlsx, "xls": read_xls, "docx": _read_docx}

if __name__ == "__main__":
    main()
