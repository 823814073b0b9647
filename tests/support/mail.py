"""A real SMTP server on the loopback for tests, with STARTTLS and sign-in, that misbehaves on demand.

    with mail_server() as server:
        server.answer(Verb.MAIL, "451 4.3.0 try again later")       # once
        server.refuse("gone@example.org", "550 5.1.1 no such mailbox")
        ...
        assert [letter.recipients for letter in server.received] == [...]

Everything is said on the wire by aiosmtpd; clients trust ``server.certificate``, made for this run.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER = "letters"
PASSWORD = "pencil and paper"  # with spaces, so that a URL must quote it


class Verb(StrEnum):
    """Where in the conversation the server misbehaves."""

    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    """Before the message is sent."""
    END = "END"
    """The message has arrived in full; dropping here leaves its sender in doubt: it is kept all the same."""
    QUIT = "QUIT"


@dataclass(frozen=True)
class Received:
    """One message that the server has taken, with what its envelope said."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    user: str | None
    """Who had signed in."""
    encrypted: bool

    @cached_property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class _Fault:
    """What happens the next *times* times at a verb: a reply instead of the right one, or the line goes dead (None)."""

    reply: str | None
    times: int


@dataclass
class MailServer:
    """The server as a test sees it. Replies are whole lines: code, enhanced code, text."""

    certificate: Path
    """PEM file that a client must trust."""
    port: int = 0
    host: str = "127.0.0.1"
    user: str = USER
    password: str = PASSWORD
    received: list[Received] = field(default_factory=list)
    conversations: int = 0
    """Connections that were opened so far."""
    _faults: dict[Verb, _Fault] = field(default_factory=dict)
    _refused: dict[str, str] = field(default_factory=dict)
    _delay: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """What stands in XIAOHAO_SMTP_URL."""
        return f"smtp://{quote(self.user)}:{quote(self.password)}@{self.host}:{self.port}/?starttls=1"

    def answer(self, verb: Verb, reply: str, *, times: int = 1) -> None:
        """Say *reply* (4xx, 5xx) the next *times* times at *verb* instead of doing it."""
        self._faults[verb] = _Fault(reply, times)

    def drop_at(self, verb: Verb, *, times: int = 1) -> None:
        """Cut the line without a word the next *times* times at *verb*."""
        self._faults[verb] = _Fault(None, times)

    def refuse(self, recipient: str, reply: str = "550 5.1.1 no such mailbox") -> None:
        """Refuse *recipient* from now on, others not."""
        self._refused[recipient] = reply

    def slow_down(self, seconds: float) -> None:
        """Wait *seconds* before every answer."""
        self._delay = seconds

    def recover(self) -> None:
        """Behave again; what was received stays."""
        self._faults.clear()
        self._refused.clear()
        self._delay = 0.0

    def _fault_at(self, verb: Verb) -> _Fault | None:
        with self._lock:
            fault = self._faults.get(verb)
            if fault is None or fault.times == 0:
                return None
            fault.times -= 1
            return fault


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server for the length of a block; it listens on a free port of the loopback."""
    with TemporaryDirectory(prefix="xiaohao-mail-") as folder:
        server = MailServer(certificate=Path(folder, "certificate.pem"))
        key = Path(folder, "key.pem")
        certify(server.certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.certificate, key)

        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="mail server")
        thread.start()  # with a loop of its own: Playwright may keep one running in the thread of the tests
        try:
            server.port = asyncio.run_coroutine_threadsafe(_listen(server, context), loop).result()
            yield server
        finally:
            asyncio.run_coroutine_threadsafe(_hang_up(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _listen(server: MailServer, context: ssl.SSLContext) -> int:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: _Conversation(server, context, loop), server.host, port=0)
    port: int = listening.sockets[0].getsockname()[1]
    return port


async def _hang_up() -> None:
    """End the conversations that are still open, so that no test hears of them later."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others)


class _Keeper:
    """Decides about recipients and keeps messages (the interface is aiosmtpd's)."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.server._refused.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self.server._fault_at(Verb.END)
        if fault and fault.reply:
            return fault.reply
        content = envelope.content or b""
        self.server.received.append(
            Received(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                content=content if isinstance(content, bytes) else content.encode(),
                user=session.auth_data.login.decode() if session.auth_data else None,
                encrypted=session.ssl is not None,
            )
        )
        if fault:
            cast(asyncio.Transport, smtp.transport).abort()
        return "250 2.0.0 kept"


class _Conversation(SMTP):
    """aiosmtpd's conversation with a fault before each verb. It finds verbs by the names of these methods."""

    def __init__(self, server: MailServer, context: ssl.SSLContext, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _Keeper(server),
            loop=loop,
            hostname="localhost",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self._knows,
            enable_SMTPUTF8=True,
        )
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.session is None:  # asked again after STARTTLS
            self._server.conversations += 1
        super().connection_made(transport)

    def _knows(self, smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        right = LoginPassword(self._server.user.encode(), self._server.password.encode())
        return AuthResult(success=data == right, handled=False, auth_data=data)

    async def _misbehaves(self, verb: Verb) -> bool:
        await asyncio.sleep(self._server._delay)
        fault = self._server._fault_at(verb)
        if fault is None:
            return False
        if fault.reply is None:
            cast(asyncio.Transport, self.transport).abort()
        else:
            await self.push(fault.reply)
        return True

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._misbehaves(Verb.EHLO):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, argument: str) -> None:
        if not await self._misbehaves(Verb.STARTTLS):
            await super().smtp_STARTTLS(argument)

    async def smtp_AUTH(self, argument: str) -> None:
        if not await self._misbehaves(Verb.AUTH):
            await super().smtp_AUTH(argument)

    async def smtp_MAIL(self, argument: str) -> None:
        if not await self._misbehaves(Verb.MAIL):
            await super().smtp_MAIL(argument)

    async def smtp_RCPT(self, argument: str) -> None:
        if not await self._misbehaves(Verb.RCPT):
            await super().smtp_RCPT(argument)

    async def smtp_DATA(self, argument: str) -> None:
        if not await self._misbehaves(Verb.DATA):
            await super().smtp_DATA(argument)

    async def smtp_QUIT(self, argument: str) -> None:
        if not await self._misbehaves(Verb.QUIT):
            await super().smtp_QUIT(argument)


def certify(certificate: Path, key: Path) -> None:
    """Write a certificate for localhost and 127.0.0.1 that signs itself, valid for a day."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
