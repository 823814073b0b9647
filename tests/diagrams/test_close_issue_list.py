"""An issue list's way from the first entry to the archive."""

from datetime import timedelta

import pytest

from tests.diagrams.walk import ISSUE_LIST, NOW, Walk, issue_list, stage_of


def reviewed(walk: Walk) -> Walk:
    return walk.until("submit_plan").do("submit_plan")


def test_when_all_is_well_it_is_archived_after_its_findings() -> None:
    walk = issue_list().until("publish_result").do("publish_result")

    assert walk.turn.waits_for == ("every_finding_closed",)
    assert stage_of(walk.turn) == {"closing"}
    assert walk.asked == ["issue_findings", "release_plan"]

    walk.tell("every_finding_closed").do("archive_list")

    assert walk.turn.outcome == "archived"


def test_it_is_archived_at_once_where_every_finding_was_closed_before() -> None:
    walk = issue_list().until("publish_result").do("publish_result", findings_closed=True)

    assert walk.open == ["archive_list"]


def test_its_stages_come_in_the_order_of_the_year() -> None:
    walk, stages = issue_list(), []

    while walk.open != ["archive_list"]:
        stages += sorted(stage_of(walk.turn))
        if walk.turn.open_tasks:
            task = walk.turn.open_tasks[0]
            walk.do(task.name, task.item)
        elif walk.turn.wake_at:
            walk.wait_until(walk.turn.wake_at)
        else:
            walk.tell("every_finding_closed")

    until_feedback = ["registering", "consolidating", "feedback"]
    together = ["planning", "receipts", "joint_review"]
    afterwards = ["midterm", "reporting", "evaluation", "publication", "closing"]
    assert list(dict.fromkeys(stages)) == until_feedback + together + afterwards


@pytest.mark.parametrize(
    ("act", "answer"),
    [
        ("confirm_registration", {"registration_verdict": "returned"}),
        ("consolidate_list", {"consolidation_verdict": "returned"}),
    ],
)
def test_what_is_not_right_goes_back_to_the_team(act: str, answer: dict[str, str]) -> None:
    walk = issue_list().until(act).do(act, **answer)

    assert walk.open == ["register_findings"]
    assert walk.asked == []


def test_no_finding_is_issued_before_the_feedback() -> None:
    assert issue_list().until("give_feedback").asked == []
    assert issue_list().until("give_feedback").do("give_feedback").asked == ["issue_findings"]


def test_receipts_and_plan_run_side_by_side() -> None:
    walk = issue_list().until("give_feedback").do("give_feedback")

    assert walk.open == ["sign_receipt"] * 3 + ["submit_plan"]
    assert {task.role for task in walk.turn.open_tasks if task.name == "sign_receipt"} == set(ISSUE_LIST["receipts"])  # type: ignore[arg-type]


def test_the_midterm_waits_for_the_last_receipt() -> None:
    walk = issue_list().until("give_feedback").do("give_feedback").do("submit_plan")
    for body in ("discipline_commission", "organisation_department", "inspection_office"):
        walk.do("review_plan", body)

    assert walk.asked == ["issue_findings", "release_plan"]
    assert walk.open == ["sign_receipt"] * 3
    assert walk.turn.wake_at is None

    for role in ("superior_leader", "chief", "leadership_team"):
        walk.do("sign_receipt", role)

    assert walk.turn.wake_at == NOW + timedelta(days=90)


def test_every_body_reviews_the_plan_under_its_own_name() -> None:
    walk = reviewed(issue_list())

    reviews = [task for task in walk.turn.open_tasks if task.name == "review_plan"]
    assert [task.role for task in reviews] == ISSUE_LIST["reviewers"]
    assert len({task.id for task in reviews}) == 3


def test_the_plan_is_released_only_when_the_last_body_agrees() -> None:
    walk = reviewed(issue_list()).do("review_plan", "inspection_office").do("review_plan", "discipline_commission")

    assert "release_plan" not in walk.asked
    assert "release_plan" in walk.do("review_plan", "organisation_department").asked


@pytest.mark.parametrize("agreed_before", [0, 1, 2])
def test_one_return_stops_the_joint_review(agreed_before: int) -> None:
    walk = reviewed(issue_list())
    bodies = ["organisation_department", "inspection_office", "discipline_commission"]

    for body in bodies[:agreed_before]:
        walk.do("review_plan", body)
    walk.do("review_plan", bodies[agreed_before], plan_verdict="returned")

    assert "review_plan" not in walk.open
    assert "submit_plan" in walk.open
    assert "release_plan" not in walk.asked


def test_after_a_return_every_body_reviews_again() -> None:
    walk = reviewed(issue_list())
    walk.do("review_plan", "discipline_commission").do("review_plan", "inspection_office", plan_verdict="returned")

    walk.do("submit_plan")

    assert walk.open.count("review_plan") == 3
    for body in ("discipline_commission", "organisation_department", "inspection_office"):
        walk.do("review_plan", body)
    assert walk.asked.count("release_plan") == 1


@pytest.mark.parametrize("grade", ["fair", "poor"])
def test_whatever_is_not_good_is_rectified_a_second_time(grade: str) -> None:
    walk = issue_list().until("evaluate_rectification").do("evaluate_rectification", evaluation_grade=grade)

    assert walk.open == ["sign_progress_report"]
    assert walk.do("sign_progress_report").do("evaluate_rectification").open == ["publish_result"]


@pytest.mark.parametrize(("act", "key"), [("submit_plan", "plan_due"), ("sign_progress_report", "report_due")])
def test_a_late_paper_is_marked_and_stays_open(act: str, key: str) -> None:
    walk = Walk("close_issue_list", ISSUE_LIST, midterm=timedelta(0), **{key: timedelta(days=10)}).until(act)

    walk.wait(days=11)

    assert walk.asked[-1] == "mark_overdue"
    assert act in walk.open
    assert walk.until("publish_result").open == ["publish_result"]
