"""A house that is asked to end does so within seconds, whatever is under way; asked twice, at once."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.forks import CHECKOUT
from tests.faults.people import serve
from tests.faults.rounds import Ground
from tests.support.waiting import wait_until
from xiaohao.ending import IN_ORDER, SAME_MOMENT, descendants

SOON = IN_ORDER + 3.0  # seconds, on a machine that runs other tests besides

BUSY = """
import subprocess, sys, threading, time
from xiaohao.ending import Ending
ending = Ending()
ending.listen()
ending.begins_with(lambda: None)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
reader = threading.Thread(target=child.wait)  # as the thread of a request that waits for its reader
reader.start()
print(child.pid, flush=True)
reader.join()
"""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def busy() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, "-c", BUSY], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    yield process
    for pid in (*descendants(process.pid), process.pid):
        if lives(pid):
            os.kill(pid, signal.SIGKILL)
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()


def child_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.mark.slow
def test_what_does_not_end_is_cut_off_with_all_that_it_started(busy: "subprocess.Popen[str]") -> None:
    child = child_of(busy)
    busy.send_signal(signal.SIGTERM)

    assert busy.wait(SOON) == 0
    assert wait_until(lambda: not lives(child), within=5)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_ends_at_once(busy: "subprocess.Popen[str]", second: signal.Signals) -> None:
    child = child_of(busy)
    busy.send_signal(signal.SIGTERM)
    time.sleep(SAME_MOMENT + 0.3)
    busy.send_signal(second)

    assert busy.wait(IN_ORDER - SAME_MOMENT - 0.5) == 128 + second
    assert wait_until(lambda: not lives(child), within=5)


def connections_held(port: int) -> list[socket.socket]:
    """Return connections of clients that have said nothing, half a head, and half a body."""
    beginnings = (
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin=",
    )
    held = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in beginnings]
    for one, beginning in zip(held, beginnings, strict=True):
        one.sendall(beginning)
    return held


@pytest.mark.slow
def test_a_house_ends_within_seconds_though_clients_and_the_mail_server_hang(ground: Ground) -> None:
    house = ground.house("demo")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        house.more = {"XIAOHAO_SMTP_URL": f"smtp://127.0.0.1:{silent.getsockname()[1]}/?starttls=0"}
        running = serve(house)
        running.wait()
        held = connections_held(running.port)
        sender, _ = silent.accept()  # a letter is on its way, and nobody answers it
        began = time.monotonic()
        os.kill(running.child.pid, signal.SIGTERM)

        ended = running.child.wait(30)

        assert time.monotonic() - began < SOON
        assert ended.status == 0, ended.said
        assert "Traceback" not in ended.err
        for one in (*held, sender):
            one.close()


@pytest.mark.slow
def test_a_house_ends_within_seconds_though_a_file_is_read_and_leaves_nobody(ground: Ground) -> None:
    running = serve(ground.house("demo"))
    running.wait()
    assert wait_until(lambda: bool(descendants(running.child.pid)), within=60)  # the evidence of the demonstration
    children = descendants(running.child.pid)
    began = time.monotonic()
    os.kill(running.child.pid, signal.SIGTERM)

    ended = running.child.wait(30)

    assert time.monotonic() - began < SOON
    assert ended.status == 0, ended.said
    assert wait_until(lambda: not any(lives(pid) for pid in children), within=5)


@pytest.mark.long
def test_a_house_ends_within_seconds_with_prefect_beside_it(ground: Ground) -> None:
    house = ground.house("demo")
    running = serve(house, more=())
    running.wait()
    assert wait_until(lambda: (house.data / "prefect" / "flows.pid.json").exists(), within=240)
    children = descendants(running.child.pid)
    began = time.monotonic()
    os.kill(running.child.pid, signal.SIGTERM)

    ended = running.child.wait(30)

    assert time.monotonic() - began < SOON
    assert ended.status == 0, ended.said
    assert wait_until(lambda: not any(lives(pid) for pid in children), within=5)
