from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.money import CENT, Amount, in_yuan, read_amount, unit_of
from config.messages import knows

WAN = Decimal(10_000)


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("66.57万元", "665700.00"),
        ("128.6 万元", "1286000.00"),
        ("１，２００元", "1200.00"),
        ("¥4,500.00", "4500.00"),
        ("人民币壹拾贰万叁仟元伍角整", "123000.50"),
        ("三万五千二百元", "35200.00"),
        ("1亿2000万元", "120000000.00"),
        ("12万3千元", "123000.00"),
        ("共8万元（其中补贴3万元、津贴5万元）", "80000.00"),
    ],
)
def test_an_amount_with_its_unit_is_yuan_whatever_the_column_says(text: str, yuan: str) -> None:
    assert read_amount(text, unit=Decimal(1)).yuan == Decimal(yuan)
    if text[-1] in "元整":
        assert read_amount(text, unit=WAN) == Amount(Decimal(yuan))


@pytest.mark.parametrize(
    ("text", "doubt", "yuan"),
    [
        ("约3万元", "amount_roughly", "30000.00"),
        ("5380多亿元", "amount_roughly", "538000000000.00"),
        ("3-5万元", "amount_range", None),
        ("3万元、5万元", "several_amounts", None),
        ("3万元+5万元", "amount_summed", "80000.00"),
        ("共8万元（其中补贴3万元、津贴4万元）", "several_amounts", None),
        ("3、5万元", "several_amounts", None),
        ("2500元/人", "more_than_an_amount", "2500.00"),
        ("若干", "not_an_amount", None),
    ],
)
def test_what_is_no_single_amount_is_asked(text: str, doubt: str, yuan: str | None) -> None:
    assert read_amount(text) == Amount(None if yuan is None else Decimal(yuan), doubt)
    assert knows(f"intake.{doubt}")


@pytest.mark.parametrize("text", ["", "/", "—", "无", "不涉及"])
def test_nothing_is_nothing_and_not_zero(text: str) -> None:
    assert read_amount(text) == Amount()


@pytest.mark.parametrize("text", ["-5", "99999999999999999999元", "9" * 40])
def test_what_cannot_be_an_amount_is_impossible(text: str) -> None:
    assert read_amount(text).impossible


def test_the_unit_stands_in_a_heading_or_a_column() -> None:
    assert [unit_of(text) for text in ("涉及金额(万元)", "单位：亿元", "元", "万", "涉及金额")] == [
        WAN,
        Decimal(10**8),
        Decimal(1),
        WAN,
        None,
    ]


@given(cents=st.integers(0, 10**14), unit=st.sampled_from(["元", "万元", "亿元"]), grouped=st.booleans())
def test_every_amount_written_exactly_comes_back(cents: int, unit: str, grouped: bool) -> None:
    yuan = Decimal(cents) * CENT
    scale = unit_of(unit)
    assert scale is not None
    number = yuan / scale
    text = f"{number:,f}" if grouped else f"{number:f}"

    assert read_amount(text + unit) == Amount(yuan)
    assert in_yuan(number, unit=scale) == Amount(yuan)
    assert read_amount(text, unit=scale) == Amount(yuan)


@given(
    parts=st.lists(st.integers(1, 10**9), min_size=2, max_size=5),
    unit=st.sampled_from(["元", "万元", "亿元"]),
    mark=st.sampled_from(["+", "＋", " + "]),
)
def test_amounts_that_are_added_up_come_to_their_sum_and_are_asked(parts: list[int], unit: str, mark: str) -> None:
    worth = {"元": 1, "万元": 10**4, "亿元": 10**8}[unit]
    amount = read_amount(mark.join(f"{part}{unit}" for part in parts))

    if sum(parts) * worth > 10**15:
        assert amount.yuan is None
    else:
        assert amount == Amount(Decimal(sum(parts) * worth).quantize(CENT), "amount_summed")


@given(
    whole=st.integers(1, 99_999),
    hundredths=st.integers(0, 99),
    about=st.sampled_from(["约{}", "{}左右", "近{}", "{}以上"]),
)
def test_an_amount_that_is_roughly_said_is_shown_and_asked(whole: int, hundredths: int, about: str) -> None:
    said = f"{whole}.{hundredths:02d}"

    assert read_amount(about.format(f"{said}万元")) == Amount((Decimal(said) * WAN).quantize(CENT), "amount_roughly")


@given(text=st.text("0123456789.,-元万亿千百十约多至、整壹贰拾 ", max_size=16))
def test_no_text_breaks_the_reader(text: str) -> None:
    amount = read_amount(text)

    assert amount.yuan is None or amount.yuan >= 0
    assert amount.doubt is None or knows(f"intake.{amount.doubt}")
