"""Corrections in life: who has to consent, what happens then, and what stays as it was."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from cases.corrections import CannotMerge, CorrectionPending, CorrectionRefused, NothingToCorrect
from cases.finding import State
from cases.refusals import FindingEnded, NotPermitted, Unknown
from cases.sign_off import SamePerson
from persistence.tables import (
    cycles,
    evidence,
    finding_links,
    findings,
    instances,
    ledger,
    measures,
    open_tasks,
    transfers,
)
from tasks.between_cases import wake_due
from tests.tasks.town import CHECKED, DUE_ON, Town, at, proof

LITIGATION = "诉讼未决，已收回两笔，余款待判决后收回，预计七月底完成。"
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


def test_nothing_is_asked_where_nothing_changes_and_only_one_correction_waits(town: Town) -> None:
    number = numbers(town)[0]
    with pytest.raises(NothingToCorrect):
        town.act("office1", "correct_finding", number, {"title": town.finding(number).title, "comment": WHY})
    town.act("office1", "correct_finding", number, {"category": "资金资产", "comment": WHY})

    with pytest.raises(CorrectionPending):
        town.act("team1", "correct_finding", number, {"category": "工程项目", "comment": WHY})


def test_an_amount_is_decided_by_the_leading_group_and_stays_when_it_refuses(town: Town) -> None:
    number = numbers(town)[0]
    town.act("office1", "correct_finding", number, {"amount_yuan": "120000", "title": "租金", "comment": WHY})
    with pytest.raises(NotPermitted):
        town.act("office2", "decide_correction", number, {"verdict": "approved", "comment": CHECKED})

    town.act("signer1", "decide_correction", number, {"verdict": "refused", "comment": CHECKED})

    assert town.finding(number).amount_yuan is None
    assert open_acts(town, number) == ["submit_rectification"]
    told = town.letters("correction_decided")
    assert [letter.person_id for letter in told] == [town.actor("office1").person_id]


def test_what_was_submitted_meanwhile_is_no_longer_corrected(town: Town) -> None:
    number = numbers(town)[0]
    town.act("office1", "correct_finding", number, {"due_on": "2026-07-31", "comment": WHY})
    town.now = at("2026-05-01")
    town.submit(number, proof("凭证.pdf", "FUND_RECEIPT"))

    with pytest.raises(CorrectionRefused):
        agree(town, "signer1", number)
    with pytest.raises(NotPermitted):
        town.act("u11handler", "correct_finding", number, {"due_on": "2026-08-31", "comment": WHY})
    assert town.finding(number).due_on == DUE_ON


def wake_at(town: Town, number: str) -> date | None:
    with town.office.read() as conn:
        query = select(instances.c.wake_at).join(findings, findings.c.id == instances.c.case_id)
        moment = conn.scalar(query.where(findings.c.number == number, instances.c.process == "close_finding"))
        return None if moment is None else (moment + timedelta(hours=8)).date()


def test_a_corrected_due_day_moves_tasks_and_timer(town: Town) -> None:
    number = numbers(town)[0]
    assert wake_at(town, number) == DUE_ON
    town.act("office1", "correct_finding", number, {"due_on": "2026-07-31", "comment": WHY})
    agree(town, "signer1", number)

    assert (town.finding(number).due_on, town.finding(number).first_due_on) == (date(2026, 7, 31), DUE_ON)
    assert wake_at(town, number) == date(2026, 7, 31)


def extend(town: Town, number: str, until: str, *, on: str) -> None:
    town.act(
        "u11handler",
        "ask_extension",
        number,
        {"until": until, "reason": LITIGATION},
    )
    town.now = at(on)
    town.act("signer1", "decide_extension", number, {"verdict": "approved", "comment": CHECKED})
    town.office.settle(100)


def test_after_an_extension_the_finding_is_overdue_on_the_new_day_and_not_before(town: Town) -> None:
    number = numbers(town)[0]
    town.now = at("2026-06-25")
    extend(town, number, "2026-07-31", on="2026-06-26")
    assert wake_at(town, number) == date(2026, 7, 31)

    for day, since in (("2026-07-01", None), ("2026-08-01", date(2026, 8, 1))):
        town.now = at(day)
        wake_due(town.office)
        assert town.finding(number).overdue_since == since


def test_an_extension_approved_late_arms_the_timer_that_has_fired(town: Town) -> None:
    number = numbers(town)[0]
    town.now = at("2026-06-30")
    extend_on = "2026-07-02"
    town.act(
        "u11handler", "ask_extension", number,
        {"until": "2026-07-31", "reason": LITIGATION},
    )  # fmt: skip
    town.now = at(extend_on)
    wake_due(town.office)
    assert town.finding(number).overdue_since == date(2026, 7, 2)

    town.act("signer1", "decide_extension", number, {"verdict": "approved", "comment": CHECKED})
    assert (town.finding(number).overdue_since, wake_at(town, number)) == (None, date(2026, 7, 31))
    town.now = at("2026-08-01")
    wake_due(town.office)
    assert town.finding(number).overdue_since == date(2026, 8, 1)


def test_a_rebuilt_case_knows_the_day_that_was_moved(town: Town) -> None:
    number = numbers(town)[0]
    town.now = at("2026-06-25")
    extend(town, number, "2026-07-31", on="2026-06-26")
    with town.office.database.writing() as conn:
        case_id = town.finding(number).id
        broken = instances.update().where(instances.c.case_id == case_id, instances.c.process == "close_finding")
        conn.execute(broken.values(status="faulted", state=b"broken"))

    town.act("sysadmin1", "repair_case", "office", {"case": str(case_id)})
    assert wake_at(town, number) == date(2026, 7, 31)


def test_a_split_finding_ends_and_its_parts_go_on_with_numbers_of_their_own(town: Town) -> None:
    number, *others = numbers(town)
    row = town.finding(number)
    with town.office.read() as conn:
        own = list(conn.scalars(select(measures.c.id).where(measures.c.finding_id == row.id).order_by(measures.c.seq)))
    given = {
        "parts": ["1 租金未收", "2 制度缺失"],
        "amounts": ["1 120000"],
        "measure_parts": [f"{own[0]} 1", f"{own[1]} 2"],
        "comment": WHY,
    }
    town.act("office1", "split_finding", number, given)
    agree(town, "signer1", number)

    parts = [new for new in numbers(town) if new not in (number, *others)]
    old = town.finding(number)
    assert (old.state, old.closed_as, open_acts(town, number)) == (State.ENDED, "split", [])
    assert [town.finding(part).title for part in parts] == ["租金未收", "制度缺失"]
    assert all(town.finding(part).due_on == DUE_ON for part in parts)
    assert all(open_acts(town, part) == ["accept_finding"] for part in parts)
    assert "FindingEnded" in events(town, number)
    assert all(events(town, part)[0] == "FindingSplitOff" for part in parts)
    with town.office.read() as conn:
        links = conn.execute(select(finding_links.c.from_id, finding_links.c.relation)).tuples().all()
        texts = conn.scalars(
            select(measures.c.text)
            .join(findings, findings.c.id == measures.c.finding_id)
            .where(findings.c.number.in_(parts))
        ).all()
        closed = conn.execute(select(cycles.c.result).where(cycles.c.finding_id == old.id)).scalar_one()
    assert links == [(old.id, "split")] * 2
    assert sorted(texts) == ["修订制度", "追缴租金"]
    assert closed == "split"
    with pytest.raises(FindingEnded):
        town.act("office1", "urge", number, {"reason": "请尽快办理，已过半"})
    town.act("u11handler", "accept_finding", parts[0])
    assert open_acts(town, parts[0]) == ["submit_rectification"]


def test_findings_that_are_one_go_on_under_one_number(town: Town) -> None:
    first, second, third = numbers(town)
    town.act("office1", "merge_findings", first, {"merged": [second], "comment": WHY})
    agree(town, "signer1", first)

    old = town.finding(second)
    assert (old.state, old.closed_as, open_acts(town, second)) == (State.ENDED, "merged", [])
    assert open_acts(town, first) == ["submit_rectification"]
    assert second in town.finding(first).detail
    with town.office.read() as conn:
        own = conn.scalars(select(measures.c.text).where(measures.c.finding_id == town.finding(first).id)).all()
    assert len(own) == 4
    with pytest.raises(CannotMerge):
        town.act("office1", "merge_findings", first, {"merged": [second], "comment": WHY})
    with pytest.raises(CannotMerge):
        town.act("office1", "merge_findings", third, {"merged": [third], "comment": WHY})


def test_a_merged_finding_that_moved_on_meanwhile_is_left_alone(town: Town) -> None:
    first, second, _ = numbers(town)
    town.act("office1", "merge_findings", first, {"merged": [second], "comment": WHY})
    town.now = at("2026-05-01")
    town.submit(second, proof("凭证.pdf", "FUND_RECEIPT"))

    with pytest.raises(CannotMerge):
        agree(town, "signer1", first)
    assert town.finding(second).state == State.OPEN


def test_a_transferred_finding_goes_on_in_the_other_unit_and_is_gone_from_the_first(town: Town) -> None:
    number = numbers(town)[0]
    town.act("office1", "transfer_finding", number, {"unit": "12", "comment": WHY})
    agree(town, "signer1", number)

    row = town.finding(number)
    assert (row.number, row.unit_id, row.due_on) == (number, 12, DUE_ON)
    with pytest.raises(Unknown):
        town.act("u11handler", "report_progress", number, {"text": "已收回一笔", "percent": "10"})
    town.act("u12handler", "report_progress", number, {"text": "接手后已核对合同 3 份", "percent": "10"})
    assert town.actor("u12handler").person_id in {letter.person_id for letter in town.letters("finding_transferred")}
    assert town.actor("u11handler").person_id in {letter.person_id for letter in town.letters("finding_left")}
    with town.office.read() as conn:
        kept = conn.execute(select(transfers)).one()
        last = conn.scalar(select(ledger.c.event).where(ledger.c.case_id == row.id, ledger.c.seq == kept.seen_until))
        assert conn.scalar(select(evidence.c.id).where(evidence.c.finding_id == row.id)) is None
    assert (kept.from_unit_id, kept.snapshot["title"], last) == (11, row.title, "FindingLeft")


def test_a_suspension_is_decided_and_the_days_come_back(town: Town) -> None:
    number = numbers(town)[0]
    town.now = at("2026-04-01")
    town.act("office1", "suspend_finding", number, {"because": "litigation", "comment": WHY})
    assert town.finding(number).state == State.OPEN
    agree(town, "signer1", number)
    assert (town.finding(number).state, wake_at(town, number)) == (State.SUSPENDED, None)

    town.now = at("2026-04-11")
    town.act("office1", "resume_finding", number, {"comment": WHY})
    agree(town, "office2", number, "confirm_correction")

    assert (town.finding(number).state, town.finding(number).due_on) == (State.OPEN, DUE_ON + timedelta(days=10))
    assert wake_at(town, number) == DUE_ON + timedelta(days=10)
