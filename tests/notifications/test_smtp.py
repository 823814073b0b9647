"""The transport against a real server on the loopback that misbehaves at every verb."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.letters import Letter, shipped_letters
from notifications.smtp import Deferred, Outcome, Refused, Sent, Server, Unknown, backoff, send_all
from tests.support.mail import MailServer, Verb


def letter(recipient: str = "li@example.org", row: int = 1) -> Letter:
    return replace(
        shipped_letters().preview("task_waits", "zh"), recipient=recipient, message_id=f"letter-{row}@example.org"
    )


def letters(count: int) -> list[Letter]:
    return [letter(f"officer{row}@example.org", row) for row in range(count)]


def at(server: MailServer, *, ca: bool = True) -> Server:
    return Server.parse(server.url + (f"&ca={quote(str(server.certificate))}" if ca else ""))


def send(server: Server, *what: Letter, connections: int = 8, timeout: float = 5) -> list[Outcome]:
    return asyncio.run(send_all(what, server, connections=connections, timeout=timeout))


def test_a_letter_arrives_encrypted_and_signed_in(mail_server: MailServer) -> None:
    [outcome] = send(at(mail_server), letter())

    [received] = mail_server.received
    assert outcome == Sent("2.0.0 kept")
    assert received.encrypted
    assert received.user == mail_server.user
    assert received.recipients == ("li@example.org",)
    assert received.message["Message-ID"] == "<letter-1@example.org>"
    assert received.message["Subject"] == letter().subject
    body = received.message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == letter().text.strip()


def test_many_letters_share_a_few_connections(mail_server: MailServer) -> None:
    outcomes = send(at(mail_server), *letters(60), connections=4)

    assert outcomes == [Sent("2.0.0 kept")] * 60
    assert len({received.recipients for received in mail_server.received}) == 60
    assert mail_server.conversations <= 4


def test_no_letters_open_no_connection(mail_server: MailServer) -> None:
    assert send(at(mail_server)) == []
    assert mail_server.conversations == 0


def test_one_refused_recipient_is_refused_alone(mail_server: MailServer) -> None:
    mail_server.refuse("officer1@example.org", "550 5.1.1 no such mailbox")

    outcomes = send(at(mail_server), *letters(3), connections=1)

    assert outcomes == [Sent("2.0.0 kept"), Refused(550, "5.1.1 no such mailbox"), Sent("2.0.0 kept")]


@pytest.mark.parametrize("verb", [Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.END])
def test_a_temporary_answer_puts_a_letter_off_and_keeps_the_line(mail_server: MailServer, verb: Verb) -> None:
    mail_server.answer(verb, "451 4.3.0 try again later")

    outcomes = send(at(mail_server), *letters(3), connections=1)

    assert outcomes == [Deferred(451, "4.3.0 try again later"), Sent("2.0.0 kept"), Sent("2.0.0 kept")]
    assert mail_server.conversations == 1


@pytest.mark.parametrize("verb", [Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.END])
def test_a_final_answer_is_final(mail_server: MailServer, verb: Verb) -> None:
    mail_server.answer(verb, "554 5.7.1 not here")

    assert send(at(mail_server), *letters(2), connections=1) == [Refused(554, "5.7.1 not here"), Sent("2.0.0 kept")]


NO_VERDICTS = ("999 what", "000 nothing", "654 odd", "hello", "2")


@pytest.mark.parametrize("answer", NO_VERDICTS)
@pytest.mark.parametrize("verb", [Verb.MAIL, Verb.RCPT, Verb.DATA])
def test_an_answer_that_is_none_puts_a_letter_off(mail_server: MailServer, verb: Verb, answer: str) -> None:
    mail_server.answer(verb, answer)

    first, second = send(at(mail_server), *letters(2), connections=1)

    assert isinstance(first, Deferred)
    assert second == Sent("2.0.0 kept")


@pytest.mark.parametrize("answer", NO_VERDICTS)
def test_an_answer_to_the_text_that_is_none_leaves_the_outcome_open(mail_server: MailServer, answer: str) -> None:
    mail_server.answer(Verb.END, answer)

    first, second = send(at(mail_server), *letters(2), connections=1)

    assert isinstance(first, Unknown)
    assert second == Sent("2.0.0 kept")


@pytest.mark.parametrize("verb", [Verb.MAIL, Verb.RCPT, Verb.DATA])
def test_a_line_cut_before_the_text_puts_the_letter_off(mail_server: MailServer, verb: Verb) -> None:
    mail_server.drop_at(verb)

    first, second = send(at(mail_server), *letters(2), connections=1)

    assert isinstance(first, Deferred)
    assert first.code is None
    assert second == Sent("2.0.0 kept")


def test_a_line_cut_after_the_text_leaves_the_outcome_open(mail_server: MailServer) -> None:
    mail_server.drop_at(Verb.END)

    [outcome] = send(at(mail_server), letter())
    [again] = send(at(mail_server), letter())

    assert isinstance(outcome, Unknown)
    assert again == Sent("2.0.0 kept")
    assert {received.message["Message-ID"] for received in mail_server.received} == {"<letter-1@example.org>"}


@pytest.mark.parametrize("verb", [Verb.EHLO, Verb.STARTTLS, Verb.AUTH])
def test_a_line_that_cannot_be_opened_puts_everything_off(mail_server: MailServer, verb: Verb) -> None:
    mail_server.drop_at(verb, times=100)

    outcomes = send(at(mail_server), *letters(5), connections=2)

    assert all(isinstance(outcome, Deferred) for outcome in outcomes)
    assert mail_server.conversations == 2
    assert mail_server.received == []


async def takes_one_letter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that hangs up in the middle of the second letter of a line, as busy ones do."""
    writer.write(b"220 ready\r\n")
    while line := await reader.readline():
        match line.split()[0]:
            case b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 kept\r\n")
                await reader.readline()
                writer.write(b"421 enough for one line\r\n")
                break
            case _:
                writer.write(b"250 ok\r\n")
    writer.close()


def test_a_server_that_hangs_up_after_a_letter_is_called_again() -> None:
    async def four_letters() -> list[Outcome]:
        async with await asyncio.start_server(takes_one_letter, "127.0.0.1", 0) as busy:
            port = busy.sockets[0].getsockname()[1]
            return await send_all(letters(4), Server("127.0.0.1", port), connections=1)

    assert asyncio.run(four_letters()) == [Sent("kept")] * 4


def test_a_wrong_password_is_our_trouble_and_kills_no_letter(mail_server: MailServer) -> None:
    [outcome] = send(replace(at(mail_server), password="wrong"), letter())

    assert isinstance(outcome, Deferred)
    assert outcome.code == 535


def test_a_certificate_of_nobody_is_refused_unless_told_otherwise(mail_server: MailServer) -> None:
    [refused] = send(at(mail_server, ca=False), letter())
    [sent] = send(Server.parse(mail_server.url + "&verify=0"), letter())

    assert isinstance(refused, Deferred)
    assert "certificate" in refused.text.lower()
    assert sent == Sent("2.0.0 kept")


def test_a_server_that_is_not_there_puts_everything_off() -> None:
    outcomes = send(Server("127.0.0.1", 1), *letters(3))

    assert all(isinstance(outcome, Deferred) and outcome.code is None for outcome in outcomes)


def test_a_slow_server_is_not_waited_for(mail_server: MailServer) -> None:
    mail_server.slow_down(2)

    [outcome] = send(at(mail_server), letter(), timeout=0.2)

    assert isinstance(outcome, Deferred)


def test_absent_authorities_put_everything_off(mail_server: MailServer) -> None:
    [outcome] = send(replace(at(mail_server), authorities="/absent.pem"), letter())

    assert isinstance(outcome, Deferred)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", Server("mail.example.org", 25)),
        ("smtp://mail.example.org/?starttls=1", Server("mail.example.org", 587, starttls=True)),
        ("smtps://a:b%20c@mail.example.org", Server("mail.example.org", 465, "a", "b c", tls=True)),
        ("smtp://a:b@127.0.0.1:2525/?starttls=0", Server("127.0.0.1", 2525, "a", "b")),
        (
            "smtp://a%40example.org:b@mail:25/?starttls=1&verify=0",
            Server("mail", 25, "a@example.org", "b", starttls=True, verify=False),
        ),
    ],
)
def test_a_server_is_written_as_a_url(url: str, expected: Server) -> None:
    assert Server.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://a:secret@mail",
        "smtps://mail/?starttls=1",
        "smtp://mail/?starttls=yes",
        "smtp://mail/?tls=1",
        "smtp://mail:port",
    ],
)
def test_what_is_no_server_is_refused_without_the_password(url: str) -> None:
    with pytest.raises(ValueError) as refusal:
        Server.parse(url)

    assert "secret" not in str(refusal.value)


def test_a_server_does_not_show_its_password() -> None:
    assert "secret" not in repr(Server.parse("smtps://a:secret@mail"))


@given(st.integers(-3, 10_000), st.integers())
def test_a_wait_grows_and_stays_within_its_bounds(attempt: int, seed: int) -> None:
    wait = backoff(attempt, Random(seed))
    longest = min(60 * 2 ** min(max(attempt, 1) - 1, 20), 4 * 3600)

    assert timedelta(seconds=longest / 2) <= wait <= timedelta(seconds=longest)


def test_chance_parts_letters_that_failed_together() -> None:
    rng = Random(1)

    assert len({backoff(3, rng) for _ in range(100)}) == 100
