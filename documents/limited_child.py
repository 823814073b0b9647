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
from typing import Any, NamedTuple
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
_HIDDEN = re.compile(rb"<(?:\w+:)?(row|col)\s([^>]*\bhidden=[\"'](?:1|true)[\"'][^>]*)>")
_REACH = re.compile(rb"\b(?:r|min|max)=[\"'](\d{1,7})[\"']")


class Extent:
    """How far the full cells of one sheet reach, and which of them need a word."""

    def __init__(self) -> None:
        self.cells = 0
        self.rows: set[bytes] = set()
        self.columns: set[bytes] = set()
        self.formulas: list[tuple[int, int]] = []
        self.months: list[tuple[int, int]] = []
        self.errors: list[tuple[int, int]] = []
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[tuple[int, int]] = []  # first and last

    def count(self, piece: bytes, month_styles: frozenset[bytes]) -> None:
        places = _FULL_CELL.findall(piece)
        self.cells += piece.count(b"<c ") + piece.count(b":c ")
        self.columns.update(column for column, _ in places)
        self.rows.update(row for _, row in places)
        if b"hidden=" in piece:
            self._note_hidden(piece)
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

    def _note_hidden(self, piece: bytes) -> None:
        for kind, attributes in _HIDDEN.findall(piece):
            reach = [int(number) - 1 for number in _REACH.findall(attributes)]
            if reach and kind == b"row":
                self.hidden_rows.append(reach[0])
            elif reach:
                self.hidden_columns.append((min(reach), max(reach)))

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
        if not name.endswith((".xml", ".rels")) or name.startswith("customXml/"):
            continue  # what add-ins keep there is nobody's ledger, and may be UTF-16
        extents[name] = extent = Extent()
        for piece in _pieces(package, name):
            extent.count(piece, month_styles)
            if total + extent.cells > order["cells"]:
                raise Refused("unpacks_too_large")
        extent.check(order)
        total += extent.cells
    parts, since_1904 = _sheet_parts(package)
    return _read_sheets(content, order, {name: extents.get(part) for name, part in parts.items()}, since_1904)


_LOCKED_XLS = re.compile(rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)  # FILEPASS


def read_xls(content: bytes, order: dict[str, Any]) -> dict[str, Any]:
    if _LOCKED_XLS.search(content):
        raise Refused("file_encrypted")
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
            sheet |= {"hidden_rows": extent.hidden_rows, "hidden_columns": extent.hidden_columns}
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
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same text box once more
_GONE = frozenset({f"{_WORD}del", f"{_WORD}moveFrom", _FALLBACK})  # what a tracked change took away
_TEXT_BOX = f"{_WORD}txbxContent"
_AROUND = frozenset(f"{_WORD}{tag}" for tag in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
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
    return {"blocks": blocks, "page_headers": list(_page_headers(package))}


def _page_headers(package: zipfile.ZipFile) -> Iterator[str]:
    """What is printed over the pages, a paragraph each; footers hold page numbers only."""
    for name in sorted(package.namelist()):
        if re.fullmatch(r"word/header\d*\.xml", name) and package.getinfo(name).file_size < CHUNK:
            header = small_part(package, name)
            for paragraph in header.iter(f"{_WORD}p") if header is not None else ():
                if text := "".join(_texts(paragraph)).strip():
                    yield text


def _blocks(parent: ElementTree.Element, numbering: "Numbering") -> Iterator[dict[str, Any]]:
    """Yield paragraphs, text boxes behind the paragraph that they hang on, and tables."""
    for child in parent:
        if child.tag == f"{_WORD}p":
            text, label = "".join(_texts(child)), numbering.label(child)
            if text.strip():
                yield {"text": label + text}
            elif label:
                yield {"number": label}  # 序号 that Word counts: a cell with a number and no text
            for box in _text_boxes(child):
                yield from _blocks(box, numbering)
        elif child.tag == f"{_WORD}tbl":
            yield _table(child, numbering)
        elif child.tag in _AROUND:
            yield from _blocks(child, numbering)


def _texts(node: ElementTree.Element) -> Iterator[str]:
    """Yield the texts of a paragraph as they are printed: no deleted, no hidden text, no text box."""
    if node.tag == f"{_WORD}t":
        yield node.text or ""
    elif node.tag in {f"{_WORD}br", f"{_WORD}cr"}:
        yield "\n"
    elif node.tag == f"{_WORD}tab":
        yield "\t"
    elif node.tag not in _GONE and node.tag not in {_TEXT_BOX, f"{_WORD}pPr"} and not _is_hidden(node):
        for child in node:
            yield from _texts(child)


def _is_hidden(node: ElementTree.Element) -> bool:
    mark = node.find(f"{_WORD}rPr/{_WORD}vanish") if node.tag == f"{_WORD}r" else None
    return mark is not None and mark.get(f"{_WORD}val") not in {"0", "false"}


def _text_boxes(node: ElementTree.Element) -> Iterator[ElementTree.Element]:
    for child in node:
        if child.tag == _TEXT_BOX:
            yield child
        elif child.tag not in _GONE:
            yield from _text_boxes(child)


def _table(table: ElementTree.Element, numbering: "Numbering") -> dict[str, Any]:
    rows: list[list[str]] = []
    merged: list[list[list[int]]] = []
    tall: dict[int, list[list[int]]] = {}  # column -> the range that is still growing downwards
    standing = (row for row in _parts(table, "tr") if row.find(f"{_WORD}trPr/{_WORD}del") is None)
    for index, row in enumerate(standing):
        texts: list[str] = [""] * _span(_value(row, "trPr/gridBefore") or "0")
        for cell in _parts(row, "tc"):
            column = len(texts)
            span = _span(_value(cell, "tcPr/gridSpan") or "1")
            merge = cell.find(f"{_WORD}tcPr/{_WORD}vMerge")
            restarts = merge is not None and merge.get(f"{_WORD}val") == "restart"
            if merge is not None and not restarts and column in tall:
                tall[column][1][0] = index
                texts += [""] * span
                continue
            tall.pop(column, None)
            texts += [_cell_text(cell, numbering), *[""] * (span - 1)]
            if span > 1 or restarts:
                merged.append(place := [[index, column], [index, column + span - 1]])
                if restarts:
                    tall[column] = place
        rows.append(texts)
    return {"rows": rows, "merged": merged}


def _parts(parent: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    """Yield the rows of a table or the cells of a row, content controls around them or not; no nested table's."""
    for child in parent:
        if child.tag == f"{_WORD}{tag}":
            yield child
        elif child.tag in _AROUND:
            yield from _parts(child, tag)


def _cell_text(cell: ElementTree.Element, numbering: "Numbering") -> str:
    blocks = list(_blocks(cell, numbering))
    texts = [block["text"] for block in blocks if "text" in block]
    numbers = [block["number"].strip(" .．、)）(（") for block in blocks if "number" in block]
    return "\n".join(texts or numbers)


def _span(written: str) -> int:
    span = int(written)
    if not 0 <= span <= 200:
        raise Refused("file_damaged")
    return span


def _value(element: ElementTree.Element | None, path: str) -> str | None:
    found = element.find("/".join(f"{_WORD}{step}" for step in path.split("/"))) if element is not None else None
    return None if found is None else found.get(f"{_WORD}val")


class Level(NamedTuple):
    """How one level of a list is printed."""

    style: str
    text: str  # such as %1、
    start: int


class Numbering:
    """The numbers that Word prints and does not store: 一、 （一） 1. before headings.

    Lists of one kind count on; a list with a start of its own begins anew when it is first used.
    """

    def __init__(self, numbering: ElementTree.Element | None, styles: ElementTree.Element | None) -> None:
        lists = numbering if numbering is not None else ElementTree.Element("none")
        abstract = {each.get(f"{_WORD}abstractNumId", ""): each for each in lists.iter(f"{_WORD}abstractNum")}
        self.kinds: dict[str, str] = {}  # list -> the kind that it is counted with
        self.levels: dict[tuple[str, int], Level] = {}
        self.starts: dict[tuple[str, int], int] = {}  # where a list begins anew
        for number in lists.iter(f"{_WORD}num"):
            identity = number.get(f"{_WORD}numId", "")
            self.kinds[identity] = kind = _value(number, "abstractNumId") or ""
            for level in abstract[kind].findall(f"{_WORD}lvl") if kind in abstract else ():
                self.levels[identity, int(level.get(f"{_WORD}ilvl", "0"))] = _level(level)
            for override in number.findall(f"{_WORD}lvlOverride"):
                key = (identity, int(override.get(f"{_WORD}ilvl", "0")))
                if (own := override.find(f"{_WORD}lvl")) is not None:
                    self.levels[key] = _level(own)
                if (start := _value(override, "startOverride")) is not None:
                    self.starts[key] = int(start)
        self.styles = {
            style.get(f"{_WORD}styleId", ""): style
            for style in (styles.iter(f"{_WORD}style") if styles is not None else ())
        }
        self.counts: dict[tuple[str, int], int] = {}

    def label(self, paragraph: ElementTree.Element) -> str:
        """Count *paragraph* and return what stands before it, empty for a plain or a bulleted one."""
        number, written_level = self._list_of(paragraph)
        level = int(written_level or 0)
        if number is None or (number, level) not in self.levels:
            return ""
        style, text, start = self.levels[number, level]
        kind = self.kinds[number]
        if (number, level) in self.starts:
            self.counts[kind, level] = self.starts.pop((number, level)) - 1
        self.counts[kind, level] = self.counts.get((kind, level), start - 1) + 1
        for deeper in [key for key in self.counts if key[0] == kind and key[1] > level]:
            del self.counts[deeper]
        if style in {"bullet", "none"}:
            return ""
        return re.sub(r"%(\d)", lambda match: self._counted(number, int(match[1]) - 1), text)

    def _list_of(self, paragraph: ElementTree.Element) -> tuple[str | None, str | None]:
        """The list and level of a paragraph, its own or those of its style and what that is based on."""
        number, level = _value(paragraph, "pPr/numPr/numId"), _value(paragraph, "pPr/numPr/ilvl")
        style = _value(paragraph, "pPr/pStyle")
        for _ in range(10):  # styles may be based on one another in a circle
            if number is not None or style not in self.styles:
                break
            found = self.styles[style]
            number, level = _value(found, "pPr/numPr/numId"), level or _value(found, "pPr/numPr/ilvl")
            style = _value(found, "basedOn")
        return number, level

    def _counted(self, number: str, level: int) -> str:
        style, _, start = self.levels.get((number, level), Level("decimal", "", 1))
        count = self.counts.get((self.kinds[number], level), start)
        if ("hinese" in style or "ideograph" in style or "japaneseCounting" in style) and 1 <= count < 100:
            tens, ones = divmod(count, 10)
            digits = "零一二三四五六七八九"
            return ("" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十") + (digits[ones] if ones else "")
        return chr(0x2460 + count - 1) if style == "decimalEnclosedCircle" and count <= 20 else str(count)


def _level(level: ElementTree.Element) -> Level:
    start = _value(level, "start")
    return Level(_value(level, "numFmt") or "decimal", _value(level, "lvlText") or "", int(start or 1))


_READERS = {"xlsx": read_xlsx, "xls": read_xls, "docx": _read_docx}

if __name__ == "__main__":
    main()
