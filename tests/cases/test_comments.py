"""An opinion names what was looked at; phrases of agreement do not become one by being many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.comments import (
    EMPTY_PHRASES,
    LEAST_CHARACTERS,
    CommentWithoutSubstance,
    has_substance,
    require_substance,
    says_nothing,
)


@pytest.mark.parametrize(
    "comment",
    [
        "已核对第3号凭证，金额与台账一致",
        "走访职工5人，均反映补贴已停发",
        "《公务接待管理办法》已修订并执行",
        "经查阅会议记录和银行回单，整改属实",
        "Checked receipt 3 against the bank statement",
        "The site was visited on 2 March; the wall is repaired",
    ],
)
def test_an_opinion_that_names_a_fact_has_substance(comment: str) -> None:
    assert has_substance(comment)
    require_substance(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "   \n\t ",
        "同意",
        "已阅。",
        "同意，情况属实，请办理。",
        "同意同意同意同意同意同意",
        "拟同意，无意见，通过，已阅",
        "经研究，整改工作总体上比较到位",
        "3" * 9,
        "agreed",
        "ok, fine, approved, yes, agreed",
        "It seems to be quite all right now",
    ],
)
def test_an_opinion_that_names_nothing_has_none(comment: str) -> None:
    assert not has_substance(comment)
    with pytest.raises(CommentWithoutSubstance) as refused:
        require_substance(comment)
    assert refused.value.facts == {"least": LEAST_CHARACTERS}


@given(st.lists(st.sampled_from([*EMPTY_PHRASES, "，", "。", " ", "\n", "!"]), max_size=60))
def test_phrases_of_agreement_never_add_up_to_an_opinion(parts: list[str]) -> None:
    assert not has_substance("".join(parts))


@settings(max_examples=30)
@given(st.text(max_size=LEAST_CHARACTERS - 1))
def test_what_is_short_is_none_whatever_it_says(comment: str) -> None:
    assert not has_substance(comment)


@given(st.text(), st.text())
def test_no_text_breaks_the_rule_and_saying_more_about_the_fact_never_harms(before: str, after: str) -> None:
    has_substance(before)
    assert has_substance(f"{before} 已核对第3号缴款凭证和银行流水 {after}")


@pytest.mark.parametrize(
    ("comment", "nothing"),
    [("", True), ("同意。", True), ("情况属实，拟同意", True), ("对照方案复核，金额无差错，同意。", False)],
)
def test_an_opinion_of_mere_agreement_says_nothing(comment: str, nothing: bool) -> None:
    assert says_nothing(comment) is nothing
