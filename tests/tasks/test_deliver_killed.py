"""kill -9, sleep and slowness in the midst of a delivery repeat no letter that was not in somebody's hands."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from config.policy import NUMBERS
from notifications.letters import shipped_letters
from notifications.smtp import Server
from persistence import outbox
from persistence.database import Database
from persistence.outbox import Owed
from persistence.seal import Keyring
from persistence.tables import outbox as rows
from persistence.tables import settings
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.deliver import House, deliver
from tasks.office import Office
from tests.support.mail import MailServer, Received, Verb

CHECKOUT = Path(__file__).parents[2]
HOUSE = House("https://xiaohao.example.org")
LINES = NUMBERS["letters.lines"]


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    every_act()
    office = Office(Database(database_url), Keyring.make(tmp_path / "keys.json"))
    begin(office)
    yield office
    office.database.dispose()


def owe(office: Office, count: int) -> None:
    """Let *count* people be owed a letter."""
    now, facts = datetime.now(UTC), shipped_letters().sample_of("task_waits")
    letters = [
        Owed(f"letter {n}", "task_waits", "handler", None, facts, now, address=f"officer{n}@linjiang.example")
        for n in range(count)
    ]
    with office.database.writing() as conn:
        outbox.owe(conn, letters, now=now)


def set_number(office: Office, name: str, value: int) -> None:
    row = {"name": name, "version": 1, "valid_from": date(2026, 1, 1), "body": value, "set_at": datetime.now(UTC)}
    with office.database.writing() as conn:
        conn.execute(settings.insert(), row)


def server_of(mail_server: MailServer) -> Server:
    return replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate))


def sender(office: Office, mail_server: MailServer, data: Path) -> "subprocess.Popen[bytes]":
    """Start ``xiaohao deliver`` as an operator would."""
    environment = os.environ | {
        "XIAOHAO_DATABASE_URL": office.database._url.render_as_string(hide_password=False),
        "XIAOHAO_DATA": str(data),
        "XIAOHAO_BASE_URL": HOUSE.base,
        "XIAOHAO_SMTP_URL": f"{mail_server.url}&ca={quote(str(mail_server.certificate))}",
    }
    command = [str(Path(sys.executable).with_name("xiaohao")), "deliver"]
    return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL)


def wait_for(mail_server: MailServer, count: int) -> None:
    patience = time.monotonic() + 60
    while len(mail_server.received) < count:
        assert time.monotonic() < patience, f"{len(mail_server.received)} of {count} letters arrived"
        time.sleep(0.002)


def arrivals(mail_server: MailServer) -> Counter[str]:
    """Return how often each recipient got his letter; the same person, the same Message-ID."""
    ids = {(letter.recipients, letter.message["Message-ID"]) for letter in mail_server.received}
    assert len(ids) == len({recipients for recipients, _ in ids})
    return Counter(letter.recipients[0] for letter in mail_server.received)


def states(office: Office) -> set[str]:
    with office.read() as conn:
        return {row.state for row in outbox.mailbox(conn, limit=1_000)}


def test_a_killed_sender_repeats_at_most_one_letter_for_each_line(
    office: Office, mail_server: MailServer, tmp_path: Path
) -> None:
    owe(office, 200)
    at_work = sender(office, mail_server, tmp_path)
    wait_for(mail_server, 90)
    at_work.send_signal(signal.SIGKILL)
    assert at_work.wait(30) == -signal.SIGKILL
    assert len(mail_server.received) < 200

    later = datetime.now(UTC) + timedelta(seconds=NUMBERS["letters.lease_seconds"] + 1)
    after = Office(office.database, office.keyring, now=lambda: later)
    deliver(after, server_of(mail_server), HOUSE, now=later)

    arrived = arrivals(mail_server)
    twice = sum(count - 1 for count in arrived.values())
    assert len(arrived) == 200
    assert max(arrived.values()) <= 2
    assert twice <= LINES
    assert states(office) == {"sent"}


def test_a_server_that_takes_its_time_gets_nothing_twice(office: Office, mail_server: MailServer) -> None:
    """As with 26 seconds for each letter under a lease of 300: the whole takes longer than a lease, no letter does."""
    owe(office, 40)
    set_number(office, "letters.lease_seconds", 2)
    mail_server.slow_down(0.1)  # four answers a letter; two workers of eight lines need longer than a second in all
    sent: list[int] = []

    def work() -> None:
        worker = Office(office.database, office.keyring)
        patience = time.monotonic() + 60
        while states(office) != {"sent"} and time.monotonic() < patience:
            sent.append(deliver(worker, server_of(mail_server), HOUSE, now=datetime.now(UTC))["sent"])

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert set(arrivals(mail_server).values()) == {1}
    assert sum(sent) == len(mail_server.received) == 40


def test_a_sender_that_slept_past_its_lease_does_not_send_what_another_may_have_taken(
    office: Office, mail_server: MailServer
) -> None:
    owe(office, 1)
    clock = iter([datetime.now(UTC)] * 3)
    woken = datetime.now(UTC) + timedelta(hours=1)
    sleeper = Office(office.database, office.keyring, now=lambda: next(clock, woken))

    counts = deliver(sleeper, server_of(mail_server), HOUSE, now=datetime.now(UTC))

    assert mail_server.received == []
    assert counts["deferred"] == 1


def test_what_the_server_has_taken_is_written_down_before_the_next_letter(
    office: Office, mail_server: MailServer
) -> None:
    owe(office, 30)
    set_number(office, "letters.lines", 1)
    left: list[int] = []
    original = mail_server.received

    class Watched(list[Received]):
        def append(self, letter: Received) -> None:
            with office.read() as conn:
                settled = [row for row in outbox.mailbox(conn, limit=100) if row.state == "sent"]
            left.append(len(self) - len(settled))
            super().append(letter)

    mail_server.received = Watched(original)
    deliver(office, server_of(mail_server), HOUSE, now=datetime.now(UTC))

    assert left == [0] * 30


def test_no_more_letters_are_claimed_than_are_on_a_line(office: Office, mail_server: MailServer) -> None:
    owe(office, 30)
    mail_server.drop_at(Verb.END, times=1_000)
    set_number(office, "letters.lines", 2)

    counts = deliver(office, server_of(mail_server), HOUSE, now=datetime.now(UTC), limit=7)

    with office.read() as conn:
        tried = [row for row in conn.execute(rows.select()) if row.attempts]
    assert len(tried) == 7
    assert counts["unknown"] == 7
