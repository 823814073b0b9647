"""Files of evidence: what is accepted, what is stored, and what a crash leaves behind."""

import hashlib
import io
import multiprocessing
import os
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from persistence.attachments import (
    Attachments,
    Broken,
    Damage,
    EmptyFile,
    FileLost,
    FileTooLarge,
    FileTypeMismatch,
    FileTypeNotAccepted,
    register,
)
from persistence.database import Database
from persistence.tables import blobs
from tests.support.bombs import crowded

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
LIMIT = 1_000_000


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


def compound(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + stream.encode("utf-16-le") + bytes(500)


@pytest.fixture
def attachments(tmp_path: Path) -> Attachments:
    return Attachments(tmp_path / "attachments")


@pytest.mark.parametrize(
    ("filename", "content", "media_type"),
    [
        ("通知.pdf", PDF, "application/pdf"),
        ("现场.PNG", PNG, "image/png"),
        ("现场.jpg", b"\xff\xd8\xff\xe0" + bytes(10), "image/jpeg"),
        ("图.gif", b"GIF89a" + bytes(10), "image/gif"),
        ("图.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("方案.docx", archive("[Content_Types].xml", "word/document.xml"), ""),
        ("台账.xlsx", archive("[Content_Types].xml", "xl/workbook.xml"), ""),
        ("公文.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("制度.doc", compound("WordDocument"), "application/msword"),
        ("制度.wps", compound("WordDocument"), "application/msword"),
        ("台账.xls", compound("Workbook"), "application/vnd.ms-excel"),
        ("说明.txt", "会议记录，共三页".encode(), "text/plain"),
        ("说明.txt", "会议记录，共三页".encode("gb18030"), "text/plain"),
        ("台账.csv", "序号,问题\n1,公车私用\n".encode("gb18030"), "text/csv"),
        ("C:\\桌面\\通知.pdf", PDF, "application/pdf"),
    ],
)
def test_office_documents_pictures_and_text_are_kept(
    attachments: Attachments, filename: str, content: bytes, media_type: str
) -> None:
    kept = attachments.keep(io.BytesIO(content), filename, limit_bytes=LIMIT)

    assert (kept.sha256, kept.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert kept.media_type.startswith(media_type or "application/vnd.openxmlformats-officedocument.")
    with attachments.open(kept.sha256) as file:
        assert file.read() == content


@pytest.mark.parametrize(
    ("filename", "content", "refusal"),
    [
        ("通知.pdf", b"", EmptyFile),
        ("通知.pdf", PDF + bytes(LIMIT), FileTooLarge),
        ("通知.pdf", PNG, FileTypeMismatch),
        ("台账.xlsx", archive("word/document.xml"), FileTypeMismatch),
        ("台账.xls", compound("WordDocument"), FileTypeMismatch),
        ("台账.csv", PDF, FileTypeMismatch),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", FileTypeNotAccepted),
        ("图.txt", b"\xef\xbb\xbf  <SVG onload='x()'/>", FileTypeNotAccepted),
        ("页.html", b"<html></html>", FileTypeNotAccepted),
        ("页.txt", b"<!DOCTYPE html><p>", FileTypeNotAccepted),
        ("工具.exe", b"MZ\x90\x00", FileTypeNotAccepted),
        ("工具.txt", b"MZ\x90\x00", FileTypeNotAccepted),
        ("工具.pdf", b"\x7fELF\x02", FileTypeNotAccepted),
        ("工具.txt", b"#!/bin/sh\n", FileTypeNotAccepted),
        ("台账.xlsx", archive("xl/workbook.xml", "xl/vbaProject.bin"), FileTypeNotAccepted),
        ("资料.zip", archive("a.txt", "工具.exe"), FileTypeNotAccepted),
        ("资料.zip", archive("a.txt", "又一包.zip"), FileTypeNotAccepted),
        ("资料.zip", archive("文件夹/"), FileTypeNotAccepted),
        ("资料.docx", archive("a.txt"), FileTypeMismatch),
        ("资料.docx", b"PK\x03\x04broken", FileTypeNotAccepted),
        ("说明.txt", b"\x00\x01\x02", FileTypeNotAccepted),
        ("无扩展名", PDF, FileTypeNotAccepted),
    ],
)
def test_everything_else_is_refused_and_leaves_nothing(
    attachments: Attachments, tmp_path: Path, filename: str, content: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        attachments.keep(io.BytesIO(content), filename, limit_bytes=LIMIT)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_same_content_is_stored_once(attachments: Attachments, tmp_path: Path, database: Database) -> None:
    kept = [attachments.keep(io.BytesIO(PDF), name, limit_bytes=LIMIT) for name in ("一.pdf", "二.pdf")]
    with database.writing() as connection:
        for file in kept:
            register(connection, file, now=NOW)

    assert kept[0] == kept[1]
    assert len([path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]) == 1
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(blobs)) == 1


def test_lost_and_changed_files_are_named(attachments: Attachments, tmp_path: Path, database: Database) -> None:
    kept = [attachments.keep(io.BytesIO(PDF + bytes([n])), "一.pdf", limit_bytes=LIMIT) for n in range(3)]
    with database.writing() as connection:
        for file in kept:
            register(connection, file, now=NOW)
    lost, changed, _sound = (next((tmp_path / "attachments").rglob(file.sha256)) for file in kept)

    lost.unlink()
    changed.write_bytes(PDF)

    with database.reading() as connection:
        found = set(attachments.missing(connection))
    assert found == {Broken(kept[0].sha256, Damage.MISSING), Broken(kept[1].sha256, Damage.CHANGED)}
    with pytest.raises(FileLost):
        attachments.open(kept[0].sha256)


def test_storing_the_same_content_again_heals_a_damaged_file(attachments: Attachments, tmp_path: Path) -> None:
    kept = attachments.keep(io.BytesIO(PDF), "一.pdf", limit_bytes=LIMIT)
    next((tmp_path / "attachments").rglob(kept.sha256)).write_bytes(b"")

    attachments.keep(io.BytesIO(PDF), "一.pdf", limit_bytes=LIMIT)

    with attachments.open(kept.sha256) as file:
        assert file.read() == PDF


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "0" * 63 + "/"])
def test_nothing_outside_the_folder_is_opened(attachments: Attachments, name: str) -> None:
    with pytest.raises(FileLost):
        attachments.open(name)


class Endless(io.RawIOBase):
    """A stream whose reader dies in the middle."""

    def __init__(self) -> None:
        self.parts = 0

    def read(self, size: int = -1) -> bytes:
        self.parts += 1
        if self.parts == 3:
            os._exit(9)
        return PDF


def _die_while_receiving(folder: Path) -> None:
    Attachments(folder).keep(Endless(), "一.pdf", limit_bytes=LIMIT)  # type: ignore[arg-type]


def _die_before_the_row(folder: Path) -> None:
    Attachments(folder).keep(io.BytesIO(PDF), "一.pdf", limit_bytes=LIMIT)
    os._exit(9)


@pytest.mark.parametrize("die", [_die_while_receiving, _die_before_the_row])
def test_a_crash_leaves_a_file_without_a_row_and_it_is_swept_up(
    tmp_path: Path, database: Database, die: object
) -> None:
    folder = tmp_path / "attachments"
    sound = Attachments(folder).keep(io.BytesIO(PDF + b"x"), "二.pdf", limit_bytes=LIMIT)
    with database.writing() as connection:
        register(connection, sound, now=NOW)

    process = multiprocessing.get_context("spawn").Process(target=die, args=(folder,))  # type: ignore[arg-type]
    process.start()
    process.join(60)

    assert process.exitcode == 9
    attachments = Attachments(folder)
    with database.reading() as connection:
        assert list(attachments.missing(connection)) == []
        assert attachments.sweep(connection, before=datetime.now(UTC) - timedelta(hours=1)) == 0
        assert attachments.sweep(connection, before=datetime.now(UTC) + timedelta(hours=1)) == 1
    with attachments.open(sound.sha256) as file:
        assert file.read() == PDF + b"x"


def test_an_archive_with_an_endless_table_of_contents_is_not_opened(attachments: Attachments) -> None:
    began = time.process_time()
    with pytest.raises(FileTypeNotAccepted):
        attachments.keep(io.BytesIO(crowded(300_000)), "包.zip", limit_bytes=50_000_000)

    assert time.process_time() - began < 1  # reading it takes four
