"""The town on a database of each kind, built once per run and copied."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from persistence.database import Database
from tests.support.postgres import PostgresServer
from tests.tasks.town import Town, build, sqlite_copy


@pytest.fixture
def sqlite_town(tmp_path: Path) -> Callable[[], str]:
    return lambda: sqlite_copy(tmp_path)


@pytest.fixture
def postgres_town(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def fresh() -> str:
        made.append(postgres_server.fresh_database(postgres_server.template("town", build)))
        return made[-1]

    yield fresh
    for url in made:
        postgres_server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """The town; the test runs once on SQLite and once on PostgreSQL."""
    database = Database(request.getfixturevalue(f"{request.param}_town")())
    yield Town(database)
    database.dispose()
