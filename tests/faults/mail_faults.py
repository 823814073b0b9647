"""A mail server that goes wrong at one verb in one way, written by hand so that it can say what no library would.

It takes STARTTLS and a sign-in as a real one does, keeps which letters it took and whether it managed to say so, and
behaves again when it is told to.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from tests.support.mail import PASSWORD, USER, certify

VERBS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT", "QUIT")
USUAL = {
    "CONNECT": "220 localhost ESMTP",
    "STARTTLS": "220 2.0.0 ready",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 kept",
    "RSET": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 bye",
}
LONG = 200_000  # bytes of a line


class Way(StrEnum):
    """How it goes wrong."""

    REFUSE = "refuse"
    A421 = "421"
    A450 = "450"
    A452 = "452"
    A550 = "550"
    A530 = "530"
    A535 = "535"
    A552 = "552"
    SLOW = "slow"
    CUT = "cut"
    RESET = "reset"
    GARBAGE = "garbage"
    HALF = "half line"
    LONG = "long line"
    EMPTY = "empty"
    ZERO = "000"
    NINES = "999"
    HANG = "hang"


ANSWERS = {
    Way.REFUSE: "502 5.5.1 not here",
    Way.A421: "421 4.3.2 closing",
    Way.A450: "450 4.2.1 later",
    Way.A452: "452 4.2.2 full",
    Way.A550: "550 5.1.1 nobody",
    Way.A530: "530 5.7.0 sign in first",
    Way.A535: "535 5.7.8 wrong password",
    Way.A552: "552 5.3.4 too large",
    Way.GARBAGE: "\x00\xff\x01 what? 25O OK",
    Way.LONG: "250 " + "x" * LONG,
    Way.EMPTY: "",
    Way.ZERO: "000 nothing",
    Way.NINES: "999 everything",
}


class _HungUp(Exception):
    """The line is gone, by the server's own hand or by the client's."""


@dataclass(frozen=True)
class Taken:
    """A letter that arrived in full; *said* is False when the sender could not learn that it was taken."""

    message_id: str
    said: bool


@dataclass
class MailServer:
    """The server as the harness sees it."""

    certificate: Path
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    verb: str = ""
    way: Way | None = None
    only: str = ""
    """Address to which the fault is confined; empty: everybody."""
    seconds: float = 0.0
    """How long a slow answer takes, and a hanging one at most."""
    before_each: Callable[[int], None] = lambda _count: None
    """Is told the count of letters whenever one was taken and acknowledged."""
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """What stands in XIAOHAO_SMTP_URL."""
        known = f"{quote(USER)}:{quote(PASSWORD)}"
        return f"smtp://{known}@127.0.0.1:{self.port}/?starttls=1&ca={quote(str(self.certificate))}"

    def go_wrong(self, verb: str, way: Way, *, seconds: float, only: str = "") -> None:
        """Go wrong at *verb* from now on."""
        self.verb, self.way, self.seconds, self.only = verb, way, seconds, only

    def behave(self) -> None:
        """Be a good server from now on."""
        self.way = None

    def end(self) -> None:
        """Let go of everybody who still waits."""
        self._ended.set()

    def doubled(self) -> list[str]:
        """Return letters that arrived again although the sender had been told that they were taken."""
        told: set[str] = set()
        again = []
        for one in self.taken:
            if one.message_id in told:
                again.append(one.message_id)
            if one.said:
                told.add(one.message_id)
        return again


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run the server on a free port of the loopback."""
    with TemporaryDirectory(prefix="xiaohao-mail-") as folder, socket.create_server(("127.0.0.1", 0)) as listening:
        server = MailServer(Path(folder, "certificate.pem"))
        certify(server.certificate, Path(folder, "key.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.certificate, Path(folder, "key.pem"))
        server.port = listening.getsockname()[1]
        threading.Thread(target=_listen, args=(server, listening, context), daemon=True).start()
        try:
            yield server
        finally:
            server.end()
            listening.shutdown(socket.SHUT_RDWR)


def _listen(server: MailServer, listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_Conversation(server, line, context).hold, daemon=True).start()


class _Conversation:
    def __init__(self, server: MailServer, line: socket.socket, context: ssl.SSLContext) -> None:
        self._server, self._line, self._context = server, line, context
        self._line.settimeout(60)
        self._read = b""
        self._recipient = ""

    def hold(self) -> None:
        """Speak until one of the two hangs up."""
        with suppress(_HungUp, OSError, ssl.SSLError):
            self._answer("CONNECT")
            while True:
                self._command(self._a_line().decode("latin-1"))
        with suppress(OSError):
            self._line.close()

    def _command(self, words: str) -> None:
        verb = words.split(" ")[0].upper()
        if verb == "EHLO":
            offers = ("AUTH PLAIN LOGIN",) if isinstance(self._line, ssl.SSLSocket) else ("STARTTLS",)
            offered = "".join(f"250-{offer}\r\n" for offer in ("localhost", *offers))
            self._answer("EHLO", offered + "250 SMTPUTF8")
        elif verb == "STARTTLS":
            if self._answer("STARTTLS"):
                self._line = self._context.wrap_socket(self._line, server_side=True)
                self._read = b""
        elif verb == "RCPT":
            self._recipient = words.partition("<")[2].partition(">")[0]
            self._answer("RCPT")
        elif verb == "DATA":
            if self._answer("DATA"):
                self._take()
        elif verb == "AUTH" and words.upper().strip() == "AUTH LOGIN":
            for prompt in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"):
                self._say(prompt)
                self._a_line()
            self._answer("AUTH")
        elif verb in USUAL:
            self._answer(verb)
            if verb == "QUIT":
                raise _HungUp
        else:
            self._say("502 5.5.1 what?")

    def _take(self) -> None:
        while b"\r\n.\r\n" not in self._read:
            self._more()
        text, _, self._read = self._read.partition(b"\r\n.\r\n")
        message_id = str(message_from_bytes(text)["Message-ID"]).strip().strip("<>")
        way = self._fault("DOT")
        with self._server._lock:
            place = len(self._server.taken)
            if way is None or way is Way.SLOW:
                self._server.taken.append(Taken(message_id, said=True))
            elif way not in ANSWERS or way in (Way.GARBAGE, Way.LONG, Way.EMPTY):
                self._server.taken.append(Taken(message_id, said=False))  # kept, but the sender cannot know
        self._answer("DOT")
        self._server.before_each(place + 1)

    def _fault(self, verb: str) -> Way | None:
        server = self._server
        confined = server.only and self._recipient != server.only
        return None if verb != server.verb or confined else server.way

    def _answer(self, verb: str, usual: str = "") -> bool:
        """Answer as usual and return True, or go wrong."""
        usual = usual or USUAL[verb]
        way = self._fault(verb)
        if way is None:
            self._say(usual)
            return True
        if way in (Way.SLOW, Way.HANG):
            self._server._ended.wait(self._server.seconds)
        if way is Way.SLOW:
            self._say(usual)
            return True
        if way is Way.RESET:
            self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if way is Way.HALF:
            self._line.sendall(usual.encode()[:5])
        if way in (Way.CUT, Way.RESET, Way.HALF, Way.HANG) or (way is Way.REFUSE and verb == "CONNECT"):
            raise _HungUp
        self._say(ANSWERS[way])
        if way is Way.A421:
            raise _HungUp
        return False

    def _say(self, words: str) -> None:
        self._line.sendall(words.encode("latin-1") + b"\r\n")

    def _a_line(self) -> bytes:
        while b"\r\n" not in self._read:
            self._more()
        line, _, self._read = self._read.partition(b"\r\n")
        return line

    def _more(self) -> None:
        part = self._line.recv(65_536)
        if not part:
            raise _HungUp
        self._read += part


def wait_for(what: Callable[[], bool], seconds: float) -> bool:
    """Wait until *what* is so, and return whether it came to be."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return what()
