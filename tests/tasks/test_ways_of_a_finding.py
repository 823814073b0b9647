"""Where a finding can go beside the straight way: back, round again, later, to other hands, not at all for a while."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from cases.extension import ExtensionPending, ExtensionTooShort, TooLateToExtend, TooManyExtensions
from cases.finding import WrongState
from cases.look_back import SecondPersonNeeded
from cases.refusals import CaseSuspended, FormIncomplete, NotPermitted, NotYourTask
from cases.sign_off import NotFromOutside, SamePerson
from persistence.tables import evidence, instances, open_tasks, reviews, tenures
from tasks.revoke_sign_off import RevocationUnderWay
from tasks.urge import UrgedRecently
from tests.support.city import CHECKED, DUE_ON, ISSUED_ON, City
from tests.tasks.test_independence import hold

REASON = "省高院二审尚未开庭，资产过户须待判决生效后办理"


def ask(city: City, number: str, until: date) -> None:
    """Ask for more time."""
    city.act("u11handler", "ask_extension", number, until=until.isoformat(), reason=REASON)


def decide(city: City, number: str, verdict: str, login: str = "signer1", **given: Any) -> None:
    """Decide on more time."""
    city.act(login, "decide_extension", number, verdict=verdict, comment=CHECKED, **given)


def of_cycle_1(city: City, number: str) -> list[tuple[object, ...]]:
    """Return what was said and shown in the first cycle."""
    key = city.id_of(number)
    said = select(reviews).where(reviews.c.case_id == key, reviews.c.cycle == 1).order_by(reviews.c.id)
    shown = select(evidence).where(evidence.c.finding_id == key, evidence.c.cycle == 1).order_by(evidence.c.id)
    return [tuple(row) for row in (*city.ask(said), *city.ask(shown))]


def stored_bytes(city: City, number: str) -> int:
    """Return how large the stored process of a finding is."""
    return len(city.column(select(instances.c.state).where(instances.c.case_id == city.id_of(number)))[0])


# --- back, and round again ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "by", ["review_rectification", "sign_rectification", "verify_rectification", "record_look_back", "sign_off"]
)
def test_a_return_goes_back_in_the_same_cycle(sqlite_city: Callable[[str], City], by: str) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    city.bring(number, by)

    give_back: dict[str, Callable[[], object]] = {
        "review_rectification": lambda: city.review(number, "returned"),
        "sign_rectification": lambda: city.sign(number, "returned"),
        "verify_rectification": lambda: city.verify(number, "returned"),
        "record_look_back": lambda: (city.look(number, "returned"), city.confirm(number)),
        "sign_off": lambda: city.sign_off(number, "returned"),
    }
    give_back[by]()

    row = city.finding(number)
    assert (row.cycle, row.returns, row.submitted_at) == (1, 1, None)
    assert city.waits_for(number) == ["submit_rectification"]
    city.bring(number, "sign_off")
    assert city.sign_off(number).state == "signed_off"
    assert city.complaints() == []


@pytest.mark.parametrize("by", ["verification", "look_back"])
def test_found_false_opens_a_new_cycle_and_leaves_the_old_one_as_it_was(
    sqlite_city: Callable[[str], City], by: str
) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    if by == "look_back":
        city.bring(number, "record_look_back")
    if by == "verification":
        city.verify(number, "false")
    else:
        city.look(number, "false")
        city.confirm(number)
    city.hearing(number).establish(city.today)

    before = of_cycle_1(city, number)
    row = city.finding(number)
    assert (row.cycle, row.state, row.submitted_at) == (2, "open", None)
    assert city.waits_for(number) == ["accept_finding"]
    assert [(c.cycle, c.result) for c in city.cycles(number)] == [(1, "found_false"), (2, None)]
    city.bring(number, "sign_off")
    city.sign_off(number)
    assert of_cycle_1(city, number) == before
    assert city.complaints() == []


def test_the_evidence_of_a_past_cycle_proves_nothing_in_the_next(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    number = city.numbers[0]
    city.verify(number, "false")
    city.hearing(number).establish(city.today)
    city.accept(number)

    with pytest.raises(FormIncomplete) as refused:
        city.submit(number, files=[])

    assert "attachments" in refused.value.errors


def test_a_revoked_sign_off_begins_again_under_its_number(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    number = city.numbers[0]
    city.sign_off(number)
    with pytest.raises(NotPermitted):
        city.act("verifier1", "revoke_sign_off", number, because="recurred", comment=CHECKED)

    city.act("signer1", "revoke_sign_off", number, because="recurred", comment=CHECKED)
    assert city.finding(number).state == "signed_off"  # the unit is heard first
    with pytest.raises(RevocationUnderWay):
        city.act("signer1", "revoke_sign_off", number, because="recurred", comment=CHECKED)
    city.hearing(number).establish(city.today)

    row = city.finding(number)
    assert (row.state, row.cycle, row.signed_off_at) == ("open", 2, None)
    assert city.waits_for(number) == ["accept_finding"]
    with pytest.raises(WrongState):
        city.act("signer1", "revoke_sign_off", number, because="recurred", comment=CHECKED)
    assert city.complaints() == []


def test_a_durability_look_back_revokes_what_did_not_last(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    number = city.numbers[0]
    city.sign_off(number)
    city.act("office1", "open_durability", number)
    people = [str(city.actor(login).person_id) for login in ("lookback1", "lookback3")]
    where: dict[str, Any] = {"method": "on_site", "place": "集团财务部", "sample": "抽取3笔凭证核对"}
    today = city.today.isoformat()
    city.act("office1", "start_durability", number, inspectors=people, starts_on=today, **where)

    city.act(
        "lookback3", "record_durability", number, started_on=today, ended_on=today, result="revoked", **where,
        record="到集团财务部查阅第9号凭证，津贴补贴又按原标准发放2个月，制度没有执行。",
    )  # fmt: skip
    assert city.finding(number).state == "signed_off", "the word of one person revokes nothing"
    with pytest.raises(SecondPersonNeeded):
        city.act("lookback3", "confirm_look_back", number, verdict="confirmed", comment=CHECKED)
    city.act("lookback1", "confirm_look_back", number, verdict="confirmed", comment=CHECKED)
    assert city.finding(number).state == "signed_off", "the unit is heard first"
    city.hearing(number).establish(city.today)

    assert (city.finding(number).state, city.finding(number).cycle) == ("open", 2)
    assert "SignOffRevoked" in city.events(number)
    assert city.complaints() == []


@pytest.mark.parametrize(("times", "growth"), [(30, 4), pytest.param(300, 20, marks=pytest.mark.long)])
def test_returns_on_one_finding_work_like_the_first(
    sqlite_city: Callable[[str], City], times: int, growth: int
) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    files = city.results(number)
    city.submit(number, files)
    first = stored_bytes(city, number)

    for _ in range(times):
        city.review(number, "returned")
        city.submit(number, files[:1])

    assert city.finding(number).returns == times
    assert stored_bytes(city, number) < growth * first
    city.bring(number, "sign_off")
    assert city.sign_off(number).state == "signed_off"


# --- kinds ----------------------------------------------------------------------------------------------------------


def test_an_immediate_finding_does_not_wait_for_the_plan_and_a_phased_one_does(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    immediate, phased, continuous = city.numbers

    for number in (immediate, phased, continuous):
        city.accept(number)

    assert city.waits_for(immediate) == ["submit_rectification"]
    assert [city.waits_for(phased), city.waits_for(continuous)] == [[], []]
    assert city.finding(phased).stage == "plan"
    city.submit_plan()
    city.review_plan()
    assert [city.waits_for(phased), city.waits_for(continuous)] == [["submit_rectification"]] * 2


def test_a_finding_accepted_after_the_plan_was_approved_goes_on_at_once(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    city.submit_plan()
    city.review_plan()

    assert city.accept(city.numbers[1]).open_acts == ("submit_rectification",)


def test_a_continuous_finding_is_signed_off_only_at_its_last_milestone(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[2]
    city.bring(number, "confirm_look_back")
    city.confirm(number)

    row = city.finding(number)
    assert (row.basic_done, row.due_on, row.submitted_at) == (True, date(2026, 6, 15), None)
    assert city.waits_for(number) == ["submit_rectification"]
    city.bring(number, "sign_off")
    assert city.events(number).count("LookBackHeld") == 2
    assert city.sign_off(number).state == "signed_off"
    assert city.complaints() == []


# --- more time ------------------------------------------------------------------------------------------------------


def test_an_extension_moves_the_due_date_of_the_finding_and_its_tasks(city: City) -> None:
    number = city.numbers[0]
    ask(city, number, DUE_ON + timedelta(days=30))
    with pytest.raises(ExtensionPending):
        ask(city, number, DUE_ON + timedelta(days=40))
    with pytest.raises(NotPermitted):
        decide(city, number, "approved", "u11chief")

    decide(city, number, "approved", until=(DUE_ON + timedelta(days=20)).isoformat())

    assert city.finding(number).due_on == DUE_ON + timedelta(days=20)
    due = select(open_tasks.c.due_on).where(open_tasks.c.case_id == city.id_of(number))
    assert city.column(due) == [DUE_ON + timedelta(days=20)]
    assert city.complaints() == []


def test_an_extension_is_decided_by_another_person_than_asked(city: City) -> None:
    number = city.numbers[0]
    hold(city, "signer1", "handler", deputy=True)
    city.act("signer1", "ask_extension", number, until="2026-07-30", reason=REASON)

    with pytest.raises(NotFromOutside):
        decide(city, number, "approved", "signer1")
    city.change(delete(tenures).where(tenures.c.deputy))  # he leaves the unit, and still it was he who asked
    with pytest.raises(SamePerson):
        decide(city, number, "approved", "signer1")
    decide(city, number, "approved", "signer2")


def test_an_extension_is_asked_for_before_the_deadline_and_at_most_twice(city: City) -> None:
    number = city.numbers[0]
    with pytest.raises(ExtensionTooShort):
        ask(city, number, DUE_ON)
    ask(city, number, DUE_ON + timedelta(days=1))
    decide(city, number, "refused")
    for days in (10, 20):
        ask(city, number, DUE_ON + timedelta(days=days))
        decide(city, number, "approved")
    with pytest.raises(TooManyExtensions):
        ask(city, number, DUE_ON + timedelta(days=30))

    late = city.numbers[1]
    city.go_to(DUE_ON)
    ask(city, late, DUE_ON + timedelta(days=30))
    decide(city, late, "refused")
    city.go_to(DUE_ON + timedelta(days=1))
    with pytest.raises(TooLateToExtend):
        ask(city, late, DUE_ON + timedelta(days=30))


def test_nobody_decides_by_waiting(city: City) -> None:
    number = city.numbers[0]
    ask(city, number, DUE_ON + timedelta(days=30))

    city.go_to(DUE_ON - timedelta(days=1))

    assert "decide_extension" in city.waits_for(number)
    assert city.finding(number).due_on == DUE_ON
    assert "DeadlinePassed" in city.events(number)


def test_an_extension_that_comes_late_keeps_the_flag_when_the_new_day_is_past_too(city: City) -> None:
    number = city.numbers[0]
    ask(city, number, DUE_ON + timedelta(days=5))
    city.go_to(DUE_ON + timedelta(days=10))
    assert city.finding(number).overdue_since is not None

    decide(city, number, "approved")

    assert city.finding(number).overdue_since is not None


def test_a_sign_off_ends_a_request_for_more_time(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    number = city.numbers[0]
    ask(city, number, DUE_ON + timedelta(days=5))

    city.sign_off(number)

    assert city.waits_for(number) == []
    assert city.complaints() == []


def test_an_extension_never_brings_the_due_date_forward(city: City) -> None:
    number = city.numbers[0]
    ask(city, number, DUE_ON + timedelta(days=5))
    city.suspend(number)
    city.go_to(ISSUED_ON + timedelta(days=30))
    city.resume(number)

    with pytest.raises(ExtensionTooShort):
        decide(city, number, "approved")

    decide(city, number, "refused")
    assert city.finding(number).due_on == DUE_ON + timedelta(days=30)


# --- standing still -------------------------------------------------------------------------------------------------


def test_while_suspended_no_act_and_no_timer_moves_a_finding(city: City) -> None:
    number = city.numbers[0]
    city.suspend(number)
    events, measure = city.events(number), str(city.measures(number)[0])

    for login, act, given in (
        ("u11handler", "report_progress", {"text": "本周清退资金三笔，共一万二千元。"}),
        ("u11handler", "ask_extension", {"until": "2026-07-30", "reason": REASON}),
        ("office1", "urge", {"text": "请抓紧整改，按期完成。"}),
        ("office1", "suspend_finding", {"because": "litigation", "comment": CHECKED}),
        ("verifier1", "decide_waiver", {"measure": measure, "verdict": "waived", "comment": CHECKED}),
    ):  # fmt: skip
        with pytest.raises(CaseSuspended):
            city.perform(login, act, number, given)
    with pytest.raises(CaseSuspended):
        city.submit(number)
    city.go_to(DUE_ON + timedelta(days=100))
    assert city.events(number) == events
    assert city.finding(number).overdue_since is None


def test_a_resumed_finding_gets_the_days_back_that_it_stood_still(city: City) -> None:
    number = city.numbers[0]
    city.suspend(number)
    city.go_to(ISSUED_ON + timedelta(days=10))

    city.resume(number)

    assert city.finding(number).due_on == DUE_ON + timedelta(days=10)
    assert city.column(select(open_tasks.c.due_on).where(open_tasks.c.case_id == city.id_of(number))) == [
        DUE_ON + timedelta(days=10)
    ]
    city.bring(number, "sign_off")
    assert city.sign_off(number).state == "signed_off"
    assert city.complaints() == []


def test_a_plan_that_is_approved_meanwhile_moves_a_suspended_finding_only_when_it_is_resumed(
    city_at: Callable[[str], City],
) -> None:
    city = city_at("issued")
    phased = city.numbers[1]
    city.accept(phased)
    city.suspend(phased, "force_majeure")
    city.submit_plan()
    city.review_plan()
    city.office.settle(100)
    assert city.waits_for(phased) == []

    city.resume(phased)

    assert city.waits_for(phased) == ["submit_rectification"]
    assert city.complaints() == []


# --- other hands ----------------------------------------------------------------------------------------------------


def test_a_task_that_was_claimed_is_nobody_elses_until_it_is_given_back(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    city.act("verifier1", "claim_task", number)
    with pytest.raises(NotYourTask):
        city.verify(number, login="verifier2")
    with pytest.raises(NotYourTask):
        city.act("verifier2", "claim_task", number)

    city.act("verifier1", "release_task", number)

    assert city.verify(number, login="verifier2").stage == "look_back"


def test_a_task_is_handed_over_to_somebody_who_may_do_it(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    to = {login: str(city.actor(login).person_id) for login in ("verifier2", "office2", "u12handler")}
    reason = "出差一周，交由核查组成员办理"
    for stranger in ("office2", "u12handler"):
        with pytest.raises(FormIncomplete) as refused:
            city.act("verifier1", "hand_over", number, person=to[stranger], reason=reason)
        assert refused.value.errors == {"person": "may_not"}

    city.act("verifier1", "hand_over", number, person=to["verifier2"], reason=reason)

    with pytest.raises(NotYourTask):
        city.verify(number, login="verifier1")
    assert city.verify(number, login="verifier2").stage == "look_back"


def test_a_task_is_not_handed_over_to_a_number_that_nobody_has(city: City) -> None:
    with pytest.raises(FormIncomplete):
        city.act("u11handler", "hand_over", city.numbers[0], person="999999", reason="出差一周，交由他人办理")


def test_urging_is_rate_limited(city: City) -> None:
    number = city.numbers[0]
    city.act("office1", "urge", number, text="请抓紧整改，按期完成。")
    with pytest.raises(UrgedRecently):
        city.act("signer1", "urge", number, text="请抓紧整改，按期完成。")
    city.act("office1", "urge", city.numbers[1], text="请抓紧整改，按期完成。")

    city.go_to(ISSUED_ON + timedelta(days=2), hour=18)

    city.act("office1", "urge", number, text="请抓紧整改，按期完成。")
    assert city.events(number).count("Urged") == 2


def test_a_deputy_does_what_the_holder_of_the_post_does(city: City) -> None:
    hold(city, "u11member", "handler", deputy=True)

    files = city.results(city.numbers[0])
    city.act(
        "u11member", "submit_rectification", city.numbers[0], files=files,
        completion="资金已全部清退上缴财政专户，责任人已作出处理", measures_done=["1 已清退", "2 已修订"],
    )  # fmt: skip

    assert city.waits_for(city.numbers[0]) == ["review_rectification"]
