"""Letters to a server that takes everything: our delivery beside smtplib with a connection for each letter.

Ours is all of `tasks.deliver`: claim, render, send over a few lines, settle, on SQLite. The other is given the finished
text, builds an `EmailMessage` and sends it. The server runs in a process of its own.
"""

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage

from notifications.letters import message_id, shipped_letters
from notifications.smtp import Server
from persistence import outbox
from persistence.columns import new_id
from persistence.database import Database
from persistence.outbox import Owed
from persistence.seal import Keyring
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.deliver import House, deliver
from tasks.office import Office
from tests.bench.places import Places
from tests.bench.table import Line, interleaved

SECTION = "letters"
LETTERS, ROUNDS, LETTER = 200, 5, "task_waits"


def measure(places: Places) -> Iterator[Line]:
    """Yield the seconds of one letter."""
    every_act()
    office = Office(Database(places.fresh("SQLite")), Keyring.fresh())
    begin(office)
    with _sink() as port:
        server = Server("127.0.0.1", port)
        _ours(office, server)  # templates are read once
        mine, theirs = interleaved(ROUNDS, lambda: _ours(office, server), lambda: _smtplib(port))
    office.database.dispose()
    yield Line(SECTION, "delivery of a letter / smtplib, a connection each", "SQLite", mine, theirs, least=6)


def _ours(office: Office, server: Server) -> float:
    facts, now = shipped_letters().sample_of(LETTER), office.now()
    facts.pop("items", None)
    letters = [
        Owed(f"bench {new_id()}", LETTER, "handler", None, facts, now, address=f"officer{n}@linjiang.example")
        for n in range(LETTERS)
    ]
    with office.database.writing() as conn:
        outbox.owe(conn, letters, now=now)

    began = time.perf_counter()
    counts = deliver(office, server, House(), now=now + timedelta(seconds=1), limit=LETTERS)
    assert counts["sent"] == LETTERS, counts
    return (time.perf_counter() - began) / LETTERS


def _smtplib(port: int) -> float:
    """Send every letter over a connection of its own."""
    few = LETTERS // 4  # it is slow enough to be measured on fewer
    written = shipped_letters().preview(LETTER, "zh")
    began = time.perf_counter()
    for n in range(few):
        message = EmailMessage()
        message["From"], message["To"] = "office@linjiang.example", f"officer{n}@linjiang.example"
        message["Subject"], message["Message-ID"] = written.subject, message_id(n, "linjiang.example")
        message.set_content(written.text)
        message.add_alternative(written.html, subtype="html")
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(message)
    return (time.perf_counter() - began) / few


@contextmanager
def _sink() -> Iterator[int]:
    """Run a server that takes everything and give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    order = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    process = subprocess.Popen(order, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                smtplib.SMTP("127.0.0.1", port).quit()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()
