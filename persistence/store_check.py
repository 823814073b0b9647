"""Asks the store itself whether it is whole: SQLite checks its pages, PostgreSQL says what it has noticed."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from persistence.database import Database

NAMED = 20  # of one kind


def damage(database: Database) -> list[str]:
    """Return what the store complains of; empty means that it is whole. A store that cannot answer is damaged."""
    ask: Callable[[Connection], Iterator[str]] = _sqlite if database.dialect == "sqlite" else _postgresql
    try:
        with database.reading() as connection:
            return list(ask(connection))
    except DBAPIError as why:
        return [_said(why)]


def _said(why: DBAPIError) -> str:
    return str(why.orig).strip().splitlines()[0] if str(why.orig).strip() else type(why).__name__


def _sqlite(connection: Connection) -> Iterator[str]:
    try:
        for (said,) in connection.execute(text(f"PRAGMA integrity_check({NAMED})")):
            if said != "ok":
                yield str(said)
        for broken in connection.execute(text("PRAGMA foreign_key_check")).fetchmany(NAMED):
            yield f"foreign key: {broken[0]} row {broken[1]} names no {broken[2]}"
    except DBAPIError as why:
        yield _said(why)


def _postgresql(connection: Connection) -> Iterator[str]:
    failures = text("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()")
    if found := connection.scalar(failures):
        yield f"{found} pages whose checksum failed"
    invalid = text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)")
    yield from (f"index {name} is not valid" for name in connection.scalars(invalid).fetchmany(NAMED))
    unproved = text("SELECT conname FROM pg_constraint WHERE NOT convalidated")
    yield from (f"constraint {name} is not valid" for name in connection.scalars(unproved).fetchmany(NAMED))
    if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")):
        own = text(
            "SELECT c.oid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.amname = 'btree' AND n.nspname = current_schema()"
        )
        for oid in connection.scalars(own).all():
            connection.execute(text("SELECT bt_index_check(CAST(:oid AS oid)::regclass)"), {"oid": oid})
