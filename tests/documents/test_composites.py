"""Columns that hold two things: taken apart where that is certain, asked where it is not."""

from datetime import date
from typing import Any

import pytest

from documents.composites import composite_of
from documents.intake import Intake, read_ledger
from tests.documents.files import ledger


def read(*rows: Any, headings: Any) -> Intake:
    return read_ledger("台账.xlsx", ledger(*rows, headings=headings))


def codes(intake: Intake) -> list[tuple[int, str]]:
    return [(flagged.row, flagged.why.code) for flagged in intake.flagged]


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("责任领导及责任部门", ("responsible_leader", "responsible_org")),
        ("责任领导及部门", ("responsible_leader", "responsible_org")),
        ("责任单位/责任人", ("responsible_org", "responsible_person")),
        ("责任单位（责任人）", ("responsible_org", "responsible_person")),
        ("责任领导、责任人", ("responsible_leader", "responsible_person")),
        ("整改措施及时限", ("measures", "due")),
        ("责任人及完成时限", ("responsible_person", "due")),
        ("存在问题及整改措施", ("title", "measures")),
    ],
)
def test_a_heading_that_names_two_fields_is_known_as_two(heading: str, fields: tuple[str, str]) -> None:
    composite = composite_of(heading)

    assert composite is not None
    assert (composite.first, composite.second) == fields


@pytest.mark.parametrize(
    "heading", ["整改任务及措施", "责任单位（部门）", "整改时限（年月日）", "序号（编号）", "整改措施", "问题及表现"]
)
def test_a_heading_that_names_one_field_stays_one(heading: str) -> None:
    assert composite_of(heading) is None


@pytest.mark.parametrize(
    "written",
    ["李主任/财务科", "财务科（李主任）", "财务科\n李主任", "责任部门：财务科；责任领导：李主任", "李主任 财务科"],
)
def test_a_leader_and_a_department_are_told_apart_however_they_are_joined(written: str) -> None:
    intake = read((1, "学习不深入", written), headings=("序号", "反馈问题", "责任领导及责任部门"))

    (finding,) = intake.findings
    assert (finding.responsible_leader, finding.responsible_org) == ("李主任", "财务科")
    assert finding.written["responsible_org"].column == "责任领导及责任部门·责任部门"
    assert codes(intake) == []


def test_a_day_at_the_end_of_the_measures_is_the_day() -> None:
    intake = read(
        (1, "甲", "1.修订制度；2.组织培训（2025年6月30日）"),
        (2, "乙", "完善制度；2025年6月底前"),
        (3, "丙", "随时推进"),
        headings=("序号", "反馈问题", "整改措施及时限"),
    )

    assert [(finding.measures, finding.due_on) for finding in intake.findings] == [
        (("修订制度", "组织培训"), date(2025, 6, 30)),
        (("完善制度",), date(2025, 6, 30)),
        (("随时推进",), None),
    ]
    assert codes(intake) == [(4, "not_taken_apart")]


def test_a_problem_and_its_measures_are_told_apart_by_their_labels_only() -> None:
    intake = read(
        (1, "问题：会议记录雷同。整改措施：1.补记；2.通报", "办公室"),
        (2, "会议记录雷同，已要求补记", "办公室"),
        headings=("序号", "存在问题及整改措施", "责任单位"),
    )

    first, second = intake.findings
    assert (first.title, first.measures) == ("会议记录雷同。", ("补记", "通报"))
    assert (second.title, second.measures) == ("会议记录雷同，已要求补记", ())
    assert codes(intake) == [(3, "not_taken_apart")]


def test_a_column_that_people_gave_one_meaning_stays_whole() -> None:
    content = ledger((1, "甲", "李主任/财务科"), headings=("序号", "反馈问题", "责任领导及责任部门"))

    (finding,) = read_ledger("台账.xlsx", content, mapping={"责任领导及责任部门": "responsible_org"}).findings

    assert (finding.responsible_leader, finding.responsible_org) == ("", "李主任/财务科")


def test_a_mapping_that_was_remembered_takes_the_same_column_apart_again() -> None:
    content = ledger((1, "甲", "李主任/财务科"), headings=("序号", "反馈问题", "责任领导及责任部门"))
    first = read_ledger("台账.xlsx", content)

    again = read_ledger("台账.xlsx", content, mapping=first.mapping)

    assert again.findings[0].as_json() == first.findings[0].as_json()
    assert again.mapping == first.mapping


def test_a_tall_composite_cell_reaches_down_in_both_parts() -> None:
    content = ledger(
        (1, "甲", "1.补记", "李主任/财务科"),
        (2, "乙", "2.通报", None),
        headings=("序号", "反馈问题", "整改措施", "责任领导及责任部门"),
        change=lambda sheet: sheet.merge_cells("D2:D3"),
    )

    findings = read_ledger("台账.xlsx", content).findings

    assert [finding.responsible_org for finding in findings] == ["财务科", "财务科"]
