"""A letter from the act that owes it to the reader's mailbox: once, with number, title, deadline and link only."""

from dataclasses import replace
from datetime import timedelta

from notifications.smtp import Server
from tasks.deliver import House, deliver
from tests.support.mail import MailServer, Verb
from tests.tasks.conftest import postgres_town, sqlite_town, town
from tests.tasks.town import CHECKED, Town, proof

__all__ = ["postgres_town", "sqlite_town", "town"]

HOUSE = House("https://xiaohao.example.org")
SECRET_WORDS = "凭证第七号记载的经办人姓名"


def test_a_returned_rectification_reaches_the_handler_once_although_the_server_hesitated(
    town: Town, mail_server: MailServer
) -> None:
    server = replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate))
    town.now += timedelta(days=1)
    deliver(town.office, server, HOUSE, now=town.now)
    mail_server.received.clear()
    number = "XC2026-001-002"
    town.submit(number, proof("缴款凭证.pdf", "FUND_RECEIPT"))

    town.act(
        "u11leader", "review_rectification", number, {"verdict": "returned", "comment": f"{CHECKED}，{SECRET_WORDS}"}
    )
    mail_server.answer(Verb.RCPT, "451 4.3.0 later", times=1_000)
    assert deliver(town.office, server, HOUSE, now=town.now)["sent"] == 0
    mail_server.recover()
    later = town.now + timedelta(hours=6)
    deliver(town.office, server, HOUSE, now=later)
    deliver(town.office, server, HOUSE, now=later)

    to_handler = [m for m in mail_server.received if m.recipients[0].startswith("u11handler")]
    assert len(to_handler) == 1
    letter = to_handler[0].message
    assert number in str(letter["Subject"])
    text = letter.get_body(("plain",))
    assert text is not None
    assert f"https://xiaohao.example.org/findings/{number}" in text.get_content()
    assert SECRET_WORDS not in to_handler[0].message.as_string()
    assert SECRET_WORDS not in text.get_content()
