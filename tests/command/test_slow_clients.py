"""Whoever sends byte by byte, says nothing or reads nothing keeps nobody else out, and loses the connection."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.faults.forks import CHECKOUT
from tests.faults.people import Served, serve
from tests.faults.rounds import Ground
from tests.support.serving import served
from tests.support.waiting import PATIENCE, wait_until
from xiaohao.connections import Bounds, bounded
from xiaohao.demonstration import demo_users

CROWD = 300
QUICK = Bounds(8, 6, head_seconds=0.5, body_seconds=0.5, body_bytes_per_second=1 << 20, answer_seconds=0.5)
LONG = 16 << 20  # bytes of an answer; no buffer of the system holds it

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@pytest.fixture(scope="module")
def house(ground: Ground) -> Iterator[Served]:
    running = serve(ground.house("demo"))
    running.wait()
    yield running
    running.child.kill()


BEGINNINGS = {
    "says nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    "half a body": b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100000\r\n\r\nlogin=",
    "reads nothing": b"GET /static/vendor/tabler.min.css HTTP/1.1\r\nHost: a\r\n\r\n" * 16,
}


@contextmanager
def crowd(port: int, beginning: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as open_ones:
        there = []
        for _ in range(CROWD):
            one = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
            one.sendall(beginning)
            there.append(one)
        yield there


def drip(crowd: list[socket.socket]) -> None:
    for one in crowd:
        try:
            one.sendall(b"a")
        except OSError:  # let go of
            continue


def is_served(port: int, path: str, who: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Whether a newcomer from elsewhere gets his answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=("127.0.0.2", 0))
    try:
        line.request("GET", path, headers=who)
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


@pytest.mark.slow
@pytest.mark.xdist_group("slow clients of one house")
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_crowd_that_holds_connections_keeps_nobody_out(house: Served, beginning: bytes) -> None:
    user = demo_users()[0]
    with crowd(house.port, beginning) as there:
        if not beginning.endswith(b"\r\n\r\n"):
            drip(there)

        assert is_served(house.port, "/healthz")
        assert is_served(house.port, "/api/v1/findings", {"Authorization": f"Bearer {user.token}"})


async def _app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer with what came, or with a long answer."""
    if scope["type"] != "http":
        return
    more, size = True, 0
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more, size = message.get("more_body", False), size + len(message.get("body", b""))
    body = b"a" * LONG if scope["path"] == "/long" else str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    for start in range(0, len(body), 1 << 16):
        part = body[start : start + (1 << 16)]
        await send({"type": "http.response.body", "body": part, "more_body": start + len(part) < len(body)})


@pytest.fixture
def small() -> Iterator[int]:
    with served(lambda _: _app, http=bounded(QUICK)) as address:
        port = urlsplit(address).port
        assert port is not None
        yield port


def was_let_go(one: socket.socket, *, dripping: bytes = b"") -> bool:
    """Whether the other end breaks the connection, though something is sent now and then."""

    def is_over() -> bool:
        try:
            if dripping:
                one.sendall(dripping)
                return False
            return one.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    return wait_until(is_over, within=20.0)


@pytest.mark.parametrize(
    ("beginning", "dripping"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"a"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", b"a"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + b"GET / HTTP/1.1\r\nX-Slow: ", b"a"),
    ],
    ids=["silent", "head", "body", "second head"],
)
def test_whoever_sends_no_whole_request_in_time_is_let_go(small: int, beginning: bytes, dripping: bytes) -> None:
    with socket.create_connection(("127.0.0.1", small), timeout=1) as one:
        one.sendall(beginning)

        assert was_let_go(one, dripping=dripping)


def taken_from(one: socket.socket) -> int:
    """Read until the other end has ended the connection, in whatever way; return how many bytes came."""
    taken = 0
    try:
        while part := one.recv(1 << 16):
            taken += len(part)
    except ConnectionResetError:
        pass
    return taken


def test_whoever_reads_nothing_of_an_answer_is_let_go(small: int) -> None:
    with socket.create_connection(("127.0.0.1", small), timeout=1) as one:
        one.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(4 * QUICK.answer_seconds)

        assert taken_from(one) < LONG


def test_a_body_in_time_and_an_answer_that_is_read_are_whole(small: int) -> None:
    body = b"a" * (4 << 20)
    line = http.client.HTTPConnection("127.0.0.1", small, timeout=20)
    line.request("POST", "/", body)
    assert line.getresponse().read() == str(len(body)).encode()
    line.request("GET", "/long")
    assert len(line.getresponse().read()) == LONG
    line.close()


def test_a_newcomer_takes_the_place_of_whoever_waits_longest(small: int) -> None:
    with ExitStack() as open_ones:
        there = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", small), timeout=1))
            for _ in range(QUICK.most_of_one)
        ]
        line = http.client.HTTPConnection("127.0.0.1", small, timeout=5)
        line.request("GET", "/")

        assert line.getresponse().read() == b"0"
        assert was_let_go(there[0])
        line.close()


def test_no_more_connections_are_taken_than_files_may_be_open() -> None:
    bounds = "Bounds(400, 200, 1, 1, 1, 1)"
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 300))\n"
        "from xiaohao.connections import Bounds, within_handles\n"
        f"print(within_handles({bounds}).most, resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=CHECKOUT)

    assert said.stdout.split() == ["150", "300"]
    assert "only 300 files may be open" in said.stderr
