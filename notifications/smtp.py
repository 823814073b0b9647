"""Letters leave here, over a few connections at once, and each comes back with what became of it.

What the server said decides whether a letter is repeated: 4xx and trouble on the line are put off, 5xx is final, and a
line that is cut after the text was sent leaves the outcome open: the same letter goes again under the same Message-ID.
A line takes one letter at a time and the next one only when it is written down what became of the last: whoever is
killed leaves at most one letter in doubt for each of his lines.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from notifications.letters import Letter

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=4)
_FINAL = range(500, 600)
_LATER = range(400, 500)
_TAKEN = 250
_START_INPUT = 354
_NEEDS_SIGN_IN = 530  # the server's word about us, not about the recipient
_DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
_SWITCH = {"0": False, "1": True}


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken the letter."""

    text: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not sent now, to be tried again; *code* is None for trouble on the line."""

    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server will never take it."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The text was sent and nothing that is a verdict came back: it may have arrived."""

    text: str


Outcome = Sent | Deferred | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to talk to it."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False  # from the first byte
    starttls: bool = False  # required, not merely used where offered
    verify: bool = True
    authorities: str = ""  # PEM file of those who may sign its certificate; the system's when empty

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``smtp://user:password@host:port/?starttls=1&verify=0&ca=path`` or ``smtps://…``.

        Raises ValueError, without the password, for anything else, and for a password that would travel in the clear
        unless the URL says ``starttls=0``.
        """
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise ValueError("a mail server is written as smtp://host:port/ or smtps://host:port/")
        if strange := sorted(asked.keys() - {"starttls", "verify", "ca"}):
            raise ValueError(f"a mail server knows starttls, verify and ca, not {', '.join(strange)}")
        if {asked.get("starttls", "0"), asked.get("verify", "1")} - _SWITCH.keys():
            raise ValueError("starttls and verify of a mail server are 0 or 1")

        tls, starttls = parts.scheme == "smtps", _SWITCH[asked.get("starttls", "0")]
        if tls and starttls:
            raise ValueError("smtps is encrypted from the start; leave starttls out")
        if parts.username and not (tls or starttls or "starttls" in asked):
            raise ValueError("the password would travel in the clear; add starttls=1, or starttls=0 to allow it")
        return cls(
            host=parts.hostname,
            port=parts.port or (587 if starttls else _DEFAULT_PORTS[parts.scheme]),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=starttls,
            verify=_SWITCH[asked.get("verify", "1")],
            authorities=asked.get("ca", ""),
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how its certificate is checked, None where nothing is encrypted. Raises OSError for an absent file."""
        if not (self.tls or self.starttls):
            return None
        context = ssl.create_default_context(cafile=self.authorities or None)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class Errand:
    """A letter in the hands of one line; *is_ours* says whether nobody else may have taken it over meanwhile."""

    place: int  # the carrier's own name of it
    letter: Letter
    is_ours: Callable[[], bool] = lambda: True


class Postbag(Protocol):
    """Hands letters to the lines one by one, and keeps what became of each before it gives the next one."""

    async def first(self) -> Errand | None:
        """Return a letter to send; None when none is left."""

    async def next(self, errand: Errand, outcome: Outcome) -> Errand | None:
        """Keep what became of *errand*, and return another letter to send; None when none is left."""

    async def last(self, errand: Errand, outcome: Outcome) -> None:
        """Keep what became of *errand*; this line takes no more."""


async def carry_all(bag: Postbag, server: Server, *, lines: int, timeout: float = 30) -> Deferred | None:
    """Send what *bag* holds over so many *lines*; trouble is an outcome and never raised.

    *timeout* is in seconds, for each answer of the server. A server that cannot be reached is tried once by each line,
    not once for each letter; return that trouble when some line met it.
    """
    try:
        context = server.tls_context()
    except OSError as wrong:
        return Deferred(None, f"certificates of the mail server: {wrong}")

    async with asyncio.TaskGroup() as group:
        at_work = [group.create_task(_Line(server, context, timeout).carry(bag)) for _ in range(lines)]
    return next((trouble for line in at_work if (trouble := line.result()) is not None), None)


async def send_all(
    letters: Sequence[Letter], server: Server, *, connections: int = 8, timeout: float = 30
) -> list[Outcome]:
    """Send *letters* and return what became of each, in their order; trouble is an outcome and never raised."""
    batch = _Batch(letters)
    trouble = await carry_all(batch, server, lines=min(connections, len(letters)), timeout=timeout)
    return batch.outcomes(trouble or Deferred(None, "not tried"))


def backoff(attempt: int, rng: Random) -> timedelta:
    """Return how long to wait after the *attempt*-th failure (from 1): doubled each time, half of it by chance.

    From half a minute to four hours; chance keeps a thousand letters from knocking at the same second.
    """
    doublings = min(max(attempt, 1) - 1, 16)
    longest = min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
    return longest / 2 + longest / 2 * rng.random()


class _Batch:
    """A postbag that is a list; outcomes by their place."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        self._waiting = deque(Errand(place, letter) for place, letter in enumerate(letters))
        self._outcomes: dict[int, Outcome] = {}
        self._count = len(letters)

    async def first(self) -> Errand | None:
        return self._waiting.popleft() if self._waiting else None

    async def next(self, errand: Errand, outcome: Outcome) -> Errand | None:
        self._outcomes[errand.place] = outcome
        return await self.first()

    async def last(self, errand: Errand, outcome: Outcome) -> None:
        self._outcomes[errand.place] = outcome

    def outcomes(self, otherwise: Outcome) -> list[Outcome]:
        return [self._outcomes.get(place, otherwise) for place in range(self._count)]


class _Line:
    """One connection, opened when needed and opened again when it breaks."""

    def __init__(self, server: Server, context: ssl.SSLContext | None, timeout: float) -> None:
        self._smtp = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls,
            start_tls=server.starttls,
            tls_context=context,
            username=server.user or None,
            password=server.password or None,
            timeout=timeout,
            local_hostname="localhost",  # else the name is looked up, which can take seconds
        )

    async def carry(self, bag: Postbag) -> Deferred | None:
        """Send until nothing waits; return the trouble when the server cannot be reached: the rest is for others."""
        if trouble := await self._connect():
            return trouble
        errand, sent_here = await bag.first(), 0
        while errand is not None:
            if not self._smtp.is_connected:
                sent_here = 0
                if trouble := await self._connect():
                    await bag.last(errand, trouble)
                    return trouble
            outcome = await self._send(errand)

            if sent_here and isinstance(outcome, Deferred) and not self._smtp.is_connected:
                continue  # servers hang up after so many letters; a new line will do
            sent_here += 1
            errand = await bag.next(errand, outcome)
        await self._hang_up()
        return None

    async def _connect(self) -> Deferred | None:
        self._smtp.close()  # a line that the server cut still counts as taken
        try:
            await self._smtp.connect()
        except SMTPResponseException as answer:  # a refused sign-in too is no word about the recipients
            return Deferred(answer.code, _one_line(answer.message))
        except (SMTPException, OSError, ValueError) as trouble:
            return Deferred(None, _one_line(trouble))
        return None

    async def _send(self, errand: Errand) -> Outcome:
        content = errand.letter.content
        try:
            await self._smtp.mail(errand.letter.sender)
            await self._smtp.rcpt(errand.letter.recipient)
            if not errand.is_ours():  # asleep for too long: somebody else sends it
                await self._forget()
                return Deferred(None, "the claim ran out before the text was sent")
            ready = await self._smtp.execute_command(b"DATA")
            if ready.code != _START_INPUT:
                raise SMTPResponseException(ready.code, ready.message)
        except SMTPResponseException as answer:
            await self._forget()
            return _judged(answer.code, answer.message)
        except (SMTPException, OSError) as trouble:
            self._smtp.close()
            return Deferred(None, _one_line(trouble))
        return await self._send_text(content)

    async def _send_text(self, content: bytes) -> Outcome:
        """Send the text itself, by hand: the library's ``data`` does not say on which side of it a line was cut."""
        protocol = self._smtp.protocol
        if protocol is None:
            return Deferred(None, "the line was cut before the text")
        try:
            protocol.write(content + b".\r\n")
            answer = await protocol.read_response(timeout=self._smtp.timeout)
        except (SMTPException, OSError) as trouble:
            self._smtp.close()
            return Unknown(_one_line(trouble))
        if answer.code == _TAKEN:
            return Sent(_one_line(answer.message))
        if answer.code in _LATER or answer.code in _FINAL:
            return _judged(answer.code, answer.message)
        self._smtp.close()  # no verdict at all, and nobody knows which answer comes next
        return Unknown(_one_line(f"{answer.code} {answer.message}"))

    async def _forget(self) -> None:
        """Clear what the server holds of a refused letter; a line that cannot even do that is given up."""
        try:
            await self._smtp.rset()
        except (SMTPException, OSError):
            self._smtp.close()

    async def _hang_up(self) -> None:
        if self._smtp.is_connected:
            try:
                await self._smtp.quit()
            except (SMTPException, OSError):
                self._smtp.close()


def _judged(code: int, text: str) -> Outcome:
    if code in _FINAL and code != _NEEDS_SIGN_IN:
        return Refused(code, _one_line(text))
    return Deferred(code, _one_line(text))


def _one_line(words: object) -> str:
    return " ".join(str(words).split())[:500]
