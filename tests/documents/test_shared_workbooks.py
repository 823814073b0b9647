"""The workbooks that units really fill in, against what is known to be right for them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cases.finding import Kind
from documents.intake import Intake, read_ledger

WORKBOOKS = Path(__file__).parents[3] / "shared" / "data" / "workbooks"

pytestmark = pytest.mark.skipif(not WORKBOOKS.is_dir(), reason="the shared workbooks are not here")


def read(name: str) -> Intake:
    return read_ledger(name, (WORKBOOKS / name).read_bytes())


def as_expected(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """What *found* says about the keys that *expected* names."""
    names = {"finding_title": "title", "finding_detail": "detail"}
    said = {key: found[names.get(key, key)] for key in expected}
    return said | ({"measures": len(found["measures"])} if "measures" in expected else {})


@pytest.mark.parametrize("name", ["jiangxia_ledger.xlsx", "xuzhuang_gbk.csv"])
def test_a_ledger_says_what_is_known_of_it(name: str) -> None:
    expected = json.loads((WORKBOOKS / name).with_suffix(".expected.json").read_text("utf-8"))

    intake = read(name).as_json()

    assert [as_expected(f, e) for f, e in zip(intake["findings"], expected["findings"], strict=True)] == expected[
        "findings"
    ]
    assert {key: intake[key] for key in expected if key != "findings"} == {
        key: value for key, value in expected.items() if key != "findings"
    }
    assert intake["rejected"] == []
    assert intake["flagged"] == []


def test_twenty_four_spellings_of_dates_become_days_questions_or_refusals() -> None:
    intake = read("h01_dates.xlsx")

    days = {finding.seq: finding.due_on and finding.due_on.isoformat() for finding in intake.findings}
    assert {seq for seq, day in days.items() if day == "2024-03-05"} == {*range(1, 12), 23}
    assert {seq for seq, day in days.items() if day is None} == {12, 13, 16, 17, 18, 19, 20, 24}
    assert {(rejected.row, rejected.value) for rejected in intake.rejected} == {
        (15, "2024-02-30"),
        (16, "2024.13.1"),
        (22, "1900-01-00"),
        (23, "60"),
    }
    assert {flagged.row: flagged.why.code for flagged in intake.flagged} == {
        13: "month_without_day",
        14: "year_missing",
        17: "day_or_month_first",
        25: "term_without_start",
    }
    kinds = {finding.seq: finding.kind for finding in intake.findings}
    assert (kinds[17], kinds[18]) == (Kind.IMMEDIATE, Kind.CONTINUOUS)


def test_merged_ranges_that_did_not_move_with_their_rows_are_understood_and_asked() -> None:
    intake = read("h03_merged_cells_title_rows.xlsx")

    assert [finding.number for finding in intake.findings] == [f"XC-2024-00{n}" for n in range(1, 6)]
    assert {finding.responsible_org for finding in intake.findings} == {"财务处"}
    assert [finding.title[:3] for finding in intake.findings] == ["问题1", "问题2", "问题3", "问题4", "问题4"]
    assert {(flagged.row, flagged.why.code) for flagged in intake.flagged} == {
        (row, "merge_moved") for row in (5, 6, 8)
    }


def test_rows_repeated_under_other_widths_and_invisible_characters_are_recognised() -> None:
    intake = read("h05_duplicates_width_zero_width.xlsx")

    assert [finding.row for finding in intake.findings] == [2, 4]
    assert [(duplicate.row, duplicate.of) for duplicate in intake.duplicates] == [(3, 2), (5, 4), (6, 4), (7, 4)]


def test_gb18030_with_commas_and_quotes_inside_is_read() -> None:
    intake = read("h11_gbk.csv")

    assert [finding.title for finding in intake.findings] == ['问题,含逗号"引号"'] * 3
    assert {finding.amount_yuan for finding in intake.findings} == {Decimal("1000.00")}
    assert {finding.others["风险等级"] for finding in intake.findings} == {"较大"}


def test_every_cell_is_kept_as_it_was_written_with_its_place() -> None:
    finding = read("jiangxia_ledger.xlsx").findings[2]

    assert finding.written["amount"] == ("128.6万元", "整改台账", 7, "涉及金额(万元)")
    assert finding.written["aspect"].row == 5, "a merged cell is written where it begins"
