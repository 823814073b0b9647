"""What a file is by its content, whatever its name says.

Source of the magic bytes: the specifications (ISO 32000, PNG, JFIF, GIF89a, RIFF, APPNOTE, MS-CFB, GB/T 33190).
"""

import codecs
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

READ_AT_ONCE = 1 << 20
ENTRIES_LIMIT = 20_000  # of an office document; real ones have hundreds
DIRECTORY_LIMIT = 2 << 20  # bytes; Python takes a second for each five million, and all others wait for it

PDF, OFD = "application/pdf", "application/ofd"
TEXT, CSV, ZIP = "text/plain", "text/csv", "application/zip"
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_DOCX, _XLSX = _OPEN_XML + "wordprocessingml.document", _OPEN_XML + "spreadsheetml.sheet"
_PPTX = _OPEN_XML + "presentationml.presentation"
_DOC, _XLS, _PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"

ACCEPTED: Mapping[str, str] = MappingProxyType(
    {
        ".pdf": PDF,
        ".ofd": OFD,
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".gif": "image/gif",
        ".webp": "image/webp",
        ".docx": _DOCX,
        ".xlsx": _XLSX,
        ".pptx": _PPTX,
        ".doc": _DOC,
        ".wps": _DOC,
        ".xls": _XLS,
        ".et": _XLS,
        ".ppt": _PPT,
        ".dps": _PPT,
        ".txt": TEXT,
        ".csv": CSV,
        ".zip": ZIP,
    }
)
"""File name ending -> media type; nothing else is accepted."""

_MAGIC = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_ZIP_PARTS = (
    ("word/document.xml", _DOCX),
    ("xl/workbook.xml", _XLSX),
    ("ppt/presentation.xml", _PPTX),
    ("OFD.xml", OFD),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (("WordDocument", _DOC), ("Workbook", _XLS), ("Book", _XLS), ("PowerPoint Document", _PPT))
_ACTIVE = re.compile(rb"\s*(<!doctype|<html|<svg|<script|<\?xml|<head|<body|<!--|#!)", re.IGNORECASE)
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f]")


def media_type(path: Path) -> str | None:
    """Return the media type of what *path* holds, plain text for any readable text; None for what we do not accept."""
    with path.open("rb") as file:
        start = file.read(4096)
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if start.startswith(_OLE):
        return _compound(path)
    if start.startswith(_PROGRAMS) or _ACTIVE.match(start.removeprefix(codecs.BOM_UTF8)):
        return None
    return TEXT if _is_text(path, start) else None


class _Package(io.FileIO):
    """A package whose table of contents is read at once, or not at all where it is longer than any honest one."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > DIRECTORY_LIMIT:
            raise zipfile.BadZipFile("its directory is too long")
        return super().read(size) or b""


def _zipped(path: Path) -> str | None:
    try:
        with _Package(path) as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    if len(names) > ENTRIES_LIMIT or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((kind for part, kind in _ZIP_PARTS if part in names), ZIP if _only_accepted(names) else None)


def _only_accepted(names: set[str]) -> bool:
    """Whether an archive holds files that are accepted one by one, and no archive of its own."""
    endings = {Path(name).suffix.lower() for name in names if not name.endswith("/")}
    return bool(endings) and endings <= ACCEPTED.keys() - {".zip"}


def _compound(path: Path) -> str | None:
    """Look for the stream that only one application writes; names stand as UTF-16 in the directory (MS-CFB, 2.6.1)."""
    wanted = [(name.encode("utf-16-le") + b"\0\0", kind) for name, kind in _OLE_STREAMS]
    overlap = max(len(name) for name, _ in wanted)
    with path.open("rb") as file:
        before = b""
        while part := file.read(READ_AT_ONCE):
            for name, kind in wanted:
                if name in before + part:
                    return kind
            before = part[-overlap:]
    return None


def _is_text(path: Path, start: bytes) -> bool:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _reads_as(path, "utf-16")
    return _reads_as(path, "utf-8") or _reads_as(path, "gb18030")


def _reads_as(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while part := file.read(READ_AT_ONCE):
                if _NOT_TEXT.search(decoder.decode(part)):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
