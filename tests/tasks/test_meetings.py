"""A meeting decides a batch: everybody has one vote, the chair speaks last, and no rule is left out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from cases.decided import ScanMissing, SecondPersonNeeded, SheetInFuture, SheetKnown
from cases.finding import State
from cases.meeting import (
    AlreadyVoted,
    ChairSilent,
    ChairSpeaksLast,
    MeetingOver,
    MemberRecused,
    NoQuorum,
    NoSeat,
    ReasonMissing,
    VotesCast,
)
from cases.refusals import CaseError, FormIncomplete, Unknown
from persistence.columns import new_id
from persistence.tables import (
    evidence,
    ledger,
    meeting_items,
    outbox,
    progress_reports,
    recusals,
    reviews,
    signal_hits,
)
from tasks.call_meeting import NothingReady
from tests.support.city import City
from tests.tasks.group import (
    SHEET,
    call,
    carried_out,
    close,
    confirm,
    last_review,
    open_scan,
    person_of,
    ready,
    refusals,
    results,
    state_of_decision,
    vote,
)


@pytest.fixture
def group(city_at: Callable[[str], City]) -> City:
    """The city with a leading group of three, which has two findings before it."""
    city = city_at("group_signing")
    city.go_on()
    return city


def all_agree(city: City, meeting: str) -> None:
    for login in ("signer2", "signer900", "signer1"):
        vote(city, meeting, login)


def test_a_batch_that_was_carried_is_signed_off_in_the_name_of_the_chair(group: City) -> None:
    numbers = ready(group)
    meeting = str(call(group, numbers).more["meeting"])
    all_agree(group, meeting)

    close(group, meeting)

    assert results(group) == dict.fromkeys(numbers, "carried")
    assert carried_out(group) == dict.fromkeys(numbers, "done")
    assert {group.finding(number).state for number in numbers} == {State.SIGNED_OFF}
    review = last_review(group, numbers[0])
    assert (review.act, review.person_id) == ("sign_off", person_of(group, "signer1"))
    assert (review.sheet_number, review.decided_on) == (SHEET, group.today)
    assert group.complaints() == []


def test_the_ledger_says_which_meeting_decided(group: City) -> None:
    (number,) = ready(group, 0)
    meeting = str(call(group, [number]).more["meeting"])
    all_agree(group, meeting)
    close(group, meeting)

    own = select(ledger.c.body).where(ledger.c.case_id == group.finding(number).id, ledger.c.event == "SignedOff")
    (body,) = group.column(own)
    assert SHEET in body


def test_the_chair_waits_until_everybody_present_has_spoken(group: City) -> None:
    numbers = ready(group)
    meeting = str(call(group, numbers).more["meeting"])
    vote(group, meeting, "signer2")

    with pytest.raises(ChairSpeaksLast) as refused:
        vote(group, meeting, "signer1")

    assert refused.value.facts["waiting"] == ("领导小组成员",)


def test_a_meeting_does_not_end_before_its_chair_has_spoken(group: City) -> None:
    meeting = str(call(group, ready(group)).more["meeting"])
    vote(group, meeting, "signer2")
    vote(group, meeting, "signer900")

    with pytest.raises(ChairSilent):
        close(group, meeting)


def test_nobody_votes_twice_under_another_account_either(group: City) -> None:
    from tests.tasks.group import account

    meeting = str(call(group, ready(group)).more["meeting"])
    vote(group, meeting, "signer2")
    account(group, person_of(group, "signer2"), "second-account", key=901)

    for login in ("signer2", "second-account"):
        with pytest.raises(AlreadyVoted):
            vote(group, meeting, login, "dissent", "改主意了，第3号凭证不符")


def test_who_dissents_says_why(group: City) -> None:
    meeting = str(call(group, ready(group)).more["meeting"])

    with pytest.raises(ReasonMissing):
        vote(group, meeting, "signer2", "dissent")


def test_a_finding_that_most_do_not_carry_stays_open_and_the_others_are_signed(group: City) -> None:
    one, other = ready(group)
    meeting = str(call(group, [one, other]).more["meeting"])
    vote(group, meeting, "signer2", exceptions=[f"{other} dissent 资金未到账"])
    vote(group, meeting, "signer900", exceptions=[f"{other} abstain"])
    vote(group, meeting, "signer1")

    close(group, meeting)

    assert results(group) == {one: "carried", other: "lost"}
    assert group.finding(other).state == State.OPEN
    (votes,) = group.column(select(meeting_items.c.votes).where(meeting_items.c.number == other))
    assert votes == {"agree": 1, "dissent": 1, "abstain": 1, "recused": 0, "entitled": 3}


def test_half_is_no_majority_and_absent_members_count(group: City) -> None:
    numbers = ready(group, 0)
    present = [person_of(group, login) for login in ("signer1", "signer2")]
    meeting = str(call(group, numbers, present=present).more["meeting"])
    vote(group, meeting, "signer2", "abstain")
    vote(group, meeting, "signer1")

    close(group, meeting)

    assert results(group) == {numbers[0]: "lost"}


def test_without_a_quorum_nothing_is_decided(group: City) -> None:
    chair = person_of(group, "signer1")
    meeting = str(call(group, ready(group), present=[chair]).more["meeting"])
    vote(group, meeting, "signer1")

    with pytest.raises(NoQuorum):
        close(group, meeting)


def test_who_is_absent_or_no_member_has_no_vote(group: City) -> None:
    present = [person_of(group, login) for login in ("signer1", "signer2")]
    meeting = str(call(group, ready(group), present=present).more["meeting"])

    with pytest.raises(NoSeat):
        vote(group, meeting, "signer900")
    with pytest.raises(CaseError):
        vote(group, meeting, "verifier1")


def test_attendance_changes_only_before_the_first_vote(group: City) -> None:
    everybody = [person_of(group, login) for login in ("signer1", "signer2", "signer900")]
    meeting = str(call(group, ready(group), present=everybody[:2]).more["meeting"])
    noted = {"meeting": meeting, "chair": everybody[1], "present": everybody}

    group.perform("office1", "note_attendance", "office", noted)
    vote(group, meeting, "signer900")

    with pytest.raises(VotesCast):
        group.perform("office1", "note_attendance", "office", noted)
    with pytest.raises(ChairSpeaksLast):
        vote(group, meeting, "signer2")


# --- recusal --------------------------------------------------------------------------------------------------------


def took_part(city: City, login: str, number: str) -> None:
    """Let somebody have had a hand in the rectification."""
    city.change(insert(progress_reports).values(
        id=new_id(), finding_id=city.finding(number).id, cycle=1, person_id=person_of(city, login), text="进展",
        at=city.office.now(),
    ))  # fmt: skip


def test_who_took_part_has_no_vote_on_that_finding_and_is_not_counted(group: City) -> None:
    one, other = ready(group)
    took_part(group, "signer2", other)
    meeting = str(call(group, [one, other]).more["meeting"])

    with pytest.raises(MemberRecused):
        vote(group, meeting, "signer2", exceptions=[f"{other} dissent 不同意"])
    all_agree(group, meeting)
    close(group, meeting)

    (votes,) = group.column(select(meeting_items.c.votes).where(meeting_items.c.number == other))
    assert (votes["recused"], votes["entitled"], votes["agree"]) == (1, 2, 2)


def test_where_the_chair_is_recused_another_member_signs(group: City) -> None:
    (number,) = ready(group, 0)
    group.change(insert(recusals).values(
        id=new_id(), person_id=person_of(group, "signer1"), case_id=group.finding(number).id, reason="亲属",
        valid_from=group.today - timedelta(days=1),
    ))  # fmt: skip
    meeting = str(call(group, [number]).more["meeting"])
    all_agree(group, meeting)

    close(group, meeting)

    assert last_review(group, number).person_id == person_of(group, "signer2")
    assert group.finding(number).state == State.SIGNED_OFF


# --- what is on the agenda ------------------------------------------------------------------------------------------


def test_what_is_not_ready_is_left_out_with_its_reason(group: City) -> None:
    (number,) = ready(group, 0)
    other = group.numbers[2]

    answer = call(group, [number, other])

    assert answer.more["skipped"] == {other: "no_such_task"}
    with pytest.raises(NothingReady):
        call(group, [other], number="另一次会议")


def test_an_undecided_signal_keeps_a_finding_out(group: City) -> None:
    numbers = ready(group)
    raise_signal(group, numbers[0])

    assert call(group, numbers).more["skipped"] == {numbers[0]: "signal_undecided"}


def test_a_signal_that_came_after_the_agenda_excludes_at_the_decision(group: City) -> None:
    one, other = ready(group)
    meeting = str(call(group, [one, other]).more["meeting"])
    raise_signal(group, other)
    all_agree(group, meeting)

    close(group, meeting)

    assert results(group) == {one: "carried", other: "objected"}
    assert group.finding(other).state == State.OPEN


def raise_signal(city: City, number: str) -> None:
    city.change(insert(signal_hits).values(
        id=new_id(), finding_id=city.finding(number).id, cycle=1, signal="PR-01", rule_version=1, parameters="x",
        severity="HIGH", facts={}, quotes=[], fingerprint="f" * 64, raised_at=city.office.now(),
    ))  # fmt: skip


def test_a_finding_whose_facts_changed_after_the_agenda_is_not_decided(group: City) -> None:
    one, other = ready(group)
    meeting = str(call(group, [one, other]).more["meeting"])
    all_agree(group, meeting)
    first = select(func.min(evidence.c.id)).where(evidence.c.finding_id == group.finding(other).id)
    (key,) = group.column(first)
    group.change(update(evidence).where(evidence.c.id == key).values(adopted=True))

    close(group, meeting)

    assert results(group)[other] == "objected"
    (why,) = group.column(select(meeting_items.c.why).where(meeting_items.c.number == other))
    assert why["code"] == "dossier_changed"


def test_a_finding_is_taken_off_with_a_reason_and_free_for_another_meeting(group: City) -> None:
    one, other = ready(group)
    meeting = str(call(group, [one, other]).more["meeting"])

    with pytest.raises(FormIncomplete):
        group.perform("office1", "exclude_finding", "office", {"meeting": meeting, "number": other})
    taken_off = {"meeting": meeting, "number": other, "reason": "佐证原件未到"}
    group.perform("office1", "exclude_finding", "office", taken_off)

    second = str(call(group, [other], number="第二次会议").more["meeting"])
    all_agree(group, meeting)
    close(group, meeting)
    of_first = select(meeting_items.c.number, meeting_items.c.result).where(meeting_items.c.meeting_id == int(meeting))
    assert dict(map(tuple, group.ask(of_first))) == {one: "carried", other: "excluded"}
    assert second != meeting
    assert group.finding(other).state == State.OPEN


def test_one_finding_is_not_before_two_meetings(group: City) -> None:
    numbers = ready(group, 0)
    call(group, numbers)

    with pytest.raises(NothingReady):
        call(group, numbers, number="第二次会议")


def test_a_meeting_has_a_number_of_its_own_however_it_is_written(group: City) -> None:
    one, other = ready(group)
    call(group, [one])

    with pytest.raises(SheetKnown):
        call(group, [other], number=" 临巡领[2026] ７号")


def test_a_meeting_that_decided_is_over(group: City) -> None:
    meeting = str(call(group, ready(group)).more["meeting"])
    all_agree(group, meeting)
    close(group, meeting)

    with pytest.raises(MeetingOver):
        close(group, meeting)


def test_nothing_is_decided_before_the_day_of_the_meeting(group: City) -> None:
    numbers = ready(group)
    tomorrow = (group.today + timedelta(days=1)).isoformat()
    meeting = str(call(group, numbers, held_on=tomorrow).more["meeting"])
    all_agree(group, meeting)

    with pytest.raises(SheetInFuture):
        close(group, meeting)


def test_the_unit_knows_of_no_meeting(group: City) -> None:
    meeting = str(call(group, ready(group)).more["meeting"])

    for login in ("u11chief", "u11handler", "verifier1"):
        with pytest.raises(CaseError):
            group.act(login, "close_meeting", "office", meeting=meeting, comment="核对第3号凭证，情况一致")
    with pytest.raises(Unknown):
        vote(group, str(int(meeting) + 1), "signer2")


# --- what the secretary wrote down ----------------------------------------------------------------------------------


def test_votes_that_were_written_down_take_effect_when_a_second_person_confirms(group: City) -> None:
    numbers = ready(group)
    meeting = str(call(group, numbers).more["meeting"])
    vote(group, meeting, "signer2")
    vote(group, meeting, "signer900")
    written = {"meeting": meeting, "member": person_of(group, "signer1"), "opinion": "agree"}
    group.perform("office2", "record_vote", "office", written)

    with pytest.raises(ScanMissing):
        close(group, meeting)
    decision = str(close(group, meeting, attachments=(group.keep("会议签到表.png"),)).more["decision"])

    assert state_of_decision(group) == "waiting"
    assert group.finding(numbers[0]).state == State.OPEN
    for login in ("office1", "office2"):  # who closed, and who wrote a vote down
        open_scan(group, decision, login)
        with pytest.raises(SecondPersonNeeded):
            confirm(group, decision, login)
    open_scan(group, decision, "signer2")
    confirm(group, decision, "signer2")
    assert carried_out(group) == dict.fromkeys(numbers, "done")
    assert refusals(group) == []


def test_a_vote_is_not_written_down_over_ones_own(group: City) -> None:
    meeting = str(call(group, ready(group)).more["meeting"])
    vote(group, meeting, "signer2")

    with pytest.raises(AlreadyVoted):
        group.perform("office1", "record_vote", "office", {
            "meeting": meeting, "member": person_of(group, "signer2"), "opinion": "agree",
        })  # fmt: skip
    assert group.count(reviews) > 0


def test_the_members_are_told_where_and_when_under_their_own_posts(group: City) -> None:
    meeting = str(call(group, ready(group), login="signer2").more["meeting"])

    letters = group.ask(select(outbox).where(outbox.c.letter == "meeting_called"))

    assert {row.person_id for row in letters} == {person_of(group, login) for login in ("signer1", "signer900")}
    assert all(row.facts["link"] == f"/meetings/{meeting}" and row.facts["number"] == SHEET for row in letters)
    assert {row.facts["deadline"] for row in letters} == {group.today.isoformat()}
    assert "领导小组成员" in {row.facts["post"] for row in letters}


def test_votes_that_were_written_down_ask_the_others_of_the_office_for_a_second_person(group: City) -> None:
    meeting = str(call(group, ready(group)).more["meeting"])
    for login in ("signer2", "signer900", "signer1"):
        given = {"meeting": meeting, "member": person_of(group, login), "opinion": "agree"}
        group.perform("office1", "record_vote", "office", given)

    decision = close(group, meeting, attachments=(group.keep("签到表.png"),)).more["decision"]

    (letter,) = group.ask(select(outbox).where(outbox.c.letter == "sheet_waits"))
    assert (letter.person_id, letter.facts["link"]) == (person_of(group, "office2"), f"/decisions/{decision}")
