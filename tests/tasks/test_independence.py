"""Promise 4: nobody signs off what he rectified or verified, nothing without results, verification and look-back."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

from cases.comments import CommentWithoutSubstance
from cases.look_back import InspectorNotFromOutside, LookBackTimes, NotAnInspector, SecondPersonNeeded, TooFewInspectors
from cases.refusals import FormIncomplete, NotPermitted, NotYourTask
from cases.sign_off import (
    CriteriaOpen,
    EvidenceMissing,
    NotFromOutside,
    NotLookedBack,
    NotVerified,
    ResultEvidenceMissing,
    SamePerson,
    SignalUndecided,
)
from persistence.columns import new_id
from persistence.tables import accounts, evidence, look_backs, posts, reviews, signal_hits, submissions, tenures, units
from tests.support.city import ISSUED_ON, UNIT, City


def hold(city: City, login: str, role: str, *, unit: int | None = None, deputy: bool = False) -> None:
    """Let a person hold one more post: the existing one of *role*, in *unit* where it is given."""
    query = select(posts.c.id).where(posts.c.role == role).order_by(posts.c.id)
    post = city.column(query if unit is None else query.where(posts.c.unit_id == unit))[0]
    held = {"id": new_id(), "post_id": post, "person_id": city.actor(login).person_id, "deputy": deputy}
    city.change(insert(tenures).values(**held, valid_from=date(2026, 1, 1)))


def hand_to(city: City, table_number: str, login: str) -> None:
    """Say that *login* handed the present submission in."""
    person = city.actor(login).person_id
    city.change(
        update(submissions).values(person_id=person).where(submissions.c.finding_id == city.id_of(table_number))
    )


def test_without_evidence_nothing_is_kept(city: City) -> None:
    number = city.numbers[0]
    before = (city.version_of(number), city.count(submissions), city.events(number))

    with pytest.raises((EvidenceMissing, FormIncomplete)):
        city.submit(number, files=[])

    assert (city.version_of(number), city.count(submissions), city.events(number)) == before
    assert city.waits_for(number) == ["submit_rectification"]


def test_a_submission_answers_every_measure(city: City) -> None:
    number = city.numbers[0]

    with pytest.raises(FormIncomplete) as refused:
        city.act(
            "u11handler",
            "submit_rectification",
            number,
            files=city.results(number),
            completion="资金已全部清退上缴财政专户，责任人已作出处理",
            measures_done=["1 已清退", "2  "],
        )

    assert refused.value.errors == {"measures_done": "measure_unanswered"}
    assert city.count(submissions) == 0


@pytest.mark.parametrize("kind", ["MEETING_MINUTES", "NOTICE", "STUDY_RECORD", "REPORT"])
def test_process_evidence_alone_is_not_verified(sqlite_city: Callable[[str], City], kind: str) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    city.submit(number, city.results(number, kind))
    city.review(number)
    city.sign(number)

    with pytest.raises(ResultEvidenceMissing) as refused:
        city.verify(number)

    assert refused.value.facts["measures"] == (1, 2)
    assert "verify_rectification" in city.waits_for(number)


def test_evidence_that_turned_out_to_be_process_only_is_not_signed_off(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    number = city.numbers[0]
    city.change(update(evidence).where(evidence.c.finding_id == city.id_of(number)).values(kind="REPORT"))

    with pytest.raises(ResultEvidenceMissing):
        city.sign_off(number)


def test_evidence_that_was_rejected_counts_no_more_and_a_waiver_stands_in(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("signing")
    number = city.numbers[0]
    first, second = city.column(select(evidence.c.id).where(evidence.c.finding_id == city.id_of(number)))
    reason = "该凭证金额与第3号台账不符，不予采信"
    city.act("verifier1", "adopt_evidence", number, evidence=str(second), verdict="rejected", comment=reason)
    with pytest.raises(ResultEvidenceMissing) as refused:
        city.sign_off(number)
    assert refused.value.facts["measures"] == (2,)

    city.act("verifier1", "decide_waiver", number, measure=str(city.measures(number)[1]), verdict="waived",
             comment="第2条措施对应文件已并入集团制度汇编，无单独结果材料")  # fmt: skip

    assert city.sign_off(number).state == "signed_off"
    assert first != second


def test_who_reported_cannot_verify(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    with pytest.raises(NotPermitted):
        city.verify(number, login="u11handler")
    hand_to(city, number, "verifier1")  # reported it before he changed the house

    with pytest.raises(SamePerson):
        city.verify(number)


def test_a_verifier_with_a_post_in_the_unit_is_refused(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    hold(city, "verifier1", "leadership_team", unit=UNIT, deputy=True)

    with pytest.raises(NotFromOutside):
        city.verify(number)
    assert city.verify(number, login="verifier2").stage == "look_back"


def test_a_verifier_with_a_post_below_the_unit_is_refused(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    city.change(insert(units).values(id=901, parent_id=UNIT, path=f"/1/{UNIT}/901/", name="财务部", short_name="财务部",
                                     kind="section", valid_from=date(2024, 1, 1)))  # fmt: skip
    city.change(insert(posts).values(id=901, unit_id=901, title="会计", role="handler", scope_unit_id=901, clearance=1,
                                     valid_from=date(2024, 1, 1)))  # fmt: skip
    hold(city, "verifier1", "handler", unit=901)

    with pytest.raises(NotFromOutside):
        city.verify(city.numbers[0])


def test_who_rectified_an_earlier_cycle_does_not_verify_the_next(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    hand_to(city, number, "verifier2")
    city.verify(number, verdict="false")
    hold(city, "lookback3", "verifier")
    heard = city.hearing(number).state().examine()
    with pytest.raises(SamePerson):
        heard.second(login="verifier2")
    heard.second(login="lookback3").put(met_on=city.today.isoformat()).answer().find().ask()
    city.office.settle()
    city.bring(number, "verify_rectification")

    with pytest.raises(SamePerson):
        city.verify(number, login="verifier2")
    city.verify(number)


def test_who_verified_does_not_sign_even_as_deputy_of_the_signer(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    number = city.numbers[0]
    with pytest.raises(NotPermitted):
        city.sign_off(number, login="verifier1")
    hold(city, "verifier1", "leading_group", deputy=True)

    with pytest.raises(SamePerson):
        city.sign_off(number, login="verifier1")
    assert city.sign_off(number).state == "signed_off"


def test_an_inspector_does_not_sign(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("signing")
    hold(city, "lookback2", "leading_group", deputy=True)

    with pytest.raises(SamePerson):
        city.sign_off(city.numbers[0], login="lookback2")


def test_a_second_account_makes_nobody_another_person(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("signing")
    number = city.numbers[0]
    person = city.actor("verifier1").person_id
    city.change(insert(accounts).values(id=new_id(), person_id=person, login="v1bis", password_hash="-", failures=0,
                                        must_change=False, created_at=city.office.now()))  # fmt: skip
    hold(city, "verifier1", "leading_group")

    assert city.actor("v1bis").account_id != city.actor("verifier1").account_id
    with pytest.raises(SamePerson):
        city.sign_off(number, login="v1bis")


def test_the_second_inspector_is_another_person_not_another_account(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    person = city.actor("lookback1").person_id
    city.change(insert(accounts).values(id=new_id(), person_id=person, login="l1bis", password_hash="-", failures=0,
                                        must_change=False, created_at=city.office.now()))  # fmt: skip
    city.bring(number, "confirm_look_back")

    with pytest.raises(SecondPersonNeeded):
        city.confirm(number, login="l1bis")
    with pytest.raises(NotAnInspector):
        city.confirm(number, login="lookback3")
    assert city.confirm(number).stage == "sign_off"


def test_a_look_back_needs_two_people_from_outside(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    city.bring(number, "prepare_look_back")

    with pytest.raises((TooFewInspectors, FormIncomplete)):
        city.prepare(number, "lookback1")
    with pytest.raises((TooFewInspectors, FormIncomplete)):
        city.prepare(number, "lookback1", "lookback1")
    with pytest.raises(InspectorNotFromOutside):
        city.prepare(number, "lookback1", "u11member")
    assert city.prepare(number).open_acts == ("record_look_back",)


def test_a_look_back_is_recorded_by_somebody_who_was_there(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    city.bring(number, "record_look_back")

    with pytest.raises(NotAnInspector):
        city.look(number, login="lookback3")
    city.look(number)
    with pytest.raises(SecondPersonNeeded):
        city.confirm(number, login="lookback1")


def test_a_look_back_lies_between_the_submission_and_today(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    city.bring(number, "record_look_back")
    day = {name: (ISSUED_ON + timedelta(days=days)).isoformat() for name, days in (("before", -1), ("after", 1))}

    for times in (
        {"started_on": day["before"]},
        {"ended_on": day["after"]},
        {"started_on": day["after"], "ended_on": ISSUED_ON.isoformat()},
    ):
        with pytest.raises(LookBackTimes):
            city.look(number, **times)
    assert city.waits_for(number) == ["record_look_back"]


def test_a_record_that_the_second_inspector_does_not_confirm_is_written_again(
    sqlite_city: Callable[[str], City],
) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    city.bring(number, "confirm_look_back")

    city.confirm(number, verdict="returned")

    assert city.waits_for(number) == ["record_look_back"]
    city.bring(number, "sign_off")
    assert city.sign_off(number).state == "signed_off"


@pytest.mark.parametrize("severity", ["HIGH", "CRITICAL"])
def test_an_undecided_signal_blocks_the_sign_off_until_it_is_explained(
    sqlite_city: Callable[[str], City], severity: str
) -> None:
    city = sqlite_city("signing")
    number = city.numbers[0]
    hit = new_id()
    city.change(
        insert(signal_hits).values(
            id=hit,
            finding_id=city.id_of(number),
            cycle=1,
            signal="PR-01",
            rule_version=1,
            parameters="p",
            severity=severity,
            facts={},
            quotes=[],
            fingerprint="f",
            raised_at=city.office.now(),
        )
    )
    with pytest.raises(SignalUndecided):
        city.sign_off(number)

    explained = "两份凭证为同一笔汇总缴款，附件清单可查，说明成立"
    city.act("verifier1", "decide_signal", number, signal=str(hit), verdict="explained", comment=explained)

    assert city.sign_off(number).state == "signed_off"


def test_a_signal_that_was_found_established_opens_a_new_cycle(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("signing")
    number = city.numbers[0]
    hit = new_id()
    city.change(
        insert(signal_hits).values(
            id=hit,
            finding_id=city.id_of(number),
            cycle=1,
            signal="PR-01",
            rule_version=1,
            parameters="p",
            severity="HIGH",
            facts={},
            quotes=[],
            fingerprint="f",
            raised_at=city.office.now(),
        )
    )

    city.act(
        "verifier1",
        "decide_signal",
        number,
        signal=str(hit),
        verdict="confirmed",
        comment="凭证系伪造，经与银行记录核对不存在该笔",
    )
    assert city.finding(number).cycle == 1
    city.hearing(number).establish(city.today)

    assert (city.finding(number).cycle, city.finding(number).attention) == (2, 0)
    assert city.waits_for(number) == ["accept_finding", "decide_proposal"]


@pytest.mark.parametrize("comment", ["同意", "同意，情况属实，请办理。", "agreed, fine, approved", "ok ok ok ok ok ok"])
def test_an_opinion_without_substance_is_no_verification(sqlite_city: Callable[[str], City], comment: str) -> None:
    city = sqlite_city("verifying")

    with pytest.raises((CommentWithoutSubstance, FormIncomplete)):
        city.verify(city.numbers[0], comment=comment)
    assert city.waits_for(city.numbers[0]) == ["verify_rectification"]


def test_an_opinion_in_english_has_substance_as_well(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")

    assert (
        city.verify(city.numbers[0], comment="Checked receipt 3 against the bank statement of 2 March").stage
        == "look_back"
    )


def test_a_criterion_that_is_not_met_is_not_verified(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]

    with pytest.raises(FormIncomplete) as refused:
        city.verify(number, criteria_met=city.criteria(number)[:-1])

    assert refused.value.errors == {"criteria_met": "criterion_not_met"}


def test_facts_that_were_taken_away_are_missed_at_the_sign_off(sqlite_city: Callable[[str], City]) -> None:
    """Whoever edits the tables behind the rules is stopped by the rules."""
    city = sqlite_city("signing")
    number, key = city.numbers[0], city.id_of(city.numbers[0])
    verified = (reviews.c.case_id == key) & (reviews.c.act == "verify_rectification")
    row = city.ask(select(reviews).where(verified))[0]

    for change, restore, refusal in (
        (reviews.update().where(verified).values(verdict="returned"),
         reviews.update().where(verified).values(verdict="confirmed"), NotVerified),
        (reviews.update().where(verified).values(items={}),
         reviews.update().where(verified).values(items=row.items), CriteriaOpen),
        (look_backs.update().where(look_backs.c.finding_id == key).values(result="returned"),
         look_backs.update().where(look_backs.c.finding_id == key).values(result="held"), NotLookedBack),
    ):  # fmt: skip
        city.change(change)
        with pytest.raises(refusal):
            city.sign_off(number)
        city.change(restore)
    assert city.sign_off(number).state == "signed_off"


def test_somebody_without_the_task_is_told_whose_it_is(city: City) -> None:
    with pytest.raises(NotYourTask):
        city.act(
            "u11leader", "submit_rectification", city.numbers[0], completion="x" * 30, measures_done=["1 a", "2 b"]
        )
