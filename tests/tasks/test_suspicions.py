"""A suspicion is verified by people outside the unit, replied to by the unit, and has consequences when confirmed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from cases.ladder import DecidedBy, LadderUnit, Rung, Trigger
from cases.refusals import FormIncomplete, NotPermitted
from cases.sign_off import ReplyNotConsidered, SecondReaderMissing
from notifications.routing import DECIDING
from persistence.tables import (
    findings,
    notices,
    open_tasks,
    posts,
    signal_hints,
    signal_hits,
    signal_replies,
    suspicions,
    tenures,
)
from tasks.between_cases import wake_due
from tasks.case import FindingCase
from tasks.patrols.deadlines import deciders
from tasks.signals import look_for_signals
from tasks.work import Work
from tests.support.hearing import Hearing
from tests.tasks.test_patrol_signals import measure_ids, reach_sign_off
from tests.tasks.town import CHECKED, Town, at, proof

ONE, TWO = "XC2026-001-001", "XC2026-001-002"
ON_PAPER = (proof("会议纪要.pdf", "MEETING_MINUTES"), proof("通知.pdf", "NOTICE"))
EARLY = (proof("缴款凭证.pdf", "FUND_RECEIPT", effective_on=date(2026, 2, 20)),)  # before the feedback: PR-07, grave


def on_paper(town: Town) -> None:
    town.now = at("2026-04-01")  # a Wednesday
    town.submit(ONE, *EARLY)


def hits(town: Town, number: str = ONE) -> list[Any]:
    with town.office.read() as conn:
        query = select(signal_hits).join(findings, findings.c.id == signal_hits.c.finding_id)
        return list(conn.execute(query.where(findings.c.number == number).order_by(signal_hits.c.id)))


def waiting(town: Town, number: str = ONE) -> dict[str, Any]:
    with town.office.read() as conn:
        query = select(open_tasks).where(open_tasks.c.case_id == town.finding(number).id)
        return {row.act: row for row in conn.execute(query)}


def score(town: Town) -> Any:
    with town.office.read() as conn:
        return conn.execute(select(suspicions).where(suspicions.c.case_id == town.finding(ONE).id)).one()


def hearing(town: Town, number: str = ONE) -> Hearing:
    undecided = lambda: [row.id for row in hits(town, number) if row.decision is None]  # noqa: E731
    return Hearing(lambda login, act, given: town.act(login, act, number, given), undecided)


def decide(town: Town, verdict: str) -> None:
    """Let the hearing come to *verdict*."""
    if verdict == "confirmed":
        hearing(town).establish(str(town.now.date()))
    else:
        hearing(town).clear(verdict)


def look_again(town: Town) -> None:
    """Let the finding be looked at as after any change."""

    def body(work: Work) -> FindingCase:
        case = work.finding(ONE)
        look_for_signals(work, case)
        return case

    town.office.as_clock("patrol_signals", body)


def test_a_grave_hit_asks_the_unit_first_and_then_the_verifiers_with_five_working_days_each(town: Town) -> None:
    on_paper(town)

    asked = waiting(town)["give_statement"]
    assert (asked.role, str(asked.due_on)) == ("responsible_leader", "2026-04-09")  # 清明 lies between
    assert {row.role for row in town.letters("suspicion_opened")} == {"verifier", "inspection_office"}
    hearing(town).state()
    task = waiting(town)["decide_suspicion"]
    assert task.holder.startswith("role:verifier@")
    assert str(task.due_on) == "2026-04-09"
    assert (score(town).score, score(town).route) == (20, "yellow")


def test_a_hit_that_comes_later_joins_the_verification_that_runs(town: Town) -> None:
    on_paper(town)
    town.now = at("2026-04-02")
    town.submit(TWO, *EARLY)

    with town.office.read() as conn:
        query = select(open_tasks.c.id).where(
            open_tasks.c.act == "give_statement", open_tasks.c.case_id == town.finding(ONE).id
        )
        assert len(conn.scalars(query).all()) == 1
    assert {row.signal for row in hits(town)} >= {"PR-01", "PR-07"}
    assert score(town).score >= 28


def test_no_answer_is_no_verdict(town: Town) -> None:
    on_paper(town)
    town.now = at("2026-04-10")
    wake_due(town.office)
    assert "decide_suspicion" in waiting(town)  # the unit said nothing, which admits nothing
    town.now = at("2026-04-20")
    wake_due(town.office)

    assert [row.decision for row in hits(town)] == [None]
    assert "decide_suspicion" in waiting(town)
    assert not {row.role for row in town.letters()} & {"leading_group", "verification_leader"}  # the ladder tells them


def test_every_grave_suspicion_is_decided_with_reasons(town: Town) -> None:
    on_paper(town)
    hearing(town).state()
    considered = {"comment": CHECKED, "replies_considered": "1"}

    with pytest.raises(FormIncomplete):
        town.act("verifier1", "decide_suspicion", ONE, {"decisions": ["1 explained"], "reasons": ["1 x"]} | considered)
    hit = hits(town)[0].id
    with pytest.raises(FormIncomplete) as refused:
        town.act(
            "verifier1", "decide_suspicion", ONE,
            {"decisions": [f"{hit} explained"], "reasons": [f"{hit} 同意"]} | considered,
        )  # fmt: skip
    assert refused.value.errors == {"reasons": "reason_without_substance"}


def test_the_unit_does_not_decide_its_own_suspicions(town: Town) -> None:
    on_paper(town)

    hearing(town).state()
    with pytest.raises(NotPermitted):
        hearing(town).examine("explained", login="u11leader")


def test_a_reply_stays_beside_the_hit_and_is_considered(town: Town) -> None:
    town.now = at("2026-04-01")
    early = proof("会议纪要.pdf", "MEETING_MINUTES", effective_on=date(2026, 2, 20))
    town.submit(ONE, early)
    told = next(row for row in hits(town) if row.signal == "PR-09")
    reply = {"signal": str(told.id), "comment": "会议纪要后附缴款清单 3 页，缴款凭证将于今日补交。"}
    town.act("u11handler", "reply_to_signal", ONE, reply, proof("缴款凭证.pdf", "FUND_RECEIPT"))

    with town.office.read() as conn:
        assert conn.scalar(select(signal_replies.c.text)) == reply["comment"]
    assert [row.role for row in town.letters("signal_replied")] != []
    town.now = at("2026-04-10")
    wake_due(town.office)  # without a statement: what was said to the suspicion alone has to be considered
    with pytest.raises(ReplyNotConsidered):
        hearing(town).examine("explained", replies_considered="")
    hearing(town).examine("explained")


def test_only_the_unit_replies(town: Town) -> None:
    on_paper(town)

    with pytest.raises(NotPermitted):
        town.act("office1", "reply_to_signal", ONE, {"signal": str(hits(town)[0].id), "comment": CHECKED})


def test_what_was_explained_stays_and_never_counts_again(town: Town) -> None:
    on_paper(town)
    decide(town, "explained")

    assert [row.decision for row in hits(town)] == ["explained"]
    assert (score(town).score, score(town).route) == (0, "green")
    assert town.finding(ONE).attention == 0
    town.patrol("signals", "2026-04-02")
    assert len(hits(town)) == 1
    assert "decide_suspicion" not in waiting(town)


def test_a_confirmation_begins_again_and_climbs_two_rungs(town: Town) -> None:
    on_paper(town)
    decide(town, "confirmed")

    assert town.finding(ONE).cycle == 2
    assert set(waiting(town)) == {"accept_finding", "decide_proposal"}
    assert ("urge", "told") in town.notices()  # it stood below the ladder
    assert {("interview", "proposed"), ("criticism", "proposed")} <= set(town.notices())
    assert {row.role for row in town.letters("suspicion_confirmed")} >= {"chief", "superior_leader"}
    assert town.letters("ladder_notice") != []
    assert {row.role for row in town.letters("measures_proposed")} == {"leading_group"}


def test_two_rungs_are_counted_from_where_the_finding_stands(town: Town) -> None:
    on_paper(town)
    with town.database.writing() as conn:
        told = {"id": 1, "kind": "finding", "subject": town.finding(ONE).id, "cycle": 1, "code": "supervise_letter"}
        conn.execute(notices.insert(), told | {"trigger": "returned", "period": "2", "outcome": "told", "at": town.now})
    decide(town, "confirmed")

    assert ("deadline_order", "told") in town.notices()


def test_from_the_interview_on_the_system_only_proposes(town: Town) -> None:
    on_paper(town)
    with town.database.writing() as conn:
        told = {"id": 1, "kind": "finding", "subject": town.finding(ONE).id, "cycle": 1, "code": "deadline_order"}
        conn.execute(notices.insert(), told | {"trigger": "deadline", "period": "x", "outcome": "told", "at": town.now})
    decide(town, "confirmed")

    assert ("criticism", "told") not in town.notices()
    assert ("criticism", "proposed") in town.notices()
    assert town.letters("rung_proposed") == []  # those who decide have it by the diagram's task already
    assert {row.role for row in town.letters("measures_proposed")} == {"leading_group"}


@pytest.mark.parametrize("stands_on", ["", "supervise_letter", "key_supervision", "deadline_order", "interview"])
def test_the_units_own_people_are_never_asked_to_decide_about_themselves(town: Town, stands_on: str) -> None:
    on_paper(town)
    if stands_on:
        with town.database.writing() as conn:
            told = {"id": 1, "kind": "finding", "subject": town.finding(ONE).id, "cycle": 1, "code": stands_on}
            row = {"trigger": "deadline", "period": "x", "outcome": "told", "at": town.now}
            conn.execute(notices.insert(), told | row)
    decide(town, "confirmed")

    asked = [row for row in town.letters() if row.letter in DECIDING]
    unit = {town.actor(f"u11{who}").person_id for who in ("chief", "leader", "member", "handler")}
    assert {row.role for row in asked} == {"leading_group"}
    assert not {row.person_id for row in asked} & unit
    assert "superior_leader" in {row.role for row in town.letters("suspicion_confirmed")}


def test_who_has_a_post_in_the_unit_is_not_asked_though_he_sits_in_the_leading_group(town: Town) -> None:
    on_paper(town)
    signer = town.actor("signer1").person_id
    with town.database.writing() as conn:
        post = conn.scalar(select(posts.c.id).where(posts.c.unit_id == 11, posts.c.role == "leadership_team"))
        held = {"id": 900, "post_id": post, "person_id": signer, "deputy": False, "valid_from": at("2026-01-01").date()}
        conn.execute(tenures.insert(), held)
    hearing(town).state().examine().second().put(met_on=str(town.now.date())).answer().find(login="signer2").ask()

    asked = {row.person_id for row in town.letters("measures_proposed")}
    assert asked == {town.actor("signer2").person_id}


def test_a_proposal_is_put_to_whom_a_rung_names_without_the_unit(town: Town) -> None:
    human = Rung(
        "criticism", 6, Trigger.DECISION, 0, LadderUnit.DAYS, ("chief", "handler", "superior_leader"), DecidedBy.HUMAN
    )
    only_unit = replace(human, addressees=("chief",))
    found: list[list[str]] = []

    def body(work: Work) -> FindingCase:
        found.extend(deciders(work, rung) for rung in (human, only_unit))
        return work.finding(ONE)

    town.office.as_clock("test", body)
    assert found == [["superior_leader"], ["leading_group"]]


def test_people_decide_what_was_proposed(town: Town) -> None:
    on_paper(town)
    decide(town, "confirmed")
    answer = {"interview": "adopted", "criticism": "dropped", "comment": "已查看核定记录和凭证，约谈主要负责人。"}
    town.act("signer1", "decide_proposal", ONE, answer)

    assert {("interview", "adopted"), ("criticism", "dropped")} <= set(town.notices())
    assert set(waiting(town)) == {"accept_finding"}
    assert {row.role for row in town.letters("proposal_decided")} >= {"chief", "superior_leader"}


def test_a_sign_off_is_revoked_by_people_and_not_by_a_confirmation(town: Town) -> None:
    reach_sign_off(town)
    town.act("signer1", "sign_off", ONE, {"verdict": "signed", "comment": CHECKED, "sheet_number": "1"})
    with town.database.writing() as conn:
        made = {"finding_id": town.finding(ONE).id, "cycle": 1, "signal": "PR-35", "rule_version": 1, "parameters": ""}
        facts = {"severity": "HIGH", "facts": {}, "quotes": [], "fingerprint": "x", "raised_at": town.now, "id": 1}
        conn.execute(signal_hits.insert(), made | facts)
    grave = {"signal": "1", "verdict": "confirmed", "comment": CHECKED}
    town.act("verifier2", "decide_signal", ONE, grave)
    hearing(town).establish(str(town.now.date()))

    assert (town.finding(ONE).state, town.finding(ONE).cycle) == ("signed_off", 1)
    asked = {"interview": "dropped", "criticism": "dropped", "comment": CHECKED}
    with pytest.raises(FormIncomplete):
        town.act("signer1", "decide_proposal", ONE, asked)
    town.act("signer1", "decide_proposal", ONE, asked | {"revocation": "adopted"})
    assert (town.finding(ONE).state, town.finding(ONE).cycle) == ("open", 2)


def test_a_yellow_score_wants_a_second_reader_who_does_not_verify(town: Town) -> None:
    town.now = at("2026-04-01")
    receipts = [
        proof(f"{n}.pdf", "FUND_RECEIPT", sha256=str(n) * 64, measure_id=one)
        for n, one in enumerate(measure_ids(town), 1)
    ]
    town.submit(ONE, *receipts)
    with town.database.writing() as conn:
        made = {"finding_id": town.finding(ONE).id, "cycle": 1, "signal": "PR-06", "rule_version": 1, "parameters": ""}
        facts = {"severity": "HIGH", "facts": {}, "quotes": [], "fingerprint": "x", "raised_at": town.now, "id": 1}
        conn.execute(signal_hits.insert(), made | facts)
    town.act("u11leader", "review_rectification", ONE, {"verdict": "agreed", "comment": CHECKED})
    town.act("u11chief", "sign_rectification", ONE, {"verdict": "agreed", "comment": CHECKED, "pledge": True})
    town.now = at("2026-04-02")
    look_again(town)
    passed = {
        "verdict": "confirmed",
        "comment": CHECKED,
        "criteria_met": ["1", "2", "3", "4", "5"],
        "criteria_conclusions": ["1 已达到"],
    }

    with pytest.raises(SecondReaderMissing):
        town.act("verifier1", "verify_rectification", ONE, passed)
    assert "read_second" in waiting(town)
    town.act("office1", "read_second", ONE, {"verdict": "consistent", "comment": CHECKED})
    town.act("verifier1", "verify_rectification", ONE, passed)


def test_hints_come_before_the_submission_and_are_kept(town: Town) -> None:
    town.now = at("2026-04-01")
    drafted = {"completion": "下一步将收回租金。", "measures_done": ["1 正在办理", "2 拟修订"]}
    answer = town.act("u11handler", "see_hints", ONE, drafted, *ON_PAPER)

    assert {"PR-09", "PR-31"} <= {hint["signal"] for hint in answer.more["hints"]}
    assert hits(town) == []
    assert town.finding(ONE).submitted_at is None
    with town.office.read() as conn:
        assert "PR-09" in conn.scalar(select(signal_hints.c.signals))


def test_an_honest_draft_has_no_hints(town: Town) -> None:
    town.now = at("2026-04-01")
    drafted = {"completion": "已收回租金 3 笔共 12 万元。", "measures_done": ["1 已收回 3 笔", "2 已修订制度 1 项"]}
    answer = town.act("u11handler", "see_hints", ONE, drafted, proof("缴款凭证.pdf", "FUND_RECEIPT"))

    assert answer.more["hints"] == []


def test_a_hit_that_has_grown_takes_the_place_of_the_undecided_one(town: Town) -> None:
    on_paper(town)
    more = proof("再补凭证.pdf", "FUND_RECEIPT", effective_on=date(2026, 2, 21))
    town.act("u11handler", "report_progress", ONE, {"text": "补充缴款凭证 1 份", "percent": 80}, more)
    look_again(town)

    old, new = [hit for hit in hits(town) if hit.signal == "PR-07"]
    assert (old.decision, new.decision) == ("superseded", None)
    assert score(town).score == 20
    decide(town, "insufficient")
    assert town.finding(ONE).attention == 0
