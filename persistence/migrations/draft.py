"""Writes the next revision: ``python -m persistence.migrations.draft 0003 "what changed"``.

For whoever changes tables.py: it holds what the tables have and the revisions before have not. Our column types are
written as the plain types under them, so that a revision never changes with the code. Read it before committing it.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import TypeDecorator

from persistence.database import Database, alembic_config


def draft(revision: str, message: str) -> None:
    """Write ``versions/<revision>_<message>.py`` with what tables.py has and the revisions have not."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'draft.db'}")
        database.migrate()
        with database.writing() as connection:
            command.revision(alembic_config(connection), message, autogenerate=True, rev_id=revision)
        database.dispose()


def plain_type(kind: str, value: Any, _context: object) -> Any:
    """Return how a column of our own types is written in a revision (Alembic's ``render_item``)."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return f"sa.{value.impl_instance!r}"
    return False


if __name__ == "__main__":
    draft(*sys.argv[1:])
