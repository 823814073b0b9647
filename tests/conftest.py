"""What every test may ask for by name. Servers start when the first test needs them and are shared by all workers.

A machine without PostgreSQL or Chromium skips those tests, and says which package is missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.faults.forks import Forks
from tests.faults.rounds import Ground
from tests.support import browser as chromium
from tests.support import city as cities
from tests.support import mail, postgres
from tests.support.budgets import Spent
from tests.support.city import City
from tests.support.compiled_once import share_compiled
from tests.support.memory_disk import files_kept_there

# A loaded machine is no bug: speed is measured by `make bench` as ratios, never by a test.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

share_compiled()

SUPPORT_OF_MARK = {
    "postgres": {"postgres_server", "postgres_url"},
    "browser": {"chromium_browser", "visits", "page"},
}


WALKS = {"journeys", "command", "faults"}  # kinds of tests of which each takes long

LONGEST_NAME = 40  # characters of a value that may stand in the name of a test


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test after its argument where the value is long.

    Seals and signatures are random, and all workers of a run must find the same tests.
    """
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


def pytest_configure(config: pytest.Config) -> None:
    """Add up seconds of work by kind of test, once per run; keep its files where that is quick."""
    files = ExitStack()
    config.add_cleanup(files.close)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        files.enter_context(files_kept_there())
        config.pluginmanager.register(Spent(), "spent")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the servers that they ask for, so that `make check` can leave them out.

    Tests in a browser stay together by module on one worker, so that each module starts Chromium once; those with a
    Prefect stay on one, since a server of it is a load of its own. What stays together comes first, the longest waits
    before all, so that no worker is left alone with it at the end.
    """
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        for mark, fixtures in SUPPORT_OF_MARK.items():
            if asked & fixtures:
                item.add_marker(mark)
        if item.path.parent.name == "workflows":
            item.add_marker(pytest.mark.xdist_group("prefect"))
        elif item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group(item.path.name))
    items.sort(key=_place_in_line)  # stable: otherwise as they were found


def _place_in_line(item: pytest.Item) -> int:
    """Prefect's tests wait for its timetable, so they come first; then what is long, then the many small ones."""
    group = item.get_closest_marker("xdist_group")
    if group and "prefect" in group.args:
        return 0
    return 1 if group or item.path.parent.name in WALKS else 2


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Callable[[], str]:
    """A factory of fresh, empty SQLite databases: each call returns the URL of another one."""
    made: list[str] = []

    def fresh() -> str:
        made.append(f"sqlite:///{tmp_path}/database-{len(made)}.sqlite")
        return made[-1]

    return fresh


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.PostgresServer]:
    """The PostgreSQL server of this test run, shared by all workers; it can hold templates to clone from."""
    own = tmp_path_factory.getbasetemp()
    meeting_place = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    try:
        server = postgres.serve(meeting_place)
    except postgres.PostgresMissing as missing:
        pytest.skip(str(missing))
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: postgres.PostgresServer) -> Iterator[Callable[[], str]]:
    """A factory of fresh, empty PostgreSQL databases; they are dropped after the test."""
    made: list[str] = []

    def fresh() -> str:
        made.append(postgres_server.fresh_database())
        return made[-1]

    yield fresh
    for url in made:
        postgres_server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, empty database; the test runs once on SQLite and once on PostgreSQL."""
    factory: Callable[[], str] = request.getfixturevalue(f"{'sqlite' if request.param == 'sqlite' else 'postgres'}_url")
    return factory()


@pytest.fixture
def sqlite_city(tmp_path: Path) -> Iterator[Callable[[str], City]]:
    """A factory of cities on SQLite: each call returns another one, at the stage that it names."""
    made: list[City] = []

    def fresh(stage: str) -> City:
        folder = tmp_path / f"city-{len(made)}"
        made.append(cities.open_city(cities.sqlite_copy(folder, stage), folder / "files", now=cities.NOON))
        return made[-1]

    yield fresh
    for city in made:
        untold = city.untold()
        city.office.database.dispose()
        assert untold == [], "every act says in the ledger which rows it wrote"


@pytest.fixture
def postgres_city(postgres_server: postgres.PostgresServer, tmp_path: Path) -> Iterator[Callable[[str], City]]:
    """A factory of cities on PostgreSQL."""
    with ExitStack() as made:

        def fresh(stage: str) -> City:
            folder = tmp_path / stage
            url = made.enter_context(cities.postgres_copy(postgres_server, folder, stage))
            city = cities.open_city(url, folder / "files", now=cities.NOON)
            made.callback(city.office.database.dispose)
            return city

        yield fresh


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def city_at(request: pytest.FixtureRequest) -> Callable[[str], City]:
    """A factory of cities at a stage; the test runs once on SQLite and once on PostgreSQL."""
    factory: Callable[[str], City] = request.getfixturevalue(f"{request.param}_city")
    return factory


@pytest.fixture
def city(city_at: Callable[[str], City]) -> City:
    """The city while three findings are being rectified: one IMMEDIATE, one PHASED, one CONTINUOUS."""
    return city_at("rectifying")


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Houses of their own, with data, processes and ports: a command starts within milliseconds, a house is a copy."""
    with Forks() as forks, Ground(forks, tmp_path_factory.mktemp("ground"), seed=8) as made:
        yield made


@pytest.fixture
def mail_server() -> Iterator[mail.MailServer]:
    """A real SMTP server with STARTTLS and sign-in that keeps what it gets and misbehaves when told to."""
    with mail.mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def chromium_browser() -> Iterator[chromium.Browser]:
    """Chromium, one per test module.

    Not one per run: while Playwright is there, its event loop counts as running in the thread of the tests, so that
    ``asyncio.run`` fails. Tests that need both let a server process or another thread do what is asynchronous.
    """
    try:
        with chromium.browser() as running:
            yield running
    except chromium.BrowserMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def visits(chromium_browser: chromium.Browser) -> Iterator[chromium.Visits]:
    """People with a browser each (``visits.begin()``). The test fails on what their pages complained about."""
    people = chromium.Visits(chromium_browser)
    yield people
    people.end()
    assert people.complaints == []


@pytest.fixture
def page(visits: chromium.Visits) -> chromium.Page:
    """An empty page of one person who reads Chinese."""
    return visits.begin()
