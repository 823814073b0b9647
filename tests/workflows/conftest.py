"""The town of tests/tasks, on SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.database import Database
from tests.tasks.town import Town, build


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    url = f"sqlite:///{tmp_path / 'town.sqlite'}"
    build(url)
    database = Database(url)
    yield Town(database)
    database.dispose()
