"""Files of strangers are read beside everybody else: while they are, a served house answers others as ever."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from sqlalchemy import select

from cases.evidence_facts import ReadState
from persistence.tables import evidence_texts
from tests.documents.files import ledger
from tests.faults.houses import House
from tests.faults.people import Served, serve
from tests.faults.rounds import Ground
from tests.support import bombs
from tests.support.evidence_files import xlsx
from tests.support.waiting import wait_until
from xiaohao.demonstration import demo_users

PATIENT = 120.0  # seconds
FINDING = "XC2026-001-005"
USERS = {user.login: user for user in demo_users()}
BRACKETS = "（" * 12_000  # 7 KB as a workbook, once 26 seconds for everybody
HEADINGS = ("付款日期", "金额", "收款方", "用途", "凭证号")


def token(login: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {USERS[login].token}"}


def signed_in(port: int, login: str) -> httpx.Client:
    """Return the browser of *login*, its token in every form."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENT)

    def csrf(page: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', client.get(page).text)
        assert found
        return found[1]

    form = {"csrf": csrf("/sign-in"), "login": login, "password": USERS[login].password}
    assert client.post("/sign-in", data=form, headers={"Origin": f"http://127.0.0.1:{port}"}).status_code == 303
    client.headers["X-CSRF-Token"] = csrf("/password")
    return client


@dataclass
class Looks:
    """What somebody else, who reads his list over and over, was answered, and from when to when he waited."""

    seen: list[tuple[float, float, int]] = field(default_factory=list)

    def inside(self, began: float, ended: float) -> int:
        """Return how many answers were asked for and came in that time."""
        return sum(began <= asked and came <= ended for asked, came, _ in self.seen)


@contextmanager
def somebody_else(port: int) -> Iterator[Looks]:
    looks, over = Looks(), threading.Event()

    def look() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENT) as client:
            while not over.wait(0.02):
                for path in ("/healthz", "/api/v1/findings"):
                    asked = time.monotonic()
                    status = client.get(path, headers=token("signer1")).status_code
                    looks.seen.append((asked, time.monotonic(), status))

    with ThreadPoolExecutor(1) as person:
        looking = person.submit(look)
        try:
            yield looks
        finally:
            over.set()
            looking.result()


@dataclass
class Reading:
    """A file that was given to the house: what came of it, and from when to when it took."""

    status: int
    began: float
    ended: float


def preview(client: httpx.Client, path: str, content: bytes) -> Reading:
    began = time.monotonic()
    answer = client.post(path, data={"unit": "江夏国资集团"}, files={"file": ("表.xlsx", content)})
    return Reading(answer.status_code, began, time.monotonic())


@pytest.fixture(scope="module")
def house(ground: Ground) -> Iterator[tuple[House, Served]]:
    made = ground.house("demo")
    running = serve(made)
    running.wait()
    yield made, running
    running.child.kill()


@pytest.mark.slow
@pytest.mark.xdist_group("strangers' files")
def test_while_files_are_read_for_some_others_are_answered(house: tuple[House, Served]) -> None:
    _, running = house
    row = ("2026-03-02", "12万元", "某公司", "办公用品" * 20, "记-3")
    found = ("追缴" * 40, "财务处", "2025年6月底前")
    given = [
        ("u11handler", "/registers/payment/import/preview", xlsx([HEADINGS, [BRACKETS] * 5])),
        ("u11handler", "/registers/payment/import/preview", xlsx([HEADINGS, *[row] * 2_000])),
        ("office1", "/import/preview", ledger((1, BRACKETS, BRACKETS, BRACKETS, BRACKETS))),
        ("office1", "/import/preview", ledger(*((n, f"租金{n}未收", *found) for n in range(800)))),
    ]  # fmt: skip
    clients = [signed_in(running.port, login) for login, _, _ in given]

    with somebody_else(running.port) as looks, ThreadPoolExecutor(len(given)) as strangers:
        readings = list(strangers.map(preview, clients, [path for _, path, _ in given], [file for _, _, file in given]))

    assert {one.status for one in readings} <= {200, 422}  # read, or refused with a sentence
    assert {status for _, _, status in looks.seen} == {200}
    for one in readings:
        assert looks.inside(one.began, one.ended) >= 3
    for client in clients:
        client.close()


@pytest.mark.slow
@pytest.mark.xdist_group("strangers' files")
def test_bombs_as_evidence_are_marked_one_by_one_and_hold_up_nobody(house: tuple[House, Served]) -> None:
    made, running = house
    files = {name: bombs.COUNTED[name](size) for name, size in (("a.zip", 320), ("a.docx", 320), ("a.png", 81))}
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{running.port}/api/v1", timeout=PATIENT) as unit,
        somebody_else(running.port) as looks,
    ):
        unit.headers.update(token("u11handler"))
        kept = []
        for name, content in files.items():
            answer = unit.post("/evidence", files={"file": (name, content)}, headers={"Idempotency-Key": name})
            assert answer.status_code == 201, answer.text
            kept.append(answer.json())
        report = {"data": {"text": "本周进展，凭证已核对入账", "percent": 50}, "attachments": kept}
        path = f"/findings/{FINDING}/acts/report_progress"
        assert unit.post(path, json=report, headers={"Idempotency-Key": "bombs"}).status_code == 200

        def marks() -> list[tuple[str, str]]:
            query = select(evidence_texts.c.state, evidence_texts.c.reason)
            asked = made.ask(query.where(evidence_texts.c.sha256.in_([one["sha256"] for one in kept])))
            return sorted((row.state, row.reason) for row in asked)

        assert wait_until(lambda: all(state != ReadState.WAITING for state, _ in marks()), within=PATIENT)

    refused = ["picture_too_large", "unpacks_too_large", "unpacks_too_large"]
    assert marks() == [(ReadState.REFUSED, reason) for reason in refused]
    assert {status for _, _, status in looks.seen} == {200}
