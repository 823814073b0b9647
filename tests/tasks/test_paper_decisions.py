"""A decision on a sheet of paper takes effect when a second person has held the record against the scan."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from cases.comments import CommentWithoutSubstance
from cases.decided import (
    NotWaiting,
    ScanMissing,
    ScanNotOpened,
    SecondPersonNeeded,
    SheetInFuture,
    SheetKnown,
    SheetTooEarly,
)
from cases.finding import State
from cases.refusals import CaseError, FormIncomplete, NotPermitted, NotYourTask
from cases.sign_off import NotFromOutside, SamePerson
from persistence.tables import decision_items, decisions, evidence, extensions, ledger, outbox, waivers
from tasks.between_cases import wake_due
from tasks.carry_out import carry_out
from tests.support.city import CHECKED, City
from tests.tasks.group import (
    SHEET,
    account,
    carried_out,
    confirm,
    last_review,
    open_scan,
    person_of,
    ready,
    record,
    refusals,
    state_of_decision,
)
from tests.tasks.test_meetings import raise_signal, took_part


@pytest.fixture
def city(city_at: Callable[[str], City]) -> City:
    """The city when two findings wait for their sign-off."""
    city = city_at("two_signing")
    city.go_on()
    return city


def test_a_sheet_covers_many_findings_and_waits_for_a_second_person(city: City) -> None:
    numbers = ready(city)

    decision = record(city, numbers)

    assert {city.finding(number).state for number in numbers} == {State.OPEN}
    open_scan(city, decision, "office2")
    confirm(city, decision)
    assert carried_out(city) == dict.fromkeys(numbers, "done")
    assert {city.finding(number).state for number in numbers} == {State.SIGNED_OFF}
    assert city.complaints() == []


def test_the_day_of_the_sheet_stands_beside_the_day_of_the_record(city: City) -> None:
    (number,) = ready(city, 0)
    signed_on = city.today
    city.go_to(signed_on + timedelta(days=3))

    decision = record(city, [number], decided_on=signed_on.isoformat())
    open_scan(city, decision, "office2")
    confirm(city, decision)

    review = last_review(city, number)
    assert (review.decided_on, review.person_id) == (signed_on, person_of(city, "signer1"))
    assert review.at.date() > signed_on
    body = city.column(select(ledger.c.body).where(ledger.c.event == "SignedOff"))[0]
    assert all(word in body for word in (SHEET, signed_on.isoformat(), "巡察办主任", "巡察办干部"))


def test_who_recorded_does_not_confirm_under_another_account_either(city: City) -> None:
    decision = record(city, ready(city))
    account(city, person_of(city, "office1"), "office1-again", key=950)

    for login in ("office1", "office1-again"):
        open_scan_once(city, decision, login)
        with pytest.raises(SecondPersonNeeded):
            confirm(city, decision, login)

    assert state_of_decision(city) == "waiting"


def test_the_other_people_of_the_office_are_told_that_a_sheet_waits(city: City) -> None:
    decision = record(city, ready(city))

    (letter,) = city.ask(select(outbox).where(outbox.c.letter == "sheet_waits"))

    assert letter.person_id == person_of(city, "office2")
    assert letter.facts["link"] == f"/decisions/{decision}"
    assert letter.facts["post"]


def open_scan_once(city: City, decision: str, login: str) -> None:
    if person_of(city, login) == person_of(city, "office1") and login != "office1":
        return
    open_scan(city, decision, login)


def test_nobody_confirms_without_having_opened_the_scan(city: City) -> None:
    decision = record(city, ready(city))

    with pytest.raises(ScanNotOpened):
        confirm(city, decision)


def test_a_confirmation_says_what_was_compared(city: City) -> None:
    decision = record(city, ready(city))
    open_scan(city, decision, "office2")

    agreed = {"decision": decision, "verdict": "confirmed", "comment": "同意"}
    with pytest.raises(CommentWithoutSubstance):
        city.perform("office2", "confirm_paper_decision", "office", agreed)


def test_a_rejected_record_does_nothing_and_its_number_stays_taken(city: City) -> None:
    numbers = ready(city)
    decision = record(city, numbers)
    open_scan(city, decision, "office2")

    confirm(city, decision, verdict="rejected")

    assert city.finding(numbers[0]).state == State.OPEN
    with pytest.raises(NotWaiting):
        confirm(city, decision)
    with pytest.raises(SheetKnown):
        record(city, numbers)


@pytest.mark.parametrize("written", [SHEET, f" {SHEET} ", "临巡领[2026]7号", "临巡领【２０２６】７号"])
def test_a_sheet_is_recorded_once_however_its_number_is_written(city: City, written: str) -> None:
    one, other = ready(city)
    record(city, [one])

    with pytest.raises(SheetKnown):
        record(city, [other], sheet_number=written)


def test_a_sheet_without_its_scan_is_no_sheet(city: City) -> None:
    given = {
        "decision": "sign_off", "sheet_number": SHEET, "decided_on": city.today.isoformat(), "numbers": ready(city),
        "signer": person_of(city, "signer1"), "answers": {"verdict": "signed", "comment": CHECKED},
    }  # fmt: skip

    with pytest.raises(ScanMissing):
        city.perform("office1", "record_paper_decision", "office", given)


def test_a_sheet_is_signed_neither_tomorrow_nor_before_the_finding_waited(city: City) -> None:
    numbers = ready(city)

    with pytest.raises(SheetInFuture):
        record(city, numbers, decided_on=(city.today + timedelta(days=1)).isoformat())
    with pytest.raises(SheetTooEarly):
        record(city, numbers, decided_on=(city.today - timedelta(days=1)).isoformat())


# --- no way round the rules -----------------------------------------------------------------------------------------


def test_a_sheet_gives_no_right_that_its_signer_does_not_have(city: City) -> None:
    numbers = ready(city, 0)

    for login in ("office2", "u11chief"):
        with pytest.raises(NotPermitted):
            record(city, numbers, signer=person_of(city, login))
    with pytest.raises(FormIncomplete):
        record(city, numbers, signer=987654)


def test_who_rectified_signs_nothing_on_paper_and_writes_nothing_down(city: City) -> None:
    (number,) = ready(city, 0)
    took_part(city, "signer1", number)
    with pytest.raises(SamePerson):
        record(city, [number])

    took_part(city, "office1", number)
    with pytest.raises(SamePerson):
        record(city, [number], signer=person_of(city, "signer2"))


def test_an_undecided_signal_stops_a_sheet_at_the_record_and_at_the_confirmation(city: City) -> None:
    one, other = ready(city)
    raise_signal(city, other)
    with pytest.raises(CaseError) as refused:
        record(city, [one, other])
    assert refused.value.code == "signal_undecided"

    decision = record(city, [one])
    raise_signal(city, one)
    open_scan(city, decision, "office2")
    confirm(city, decision)

    assert (carried_out(city), refusals(city)) == ({one: "refused"}, ["signal_undecided"])
    assert city.finding(one).state == State.OPEN


def test_facts_that_changed_between_record_and_confirmation_are_not_signed(city: City) -> None:
    one, other = ready(city)
    decision = record(city, [one, other])
    first = select(func.min(evidence.c.id)).where(evidence.c.finding_id == city.finding(other).id)
    (key,) = city.column(first)
    city.change(update(evidence).where(evidence.c.id == key).values(adopted=True))
    open_scan(city, decision, "office2")

    confirm(city, decision)

    assert carried_out(city) == {one: "done", other: "refused"}
    assert refusals(city) == ["dossier_changed"]


def test_a_refused_case_may_be_tried_again_when_nothing_stands_against_it(city: City) -> None:
    (number,) = ready(city, 0)
    decision = record(city, [number])
    key = city.column(select(func.min(evidence.c.id)).where(evidence.c.finding_id == city.finding(number).id))[0]
    city.change(update(evidence).where(evidence.c.id == key).values(adopted=True))
    open_scan(city, decision, "office2")
    confirm(city, decision)
    city.change(update(evidence).where(evidence.c.id == key).values(adopted=None))

    city.perform("office1", "retry_decision", "office", {"decision": decision})

    assert carried_out(city) == {number: "done"}


def test_what_a_crash_left_waiting_is_taken_up_by_the_clock_once(city: City) -> None:
    numbers = ready(city)
    decision = record(city, numbers)
    city.change(update(decisions).values(state="confirmed", confirmed_by=person_of(city, "office2")))

    wake_due(city.office)
    assert carry_out(city.office, int(decision)) == 0

    assert carried_out(city) == dict.fromkeys(numbers, "done")
    assert city.events(numbers[0]).count("SignedOff") == 1


def test_a_decision_that_nobody_confirmed_is_not_carried_out_by_the_clock(city: City) -> None:
    numbers = ready(city)
    record(city, numbers)

    wake_due(city.office)

    assert carried_out(city) == dict.fromkeys(numbers, "waiting")


def test_the_unit_neither_records_nor_confirms(city: City) -> None:
    numbers = ready(city)
    with pytest.raises(CaseError):
        record(city, numbers, login="u11chief")
    decision = record(city, numbers)
    with pytest.raises(CaseError):
        confirm(city, decision, "u11chief")


def test_a_confirmer_of_the_unit_is_refused_whatever_his_posts(city: City) -> None:
    numbers = ready(city, 0)
    decision = record(city, numbers)
    took_part(city, "office2", numbers[0])
    open_scan(city, decision, "office2")

    with pytest.raises((SamePerson, NotFromOutside)):
        confirm(city, decision)


# --- other decisions on paper ---------------------------------------------------------------------------------------


def test_an_extension_is_decided_on_paper(city: City) -> None:
    number = city.numbers[1]
    until = (city.finding(number).due_on + timedelta(days=20)).isoformat()
    city.act(
        "u11handler",
        "ask_extension",
        number,
        until=until,
        reason="该款项涉诉，须等待市中级人民法院二审判决生效后方可追缴到位",
    )

    answers = {"verdict": "approved", "comment": CHECKED, "until": until}
    decision = record(city, [number], decision="decide_extension", answers=answers)
    open_scan(city, decision, "office2")
    confirm(city, decision)

    assert carried_out(city) == {number: "done"}
    assert city.finding(number).due_on.isoformat() == until
    assert city.column(select(extensions.c.verdict)) == ["approved"]


def test_a_waiver_is_decided_on_paper(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    number = city.numbers[0]
    city.submit(number)
    (measure, *_) = city.measures(number)

    answers = {"verdict": "waived", "comment": CHECKED, "measure": str(measure)}
    decision = record(
        city, [number], decision="decide_waiver", answers=answers, signer=person_of(city, "discipline1")
    )  # fmt: skip
    open_scan(city, decision, "office2")
    confirm(city, decision)

    assert city.column(select(waivers.c.decided_by)) == [person_of(city, "discipline1")]


def test_the_chief_signs_on_paper_and_counts_as_one_who_rectified(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    number = city.numbers[0]
    city.bring(number, "sign_rectification")

    answers = {"verdict": "agreed", "comment": CHECKED, "pledge": True}
    decision = record(
        city, [number], decision="sign_rectification", answers=answers, signer=person_of(city, "u11chief")
    )
    open_scan(city, decision, "office2")
    confirm(city, decision)

    assert carried_out(city) == {number: "done"}
    assert last_review(city, number).person_id == person_of(city, "u11chief")


def test_only_one_finding_stands_on_a_sheet_of_another_act(city: City) -> None:
    with pytest.raises(FormIncomplete) as refused:
        record(city, city.numbers, decision="decide_extension")

    assert refused.value.errors == {"numbers": "one_only"}


def test_a_task_of_somebody_else_is_not_done_by_a_sheet(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    number = city.numbers[0]
    city.bring(number, "review_rectification")
    answers = {"verdict": "agreed", "comment": CHECKED}

    with pytest.raises((NotYourTask, NotPermitted)):
        record(city, [number], decision="review_rectification", answers=answers, signer=person_of(city, "u11chief"))
    assert city.count(decision_items) == 0
