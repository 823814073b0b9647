"""Values of registers: what people and workbooks write is understood, or named as wrong."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.register_values import happened_at, read_values
from cases.registers import REGISTERS

NOW = datetime(2026, 4, 1, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
RECOVERY = {"at": "2026-03-02", "amount": "1", "payer": "甲", "account": "国库"}


def read(register: str, **written: Any) -> tuple[dict[str, Any], dict[str, str]]:
    return read_values(REGISTERS[register], written, now=NOW)


def recovery(**written: Any) -> tuple[dict[str, Any], dict[str, str]]:
    return read("recovery", **RECOVERY | written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1,234.5", "1234.50"),
        ("￥3000元", "3000.00"),
        ("1.2万元", "12000.00"),
        (12, "12.00"),
        (12.5, "12.50"),
        ("0", "0.00"),
    ],
)
def test_money_is_read_as_people_write_it(written: object, kept: str) -> None:
    assert recovery(amount=written)[0]["amount"] == kept


@pytest.mark.parametrize("written", ["-5", "1.234", "很多", "1e5", "NaN", "9" * 20])
def test_what_is_no_amount_is_named(written: str) -> None:
    assert recovery(amount=written)[1] == {"amount": "not_an_amount"}


@pytest.mark.parametrize(
    ("written", "moment", "timed"),
    [
        ("2026-03-02 14:30", "2026-03-02T06:30:00+00:00", True),
        ("2026年3月2日 14:30:05", "2026-03-02T06:30:05+00:00", True),
        ("2026/3/2", "2026-03-02T04:00:00+00:00", False),
        ("20260302", "2026-03-02T04:00:00+00:00", False),
        ("2026-03-02T06:30:00Z", "2026-03-02T06:30:00+00:00", True),
        (date(2026, 3, 2), "2026-03-02T04:00:00+00:00", False),
    ],
)
def test_a_moment_says_whether_its_time_was_said(written: object, moment: str, timed: bool) -> None:
    values, errors = recovery(at=written)
    assert not errors
    assert (values["at"], values["at_timed"]) == (moment, timed)


@pytest.mark.parametrize("written", ["2026-02-30", "昨天", "1026-03-02", "2026-03-02 25:00", "2026-03-02 下午"])
def test_what_is_no_moment_is_named(written: str) -> None:
    assert recovery(at=written)[1]["at"] in ("not_a_date", "not_a_moment")


@pytest.mark.parametrize("written", ["6.22202E+18", 6.222021234567891e18, 1234567890123456.0])
def test_a_long_number_that_a_workbook_has_rounded_is_refused(written: object) -> None:
    assert recovery(account=written)[1] == {"account": "digits_lost"}


def test_what_happened_cannot_lie_ahead_and_today_is_not_later_than_now() -> None:
    assert recovery(at="2026-04-02")[1] == {"at": "in_future"}
    values, errors = recovery(at="2026-04-01")
    assert not errors
    assert happened_at(REGISTERS["recovery"], values, NOW) == NOW


def test_a_part_is_not_larger_than_its_whole_and_a_place_has_both_numbers() -> None:
    assert read("spot_check", on="2026-03-02", asked=3, mismatches=4)[1] == {"mismatches": "more_than_whole"}
    assert read("particulars", on="2026-03-02", latitude="30.5")[1] == {"longitude": "required"}
    assert read("particulars", on="2026-03-02", latitude="130.5", longitude="114")[1]["latitude"] == "not_a_number"


def test_yes_no_and_percent_are_read_in_words_and_signs() -> None:
    given_ = {"on": "2026-03-02", "title": "会", "chief_attended": "否"}
    assert read("meeting", **given_)[0]["chief_attended"] is False
    survey = {"on": "2026-03-02", "asked": 10, "answered": 9}
    assert read("survey", **survey, satisfied="98.5%")[0]["satisfied"] == 98.5
    assert read("survey", **survey, satisfied="101")[1] == {"satisfied": "not_a_percentage"}


@given(st.sampled_from(sorted(REGISTERS)), st.data())
def test_whatever_is_written_every_field_has_a_value_or_a_reason(name: str, data: st.DataObject) -> None:
    register = REGISTERS[name]
    cell = st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.dates(), st.booleans(), st.none())
    written = {field.name: data.draw(cell) for field in register.fields}
    values, errors = read_values(register, written, now=NOW)
    for field in register.fields:
        assert field.name in values or field.name in errors or not field.required
