"""A due date passes while nobody is there: the clock moves the case, the ladder tells the leader, real mail arrives."""

from dataclasses import replace
from datetime import timedelta

from notifications.smtp import Server
from persistence.verification import verify
from tasks.deliver import House
from tests.support.mail import MailServer
from tests.tasks.conftest import postgres_town, sqlite_town, town
from tests.tasks.town import DUE_ON, KEYS, Town, at
from workflows.clock import Clock

__all__ = ["postgres_town", "sqlite_town", "town"]

HOUSE = House("https://xiaohao.example.org")


def clock_of(town: Town, mail_server: MailServer) -> Clock:
    server = replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate))
    return Clock(town.office, server, HOUSE)


def tick(clock: Clock) -> None:
    """Let everything happen once that the clock does by itself."""
    clock.move_cases()
    clock.keep_timetable()
    clock.seal_log()
    clock.send_letters()


def subjects_to(mail_server: MailServer, person: str) -> list[str]:
    return [str(m.message["Subject"]) for m in mail_server.received if m.recipients[0].startswith(person)]


def test_after_the_due_date_the_finding_is_overdue_and_the_leader_has_mail(town: Town, mail_server: MailServer) -> None:
    clock = clock_of(town, mail_server)
    tick(clock)
    mail_server.received.clear()

    town.now = at(DUE_ON + timedelta(days=6), 10)
    tick(clock)

    number = "XC2026-001-001"
    assert town.finding(number).overdue_since == town.now.date()
    assert town.finding(number).state == "open", "a timer never closes anything"
    assert subjects_to(mail_server, "u11leader"), "the responsible leader was told"
    assert subjects_to(mail_server, "u11chief"), "the first responsible person was told"
    assert verify(town.database, KEYS).problems == ()


def test_three_days_of_silence_change_nothing_in_what_is_owed(town: Town, mail_server: MailServer) -> None:
    clock = clock_of(town, mail_server)
    town.now = at(DUE_ON + timedelta(days=6), 10)
    tick(clock)
    sent = len(mail_server.received)

    tick(clock)
    tick(Clock(town.office, replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate)), HOUSE))

    assert len(mail_server.received) == sent, "a second clock has nothing left to do"
    assert town.notices(), "the rungs were reached once"
