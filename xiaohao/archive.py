"""Backup and restore: database, evidence and keys as one archive that fits SQLite and PostgreSQL alike.

All rows are read in one snapshot, while others go on writing; a file of evidence is there before its row and is never
changed, so rows and files agree. After a restore no letter leaves until somebody has looked: some went out since.

The archive is a gzipped tar: ``tables/<name>.jsonl`` (one row a line), ``evidence/<sha256>``, ``keys.json``, and last
``manifest.json`` (version, schema, and the SHA-256 of every other member).
"""

import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Date, LargeBinary, Table, func, insert, inspect, select, text, update

from cases.refusals import CaseError
from persistence.attachments import Attachments
from persistence.columns import Json, Moment, Money
from persistence.database import Database
from persistence.tables import blobs, metadata, settings, units
from tasks.deliver import FROZEN
from xiaohao.first_people import NotEmpty

VERSION = 1
AT_ONCE = 500  # rows


class ArchiveDamaged(CaseError):
    """The archive is incomplete, or not what was written; facts: what."""

    code = "archive_damaged"


@dataclass(frozen=True, slots=True)
class Archived:
    """How much went in or out."""

    rows: int
    files: int
    at: str


def backup(database: Database, data: Path, target: Path) -> Archived:
    """Write everything to *target*, which is there complete or not at all. Raises FileLost."""
    attachments = Attachments(data / "evidence")
    at = datetime.now(UTC).isoformat()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=target.absolute().parent) as folder, draft.open("wb") as raw:
            with (
                gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
                database.reading() as conn,
            ):
                writer = _Writer(tar, Path(folder))
                rows = sum(writer.table(conn, table) for table in metadata.sorted_tables)
                revision = conn.scalar(text("SELECT version_num FROM alembic_version"))
                files = 0
                for sha256 in conn.scalars(select(blobs.c.sha256).order_by(blobs.c.sha256)):
                    with attachments.open(sha256) as stream:
                        writer.stream(f"evidence/{sha256}", stream)
                    files += 1
                writer.content("keys.json", (data / "keys.json").read_bytes())
                head = {"version": VERSION, "schema": revision, "at": at, "rows": rows, "files": files}
                writer.manifest(head)
            raw.flush()
            os.fsync(raw.fileno())
        os.chmod(draft, 0o600)  # the keys are inside
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return Archived(rows, files, at)


def restore(database_url: str, data: Path, source: Path) -> Archived:
    """Fill an empty place from *source* and freeze its letters. Raises NotEmpty, ArchiveDamaged; by halves nothing."""
    data.mkdir(parents=True, exist_ok=True)
    if (data / "keys.json").exists():
        raise NotEmpty()
    database = Database(database_url)
    try:
        with tempfile.TemporaryDirectory(dir=data) as folder:
            manifest = _unpacked(source, Path(folder))
            _require_empty(database)
            database.migrate()
            attachments = Attachments(data / "evidence")
            for path in sorted(Path(folder, "evidence").glob("*")):
                _put(attachments, data / "evidence", path)
            with database.writing() as conn:
                _fill(conn, Path(folder, "tables"))
            os.replace(Path(folder, "keys.json"), data / "keys.json")
            os.chmod(data / "keys.json", 0o600)
    finally:
        database.dispose()
    return Archived(int(manifest["rows"]), int(manifest["files"]), str(manifest["at"]))


# --- writing --------------------------------------------------------------------------------------------------------


class _Writer:
    """Puts members into a tar and remembers their hashes."""

    def __init__(self, tar: tarfile.TarFile, folder: Path) -> None:
        self._tar, self._folder = tar, folder
        self._members: dict[str, str] = {}

    def table(self, conn: Connection, table: Table) -> int:
        """Write the rows of *table* and return how many."""
        count, path = 0, self._folder / "rows"
        key = list(table.primary_key.columns) or list(table.c)
        rows = conn.execute(select(table).order_by(*key), execution_options={"yield_per": 1_000})
        with path.open("w", encoding="utf-8") as lines:
            for row in rows.mappings():
                lines.write(json.dumps(dict(row), ensure_ascii=False, default=_plain) + "\n")
                count += 1
        with path.open("rb") as stream:
            self.stream(f"tables/{table.name}.jsonl", stream)
        return count

    def stream(self, name: str, stream: IO[bytes]) -> None:
        """Write a member from an open file."""
        self._members[name] = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        size = stream.seek(0, os.SEEK_END)  # a digest of memory does not move
        stream.seek(0)
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, stream)

    def content(self, name: str, content: bytes) -> None:
        """Write a member from memory."""
        self.stream(name, io.BytesIO(content))

    def manifest(self, head: dict[str, Any]) -> None:
        """Write what the archive holds; the last member, so that a cut archive has none."""
        members = dict(self._members)
        self.content("manifest.json", json.dumps(head | {"members": members}, indent=1).encode())


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is in no column of ours")


# --- reading --------------------------------------------------------------------------------------------------------


def _unpacked(source: Path, folder: Path) -> dict[str, Any]:
    """Unpack *source* into *folder* and return its manifest, every member compared with it."""
    try:
        with tarfile.open(source, "r:gz") as tar:
            tar.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, tarfile.TarError, EOFError, ValueError) as why:
        raise ArchiveDamaged(what=str(why)) from why
    for name, digest in manifest["members"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ArchiveDamaged(what=name)
    if manifest["version"] != VERSION:
        raise ArchiveDamaged(what=f"version {manifest['version']}")
    return manifest


def _require_empty(database: Database) -> None:
    with database.reading() as conn:
        if inspect(conn).has_table("cases") and conn.scalar(text("SELECT count(*) FROM cases")):
            raise NotEmpty()


def _put(attachments: Attachments, evidence: Path, path: Path) -> None:
    """Lay a file where `Attachments` looks for it."""
    place = evidence / path.name[:2] / path.name[2:4] / path.name
    place.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, place)
    attachments.open(path.name).close()


def _fill(conn: Connection, folder: Path) -> None:
    for table in metadata.sorted_tables:
        path = folder / f"{table.name}.jsonl"
        if not path.is_file():
            continue  # the archive is older than the table
        rows = list(_rows(table, path)) if table is units else _rows(table, path)
        if table is units:  # parents first; whom a unit was merged into may come later
            rows = sorted(rows, key=lambda row: str(row["path"]))
            for row in rows:
                conn.execute(insert(table), row | {"successor_id": None})
            for row in rows:
                conn.execute(update(table).where(table.c.id == row["id"]).values(successor_id=row["successor_id"]))
            continue
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == AT_ONCE:
                conn.execute(insert(table), batch)
                batch = []
        if batch:
            conn.execute(insert(table), batch)
    _freeze(conn)


def _rows(table: Table, path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield {name: _understood(table, name, value) for name, value in json.loads(line).items()}


def _understood(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if value is None or isinstance(kind, Json):
        return value
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value)
    if isinstance(kind, Moment):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, Money) else value


def _freeze(conn: Connection) -> None:
    version = conn.scalar(select(func.max(settings.c.version)).where(settings.c.name == FROZEN)) or 0
    now = datetime.now(UTC)
    frozen = {"name": FROZEN, "version": version + 1, "valid_from": now.date(), "body": True, "set_at": now}
    conn.execute(insert(settings), frozen)
