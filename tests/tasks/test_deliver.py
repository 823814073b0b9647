"""Letters on their way to a real mail server: once, again after trouble, and dead with a reason."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from notifications.smtp import Server
from persistence.tables import outbox, people, settings, tenures
from tasks.deliver import FROZEN, House, deliver, is_frozen, thaw
from tests.support.mail import MailServer, Verb
from tests.tasks.town import Town

HOUSE = House("https://xiaohao.example.org")


@pytest.fixture
def server(mail_server: MailServer) -> Server:
    return replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate))


def send(town: Town, server: Server | None) -> dict[str, int]:
    return dict(deliver(town.office, server, HOUSE, now=town.now))


def test_what_is_owed_arrives_once_with_number_and_link_only(
    town: Town, server: Server, mail_server: MailServer
) -> None:
    town.now += timedelta(days=1)
    owed = len(town.letters())

    assert send(town, server)["sent"] == owed
    assert send(town, server)["sent"] == 0

    assert len(mail_server.received) == owed
    letter = next(m for m in mail_server.received if "u11handler" in m.recipients[0])
    assert letter.message["From"].addresses[0].addr_spec == "xiaohao@xiaohao.example.org"
    text = letter.message.get_body(("plain",))
    assert text is not None
    assert "https://xiaohao.example.org/findings/XC2026-001-00" in text.get_content()
    assert {row.state for row in town.letters()} == {"sent"}


def test_a_letter_that_the_server_puts_off_goes_later_under_the_same_id(
    town: Town, server: Server, mail_server: MailServer
) -> None:
    town.now += timedelta(days=1)
    mail_server.answer(Verb.MAIL, "451 4.3.0 try again later", times=1_000)

    assert send(town, server)["sent"] == 0
    assert send(town, server) == {"sent": 0, "deferred": 0, "dead": 0, "unknown": 0}

    mail_server.recover()
    town.now += timedelta(hours=1)
    assert send(town, server)["sent"] == len(town.letters())
    ids = [m.message["Message-ID"] for m in mail_server.received]
    assert len(ids) == len(set(ids))


def test_a_refused_recipient_is_dead_and_the_others_are_not(
    town: Town, server: Server, mail_server: MailServer
) -> None:
    town.now += timedelta(days=1)
    mail_server.refuse("u11chief@linjiang.example")

    counts = send(town, server)

    dead = [row for row in town.letters() if row.state == "dead"]
    assert counts["dead"] == len(dead) > 0
    assert {row.address for row in dead} == {"u11chief@linjiang.example"}
    assert "550" in dead[0].last_answer


def test_a_letter_without_an_address_goes_to_the_one_that_its_person_has_now(
    town: Town, server: Server, mail_server: MailServer
) -> None:
    town.now += timedelta(days=1)
    meant = [row.address for row in town.letters()]
    with town.database.writing() as conn:
        conn.execute(outbox.update().values(address=""))

    assert send(town, server)["sent"] == len(meant)

    assert sorted(letter.recipients[0] for letter in mail_server.received) == sorted(meant)


def test_who_stands_in_on_the_day_of_the_round_gets_the_letter_and_is_asked_only_for_what_is_his(
    town: Town, server: Server, mail_server: MailServer
) -> None:
    """The moment of the round counts, not the clock on the wall: `deliver --at` rehearses another day."""
    with town.database.writing() as conn:
        conn.execute(outbox.update().values(state="sent"))
    town.act("office1", "urge", "XC2026-001-001", {"text": "请尽快报送整改材料。"})
    leaves = town.now.date() + timedelta(days=10)
    with town.database.writing() as conn:
        handler = town.actor("u11handler").person_id
        chief = town.actor("u11chief").person_id
        conn.execute(update(tenures).where(tenures.c.person_id == chief).values(valid_until=leaves))
        conn.execute(update(people).where(people.c.id == handler).values(email=None))
        conn.execute(outbox.update().where(outbox.c.state == "waiting").values(address=""))

    sent = deliver(town.office, server, HOUSE, now=town.now + timedelta(days=30))

    assert sent["sent"] == 1
    (letter,) = mail_server.received
    assert letter.recipients == ("office1@linjiang.example",)
    text = letter.message.get_body(("plain",))
    assert text is not None
    assert "由“整改办主任”承办的工作尚未完成" in text.get_content()


def test_a_server_that_is_not_there_is_given_up_after_some_attempts(town: Town) -> None:
    nowhere = Server("127.0.0.1", 9)
    for _ in range(8):
        town.now += timedelta(hours=5)
        send(town, nowhere)

    assert {row.state for row in town.letters()} == {"dead"}


def test_without_a_server_letters_stay_in_the_mailbox(town: Town) -> None:
    town.now += timedelta(days=1)

    assert not any(send(town, None).values())
    assert {row.state for row in town.letters()} == {"waiting"}


def test_after_a_restore_nothing_leaves_before_somebody_says_so(
    town: Town, server: Server, mail_server: MailServer
) -> None:
    row = {"name": FROZEN, "version": 1, "valid_from": town.now.date(), "body": True, "set_at": town.now}
    with town.database.writing() as conn:
        conn.execute(settings.insert(), row)
    town.now += timedelta(days=1)
    assert is_frozen(town.office)
    assert send(town, server)["sent"] == 0

    assert thaw(town.office, forget=True) == len(town.letters())

    assert send(town, server)["sent"] == 0
    assert mail_server.received == []
    assert {row.state for row in town.letters()} == {"superseded"}
