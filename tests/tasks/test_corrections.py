"""Corrections in life: who has to consent, what happens then, and what stays as it was."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cases.corrections import CannotMerge, CorrectionPending, CorrectionRefused, NothingToCorrect
from cases.finding import State
from cases.refusals import FindingEnded, NotPermitted, NotYourTask, Unknown
from cases.sign_off import SamePerson
from persistence.tables import cycles, evidence, finding_links, findings, instances, ledger, measures, open_tasks, transfers
from tasks.between_cases import wake_due
from tests.tasks.town import CHECKED, DUE_ON, Town, at, proof

WHY = "核对反馈意见原件第3页，原登记有误"


def numbers(town: Town) -> list[str]:
    with town.office.read() as conn:
        return list(conn.scalars(select(findings.c.number).order_by(findings.c.number)))


def open_acts(town: Town, number: str) -> list[str]:
    with town.office.read() as conn:
        query = select(open_tasks.c.act).join(findings, findings.c.id == open_tasks.c.case_id)
        return sorted(conn.scalars(query.where(findings.c.number == number)))


def events(town: Town, number: str) -> list[str]:
    with town.office.read() as conn:
        query = select(ledger.c.event).join(findings, findings.c.id == ledger.c.case_id)
        return list(conn.scalars(query.where(findings.c.number == number).order_by(ledger.c.seq)))


def agree(town: Town, login: str, number: str, act: str = "decide_correction") -> None:
    town.act(login, act, number, {"verdict": "approved", "comment": CHECKED})
    town.office.settle(100)


def test_a_wrong_word_is_put_right_by_two_people(town: Town) -> None:
    number = numbers(town)[0]
    town.act("office1", "correct_finding", number, {"title": "租金收缴不到位", "comment": WHY})
    assert town.finding(number).title != "租金收缴不到位"
    with pytest.raises(SamePerson):
        agree(town, "office1", number, "confirm_correction")

    agree(town, "office2", number, "confirm_correction")

    assert town.finding(number).title == "租金收缴不到位"
    assert "submit_rectification" in open_acts(town, number)
    assert town.letters("finding_corrected")
