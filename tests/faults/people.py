"""People who act over the API of a served house and note what they were told; what they did is counted by its key."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import select

from persistence.tables import ledger
from tests.faults.forks import Child, Kill
from tests.faults.houses import House
from tests.faults.rounds import Verdict
from xiaohao.demonstration import demo_users

WAYS = (  # who reports on what: findings of two units that are being rectified
    ("u11handler", "XC2026-001-005"),
    ("u11handler", "XC2026-001-002"),
    ("u11handler", "XC2026-001-003"),
    ("u12handler", "XC2026-002-001"),
)
GIVE_UP = 90.0  # seconds
NOW_AND_THEN = 0.2  # seconds


@dataclass
class Act:
    """One act that somebody wants done: sent again under its key until it is acknowledged."""

    login: str
    number: str
    key: str
    answers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def acknowledged(self) -> str | None:
        """The answer by which it was acknowledged, None as long as it was not."""
        return next((body for status, body in self.answers if status == 200), None)


def acts(name: str, count: int) -> list[Act]:
    """Return *count* acts, no two with one key."""
    return [Act(*WAYS[n % len(WAYS)], f"{name}-{n:04}") for n in range(count)]


@dataclass
class Served:
    """A house with its pages open on *port*."""

    child: Child
    port: int

    def answers(self) -> bool:
        """Whether somebody answers there."""
        with suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        return False

    def wait(self) -> None:
        """Wait until it answers. Raises TimeoutError."""
        until = time.monotonic() + GIVE_UP
        while not self.answers():
            if not self.child.runs():
                raise RuntimeError(f"serve ended: {self.child.said()[-400:]}")
            if time.monotonic() > until:
                raise TimeoutError("serve does not answer")
            time.sleep(0.1)


def serve(house: House, *, kill: Kill | None = None, more: Sequence[str] = ("--no-prefect",), port: int = 0) -> Served:
    """Start to serve *house*, on a free port unless one is given; wait for it yourself."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    return Served(house.start("serve", "--port", str(port), *more, kill=kill), port)


def send(act: Act, port: int) -> None:
    """Send the act once and note the answer; a line that breaks answers nothing."""
    token = {user.login: user.token for user in demo_users()}[act.login]
    headers: Mapping[str, str] = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": act.key,
        "Content-Type": "application/json",
    }
    body = json.dumps({"data": {"text": f"本周进展，凭证已核对入账：{act.key}", "percent": 50}}).encode()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("POST", f"/api/v1/findings/{act.number}/acts/report_progress", body, headers)
        answer = line.getresponse()
        words = answer.read().decode()
        if answer.status == 503 and not answer.getheader("Retry-After"):
            words = "503 without Retry-After"
            act.answers.append((500, words))
        else:
            act.answers.append((answer.status, words))
    except (OSError, http.client.HTTPException):
        act.answers.append((0, ""))
    finally:
        line.close()


def send_all(wanted: Sequence[Act], ports: Sequence[int], *, clients: int = 4, once: bool = False) -> None:
    """Let *clients* people send what is not acknowledged yet, until it is, or each act once."""
    waiting = list(wanted)
    until = time.monotonic() + GIVE_UP
    lock = threading.Lock()

    def person(place: int) -> None:
        while time.monotonic() < until:
            with lock:
                if not waiting:
                    return
                act = waiting.pop(0)
            send(act, ports[place % len(ports)])
            if once or act.answers[-1][0] == 200:
                continue
            with lock:
                waiting.append(act)
            time.sleep(NOW_AND_THEN)

    people = [threading.Thread(target=person, args=(place,), daemon=True) for place in range(clients)]
    for one in people:
        one.start()
    for one in people:
        one.join(GIVE_UP + 70)


def count(house: House, wanted: Sequence[Act], verdict: Verdict, when: str) -> None:
    """Compare what people were told with what the ledger holds: each acknowledged act once, no act twice."""
    bodies = [row.body for row in house.ask(select(ledger.c.body).where(ledger.c.event == "ProgressReported"))]
    times = {act.key: sum(act.key in body for body in bodies) for act in wanted}
    lost = [act.key for act in wanted if act.acknowledged is not None and times[act.key] == 0]
    doubled = [act.key for act in wanted if times[act.key] > 1]
    strange = sorted({status for act in wanted for status, _ in act.answers} - {0, 200, 503, 409})
    differing = [act.key for act in wanted if len({body for status, body in act.answers if status == 200}) > 1]
    verdict.acknowledged += sum(act.acknowledged is not None for act in wanted)
    verdict.lost += len(lost)
    verdict.doubled += len(doubled)
    verdict.expect(not lost, f"{when}: acknowledged and lost: {lost}")
    verdict.expect(not doubled, f"{when}: done twice: {doubled}")
    verdict.expect(not differing, f"{when}: another answer to the same key: {differing}")
    said = [body[:200] for act in wanted for status, body in act.answers if status in strange][:2]
    verdict.expect(not strange, f"{when}: answers {strange}: {said}")
    unheard = [act.key for act in wanted if act.acknowledged is None]
    verdict.expect(not unheard, f"{when}: never acknowledged: {unheard}")
