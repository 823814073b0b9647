"""Files of evidence as programs and cameras write them, built when a test asks."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import openpyxl
from docx import Document
from PIL import Image, ImageDraw
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

NOTICE = (
    "江大党发〔2026〕12号",
    "关于印发《公务接待管理办法》的通知",
    "各党支部、各部门：",
    "经2026年4月3日党委会议研究通过，现予印发。自2026年5月起停发误餐补贴共12.6万元，涉及37人、3个部门。",
    "江城大学委员会",
    "2026年4月10日",
    "抄送：省委巡视办。",
)
MINUTES = ("党委会议纪要", "会议时间：2026年4月3日", "出席：党委委员5人。会议指出，要提高认识。会议决定抓好落实。")


def docx(
    *paragraphs: str,
    table: Sequence[Sequence[str]] = (),
    header: str = "",
    created: datetime | None = None,
    picture: bytes = b"",
) -> bytes:
    """Return a Word document."""
    document = Document()
    for text in paragraphs or NOTICE:
        document.add_paragraph(text)
    if table:
        cells = document.add_table(len(table), len(table[0])).rows
        for row, texts in zip(cells, table, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    if header:
        document.sections[0].header.paragraphs[0].text = header
    if created:
        document.core_properties.created = document.core_properties.modified = created
    if picture:
        document.add_picture(io.BytesIO(picture))
    return _saved(document)


def xlsx(rows: Sequence[Sequence[Any]], *, title: str = "工资表") -> bytes:
    """Return a workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return _saved(book)


def pdf(*pages: Sequence[str], password: str | None = None) -> bytes:
    """Return a PDF; a page without lines is what a scanner makes."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=password)
    for lines in pages:
        canvas.setFont("STSong-Light", 12)
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 20 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def photo(*, taken: str = "2026:04:05 10:20:30", place: bool = True, size: tuple[int, int] = (400, 300)) -> bytes:
    """Return a JPEG as a telephone makes it, with the time and the place."""
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for step in range(0, size[0], 40):
        draw.rectangle((step, step // 2, step + 25, step // 2 + 60), fill=(step * 7 % 256, 90, step * 3 % 256))
    about = Image.Exif()
    about[0x0110] = "Test Camera"
    about.get_ifd(0x8769)[0x9003] = taken
    if place:
        about.get_ifd(0x8825).update({1: "N", 2: (30.0, 30.0, 0.0), 3: "E", 4: (114.0, 15.0, 36.0)})
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=about, quality=90)
    return buffer.getvalue()


def archive(members: Mapping[str, bytes], *, compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return buffer.getvalue()


def _saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
