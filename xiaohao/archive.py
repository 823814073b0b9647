"""Backup and restore: database, evidence and keys as one archive that fits SQLite and PostgreSQL alike.

All rows are read in one snapshot, while others go on writing; a file of evidence is there before its row and is never
changed, so rows and files agree. After a restore no letter leaves until somebody has looked: some went out since.

The archive is a gzipped tar: ``tables/<name>.jsonl`` (one row a line), ``evidence/<sha256>``, ``keys.json``, and last
``manifest.json`` (version, schema, and the SHA-256 of every other member); under a passphrase, if one was given.

Both are whole or absent, wherever they are killed. A backup is written to a draft beside its target and renamed. A
restore unpacks into ``.restoring``, lays files and keys, and commits the rows last: until then the database is empty,
and `xiaohao.halves` undoes what lies there; from then on the house is whole. Decision 0009 says more.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    LargeBinary,
    MetaData,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from cases.refusals import CaseError
from persistence.attachments import Attachments
from persistence.columns import Json, Moment, Money, canonical
from persistence.database import Database, SchemaUnknown
from persistence.tables import blobs, metadata, settings, timekeeping, units
from tasks.deliver import FROZEN
from xiaohao.first_people import NotEmpty
from xiaohao.halves import KEYS, drafted, restoring
from xiaohao.passphrase import Opening, PassphraseMissing, SealedCut, Sealing, is_sealed

VERSION = 1
AT_ONCE = 500  # rows
CHUNK = 1 << 20  # bytes
_NO_ARCHIVE = (
    tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, SealedCut, ValueError, KeyError, FileNotFoundError
)  # fmt: skip


class ArchiveDamaged(CaseError):
    """The archive is incomplete, or not what was written; facts: what."""

    code = "archive_damaged"


class ArchiveNewer(CaseError):
    """The archive was written by a newer version than this; facts: schema."""

    code = "archive_newer"


class KeysInTheWay(CaseError):
    """The database is empty, but keys lie beside it that may belong to another one; facts: folder."""

    code = "keys_in_the_way"


@dataclass(frozen=True, slots=True)
class Archived:
    """How much went in or out."""

    rows: int
    files: int
    at: str


def backup(database: Database, data: Path, target: Path, passphrase: str = "") -> Archived:
    """Write everything to *target*, which is there complete or not at all. Raises FileLost, PassphraseTooShort."""
    attachments = Attachments(data / "evidence")
    at = datetime.now(UTC).isoformat()
    with drafted(target) as raw, ExitStack() as layers:
        sink = layers.enter_context(Sealing(raw, passphrase)) if passphrase else raw
        packed = layers.enter_context(gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=3, mtime=0))
        tar = layers.enter_context(tarfile.open(fileobj=packed, mode="w|"))
        conn = layers.enter_context(database.reading())
        writer = _Writer(tar)
        rows = sum(writer.table(conn, table) for table in metadata.sorted_tables)
        revision = conn.scalar(text("SELECT version_num FROM alembic_version"))
        files = 0
        for sha256 in conn.scalars(select(blobs.c.sha256).order_by(blobs.c.sha256)):
            with attachments.open(sha256) as stream:
                writer.stream(f"evidence/{sha256}", stream)
            files += 1
        writer.content(KEYS, (data / KEYS).read_bytes())
        writer.manifest({"version": VERSION, "schema": revision, "at": at, "rows": rows, "files": files})
    return Archived(rows, files, at)


def restore(database_url: str, data: Path, source: Path, passphrase: str = "") -> Archived:
    """Fill an empty place from *source* and freeze its letters; the last step, the rows, is what makes it a house.

    The rows go into the schema that they were written for, which is then brought up to date, in one transaction.
    Raises NotEmpty, KeysInTheWay, ArchiveDamaged, ArchiveNewer, PassphraseMissing, PassphraseWrong, and leaves an
    empty place then.
    """
    database = Database(database_url)
    try:
        with restoring(data, database) as half:
            _require_empty(database, data)
            manifest = _unpacked(source, half.folder, passphrase)
            half.lay()
            with database.writing() as conn:
                _fill(database, conn, half.folder / "tables", str(manifest["schema"]))
    finally:
        database.dispose()
    return Archived(int(manifest["rows"]), int(manifest["files"]), str(manifest["at"]))


# --- writing --------------------------------------------------------------------------------------------------------


class _Writer:
    """Puts members into a tar and remembers their hashes."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members: dict[str, str] = {}

    def table(self, conn: Connection, table: Table) -> int:
        """Write the rows of *table* and return how many."""
        count = 0
        key = list(table.primary_key.columns) or list(table.c)
        rows = conn.execute(select(table).order_by(*key), execution_options={"yield_per": 1_000})
        with tempfile.TemporaryFile() as lines:  # without a name: nothing is left of it, whatever happens
            for row in rows.mappings():
                lines.write((json.dumps(dict(row), ensure_ascii=False, default=_plain) + "\n").encode())
                count += 1
            lines.seek(0)
            self.stream(f"tables/{table.name}.jsonl", lines)
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


def _unpacked(source: Path, folder: Path, passphrase: str) -> dict[str, Any]:
    """Unpack *source* into *folder* and return its manifest, every member compared with it."""
    try:
        with source.open("rb") as raw:
            _unpack(raw, folder, passphrase)
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
        members = dict(manifest["members"])
    except _NO_ARCHIVE as why:
        raise ArchiveDamaged(what=str(why)) from why
    for name, digest in members.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise ArchiveDamaged(what=name)
    if manifest.get("version") != VERSION or KEYS not in members:
        raise ArchiveDamaged(what=f"version {manifest.get('version')}")
    return manifest


def _unpack(raw: IO[bytes], folder: Path, passphrase: str) -> None:
    stream = raw
    if is_sealed(raw):
        if not passphrase:
            raise PassphraseMissing()
        stream = io.BufferedReader(Opening(raw, passphrase), CHUNK)
    with gzip.GzipFile(fileobj=stream, mode="rb") as packed:
        with tarfile.open(fileobj=packed, mode="r|") as tar:
            tar.extractall(folder, filter="data")
        while packed.read(CHUNK):  # up to its very end: a cut archive is none
            pass
    if stream.read(1):
        raise ArchiveDamaged(what="more than an archive")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _require_empty(database: Database, data: Path) -> None:
    if database.is_filled():
        raise NotEmpty()
    if (data / KEYS).exists():
        raise KeysInTheWay(folder=str(data))


def _fill(database: Database, conn: Connection, folder: Path, schema: str) -> None:
    """Write the rows into the schema that they come from, and bring it up to date."""
    try:
        database.upgrade(conn, schema)
    except SchemaUnknown:
        raise ArchiveNewer(schema=schema) from None
    tables = list(tables_there(conn))
    _clear_seeded(conn, [table for table in tables if (folder / f"{table.name}.jsonl").is_file()])
    for table in tables:
        path = folder / f"{table.name}.jsonl"
        if not path.is_file():
            continue  # a table that alembic or the database keeps for itself
        if table.name == timekeeping.name:
            continue  # the house that it came from may live on, beside this one in Prefect: they are two houses
        if table.name == units.name:  # parents first; whom a unit was merged into may come later
            rows = sorted(rows_of(table, path), key=lambda row: str(row["path"]))
            for row in rows:
                conn.execute(insert(table), row | {"successor_id": None})
            for row in rows:
                conn.execute(update(table).where(table.c.id == row["id"]).values(successor_id=row["successor_id"]))
            continue
        batch: list[dict[str, Any]] = []
        for row in rows_of(table, path):
            batch.append(row)
            if len(batch) == AT_ONCE:
                conn.execute(insert(table), batch)
                batch = []
        if batch:
            conn.execute(insert(table), batch)
    database.upgrade(conn)
    _freeze(conn)


def _clear_seeded(conn: Connection, tables: Sequence[Table]) -> None:
    """Take away what the schema itself laid down (the shipped roles): the archive has these rows as they became."""
    for table in reversed(tables):
        if conn.execute(select(table).limit(1)).first() is not None:
            conn.execute(delete(table))


def tables_there(conn: Connection) -> Iterator[Table]:
    """Yield the tables as they are now, what others refer to first; columns that we still have keep our types."""
    found = inspect(conn)
    for name, _ in found.get_sorted_table_and_fkc_names():
        if name is None:
            continue
        ours = metadata.tables.get(name)
        yield Table(
            name,
            MetaData(),
            *(
                Column(
                    one["name"], ours.c[one["name"]].type if ours is not None and one["name"] in ours.c else one["type"]
                )
                for one in found.get_columns(name)
            ),
        )


def rows_of(table: Table, path: Path) -> Iterator[dict[str, Any]]:
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
    if isinstance(kind, Money):
        return Decimal(value)
    return value if isinstance(value, str | int | float) else canonical(value)  # a document in a column of the past


def _freeze(conn: Connection) -> None:
    version = conn.scalar(select(func.max(settings.c.version)).where(settings.c.name == FROZEN)) or 0
    now = datetime.now(UTC)
    frozen = {"name": FROZEN, "version": version + 1, "valid_from": now.date(), "body": True, "set_at": now}
    conn.execute(insert(settings), frozen)
