"""The town of tests/tasks, on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.database import Database
from tests.tasks.town import Town, sqlite_copy


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    database = Database(sqlite_copy(tmp_path))
    yield Town(database)
    database.dispose()
