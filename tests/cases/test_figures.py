"""The figures of five public notices come out exactly as they were printed, each by its own formula."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cases.figures import COMPLETION, FORMULAS, Formula, Quantity, Rate, Rounding, Tally, formula, newest
from config.messages import LANGUAGES

FACTS = Path(__file__).parents[3] / "shared" / "data" / "expected_facts.jsonl"


def facts(number: str) -> dict[str, Any]:
    """Return what the notice with this number says."""
    if not FACTS.exists():
        pytest.skip("the notices are not on this machine")
    told = [json.loads(line, parse_float=Decimal) for line in FACTS.read_text("utf-8").splitlines() if line.strip()]
    found: dict[str, Any] = next(each for each in told if each["file"].startswith(number))
    return found


def test_kunming_counts_only_what_is_completed() -> None:
    told = facts("01")
    tally = Tally(total=told["total"], done=told["done"], basic=told["basic"])

    rate = formula("done_only").rate(tally)

    assert rate == Rate(Decimal(688), Decimal(697), told["rate"])
    assert rate.text == "98.71%"
    assert tally.undone == told["undone"]


def test_xuzhuang_counts_long_term_tasks_with_stage_results_among_the_completed() -> None:
    told = facts("02")
    tally = Tally(total=told["total"], done=told["done"] - 3, basic=3)  # how many is cut off in the source

    rate = formula("done_or_basic").rate(tally)

    assert (rate.numerator, rate.denominator) == (told["done"], told["total"])
    assert rate.text == "92.45%"


def test_anhui_puts_completed_and_basically_completed_together() -> None:
    told = facts("10")
    tally = Tally(total=told["total"], done=100, basic=told["done_or_basic"] - 100)

    rate = formula("done_or_basic").rate(tally)

    assert (int(rate.numerator), int(rate.denominator), int(rate.left)) == (132, 156, told["ongoing"])
    assert tally.undone == told["ongoing"]


def test_ruijin_counts_money() -> None:
    told = facts("16")
    wan = Decimal(10_000)
    tally = Tally(
        total=told["total"],
        done=told["done"],
        amount_yuan=told["amount_wan"] * wan,
        amount_done_yuan=told["fixed_wan"] * wan,
    )

    assert tally.undone == told["ongoing"]
    assert tally.amount_left_yuan == told["unfixed_wan"] * wan
    assert formula("money").rate(tally).left == told["unfixed_wan"] * wan
    assert formula("money").rate(tally).text == "85.88%"


def test_the_national_audit_report_cuts_decimals_off() -> None:
    told = facts("18")
    immediate = Tally(total=told["immediate_total"], done=told["immediate_done"])
    phased = Tally(total=told["phased_total"], done=told["phased_done"])

    assert [formula("done_cut").rate(tally).text for tally in (immediate, phased)] == ["94%", "62%"]
    assert [formula("done_only").rate(tally).text for tally in (immediate, phased)] == ["94.68%", "62.79%"]


def test_the_printed_formula_says_what_is_divided_and_how_it_is_rounded() -> None:
    kunming = Tally(total=697, done=688, basic=4)

    assert formula("done_only").sentence("zh") == (
        "完成率 = 完成数（已销号） ÷ 应整改数 × 100%，保留2位小数，四舍五入（口径第1版）"
    )
    assert formula("done_only").worked(kunming, "zh") == "688 ÷ 697 × 100% = 98.71%"
    assert "completed (signed off) + basically completed" in formula("done_or_basic").sentence("en")
    assert "其余舍去" in formula("done_cut").sentence("zh")


@pytest.mark.parametrize("one", FORMULAS, ids=lambda one: f"{one.name}-{one.version}")
def test_every_formula_can_be_printed_in_every_language(one: Formula) -> None:
    for language in LANGUAGES:
        assert one.title(language) in one.sentence(language)
        assert str(one.version) in one.sentence(language)
        assert one.worked(Tally(), language)


def test_of_nothing_there_is_no_rate() -> None:
    assert formula("done_only").rate(Tally()).percent is None
    assert formula("done_only").rate(Tally()).text == "—"


def test_half_a_step_is_rounded_up_and_never_to_even() -> None:
    half = Formula("half", 1, (Quantity.DONE,), Quantity.TOTAL, 0, Rounding.HALF_UP)

    assert half.rate(Tally(total=200, done=169)).text == "85%"
    assert half.rate(Tally(total=200, done=189)).text == "95%"


def test_tallies_of_parts_add_up_to_the_tally_of_the_whole() -> None:
    whole = Tally(total=2, done=1, amount_yuan=Decimal("1.50")) + Tally(total=3, basic=1, historic=4)

    assert whole == Tally(total=5, done=1, basic=1, amount_yuan=Decimal("1.50"), historic=4)


def test_a_published_formula_is_found_by_name_and_version() -> None:
    later = Formula("done_only", 2, (Quantity.DONE,), Quantity.TOTAL, 1, Rounding.HALF_UP)

    assert newest((later, *FORMULAS))["done_only"] is later
    assert formula("done_only", 1).decimals == 2
    assert set(COMPLETION) <= set(newest())
    assert len({(one.name, one.version) for one in FORMULAS}) == len(FORMULAS)
