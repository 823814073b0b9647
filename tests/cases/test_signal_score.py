"""The score of a finding: distinct signals at their gravest, capped, without what a person cleared."""

import pytest

from bpmn.decisions import evaluate
from bpmn.engine import Engine
from bpmn.release import shipped
from cases.signals.score import score_of

WEIGHTS = {"CRITICAL": 40, "HIGH": 20, "MEDIUM": 8, "LOW": 0}


def test_a_signal_counts_once_at_its_gravest() -> None:
    raised = [("PR-02", "MEDIUM", None), ("PR-02", "HIGH", None), ("PR-19", "MEDIUM", "confirmed")]

    assert score_of(raised, WEIGHTS) == (28, "HIGH")


def test_what_a_person_cleared_does_not_count() -> None:
    assert score_of([("PR-09", "HIGH", "explained"), ("PR-12", "CRITICAL", "insufficient")], WEIGHTS) == (0, "LOW")


def test_a_hundred_is_the_most() -> None:
    assert score_of([(f"PR-{n:02d}", "HIGH", None) for n in range(1, 9)], WEIGHTS) == (100, "HIGH")


@pytest.mark.parametrize(
    ("score", "gravest", "route"),
    [
        (0, "LOW", "green"), (0, "MEDIUM", "yellow"), (19, "LOW", "green"), (20, "HIGH", "yellow"),
        (49, "HIGH", "yellow"), (50, "HIGH", "red"),
    ],
)  # fmt: skip
def test_the_table_routes_by_score_and_by_the_gravest(score: int, gravest: str, route: str) -> None:
    answer = evaluate(Engine(shipped()).decisions["signal_routing"], {"score": score, "gravest": gravest})

    assert isinstance(answer, dict)
    assert answer["route"] == route
