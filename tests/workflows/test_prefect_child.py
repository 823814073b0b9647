"""Prefect beside the house, for real: its flows patrol, its API knows them, and nothing is left when it ends."""

import fcntl
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workflows import prefect_child
from workflows.prefect_child import House, PrefectChild, end_left_behind, listen_on_loopback
from workflows.prefect_watch import Where

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


def test_houses_that_start_in_the_same_moment_hold_ports_of_their_own() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        wanted = probe.getsockname()[1]
    together = threading.Barrier(8)

    def start(_: int) -> socket.socket:
        together.wait()
        return listen_on_loopback(wanted)

    with ThreadPoolExecutor(8) as houses:
        held = list(houses.map(start, range(8)))

    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    assert len(set(ports)) == 8
    assert ports.count(wanted) == 1


def hold(lock: Path) -> "subprocess.Popen[bytes]":
    """Let another process hold *lock*, and return it."""
    holds = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print(1, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", holds, str(lock)], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
    return process


def is_free(lock: Path) -> bool:
    """Whether nobody holds *lock*."""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_one_process_of_a_data_folder_looks_after_prefect(tmp_path: Path) -> None:
    (tmp_path / "prefect").mkdir()
    first = hold(tmp_path / "prefect" / "lock")
    second = PrefectChild(House(tmp_path, "sqlite://", "0badcafe"))

    second.start()

    assert second.where() == Where(None, "elsewhere")
    second.stop()
    first.kill()
    first.wait(5)
    assert not list((tmp_path / "prefect").glob("*.pid.json"))


def test_the_other_process_of_a_data_folder_takes_over_when_the_first_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefect_child, "TRIES_EVERY", 0.1)
    of_nobody = House(tmp_path, "sqlite://", "0badcafe", "http://127.0.0.1:9/api")  # so that nothing is started
    lock = tmp_path / "prefect" / "lock"
    lock.parent.mkdir()
    first = hold(lock)
    second = PrefectChild(of_nobody)
    second.start()
    first.kill()
    first.wait(5)

    assert wait_for(lambda: not is_free(lock), 5)

    second.stop()
    assert is_free(lock)


def test_a_server_ends_with_its_parent(tmp_path: Path) -> None:
    child = (
        "import os, subprocess, sys; from workflows.parents import VARIABLE;"
        "code = 'import time; from workflows.parents import end_with_parent; end_with_parent(); time.sleep(600)';"
        "one = subprocess.Popen([sys.executable, '-c', code], env={**os.environ, VARIABLE: str(os.getpid())});"
        "print(one.pid, flush=True); one.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    orphan = int(parent.stdout.readline())

    parent.kill()
    parent.wait(5)
    parent.stdout.close()

    assert wait_for(lambda: not lives(orphan), 60)
