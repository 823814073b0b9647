"""Prefect beside the house, for real: its flows patrol, its API knows them, and nothing is left when it ends."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from persistence.database import Database
from persistence.seal import Keyring
from persistence.tables import patrol_runs
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.office import Office
from workflows.heartbeat import prefect_is_alive
from workflows.prefect_child import House, PrefectChild, end_left_behind

WITHIN = 300.0  # seconds; 30 on a quiet machine


def wait_for(happened: Callable[[], bool], within: float = WITHIN) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if happened():
            return True
        time.sleep(0.5)
    return False


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_prefect_patrols_and_goes_with_the_house(tmp_path: Path) -> None:
    every_act()
    url = f"sqlite:///{tmp_path / 'house.sqlite'}"
    office = Office(Database(url), Keyring.read(tmp_path / "keys.json"))
    begin(office)
    child = PrefectChild(House(tmp_path, url))

    def runs() -> list[Any]:
        with office.read() as conn:
            return list(conn.execute(select(patrol_runs).where(patrol_runs.c.ended_at.is_not(None))))

    child.start()
    try:
        assert wait_for(lambda: bool(runs()))
        row = runs()[0]
        assert (row.woken_by, row.error) == ("prefect", None)
        with urllib.request.urlopen(f"{child.api_url}/flow_runs/{row.flow_run}") as answer:
            assert json.load(answer)["parameters"] == {"name": row.name}
        with urllib.request.urlopen(f"{child.ui_url}/") as page:
            assert b"<html" in page.read()
        with office.read() as conn:
            assert prefect_is_alive(conn, office.now())
        pids = [json.loads(path.read_text())["pid"] for path in (tmp_path / "prefect").glob("*.pid.json")]
        assert len(pids) == 2
    finally:
        child.stop()

    assert not any(lives(pid) for pid in pids)
    assert not list((tmp_path / "prefect").glob("*.pid.json"))


def test_what_a_killed_house_left_behind_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    orphan = subprocess.Popen(command, start_new_session=True)
    pid_file = tmp_path / "server.pid.json"
    pid_file.write_text(json.dumps({"pid": orphan.pid, "command": command}))
    assert wait_for(lambda: b"sleep" in Path(f"/proc/{orphan.pid}/cmdline").read_bytes(), 5)

    assert end_left_behind(pid_file)

    orphan.wait(5)
    assert not pid_file.exists()


def test_another_process_under_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    pid_file = tmp_path / "server.pid.json"
    pid_file.write_text(json.dumps({"pid": os.getpid(), "command": ["prefect", "server", "start"]}))

    assert not end_left_behind(pid_file)

    assert not pid_file.exists()


@pytest.mark.parametrize("text", ["", "{}", "no json", '{"pid": 4194304, "command": []}'])
def test_a_pid_file_that_says_nothing_is_passed_over(tmp_path: Path, text: str) -> None:
    pid_file = tmp_path / "server.pid.json"
    pid_file.write_text(text)

    assert not end_left_behind(pid_file)
