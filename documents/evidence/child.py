"""Reads one piece of evidence inside narrow limits and prints what stands in it; ``.reading`` starts it.

It runs in an isolated interpreter with an empty environment. A crash, a kill or no memory here is a refusal there.

Input: one JSON line (name, limits), then the file. Output: ``{"refused": code}`` or

* ``parts``: ``[place, text, tail]``, in the order of the document
* ``facts``: ``[kind, value, written, place, start, end]``
* ``pages``, ``blank`` (places of pages without text), ``unread`` (``[member, code]`` of an archive)
"""

import io
import json
import math
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import astuple
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from cases.refusals import CaseError
from documents.delimited import decode, read_delimited
from documents.evidence.facts import facts_in
from documents.evidence.properties import facts_of_properties
from documents.evidence.text import Part, Table, Whole
from documents.limited import sniff
from documents.limited_child import Refused, limit_myself, open_package, read_xls, read_xlsx, small_part

POLITE: Final = 10  # it goes behind whoever serves people
TOO_MUCH: Final = '{"refused": "reading_took_too_long"}'
MOST_PICTURES: Final = 60  # in one document; more are wallpaper
SMALLEST_PICTURE: Final = 64  # pixels of the shorter side; less is an icon
FLATTEST: Final = 12  # least difference of grey that makes a picture comparable
DAMAGED: Final = frozenset(
    {"file_damaged", "file_encrypted", "kind_not_read", "text_unreadable"}
)  # the other members are read

Order = dict[str, Any]


class Found:
    """What was found so far; *prefix* stands before every place while a member of an archive is read."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.prefix = ""
        self.parts: list[Part] = []
        self.tables: list[Table] = []
        self.properties: list[tuple[str, str, str]] = []
        self.blank: list[str] = []
        self.unread: list[tuple[str, str]] = []
        self.pages = 0
        self.pictures = 0
        self._characters = 0

    def text(self, place: str, text: str) -> None:
        """Take in a paragraph or a page."""
        if text.strip():
            self._count(len(text))
            self.parts.append(Part(self.prefix + place, text))

    def table(self, place: str, rows: list[list[str]], *, sheet: bool = False) -> None:
        """Take in a table."""
        self._count(sum(len(cell) + 1 for row in rows for cell in row))
        table = Table(self.prefix + place, rows, sheet)
        self.tables.append(table)
        self.parts += table.cells()

    def property(self, name: str, value: str | None, place: str = "properties") -> None:
        """Take in a property of the file, if it has it."""
        if value:
            self.properties.append((name, value[:500], self.prefix + place))

    def page(self, number: int, text: str) -> None:
        """Take in a page; one without text is noted."""
        self.pages += 1
        if self.pages > self.order["pages"]:
            raise Refused("too_many_pages")
        if not text.strip():
            self.blank.append(f"{self.prefix}p.{number}")
        self.text(f"p.{number}", text)

    def unpacked(self, package: zipfile.ZipFile) -> None:
        """Count what *package* unpacks to against what the whole file may."""
        self.order["unpacked_bytes"] -= sum(entry.file_size for entry in package.infolist())

    def _count(self, characters: int) -> None:
        self._characters += characters
        if self._characters > self.order["characters"]:
            raise Refused("unpacks_too_large")

    def answer(self) -> dict[str, Any]:
        """Return everything as it is printed."""
        known = facts_of_properties(self.properties)
        facts = (*known, *facts_in(Whole(tuple(self.parts)), self.tables, self.order["name"], known))
        return {
            "parts": [astuple(part) for part in self.parts],
            "facts": [astuple(fact) for fact in facts],
            "pages": self.pages,
            "blank": self.blank,
            "unread": self.unread,
        }


def main() -> None:
    """Read standard input, print one answer."""
    order = json.loads(sys.stdin.buffer.readline())
    os.nice(POLITE)
    limit_myself(order["memory_bytes"], order["cpu_seconds"])
    content = sys.stdin.buffer.read()
    said = TOO_MUCH
    with suppress(MemoryError):  # what filled it is let go before a word is said
        said = json.dumps(answer_to(order, content), ensure_ascii=True)
    sys.stdout.write(said)


def answer_to(order: Order, content: bytes) -> dict[str, Any]:
    """Return what stands in *content*, or ``{"refused": code}``."""
    found = Found(order)
    try:
        _read(order["name"], content, found)
        return found.answer()
    except Refused as refused:
        return {"refused": str(refused)}
    except CaseError as refused:
        return {"refused": refused.code}
    except (MemoryError, RecursionError):
        return {"refused": "reading_took_too_long"}
    except Exception:  # whatever a damaged file makes a reader say, people hear that it is damaged
        return {"refused": "file_damaged"}


def _read(name: str, content: bytes, found: Found) -> None:
    """Read *content* by what it is; the name only tells tables of text from plain text."""
    kind = "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else sniff(content)
    if kind == "encrypted":
        raise Refused("file_encrypted")
    if kind not in _READERS:
        raise Refused("kind_not_read")
    _READERS[kind](name, content, found)


# --- text and tables ------------------------------------------------------------------------------------------------


def _text(name: str, content: bytes, found: Found) -> None:
    if name.lower().endswith((".csv", ".tsv")):
        rows = [[str(cell) for cell in row] for row in read_delimited(name, content).rows]
        return found.table("csv", rows, sheet=True)
    for number, line in enumerate(decode(content).splitlines(), 1):
        found.text(f"¶{number}", line)
    return None


def _workbook(read: Callable[[bytes, Order], dict[str, Any]]) -> Callable[[str, bytes, Found], None]:
    def reader(_name: str, content: bytes, found: Found) -> None:
        for sheet in read(content, found.order)["sheets"]:
            if sheet["rows"]:
                found.table(sheet["name"], [[_cell(cell) for cell in row] for row in sheet["rows"]], sheet=True)
        if read is read_xlsx:
            package = open_package(content, found.order)
            _core_properties(package, found)
            _media(package, "xl/media/", found)

    return reader


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)


# --- Word documents, slides, OFD ------------------------------------------------------------------------------------

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same again for old programs
_BESIDE = re.compile(r"word/((?:header|footer|footnotes|endnotes)\d*)\.xml")
_PROPERTY = {"created": "created", "modified": "modified", "lastModifiedBy": "modified_by"}


def _document(_name: str, content: bytes, found: Found) -> None:
    package = open_package(content, found.order)
    found.unpacked(package)
    document = small_part(package, "word/document.xml")
    body = document.find(f"{_WORD}body") if document is not None else None
    if body is None:
        raise Refused("file_damaged")
    Paragraphs(found).read(body)
    for name in sorted(package.namelist()):
        part = small_part(package, name) if (beside := _BESIDE.fullmatch(name)) else None
        if beside and part is not None:
            Paragraphs(found, beside[1] + " ").read(part)
    assert document is not None
    changes = sum(1 for node in document.iter() if node.tag in {f"{_WORD}ins", f"{_WORD}del"})
    found.property("tracked", str(changes) if changes else None)
    _core_properties(package, found)
    _media(package, "word/media/", found)


class Paragraphs:
    """Paragraphs, tables and text boxes of one part, counted as a reader would count them."""

    def __init__(self, found: Found, where: str = "") -> None:
        self._found, self._where = found, where
        self._paragraphs = self._tables = self._boxes = 0

    def read(self, parent: ElementTree.Element) -> None:
        """Take in what stands under *parent*."""
        for child in parent:
            if child.tag == f"{_WORD}p":
                self._paragraph(child)
            elif child.tag == f"{_WORD}tbl":
                self._tables += 1
                rows = [[_plain(cell) for cell in row.findall(f"{_WORD}tc")] for row in child.findall(f"{_WORD}tr")]
                self._found.table(f"{self._where}T{self._tables}", rows)
            elif child.tag not in {f"{_WORD}del", _FALLBACK}:
                self.read(child)

    def _paragraph(self, paragraph: ElementTree.Element) -> None:
        text = _plain(paragraph, boxes=False)
        if text.strip():
            self._paragraphs += 1
            self._found.text(f"{self._where}¶{self._paragraphs}", text)
        for box in _walk(paragraph):
            if box.tag == f"{_WORD}txbxContent":
                self._boxes += 1
                self._found.text(f"{self._where}box{self._boxes}", _plain(box))


def _walk(node: ElementTree.Element, *, boxes: bool = True) -> Iterator[ElementTree.Element]:
    """Yield what stands under *node* in order, without deleted text and without what old programs get again."""
    for child in node:
        if child.tag in {f"{_WORD}del", _FALLBACK} or (not boxes and child.tag == f"{_WORD}txbxContent"):
            continue
        yield child
        yield from _walk(child, boxes=boxes)


def _plain(node: ElementTree.Element, *, boxes: bool = True) -> str:
    pieces = []
    for child in _walk(node, boxes=boxes):
        if child.tag == f"{_WORD}t":
            pieces.append(child.text or "")
        elif child.tag == f"{_WORD}tab":
            pieces.append(" ")
        elif child.tag in {f"{_WORD}br", f"{_WORD}cr"} or (child.tag == f"{_WORD}p" and pieces):
            pieces.append("\n")
    return "".join(pieces)


def _core_properties(package: zipfile.ZipFile, found: Found) -> None:
    for node in small_part(package, "docProps/core.xml") or ():
        local = node.tag.rpartition("}")[2]
        if local in _PROPERTY:
            found.property(_PROPERTY[local], node.text)


def _pages_of_package(package: zipfile.ZipFile, name: re.Pattern[str], line: str, leaf: str, found: Found) -> None:
    """Read a package that keeps one page per part: lines are *line* elements, their text stands in *leaf* elements."""
    pages = sorted((int(match[1]), match[0]) for match in map(name.fullmatch, package.namelist()) if match)
    for number, (_, part) in enumerate(pages, 1):
        tree = small_part(package, part)
        lines = [node for node in tree.iter() if node.tag.endswith("}" + line)] if tree is not None else []
        texts = ("".join(x.text or "" for x in each.iter() if x.tag.endswith("}" + leaf)) for each in lines)
        found.page(number, "\n".join(filter(None, texts)))


# --- PDF ------------------------------------------------------------------------------------------------------------


def _pdf(_name: str, content: bytes, found: Found) -> None:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as why:
        raise Refused("file_encrypted" if "password" in str(why).lower() else "file_damaged") from None
    if found.pages + len(document) > found.order["pages"]:
        raise Refused("too_many_pages")
    if not len(document):
        raise Refused("file_damaged")
    for index in range(len(document)):
        try:
            page = document[index]
            text = page.get_textpage().get_text_range()
            page.close()
        except pypdfium2.PdfiumError:
            raise Refused("file_damaged") from None
        found.page(index + 1, text.replace("\r\n", "\n").replace("\0", ""))
    about = document.get_metadata_dict()
    found.property("created", about.get("CreationDate"))
    found.property("modified", about.get("ModDate"))


# --- pictures -------------------------------------------------------------------------------------------------------

_ORIGINAL, _EXIF_IFD, _GPS_IFD = 0x9003, 0x8769, 0x8825  # EXIF 2.32, 4.6


def _picture(_name: str, content: bytes, found: Found, place: str = "EXIF") -> None:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # counted here, and refused with a word
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > found.order["pixels"]:
                raise Refused("picture_too_large")
            about = picture.getexif()
            found.property("photo_time", str(about.get_ifd(_EXIF_IFD).get(_ORIGINAL, "")), place)
            found.property("photo_gps", _position(about.get_ifd(_GPS_IFD)), place)
            if min(picture.size) >= SMALLEST_PICTURE:
                picture.draft("L", (128, 128))  # a JPEG is decoded no larger than needed
                small = picture.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
                found.property("phash", _hash(small.tobytes()), place.replace("EXIF", "image"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, ZeroDivisionError):
        raise Refused("file_damaged") from None


def _position(gps: dict[int, Any]) -> str | None:
    """Return latitude,longitude in degrees, as EXIF keeps them: degrees, minutes, seconds and a letter."""
    try:
        latitude, longitude = (
            sum(float(part) / 60**power for power, part in enumerate(gps[key])) * (-1 if gps[key - 1] in "SW" else 1)
            for key in (2, 4)
        )
    except (KeyError, TypeError, ZeroDivisionError):
        return None
    inside = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0)
    return f"{latitude:.6f},{longitude:.6f}" if inside else None


@cache
def _waves() -> list[list[float]]:
    return [[math.cos(math.pi * k * (2 * n + 1) / 64) for n in range(32)] for k in range(8)]


def _hash(grey: bytes) -> str | None:
    """Return the 64 signs of the low frequencies of 32 x 32 grey pixels against their median; None for a flat picture.

    The DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), 3.2.1.
    """
    if max(grey) - min(grey) < FLATTEST:
        return None
    waves = _waves()
    rows = [
        [sum(w * g for w, g in zip(wave, grey[y * 32 : y * 32 + 32], strict=True)) for wave in waves] for y in range(32)
    ]
    low = [sum(wave[y] * rows[y][k] for y in range(32)) for wave in waves for k in range(8)]
    median = sorted(low[1:])[31]  # the first is the brightness
    return f"{sum((value > median) << bit for bit, value in enumerate(low)):016x}"


def _media(package: zipfile.ZipFile, folder: str, found: Found) -> None:
    """Read the pictures inside of a document; a drawing that is no picture is passed over."""
    for name in package.namelist():
        if not name.startswith(folder) or not name.lower().endswith((".jpg", ".jpeg", ".png")):
            continue
        found.pictures += 1
        if found.pictures > MOST_PICTURES:
            return
        try:
            _picture(name, package.read(name), found, name.rpartition("/")[2])
        except Refused as refused:
            if str(refused) not in DAMAGED:
                raise


# --- archives -------------------------------------------------------------------------------------------------------

_SLIDE, _OFD_PAGE = re.compile(r"ppt/slides/slide(\d+)\.xml"), re.compile(r"(?:.*/)?Pages/Page_(\d+)/Content\.xml")


def _archive(_name: str, content: bytes, found: Found) -> None:
    package = open_package(content, found.order)
    found.unpacked(package)
    names = set(package.namelist())
    if "OFD.xml" in names:
        return _pages_of_package(package, _OFD_PAGE, "TextObject", "TextCode", found)
    if "ppt/presentation.xml" in names:
        _core_properties(package, found)
        return _pages_of_package(package, _SLIDE, "p", "t", found)
    if found.prefix:
        raise Refused("nested_zip")
    for entry in package.infolist():
        if not entry.is_dir():
            _member(package, entry, found)
    return None


def _member(package: zipfile.ZipFile, entry: zipfile.ZipInfo, found: Found) -> None:
    name = _name_of(entry)
    found.prefix = f"{name[:150]} » "
    try:
        _read(name, package.read(entry), found)
    except (Refused, CaseError) as why:
        code = why.code if isinstance(why, CaseError) else str(why)
        if code not in DAMAGED:
            raise Refused(code) from None
        found.unread.append((name, code))
    finally:
        found.prefix = ""


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Return the name of a member; Chinese programs write GB18030 where the format says CP437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename


_READERS: dict[str, Callable[[str, bytes, Found], None]] = {
    "text": _text,
    "xlsx": _workbook(read_xlsx),
    "xls": _workbook(read_xls),
    "docx": _document,
    "pdf": _pdf,
    "zip": _archive,
    **dict.fromkeys(("png", "jpeg", "gif", "webp"), _picture),
}

if __name__ == "__main__":
    main()
