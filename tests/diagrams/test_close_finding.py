"""A finding's way from 签收 to 销号, and every way back."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.diagrams.walk import FAR, FINDING, NOW, WELL, Walk, finding, stage_of

STRAIGHT = [
    "accept_finding",
    "submit_rectification",
    "review_rectification",
    "sign_rectification",
    "verify_rectification",
    "prepare_look_back",
    "record_look_back",
    "confirm_look_back",
    "sign_off",
]


def test_when_all_is_well_it_passes_every_hand_once_and_is_signed_off() -> None:
    walk, hands = finding(), []

    while not walk.turn.done:
        (task,) = walk.turn.open_tasks
        hands.append(task.name)
        walk.do(task.name)

    assert hands == STRAIGHT
    assert walk.turn.outcome == "signed_off"
    assert walk.asked == ["tell_list"]


def test_it_shows_the_stage_of_whoever_holds_it() -> None:
    walk, stages = finding(), []

    while not walk.turn.done:
        stages += sorted(stage_of(walk.turn))
        walk.do(walk.open[0])

    assert list(dict.fromkeys(stages)) == [
        "issued",
        "rectifying",
        "unit_review",
        "verification",
        "look_back",
        "sign_off",
    ]


def test_without_an_approved_plan_it_waits_until_the_list_tells_it() -> None:
    walk = finding().do("accept_finding", plan_approved=False)

    assert walk.open == []
    assert walk.turn.waits_for == ("plan_approved",)
    assert stage_of(walk.turn) == {"plan"}

    walk.tell("plan_approved", plan_approved=True)

    assert walk.open == ["submit_rectification"]


def test_an_immediate_finding_waits_for_no_plan() -> None:
    walk = finding(kind="IMMEDIATE").do("accept_finding", plan_approved=False)

    assert walk.open == ["submit_rectification"]


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        ("review_rectification", {"review_verdict": "returned"}),
        ("sign_rectification", {"signature_verdict": "returned"}),
        ("verify_rectification", {"verification_verdict": "returned"}),
        ("sign_off", {"sign_off_verdict": "returned"}),
    ],
)
def test_whoever_returns_it_gives_it_back_to_the_handler(act: str, answer: dict[str, str]) -> None:
    walk = finding().until(act).do(act, **answer)

    assert walk.open == ["submit_rectification"]
    assert stage_of(walk.turn) == {"rectifying"}

    walk.until("nobody")

    assert walk.turn.outcome == "signed_off"


def test_a_look_back_that_found_too_little_returns_it() -> None:
    walk = (
        finding().until("record_look_back").do("record_look_back", look_back_result="returned").do("confirm_look_back")
    )

    assert walk.open == ["submit_rectification"]


def test_a_returned_finding_passes_verification_and_look_back_again() -> None:
    walk = finding().until("sign_off").do("sign_off", sign_off_verdict="returned")
    again = len(walk.path)

    walk.until("nobody")

    assert {"verify_rectification", "record_look_back", "confirm_look_back"} <= set(walk.path[again:])


def doubted_at_the_desk() -> Walk:
    return finding().until("verify_rectification").do("verify_rectification", verification_verdict="false")


def doubted_on_site() -> Walk:
    walk = finding().until("record_look_back").do("record_look_back", look_back_result="false")
    return walk.do("confirm_look_back")


@pytest.mark.parametrize("doubted", [doubted_at_the_desk, doubted_on_site])
def test_what_is_doubted_is_heard_and_only_what_is_established_ends_the_cycle(doubted: Callable[[], Walk]) -> None:
    walk = doubted()
    assert walk.open == ["give_statement"]
    assert walk.asked == []

    walk.until("ask_reconsideration")
    assert walk.asked == []  # found, and yet nothing follows before a review could be asked for
    walk.do("ask_reconsideration")

    assert walk.turn.outcome == "new_cycle"
    assert walk.asked == ["open_new_cycle"]


@pytest.mark.parametrize("doubted", [doubted_at_the_desk, doubted_on_site])
@pytest.mark.parametrize(
    ("act", "answers"),
    [
        ("confirm_suspicion", {"suspicion_verdict": "cleared"}),
        ("find_facts", {"determination": "explained"}),
        ("find_facts", {"determination": "not_proved"}),
        ("decide_reconsideration", {"reconsideration": "asked", "determination": "overturned"}),
    ],
)
def test_what_is_not_established_is_verified_once_more(
    doubted: Callable[[], Walk], act: str, answers: dict[str, str]
) -> None:
    fitting = {name: value for name, value in answers.items() if name in WELL[act]}
    before = {name: value for name, value in answers.items() if name not in fitting}
    walk = doubted().until(act, **before).do(act, **fitting)

    assert walk.open == ["verify_rectification"]
    assert walk.asked == []


def test_a_record_that_the_second_person_does_not_confirm_is_written_again() -> None:
    walk = finding().until("confirm_look_back").do("confirm_look_back", look_back_confirmed=False)

    assert walk.open == ["record_look_back"]

    walk.do("record_look_back", look_back_result="returned").do("confirm_look_back")

    assert walk.open == ["submit_rectification"]


def test_a_continuous_finding_is_looked_back_on_at_each_milestone_and_signed_off_at_the_last() -> None:
    walk = finding(kind="CONTINUOUS", milestones_left=2)

    for left in (1, 0):
        walk.until("record_look_back").do("record_look_back", milestones_left=left).do("confirm_look_back")
        assert walk.open == (["submit_rectification"] if left else ["sign_off"])

    assert walk.path.count("record_look_back") == 2
    assert walk.do("sign_off").turn.outcome == "signed_off"


def test_the_look_back_waits_as_long_as_its_table_says() -> None:
    walk = Walk("close_finding", FINDING, look_back_from=timedelta(days=7)).until("verify_rectification")
    walk.do("verify_rectification")

    assert walk.open == []
    assert walk.turn.wake_at == NOW + timedelta(days=7)
    assert stage_of(walk.turn) == {"look_back"}

    assert walk.wait(days=6).open == []
    assert walk.wait(days=1).open == ["prepare_look_back"]


def test_a_late_rectification_is_marked_once_and_stays_open() -> None:
    walk = Walk("close_finding", FINDING, rectify_due=timedelta(days=3)).until("submit_rectification")

    walk.wait(days=4).wait(days=4)

    assert walk.asked == ["mark_overdue"]
    assert walk.open == ["submit_rectification"]
    assert not walk.turn.done


def test_a_late_rectification_can_still_be_signed_off() -> None:
    walk = Walk("close_finding", FINDING, rectify_due=timedelta(days=3), look_back_from=timedelta(0))

    walk.until("submit_rectification").wait(days=4).until("nobody")

    assert walk.turn.done
    assert walk.turn.outcome == "signed_off"
    assert walk.asked == ["mark_overdue", "tell_list"]


def test_a_rectification_in_time_is_never_marked() -> None:
    walk = Walk("close_finding", FINDING, rectify_due=FAR).until("submit_rectification").do("submit_rectification")

    walk.wait(days=365)

    assert walk.asked == []
    assert walk.open == ["review_rectification"]


def test_three_hundred_returns_leave_it_where_it_was() -> None:
    walk = finding().until("review_rectification")

    for _ in range(300):
        walk.do("review_rectification", review_verdict="returned").do("submit_rectification")

    assert walk.open == ["review_rectification"]
    assert walk.until("nobody").turn.outcome == "signed_off"
