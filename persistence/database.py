"""The one place where transactions begin and end, on SQLite and on PostgreSQL.

Nobody else commits. SQLite is driven by hand (the driver's own idea of transactions is switched off): a reader begins
deferred and sees one snapshot, a writer takes the write lock at its first breath, so that it can never lose it halfway.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from cases.refusals import CaseError
from cases.search_words import normal
from persistence.durable import is_full
from persistence.searching import SQLITE_NAME

BUSY_SECONDS = 5.0  # how long SQLite, and a thread before it, waits for the write lock
PAUSES = (0.05, 0.2, 0.8)  # seconds between attempts to begin
MIGRATION_LOCK = 7_302_415  # any number, the same in every process

SQLITE_TRANSIENT = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN"}
SQLITE_NO_ROOM = {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"}  # the second: no room for the index beside the log
POSTGRES_TRANSIENT = ("08", "40", "53", "55P03", "57P")  # connection, rollback, resources, lock, shutdown


class DatabaseBusy(CaseError):
    """The database could not be reached, or not in time; nothing was acknowledged, the same act may be sent again."""

    code = "database_busy"


class DiskFull(DatabaseBusy):
    """There is no room left on the disk; nothing was kept, the same may be sent again once there is."""

    code = "disk_full"


class SchemaUnknown(Exception):
    """A revision of the schema that this version does not know."""


class Database:
    """A database by URL: ``sqlite:////path/to/file`` or ``postgresql+psycopg://…``; thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        if self._url.drivername == "postgresql":
            self._url = self._url.set(drivername="postgresql+psycopg")
        self.dialect = self._url.get_backend_name()
        self._turn = threading.Lock()  # threads queue here instead of polling SQLite's lock
        self._readers, self._writers = self._sqlite() if self.dialect == "sqlite" else self._postgresql()
        self._begin_words = (
            {self._readers: "BEGIN", self._writers: "BEGIN IMMEDIATE"} if self.dialect == "sqlite" else {}
        )

    @property
    def url(self) -> str:
        """Where the database is, with its password: for another connection of the same house."""
        return self._url.render_as_string(hide_password=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent snapshot and cannot write. Raises DatabaseBusy."""
        with self._begun(self._readers) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose work is committed on leaving and undone by an exception. Raises DatabaseBusy.

        After DatabaseBusy at the commit itself the outcome is unknown: repeat with the same idempotency key.
        """
        with self._one_writer(), self._begun(self._writers) as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema to the newest revision; several processes may do so at once, one does the work."""
        with self.writing() as connection:
            if self.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            command.upgrade(alembic_config(connection), "head")

    def upgrade(self, connection: Connection, revision: str = "head") -> None:
        """Bring the schema to *revision* in the transaction of *connection*. Raises SchemaUnknown."""
        config = alembic_config(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if revision not in known | {"head"}:
            raise SchemaUnknown(revision)
        command.upgrade(config, revision)

    def is_filled(self) -> bool:
        """Whether a house is in it; one that is not there yet is not made by asking. Raises DatabaseBusy."""
        if self.dialect == "sqlite" and not Path(str(self._url.database)).exists():
            return False
        with self.reading() as connection:
            return inspect(connection).has_table("cases") and bool(
                connection.scalar(text("SELECT count(*) FROM (SELECT id FROM cases LIMIT 1) AS one"))
            )

    def dispose(self) -> None:
        """Close every connection of the pools."""
        self._readers.dispose()
        self._writers.dispose()

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if self.dialect != "sqlite":
            yield
            return
        if not self._turn.acquire(timeout=2 * BUSY_SECONDS):
            raise DatabaseBusy()
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[Connection]:
        connection = _begin(engine, self._begin_words.get(engine))
        try:
            with connection:
                yield connection
                connection.commit()
        except DBAPIError as error:
            if _is_full(error.orig):
                raise DiskFull() from error
            if error.connection_invalidated or _is_transient(error.orig):
                raise DatabaseBusy() from error
            raise

    def _sqlite(self) -> tuple[Engine, Engine]:
        if self._url.database in (None, "", ":memory:"):
            raise ValueError("a database in memory is lost with its first connection: name a file")
        return _sqlite_engine(self._url, query_only=True), _sqlite_engine(self._url)

    def _postgresql(self) -> tuple[Engine, Engine]:
        engine = create_engine(
            self._url, pool_pre_ping=True, pool_size=10, max_overflow=10, pool_timeout=BUSY_SECONDS,
            connect_args={"options": "-c jit=off"},  # compiling the figures took two seconds, running them half of one
        )  # fmt: skip
        readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return readers, engine.execution_options(isolation_level="READ COMMITTED")


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for work on *connection*; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", "persistence:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _begin(engine: Engine, words: str | None) -> Connection:
    """Return a connection in a transaction, begun with *words* where the driver begins nothing on its own."""
    for pause in (*PAUSES, None):
        connection: Connection | None = None
        try:
            connection = engine.connect()
            connection.begin()
            if (
                words is not None
            ):  # not as an event "begin": with one, every statement pays for events that nobody hears
                connection.connection.cursor().execute(words)
            return connection
        except (OperationalError, sqlite3.OperationalError, TimeoutError) as error:
            if connection is not None:
                connection.close()
            if pause is None or isinstance(error, TimeoutError):
                raise DatabaseBusy() from error
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _sqlite_engine(url: Any, *, query_only: bool = False) -> Engine:
    engine = create_engine(url, pool_size=10, max_overflow=20, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing on its own
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.create_function(SQLITE_NAME, 1, normal, deterministic=True)
        connection.execute("PRAGMA recursive_triggers = ON")  # else INSERT OR REPLACE deletes past the ledger's guard
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    return engine


def _is_full(error: BaseException | None) -> bool:
    full = getattr(error, "sqlite_errorname", None) in SQLITE_NO_ROOM or getattr(error, "sqlstate", None) == "53100"
    return full or is_full(error)


def _is_transient(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "") or ""
        return any(name == known or name.startswith(known + "_") for known in SQLITE_TRANSIENT)
    state = getattr(error, "sqlstate", None)
    if state is None:
        return type(error).__name__ in {"OperationalError", "AdminShutdown"}  # psycopg: the server went away
    return str(state).startswith(POSTGRES_TRANSIENT)
