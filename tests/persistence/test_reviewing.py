"""Figures of reviewers: how opinions came about and what became of them, as figures of one person over time."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from persistence.reviewing import Given, Share, figures_of, reviewers

SAID = "已核对第3号凭证和现场照片，情况与报告一致"
ONE = Given(
    id=1, person_id=7, person="张某", finding_id=1, number="XC2026-001-001", act="verify_rectification",
    verdict="confirmed", at=datetime(2026, 3, 31, 20, tzinfo=UTC), comment=SAID, seconds=200, opened=2, files=4,
    overturned="",
)  # fmt: skip


def test_an_opinion_belongs_to_the_month_of_shanghai() -> None:
    assert ONE.month == "2026-04"


def test_figures_of_some_opinions() -> None:
    given = [ONE, replace(ONE, seconds=20, opened=0, comment="同意"), replace(ONE, seconds=None, opened=None)]
    told = figures_of([*given, replace(ONE, verdict="returned"), replace(ONE, overturned="signal")], 60)

    assert (told.decisions, told.seconds, told.timed) == (5, 200, 4)
    assert told.quick == Share(1, 4)
    assert told.opened == Share(6, 16)  # where nobody counted, nothing is said to be unopened
    assert told.empty == Share(1, 5)
    assert told.overturned == Share(1, 4)  # what was returned was no agreement
    assert told.is_small


def test_of_nothing_no_share_is_said() -> None:
    told = figures_of([], 60)

    assert (told.seconds, told.comment, told.quick.percent) == (None, None, None)


@pytest.mark.parametrize(("some", "of", "percent"), [(1, 3, 33), (2, 3, 67), (1, 2, 50), (1, 200, 1), (0, 5, 0)])
def test_a_share_is_rounded_half_up(some: int, of: int, percent: int) -> None:
    assert Share(some, of).percent == percent


def test_reviewers_stand_in_the_order_of_their_names_whatever_their_figures() -> None:
    worst = [replace(ONE, person_id=1, person="丁某", overturned="signal", seconds=1) for _ in range(3)]
    best = [replace(ONE, person_id=2, person="乙某") for _ in range(30)]
    for given in (worst + best, best + worst):
        assert [one.name for one in reviewers(given, least_seconds=60)] == ["丁某", "乙某"]


def test_each_month_stands_for_itself_also_an_empty_one() -> None:
    other = replace(ONE, person_id=8, person="李某", at=datetime(2026, 5, 8, tzinfo=UTC))
    told = reviewers([ONE, other], least_seconds=60)

    assert [(month, figures.decisions) for month, figures in told[0].months] == [("2026-04", 1), ("2026-05", 0)]
