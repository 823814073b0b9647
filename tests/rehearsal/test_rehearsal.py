"""Every day with every patrol: each line of the ladder reaches whom it names, once, on its day, on no free day."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.rehearsal import days
from tests.rehearsal.__main__ import BY_COMMAND, FIRST
from tests.rehearsal.house import demonstration, town
from tests.rehearsal.life import IN_TOWN
from tests.rehearsal.reckoning import Line
from tests.rehearsal.rehearse import Compared, rehearse, table_of
from tests.support.mail import MailServer
from tests.tasks.town import DUE_ON

KINDS = {"remind", "urge", "supervise_letter", "key_supervision", "deadline_order", "interview", "overdue"}
OF_SUSPICIONS = {"verification_reminder", "verification_urging", "verification_report"}


def test_the_weeks_around_a_due_day(tmp_path: Path, mail_server: MailServer) -> None:
    first = DUE_ON - timedelta(days=18)

    with town(tmp_path / "house", mail_server, first) as house:
        compared = rehearse(house, first, 42, life=IN_TOWN)

    assert compared.complaints == []
    told = {"remind", "urge", "supervise_letter", "key_supervision", "overdue"}
    assert {line.what for line in compared.came} >= told | {"verification_reminder", "verification_urging"}


@pytest.mark.long
def test_a_year(tmp_path: Path, mail_server: MailServer) -> None:
    with demonstration(tmp_path / "house", mail_server, FIRST, more=12) as house:
        compared = rehearse(house, FIRST, 365, by_command=BY_COMMAND)

    assert compared.complaints == []
    assert {line.what for line in compared.came} == KINDS | OF_SUSPICIONS | {"calendar_missing"}


@pytest.mark.long
def test_two_years(tmp_path: Path, mail_server: MailServer) -> None:
    with demonstration(tmp_path / "house", mail_server, FIRST) as house:
        compared = rehearse(house, FIRST, 730)

    assert compared.complaints == []


def test_what_is_missing_late_or_there_twice_is_seen() -> None:
    line = Line(date(2026, 4, 7), "XC2026-001-001", "urge", "told", "u11handler@linjiang.example")
    late = Line(date(2026, 4, 8), "XC2026-001-001", "urge", "told", "u11handler@linjiang.example")

    for came in ((), (line, line), (late,)):
        compared = Compared((line,), came, 0, (), (), (), ())
        assert compared.complaints
        assert "<<<" in "\n".join(table_of(compared))


def test_the_days_typed_off_here_are_those_of_weeks_and_notices() -> None:
    """The rehearsal's own calendar: 365 days less weekends and feasts, and what is worked in exchange."""
    of_2026 = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]

    assert sum(days.is_worked(day) for day in of_2026) == 248
    assert days.first_worked(date(2026, 10, 1)) == date(2026, 10, 8)
    assert days.worked_before(date(2026, 10, 3), 0) == date(2026, 9, 30)
    assert days.worked_after(date(2026, 9, 30), 3) == date(2026, 10, 10)  # a Saturday that is worked
