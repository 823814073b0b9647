"""Files of evidence, stored once by content in a folder beside the database.

The file comes first, its row second: whatever dies between them leaves a file without a row, which is swept up later,
never a row without a file.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, select

from cases.refusals import CaseError
from persistence.database import DiskFull
from persistence.durable import is_full, sync_folder
from persistence.insertion import insert_new
from persistence.sniffing import ACCEPTED, CSV, READ_AT_ONCE, TEXT, media_type
from persistence.tables import blobs

INCOMING = "incoming"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class EmptyFile(CaseError):
    """There is nothing in the file; facts: filename."""

    code = "empty_file"


class FileTooLarge(CaseError):
    """The file is larger than the limit; facts: filename, limit_mb."""

    code = "file_too_large"


class FileTypeMismatch(CaseError):
    """The content is not what the name's ending says; facts: filename, found (media type)."""

    code = "file_type_mismatch"


class FileTypeNotAccepted(CaseError):
    """Neither the ending nor the content is of a kind that is accepted as evidence; facts: filename."""

    code = "file_type_not_accepted"


class FileLost(CaseError):
    """The row is there and its file is not: restore it from the backup."""

    code = "file_lost"


@dataclass(frozen=True)
class Kept:
    """A file as it is stored; *size* in bytes, *media_type* by content."""

    sha256: str
    size: int
    media_type: str


class Damage(StrEnum):
    """What is wrong with a stored file."""

    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True)
class Broken:
    """A row of ``blobs`` whose file is not there, or is not what was stored."""

    sha256: str
    damage: Damage


class Attachments:
    """The folder of stored files; safe for any number of processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / INCOMING).mkdir(parents=True, exist_ok=True)

    def keep(self, stream: BinaryIO, filename: str, *, limit_bytes: int) -> Kept:
        """Store what *stream* holds and return it; it is on disk when this returns, its row is the caller's to write.

        Reads the stream once, in parts. Raises EmptyFile, FileTooLarge, FileTypeNotAccepted or FileTypeMismatch, and
        leaves nothing behind then, as where the disk is full (DiskFull).
        """
        name = filename.replace("\\", "/").rpartition("/")[2]
        arriving = self._folder / INCOMING / secrets.token_hex(16)
        try:
            digest, size = _receive(stream, arriving, name, limit_bytes)
            kind = _agreed_type(arriving, name)
            place = self._place(digest)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(arriving, place)  # the same content again: renews its time and heals a damaged file
            for folder in (place.parent, place.parent.parent, self._folder):
                sync_folder(folder)
        except OSError as why:
            if is_full(why):
                raise DiskFull() from why
            raise
        finally:
            arriving.unlink(missing_ok=True)
        return Kept(digest, size, kind)

    def open(self, sha256: str) -> BinaryIO:
        """Open a stored file for reading. Raises FileLost where it is gone, or not what was stored under this name."""
        try:
            file = self._place(sha256).open("rb")
        except FileNotFoundError:
            raise FileLost() from None
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            file.close()
            raise FileLost()
        file.seek(0)
        return file

    def missing(self, connection: Connection) -> Iterator[Broken]:
        """Yield every row whose file is gone or changed; reads all files, so it takes as long as the disk does."""
        for sha256 in connection.scalars(select(blobs.c.sha256).order_by(blobs.c.sha256)):
            try:
                with self._place(sha256).open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                        yield Broken(sha256, Damage.CHANGED)
            except FileNotFoundError:
                yield Broken(sha256, Damage.MISSING)

    def sweep(self, connection: Connection, *, before: datetime) -> int:
        """Remove files that no row names and half-received ones, both untouched since *before*; return how many.

        *before* must lie further back than the longest upload.
        """
        swept = 0
        for path in sorted(self._folder.rglob("*")):
            if not path.is_file() or path.stat().st_mtime >= before.timestamp():
                continue
            row = select(blobs.c.sha256).where(blobs.c.sha256 == path.name)
            if path.parent.name == INCOMING or connection.scalar(row) is None:
                path.unlink(missing_ok=True)
                swept += 1
        return swept

    def _place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise FileLost()
        return place_of(self._folder, sha256)


def place_of(folder: Path, sha256: str) -> Path:
    """Return where the file with this content lies below the *folder* of evidence."""
    return folder / sha256[:2] / sha256[2:4] / sha256


def register(connection: Connection, kept: Kept, *, now: datetime) -> None:
    """Write the row of a kept file, unless the same content has one."""
    row = {"sha256": kept.sha256, "size": kept.size, "media_type": kept.media_type, "stored_at": now}
    connection.execute(insert_new(connection, blobs, "sha256").values(row))


def _receive(stream: BinaryIO, arriving: Path, name: str, limit_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while part := stream.read(READ_AT_ONCE):
            size += len(part)
            if size > limit_bytes:
                raise FileTooLarge(filename=name, limit_mb=limit_bytes // 1_000_000)
            digest.update(part)
            file.write(part)
        if not size:
            raise EmptyFile(filename=name)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _agreed_type(arriving: Path, name: str) -> str:
    named = ACCEPTED.get(Path(name).suffix.lower())
    found = media_type(arriving)
    if named is None or found is None:
        raise FileTypeNotAccepted(filename=name)
    if found == TEXT and named == CSV:
        return CSV
    if found != named:
        raise FileTypeMismatch(filename=name, found=found)
    return found
