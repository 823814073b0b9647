"""Real files with the same bytes every time: .docx, .xlsx, .pdf, .jpg, each with the metadata of its paper."""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from xml.sax.saxutils import escape

from PIL import ExifTags, Image, ImageDraw, ImageEnhance, ImageOps

from tests.bench.paper_world.drafts import Paper, Photo

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_WORD = f'xmlns:w="{_OFFICE}/wordprocessingml/2006/main"'
_RED_HEAD = re.compile(r".+文件")
_RIGHT = re.compile(r"[〇一二三四五六七八九0-9]{4}年.{1,3}月.{1,4}日")


def file_bytes(paper: Paper) -> bytes:
    """Return *paper* as a file of its form."""
    return {"docx": _docx, "pdf": _pdf, "xlsx": _xlsx, "jpg": _jpg}[paper.form](paper)


def _zipped(members: Sequence[tuple[str, str]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, text in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _types(parts: Sequence[tuple[str, str]]) -> tuple[str, str]:
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in parts)
    return "[Content_Types].xml", (
        f'{_XML}<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(name: str, links: Sequence[tuple[str, str]]) -> tuple[str, str]:
    inside = "".join(
        f'<Relationship Id="rId{at}" Type="{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(links, start=1)
    )
    return name, f'{_XML}<Relationships xmlns="{_OFFICE}/package/2006/relationships">{inside}</Relationships>'


def _core(paper: Paper) -> tuple[str, str]:
    def stamp(name: str, when: datetime) -> str:
        return f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</dcterms:{name}>'

    return "docProps/core.xml", (
        f'{_XML}<cp:coreProperties xmlns:cp="{_OFFICE}/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(paper.title)}</dc:title><dc:creator>{escape(paper.author)}</dc:creator>"
        f"{stamp('created', paper.created)}{stamp('modified', paper.modified)}</cp:coreProperties>"
    )


_CORE_TYPE = ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml")
_CORE_LINK = (f"{_OFFICE}/package/2006/relationships/metadata/core-properties", "docProps/core.xml")
_MAIN_LINK = f"{_OFFICE}/officeDocument/2006/relationships/officeDocument"


def _docx(paper: Paper) -> bytes:
    body = "".join(_paragraph(line, first=at == 0) for at, line in enumerate(paper.lines))
    main = f"{_XML}<w:document {_WORD}><w:body>{body}<w:sectPr/></w:body></w:document>"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _zipped(
        (
            _types((("word/document.xml", kind), _CORE_TYPE)),
            _relations("_rels/.rels", ((_MAIN_LINK, "word/document.xml"), _CORE_LINK)),
            ("word/document.xml", main),
            _core(paper),
        )
    )


def _paragraph(line: str, *, first: bool) -> str:
    place = '<w:pPr><w:jc w:val="center"/></w:pPr>' if first else ""
    look = ""
    if first:
        colour = '<w:color w:val="C00000"/>' if _RED_HEAD.fullmatch(line) else ""
        look = f'<w:rPr><w:b/>{colour}<w:sz w:val="44"/></w:rPr>'
    elif _RIGHT.fullmatch(line):
        place = '<w:pPr><w:jc w:val="right"/></w:pPr>'
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in line.split("\n"))
    return f"<w:p>{place}<w:r>{look}{runs}</w:r></w:p>"


def _xlsx(paper: Paper) -> bytes:
    rows = "".join(
        f'<row r="{at}">'
        + "".join(_cell(f"{chr(65 + column)}{at}", value) for column, value in enumerate(row))
        + "</row>"
        for at, row in enumerate(paper.rows, start=1)
    )
    main = f"{_OFFICE}/spreadsheetml/2006/main"
    link = f"{_OFFICE}/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return _zipped(
        (
            _types(
                (
                    ("xl/workbook.xml", f"{kind}.sheet.main+xml"),
                    ("xl/worksheets/sheet1.xml", f"{kind}.worksheet+xml"),
                    _CORE_TYPE,
                )
            ),
            _relations("_rels/.rels", ((_MAIN_LINK, "xl/workbook.xml"), _CORE_LINK)),
            (
                "xl/workbook.xml",
                f'{_XML}<workbook xmlns="{main}" xmlns:r="{link}"><sheets>'
                '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
            ),
            _relations("xl/_rels/workbook.xml.rels", ((f"{link}/worksheet", "worksheets/sheet1.xml"),)),
            ("xl/worksheets/sheet1.xml", f'{_XML}<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'),
            _core(paper),
        )
    )


def _cell(place: str, value: object) -> str:
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


_LINE, _LINES_A_PAGE = 38, 42


def _pdf(paper: Paper) -> bytes:
    """Return pages of text in the reader's own Song type (not embedded); a ToUnicode map lets it be read."""
    lines = [
        line[at : at + _LINE]
        for text in paper.lines
        for line in text.split("\n")
        for at in range(0, max(len(line), 1), _LINE)
    ]
    pages = [lines[at : at + _LINES_A_PAGE] for at in range(0, len(lines), _LINES_A_PAGE)] or [[""]]
    stamps = [f"(D:{when:%Y%m%d%H%M%S}+08'00')" for when in (paper.created, paper.modified)]
    kids = " ".join(f"{8 + 2 * at} 0 R" for at in range(len(pages)))
    title, author = _hex(chr(0xFEFF) + paper.title), _hex(chr(0xFEFF) + paper.author)
    objects: list[bytes] = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/Identity-H"
        b"/DescendantFonts[4 0 R]/ToUnicode 6 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/FontDescriptor 5 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880"
        b"/Descent -120/CapHeight 880/StemV 93>>",
        _stream(_to_unicode(lines)),
        f"<</Title<{title}>/Author<{author}>/CreationDate{stamps[0]}/ModDate{stamps[1]}>>".encode(),
    ]
    for at, page in enumerate(pages):
        shown = "".join(f"<{_hex(line)}>Tj T*\n" for line in page)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % (9 + 2 * at)
        )
        objects.append(_stream(f"BT /F1 13 Tf 18 TL 50 780 Td\n{shown}ET".encode()))
    return _pdf_file(objects)


def _to_unicode(lines: Sequence[str]) -> bytes:
    """Map the characters that occur to themselves: a range over all of them costs readers 0.1 s a page."""
    used = sorted({_hex(letter) for line in lines for letter in line})
    blocks = [used[at : at + 100] for at in range(0, len(used), 100)]
    told = "".join(f"{len(block)} beginbfchar\n{_pairs(block)}\nendbfchar\n" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Same def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{told}"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


def _pairs(codes: Sequence[str]) -> str:
    return "\n".join(f"<{code}> <{code}>" for code in codes)


def _hex(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content, 6)
    return b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed)


def _pdf_file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for at, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (at, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R/Info 7 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


_SIZE = (288, 216)


def _jpg(paper: Paper) -> bytes:
    assert paper.photo is not None
    picture = _changed(_shot(paper.photo), paper.photo.change)
    stream = io.BytesIO()
    quality = 52 if paper.photo.change else 82
    picture.save(stream, "JPEG", quality=quality, exif=_exif(paper.photo))
    return stream.getvalue()


def _shot(photo: Photo) -> Image.Image:
    """Draw the scene from where the photographer stood this time: other frame, light and grain."""
    scene = _scene(photo.scene, photo.state)
    rng = Random(photo.shot)
    width, height = scene.size
    zoom = rng.uniform(0.55, 0.95)
    left, top = rng.uniform(0, 1 - zoom) * width, rng.uniform(0, 1 - zoom) * height
    picture = scene.resize(_SIZE, Image.Resampling.BILINEAR, (left, top, left + zoom * width, top + zoom * height))
    picture = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.75, 1.2))
    light = Image.frombytes("L", (3, 3), rng.randbytes(9)).resize(_SIZE, Image.Resampling.BICUBIC).convert("RGB")
    grain = Image.frombytes("L", _SIZE, rng.randbytes(_SIZE[0] * _SIZE[1])).convert("RGB")
    return Image.blend(Image.blend(picture, light, 0.22), grain, 0.05)


def _scene(seed: int, state: int) -> Image.Image:
    """Draw a place: sky, ground and buildings over a mottled surface; *state* puts other things into it."""
    rng = Random(seed)
    size = (360, 270)
    mottle = Image.frombytes("RGB", (7, 6), rng.randbytes(126)).resize(size, Image.Resampling.BICUBIC)
    built = Image.new("RGB", size, (rng.randint(120, 210), rng.randint(150, 220), rng.randint(170, 235)))
    brush = ImageDraw.Draw(built)
    horizon = rng.randint(60, 190)
    brush.rectangle((0, horizon, *size), fill=(rng.randint(70, 150), rng.randint(80, 150), rng.randint(50, 110)))
    for _ in range(rng.randint(2, 7)):
        _thing(rng, brush, horizon)
    things = Random(f"{seed}/{state}")
    for _ in range(6 * state):
        _thing(things, brush, horizon + 60)
    return Image.blend(built, mottle, 0.42)


def _thing(rng: Random, brush: ImageDraw.ImageDraw, ground: int) -> None:
    x, wide, high = rng.randint(-30, 330), rng.randint(25, 130), rng.randint(25, 150)
    colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
    draw = rng.choice((brush.rectangle, brush.ellipse))
    draw((x, ground - high, x + wide, ground + rng.randint(0, 40)), fill=colour)
    brush.line((x, ground - high // 2, x + wide, ground - high // 2), fill=(rng.randrange(256),) * 3, width=3)


def _changed(picture: Image.Image, change: str) -> Image.Image:
    if change == "crop":
        wide, high = picture.size
        return picture.crop((4, 3, wide - 3, high - 4)).resize(picture.size)
    if change == "brighten":
        return ImageEnhance.Brightness(ImageOps.autocontrast(picture, cutoff=1)).enhance(1.08)
    return picture


def _exif(photo: Photo) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "HUAWEI", "NOH-AN00"
    if photo.taken_at:
        stamp = photo.taken_at.strftime("%Y:%m:%d %H:%M:%S")
        exif[ExifTags.Base.DateTime] = stamp
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = stamp
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = "+08:00"
    if photo.lat is not None and photo.lon is not None:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", _degrees(photo.lat)
        gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", _degrees(photo.lon)
    return exif


def _degrees(value: float) -> tuple[float, float, float]:
    whole, rest = divmod(value, 1)
    minutes, rest = divmod(rest * 60, 1)
    return whole, minutes, round(rest * 60, 3)
