"""Inserting what may be there already: the same statement on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, *unique: str) -> Any:
    """Return an INSERT that passes over rows whose *unique* columns are taken; SQLAlchemy types it per dialect.

    Without *unique* it passes over rows that any key of the table keeps out.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing(index_elements=unique or None)
