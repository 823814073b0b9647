"""A unit closes a finding on paper: hints, all the same, block, verification, confirmation, two rungs, real letters.

The photo is of another finding, the regulation older than the feedback, the refund went to the unit's own account.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cases.sign_off import objections
from notifications.smtp import Server
from persistence.attachments import Attachments
from persistence.case_store import dossier, find_finding
from persistence.people import staff_of
from persistence.tables import findings, open_tasks, signal_hits, units
from tasks.deliver import House, deliver
from tasks.evidence_facts import read_waiting
from tests.support.evidence_files import docx, photo
from tests.support.hearing import Hearing
from tests.support.mail import MailServer
from tests.tasks.conftest import postgres_town, sqlite_town, town
from tests.tasks.test_evidence_facts import kept
from tests.tasks.town import Town, at

__all__ = ["postgres_town", "sqlite_town", "town"]

HOUSE = House("https://xiaohao.example.org")
ONE, TWO = "XC2026-001-001", "XC2026-001-002"
LOOKED_AT = "调阅银行回单 3 份，到现场查看并询问 2 人。"


def test_a_finding_closed_on_paper_is_found_and_begins_again(
    town: Town, mail_server: MailServer, tmp_path: Path
) -> None:
    files = Attachments(tmp_path / "evidence")
    town.now = at("2026-04-01")
    town.submit(TWO, kept(files, "现场照片.jpg", photo(), "ONSITE_RECORD"))
    town.act("office1", "enter_register", ONE, {"register": "particulars", "on": "2026-03-20", "fund": "fiscal"})
    refund = {"at": "2026-03-20 10:30", "amount": "50000", "payer": "某公司", "account": "own"}
    town.act("office1", "enter_register", ONE, {"register": "recovery", "payee": own_name(town), **refund})
    papers = (
        kept(files, "现场照片.jpg", photo(), "ONSITE_RECORD"),
        kept(files, "租金管理办法.docx", docx("租金管理办法"), "REGULATION", effective_on=date(2026, 2, 20)),
    )
    told = {
        "completion": "已收回租金 1 笔共 5 万元，租金管理制度已修订并执行。",
        "measures_done": ["1 已收回 1 笔", "2 已修订制度 1 项"],
    }

    hints = town.act("u11handler", "see_hints", ONE, told, *papers).more["hints"]
    assert not {"PR-01", "PR-03", "PR-07", "PR-11"} & {hint["signal"] for hint in hints}  # how it is found is not told
    assert TWO not in str(hints)
    town.act("u11handler", "submit_rectification", ONE, told, *papers)  # it goes on all the same
    town.office.settle(100)
    read_waiting(town.office, files)
    town.office.settle(100)

    assert {"PR-01", "PR-03", "PR-07", "PR-11"} <= set(town.signals(ONE))
    assert blocked(town)

    undecided = lambda: [row.id for row in hits(town) if row.decision is None]  # noqa: E731
    heard = Hearing(lambda login, act, given: town.act(login, act, ONE, given), undecided)
    heard.establish(town.now.date())
    town.office.settle(100)

    assert town.finding(ONE).cycle == 2
    assert set(tasks(town)) == {"accept_finding", "decide_proposal"}
    assert {("urge", "told"), ("interview", "proposed"), ("criticism", "proposed")} <= set(town.notices())

    server = replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate))
    deliver(town.office, server, HOUSE, now=town.now)
    subjects = [subject for letter in mail_server.received if ONE in (subject := str(letter.message["Subject"]))]
    for words in ("核查事项：", "核查事项结果通报", "处理建议待决定", "系统提示（催办）"):
        assert any(words in subject for subject in subjects), words
    everything = "".join(part.get_content() for letter in mail_server.received if (part := letter.message.get_body()))
    assert "虚假" not in everything
    assert "某公司" not in everything


def hits(town: Town) -> list[Any]:
    with town.office.read() as conn:
        return list(conn.execute(select(signal_hits).where(signal_hits.c.finding_id == town.finding(ONE).id)))


def tasks(town: Town) -> list[str]:
    with town.office.read() as conn:
        return list(conn.scalars(select(open_tasks.c.act).where(open_tasks.c.case_id == town.finding(ONE).id)))


def own_name(town: Town) -> str:
    with town.office.read() as conn:
        unit = select(units.c.name).join(findings, findings.c.unit_id == units.c.id).where(findings.c.number == ONE)
        return str(conn.scalar(unit))


def blocked(town: Town) -> bool:
    """Whether undecided suspicions stand in the way of a sign-off."""
    with town.office.read() as conn:
        found = find_finding(conn, ONE)
        assert found is not None
        finding = found[1]
        facts = dossier(conn, finding, staff=staff_of(conn, finding.unit_path, date(2026, 4, 1)))
    return "signal_undecided" in {objection.code for objection in objections(facts)}
