"""A migrated database of each kind; the store tests run on both."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from persistence.database import Database
from persistence.seal import Keyring
from tests.support.postgres import PostgresServer


def migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Callable[[], str]:
    def fresh() -> str:
        return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'store.db')}"

    return fresh


@pytest.fixture
def postgres_store(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def fresh() -> str:
        made.append(postgres_server.fresh_database(postgres_server.template("migrated", migrate)))
        return made[-1]

    yield fresh
    for url in made:
        postgres_server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty, migrated database; the test runs once on SQLite and once on PostgreSQL."""
    database = Database(request.getfixturevalue(f"{request.param}_store")())
    yield database
    database.dispose()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.fresh()
