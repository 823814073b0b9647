import smtplib
import ssl
import time

import pytest

from tests.support.mail import MailServer, Verb

LETTER = "Subject: =?utf-8?b?5o+Q6YaS?=\r\n\r\nF-1\r\n"


def connect(server: MailServer) -> smtplib.SMTP:
    """Return a client that has signed in over TLS."""
    client = smtplib.SMTP(server.host, server.port, timeout=5)
    client.starttls(context=ssl.create_default_context(cafile=server.certificate))
    client.login(server.user, server.password)
    return client


def send(server: MailServer, *recipients: str) -> dict[str, tuple[int, bytes]]:
    """Send one letter; return the recipients that were refused."""
    with connect(server) as client:
        return client.sendmail("office@example.org", recipients, LETTER)


def test_a_letter_arrives_with_envelope_and_content(mail_server: MailServer) -> None:
    send(mail_server, "li@example.org")

    (letter,) = mail_server.received
    assert (letter.sender, letter.recipients) == ("office@example.org", ("li@example.org",))
    assert (letter.user, letter.encrypted) == (mail_server.user, True)
    assert letter.message["Subject"] == "提醒"
    assert mail_server.conversations == 1


def test_a_client_that_does_not_know_the_certificate_refuses_it(mail_server: MailServer) -> None:
    client = smtplib.SMTP(mail_server.host, mail_server.port, timeout=5)

    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=ssl.create_default_context())

    client.close()


def test_without_signing_in_nothing_is_taken(mail_server: MailServer) -> None:
    with smtplib.SMTP(mail_server.host, mail_server.port, timeout=5) as client:
        client.starttls(context=ssl.create_default_context(cafile=mail_server.certificate))

        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail("office@example.org", ["li@example.org"], LETTER)

    assert mail_server.received == []


def test_a_wrong_password_is_refused(mail_server: MailServer) -> None:
    with smtplib.SMTP(mail_server.host, mail_server.port, timeout=5) as client:
        client.starttls(context=ssl.create_default_context(cafile=mail_server.certificate))

        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(mail_server.user, "wrong")


@pytest.mark.parametrize("verb", [Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.END])
def test_it_says_4xx_once_where_it_is_told_to(mail_server: MailServer, verb: Verb) -> None:
    mail_server.answer(verb, "451 4.3.0 try again later")

    with pytest.raises(smtplib.SMTPException, match="451"):
        send(mail_server, "li@example.org")
    assert mail_server.received == []

    send(mail_server, "li@example.org")
    assert len(mail_server.received) == 1


@pytest.mark.parametrize("verb", list(Verb))
def test_it_cuts_the_line_where_it_is_told_to(mail_server: MailServer, verb: Verb) -> None:
    mail_server.drop_at(verb)

    def converse() -> None:
        client = connect(mail_server)
        client.sendmail("office@example.org", ["li@example.org"], LETTER)
        client.docmd("QUIT")

    with pytest.raises((smtplib.SMTPException, OSError)):
        converse()

    kept = 1 if verb in (Verb.END, Verb.QUIT) else 0
    assert len(mail_server.received) == kept, (
        "dropped at the very end, the letter is there and its sender does not know"
    )


def test_it_refuses_one_recipient_and_takes_the_other(mail_server: MailServer) -> None:
    mail_server.refuse("gone@example.org")

    refused = send(mail_server, "li@example.org", "gone@example.org")

    assert {name: code for name, (code, _) in refused.items()} == {"gone@example.org": 550}
    assert mail_server.received[0].recipients == ("li@example.org",)


def test_it_can_be_slow_and_recover(mail_server: MailServer) -> None:
    def seconds_to_send() -> float:
        began = time.monotonic()
        send(mail_server, "li@example.org")
        return time.monotonic() - began

    mail_server.slow_down(0.2)
    slow = seconds_to_send()
    mail_server.recover()

    assert slow > 0.6
    assert seconds_to_send() < slow
