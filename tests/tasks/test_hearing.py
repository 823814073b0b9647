"""Nobody is condemned unheard: who speaks when, who judges whom, and what follows from what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases.refusals import CaseError, NoSuchTask, NotPermitted, NotYourTask
from cases.sign_off import ReplyNotConsidered, SamePerson
from persistence.tables import notices, open_tasks, reviews, signal_hits
from tasks.between_cases import wake_due
from tasks.hearing import HearingUnderWay
from tests.support.city import BEFORE_FEEDBACK, CHECKED, City
from tests.support.hearing import Hearing

CONDEMNED = {"CycleOpened", "MeasuresProposed", "RungProposed", "RungReached", "SignOffRevoked", "SuspicionConfirmed"}


def suspected(city: City) -> str:
    """A grave suspicion: a submission that rests on minutes from before the feedback."""
    number = city.numbers[1]
    city.submit(number, [city.keep("会议纪要.png", "MEETING_MINUTES", effective_on=BEFORE_FEEDBACK)])
    city.office.settle(100)
    return number


def doubted_at_the_desk(city: City) -> str:
    number = city.numbers[0]
    city.bring(number, "verify_rectification")
    city.verify(number, "false")
    return number


def doubted_on_site(city: City) -> str:
    number = city.numbers[0]
    city.bring(number, "record_look_back")
    city.look(number, "false")
    city.confirm(number)
    return number


def not_durable(city: City) -> str:
    number = signed_off(city)
    city.act("office1", "open_durability", number)
    people = [str(city.actor(login).person_id) for login in ("lookback1", "lookback3")]
    where: dict[str, Any] = {"method": "on_site", "place": "集团财务部", "sample": "抽取3笔凭证核对"}
    today = city.today.isoformat()
    city.act("office1", "start_durability", number, inspectors=people, starts_on=today, **where)
    record = "到集团财务部查阅第9号凭证，津贴补贴又按原标准发放2个月，制度没有执行。"
    city.act("lookback3", "record_durability", number, started_on=today, ended_on=today, result="revoked",
             record=record, **where)  # fmt: skip
    city.act("lookback1", "confirm_look_back", number, verdict="confirmed", comment=CHECKED)
    return number


def revocation_proposed(city: City) -> str:
    number = signed_off(city)
    city.act("signer1", "revoke_sign_off", number, because="recurred", comment=CHECKED)
    return number


def signed_off(city: City) -> str:
    number = city.numbers[0]
    city.bring(number, "sign_off")
    city.sign_off(number)
    return number


WAYS = [suspected, doubted_at_the_desk, doubted_on_site, not_durable, revocation_proposed]
every_way = pytest.mark.parametrize("doubt", WAYS, ids=lambda way: way.__name__)


def stands(city: City, number: str) -> tuple[Any, ...]:
    row = city.finding(number)
    return row.state, row.cycle, row.signed_off_at


@every_way
def test_nothing_is_held_against_a_unit_before_it_was_heard_and_a_finding_stands(
    sqlite_city: Callable[[str], City], doubt: Callable[[City], str]
) -> None:
    city = sqlite_city("rectifying")
    number = doubt(city)
    before, known = stands(city, number), len(city.events(number))
    hearing = city.hearing(number)

    for act in ("decide_suspicion", "confirm_suspicion", "find_facts"):
        with pytest.raises((NoSuchTask, NotPermitted)):  # no verdict before the unit's answer or its day
            city.act("verifier1", act, number, verdict="agreed", comment=CHECKED)
    hearing.state().examine().second().put(met_on=city.today.isoformat()).answer().find()
    assert stands(city, number) == before
    assert not set(city.events(number)[known:]) & CONDEMNED
    hearing.ask("not_asked")

    assert set(city.events(number)[known:]) & CONDEMNED
    assert city.finding(number).cycle == before[1] + 1
    assert city.complaints() == []


@every_way
@pytest.mark.parametrize("comes_to", ["cleared", "explained", "not_proved", "overturned"])
def test_what_is_not_established_has_no_consequence(
    sqlite_city: Callable[[str], City], doubt: Callable[[City], str], comes_to: str
) -> None:
    city = sqlite_city("rectifying")
    number = doubt(city)
    before, known = stands(city, number), len(city.events(number))
    hearing = city.hearing(number).state()

    if comes_to == "cleared":
        hearing.examine("insufficient").second()
    else:
        hearing.examine().second().put(met_on=city.today.isoformat()).answer()
        hearing.find(comes_to if comes_to != "overturned" else "established")
    if comes_to == "overturned":
        hearing.ask("asked").review("overturned")
    city.office.settle(100)

    assert stands(city, number) == before
    assert not set(city.events(number)[known:]) & CONDEMNED
    assert city.column(select(notices.c.id).where(notices.c.subject == city.id_of(number))) == []
    assert [row.decision for row in city.signals(number)].count("confirmed") == 0
    assert not {"give_statement", "decide_suspicion", "ask_reconsideration"} & set(city.waits_for(number))
    assert city.complaints() == []


def test_nobody_is_asked_about_one_matter_twice_at_a_time(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspected(city)
    city.review(number)
    city.sign(number)

    with pytest.raises(HearingUnderWay):
        city.verify(number, "false")


def at_the_finding(city: City) -> tuple[str, Hearing]:
    number = suspected(city)
    return number, city.hearing(number).state().examine().second().put(met_on=city.today.isoformat()).answer()


def test_it_takes_two_to_doubt_and_two_to_pass(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspected(city)
    hearing = city.hearing(number).state().examine("explained")

    with pytest.raises(SamePerson):
        hearing.second(login="verifier1")
    assert {row.decision for row in city.signals(number)} == {None}
    hearing.second("returned")
    assert "decide_suspicion" in city.waits_for(number)
    hearing.examine("explained", login="verifier2").second(login="verifier1")

    assert {row.decision for row in city.signals(number)} == {"explained"}


def test_who_examined_does_not_find_and_who_found_does_not_review(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    _, hearing = at_the_finding(city)

    with pytest.raises((NotPermitted, NotYourTask)):
        hearing.find(login="verifier1")
    hearing.find(login="signer1").ask("asked")
    with pytest.raises(SamePerson):
        hearing.review(login="signer1")
    hearing.review(login="signer2")


@pytest.mark.parametrize("step", ["examine", "second", "find"])
def test_whoever_judges_says_that_he_considered_what_the_unit_said(
    sqlite_city: Callable[[str], City], step: str
) -> None:
    city = sqlite_city("rectifying")
    number = suspected(city)
    hearing = city.hearing(number).state()
    if step != "examine":
        hearing.examine()
    if step == "find":
        hearing.second().put(met_on=city.today.isoformat()).answer()

    with pytest.raises(ReplyNotConsidered):
        getattr(hearing, step)(replies_considered="")
    getattr(hearing, step)()


@pytest.mark.parametrize("act", ["give_statement", "answer_facts", "ask_reconsideration"])
def test_nobody_speaks_for_the_unit(sqlite_city: Callable[[str], City], act: str) -> None:
    city = sqlite_city("rectifying")
    number = suspected(city)
    hearing = city.hearing(number)
    if act != "give_statement":
        hearing.state().examine().second().put(met_on=city.today.isoformat())
    if act == "ask_reconsideration":
        hearing.answer().find()

    assert act in city.waits_for(number)
    for login in ("office1", "verifier1", "signer1", "u21chief"):
        with pytest.raises(CaseError):
            city.act(login, act, number, verdict="accepted", comment=CHECKED)


def test_silence_is_noted_by_the_clock_and_admits_nothing(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = suspected(city)

    def pass_the_day(act: str) -> None:
        (due,) = city.column(select(open_tasks.c.due_on).where(open_tasks.c.act == act))
        city.go_to(due)
        wake_due(city.office)
        assert act in city.waits_for(number)
        city.go_to(due + timedelta(days=1))
        wake_due(city.office)
        assert act not in city.waits_for(number)

    pass_the_day("give_statement")
    city.hearing(number).examine(replies_considered="").second(replies_considered="").put(met_on=str(city.today))
    pass_the_day("answer_facts")
    assert city.events(number).count("UnitSilent") == 2
    assert not set(city.events(number)) & CONDEMNED
    city.hearing(number).find(replies_considered="")
    pass_the_day("ask_reconsideration")

    assert city.finding(number).cycle == 2
    found_by = select(signal_hits.c.decided_by, signal_hits.c.decision)
    assert {tuple(row) for row in city.ask(found_by)} == {(city.actor("signer1").person_id, "confirmed")}


def test_the_record_keeps_who_said_what_in_which_hearing(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number, hearing = at_the_finding(city)
    hearing.find("explained")

    acts = ("give_statement", "decide_suspicion", "confirm_suspicion", "put_facts", "answer_facts", "find_facts")
    kept = city.ask(select(reviews).where(reviews.c.act.in_(acts)).order_by(reviews.c.at, reviews.c.id))
    assert tuple(row.act for row in kept) == acts
    assert len({row.items["hearing"] for row in kept}) == 1
    assert kept[3].items["present"] == "党委书记、纪委书记"
    assert city.events(number)[-1] in ("SuspicionDecided", "FactsFound")


def test_a_lead_that_one_person_holds_for_well_founded_is_heard(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    city.submit(number)
    city.office.settle(100)
    with city.office.database.writing() as conn:
        made = {"finding_id": city.id_of(number), "cycle": 1, "signal": "PR-19", "rule_version": 1, "parameters": ""}
        facts = {"severity": "LOW", "facts": {}, "quotes": [], "fingerprint": "x", "raised_at": city.office.now()}
        conn.execute(signal_hits.insert(), made | facts | {"id": 5})
    city.take_as_proved()

    city.act("verifier1", "decide_signal", number, signal="5", verdict="confirmed", comment=CHECKED)

    assert city.finding(number).cycle == 1
    assert [row.decision for row in city.signals(number) if row.id == 5] == [None]
    assert "give_statement" in city.waits_for(number)
    city.hearing(number).establish(city.today)
    assert city.finding(number).cycle == 2
