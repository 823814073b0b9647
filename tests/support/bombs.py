"""Small files that unpack to large ones, one for each kind of container that the house takes as evidence."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from PIL import Image

from tests.support.evidence_files import archive, docx, xlsx

MB = 1 << 20
_WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
_SHEETS = b' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def grown(package: bytes, part: str, head: bytes, unit: bytes, tail: bytes, megabytes: int) -> bytes:
    """Return *package* with a *part* that is *head*, so many megabytes of *unit*, and *tail*."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as given, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            if name != part:
                made.writestr(name, given.read(name))
        with made.open(part, "w") as stream:
            stream.write(head)
            for _ in range(megabytes):
                stream.write(unit * (MB // len(unit)))
            stream.write(tail)
    return into.getvalue()


def word(megabytes: int) -> bytes:
    """A document of one paragraph, again and again."""
    paragraph = b"<w:p><w:r><w:t>a</w:t></w:r></w:p>"
    return grown(docx(), "word/document.xml", _WORD, paragraph, b"</w:body></w:document>", megabytes)


def sheet(megabytes: int) -> bytes:
    """A workbook of one cell, again and again."""
    head, tail = b"<worksheet" + _SHEETS + b'<sheetData><row r="1">', b"</row></sheetData></worksheet>"
    return grown(xlsx([["a"]]), "xl/worksheets/sheet1.xml", head, b'<c r="A1"><v>1</v></c>', tail, megabytes)


def string(megabytes: int) -> bytes:
    """A workbook whose one text is long."""
    head, tail = b"<sst" + _SHEETS + b"<si><t>", b"</t></si></sst>"
    return grown(xlsx([["a"]]), "xl/sharedStrings.xml", head, b"a", tail, megabytes)


def slides(megabytes: int) -> bytes:
    """A presentation of one line, again and again."""
    line = b"<a:p><a:t>aa</a:t></a:p>"
    empty = archive({"ppt/presentation.xml": b"<p/>"})
    return grown(empty, "ppt/slides/slide1.xml", b'<s xmlns:a="a">', line, b"</s>", megabytes)


def ofd(megabytes: int) -> bytes:
    """An OFD page of one line, again and again."""
    line = b"<a:TextObject><a:TextCode>aa</a:TextCode></a:TextObject>"
    empty = archive({"OFD.xml": b"<p/>"})
    return grown(empty, "Doc_0/Pages/Page_1/Content.xml", b'<s xmlns:a="a">', line, b"</s>", megabytes)


def zipped(megabytes: int) -> bytes:
    """An archive with one long text."""
    return grown(archive({}), "a.txt", b"", b"a", b"", megabytes)


def pdf(megabytes: int) -> bytes:
    """A PDF whose one page prints one letter, again and again."""
    press, line = zlib.compressobj(9), b"BT /F1 9 Tf (a) Tj ET\n"
    drawn = b"".join(press.compress(line * (MB // len(line))) for _ in range(megabytes)) + press.flush()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(drawn) + drawn + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%b endobj\n" % (number, one)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)


def picture(format: str) -> Callable[[int], bytes]:
    """Return what makes a picture of so many million pixels."""

    def made(megapixels: int) -> bytes:
        into = io.BytesIO()
        Image.new("L", (1_000 * megapixels, 1_000)).save(into, format)
        return into.getvalue()

    return made


def crowded(entries: int) -> bytes:
    """An archive whose table of contents names one empty file, again and again."""
    local = b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.txt"
    entry = (
        b"PK\x01\x02" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.txt"
    )
    said, size = entries & 0xFFFF, entries * len(entry)
    return local + entry * entries + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, said, said, size, len(local), 0)


COUNTED: Mapping[str, Callable[[int], bytes]] = {
    "a.docx": word, "a.xlsx": sheet, "b.xlsx": string, "a.pptx": slides, "a.ofd": ofd, "a.zip": zipped,
    "a.txt": lambda megabytes: b"a" * (megabytes * MB), "a.csv": lambda megabytes: b"1," * (megabytes * MB // 2),
    "a.png": picture("PNG"), "a.gif": picture("GIF"), "a.webp": picture("WEBP"), "a.jpg": picture("JPEG"),
}  # fmt: skip
"""Name of a file -> what makes it so large, in megabytes or million pixels; the reader counts before it unpacks."""
