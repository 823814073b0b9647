"""The town on a database of each kind, built once per run and copied."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from persistence.database import Database
from tests.support.postgres import PostgresServer
from tests.tasks.town import Town, build


@pytest.fixture(scope="session")
def town_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("town") / "town.sqlite"
    build(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_town(town_file: Path, tmp_path: Path) -> Callable[[], str]:
    return lambda: f"sqlite:///{shutil.copy(town_file, tmp_path / 'town.sqlite')}"


@pytest.fixture
def postgres_town(postgres_server: PostgresServer, town_file: Path) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def fresh() -> str:
        made.append(postgres_server.fresh_database())
        build(made[-1])  # sealed under keys of this process: no template of another one fits
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
