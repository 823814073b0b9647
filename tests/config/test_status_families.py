"""What other people's words about the state of a finding claim, and how they are printed again."""

import pytest

from cases.finding import Kind
from cases.written_dates import read_kind
from config.status_families import claim_of, families, family_of, kinds_of, names_of


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("已完成整改", "done"),
        ("正在整改", "in_progress"),
        ("长期整改", "in_progress"),
        ("尚未整改", "not_begun"),
        ("已整改", "done"),
        ("持续整改", "in_progress"),
        ("未整改", "not_begun"),
        ("整改中", "in_progress"),
        ("基本完成", "in_progress"),
        ("未完成", "in_progress"),
        ("未全部完成", "in_progress"),
        ("已 销 号。", "historic_signed_off"),
        ("已完成整改，已销号", "historic_signed_off"),
        ("未销号", "in_progress"),
        ("已完成2项，正在整改1项", "in_progress"),
        ("完成80%", "in_progress"),
        ("１００％", "done"),
        ("0%", "not_begun"),
        ("已完成", "done"),
        ("待验收", "done"),
        ("", None),
        ("详见附件", None),
    ],
)
def test_a_word_claims_no_more_than_it_says(text: str, claim: str | None) -> None:
    assert claim_of(text) == claim


@pytest.mark.parametrize(
    ("text", "heading", "claim"),
    [
        ("是", "是否完成", "done"),
        ("是", "是否销号", "historic_signed_off"),
        ("√", "销号情况", "historic_signed_off"),
        ("2024年3月5日", "销号时间", "historic_signed_off"),
        ("2024年3月5日", "整改状态", None),
        ("否", "是否销号", "in_progress"),
    ],
)
def test_a_tick_means_what_its_heading_asks(text: str, heading: str, claim: str | None) -> None:
    assert claim_of(text, heading) == claim


def test_a_family_is_known_by_all_its_words_together() -> None:
    assert family_of("已整改", "整改中") == "audit_c"
    assert family_of("已整改", "持续整改") == "audit_b"
    assert family_of("正在整改") == "audit_a"
    assert family_of("基本完成", "完成") == "inspection"
    assert family_of("详见附件") is None


@pytest.mark.parametrize("family", families())
def test_what_a_family_prints_is_read_as_the_same_claim_again(family: str) -> None:
    names = names_of(family)

    assert claim_of(names["done"]) in {"done", "historic_signed_off"}
    assert claim_of(names["in_progress"]) == "in_progress"
    assert {kind: read_kind(word) for kind, word in kinds_of(family).items()} == {
        "IMMEDIATE": Kind.IMMEDIATE,
        "PHASED": Kind.PHASED,
        "CONTINUOUS": Kind.CONTINUOUS,
    }
