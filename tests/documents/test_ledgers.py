"""Ledgers in the shapes that units give them: what is read, what is asked, what is dropped and why."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from cases.finding import Kind
from documents import refusals
from documents.intake import Intake, read_ledger
from tests.documents.files import ledger, saved, with_saved_result


def read(*rows: Any, **options: Any) -> Intake:
    return read_ledger("台账.xlsx", ledger(*rows, **options))


def codes(intake: Intake) -> list[tuple[int, str]]:
    return [(flagged.row, flagged.why.code) for flagged in intake.flagged]


def dropped(intake: Intake) -> list[tuple[int | None, str]]:
    return [(note.row, note.why.code) for note in intake.notes]


def test_two_rows_of_headings_under_titles_sections_totals_and_signatures() -> None:
    def merge(sheet: Worksheet) -> None:
        for place in ("A1:I1", "A3:A4", "B3:B4", "C3:E3", "F3:F4", "G3:H3", "I3:I4"):
            sheet.merge_cells(place)

    intake = read(
        ("单位：市住建局党组", None, "反馈时间：2025年2月25日", None, None, None, None, None, "金额单位：万元"),
        ("序号", "存在的问题", "整改责任", None, None, "完成时限", "整改情况", None, "涉及金额"),
        (None, None, "责任领导", "责任科室", "责任人", None, "完成情况", "佐证材料", None),
        ("一、聚焦群众身边腐败问题方面",),
        (1, "学习不深入", "党组书记", "办公室", "张 三", "立行立改", "已完成", "会议记录", 12.5),
        ("二、聚焦基层党组织建设方面",),
        (2, "违规发放补贴", "副局长", "财务科", "王五", "2025年9月底", "整改中", None, "4500元"),
        ("合计", None, None, None, None, None, None, None, 12.95),
        ("填表人：", None, "审核人：", None, "填表日期：2025年3月1日"),
        headings=("市住建局整改台账",),
        change=merge,
    )

    assert (intake.unit, intake.feedback_on) == ("市住建局党组", date(2025, 2, 25))
    assert intake.mapping["整改责任/责任科室"] == "responsible_org"
    first, second = intake.findings
    assert (first.aspect, second.aspect) == ("聚焦群众身边腐败问题方面", "聚焦基层党组织建设方面")
    assert (first.amount_yuan, second.amount_yuan) == (Decimal("125000.00"), Decimal("4500.00"))
    assert (first.responsible_person, first.status, first.evidence_refs) == ("张三", "已完成", ("会议记录",))
    assert first.written["responsible_person"].text == "张 三"
    assert dropped(intake) == [
        (5, "section_row"),
        (7, "section_row"),
        (9, "total_dropped"),
        (10, "signature_dropped"),
    ]


def test_a_finding_over_several_rows_collects_its_measures_and_asks_about_its_days() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("B2:B3")

    intake = read(
        (1, "公务接待不规范", "修订制度", "办公室", "2025-03-31"),
        (None, None, "清退费用", "财务科", "2025-05-31"),
        (2, "招投标监管不力", "完善流程", "工程科", "2025-06-30"),
        change=merge,
    )

    first, second = intake.findings
    assert (first.measures, first.due_on) == (("修订制度", "清退费用"), date(2025, 5, 31))
    assert first.responsible_org == "办公室\n财务科"
    assert second.measures == ("完善流程",)
    assert codes(intake) == [(3, "several_due_dates")]


def test_details_under_one_merged_title_are_findings_of_their_own() -> None:
    intake = read(
        (1, "党建工作薄弱", "三会一课记录不全", "机关党委"),
        (None, None, "发展党员程序不规范", "组织人事科"),
        headings=("序号", "反馈问题", "具体表现", "责任单位"),
        change=lambda sheet: (sheet.merge_cells("A2:A3"), sheet.merge_cells("B2:B3")),
    )

    assert [(finding.seq, finding.title, finding.detail) for finding in intake.findings] == [
        (1, "党建工作薄弱", "三会一课记录不全"),
        (1, "党建工作薄弱", "发展党员程序不规范"),
    ]


def test_a_value_of_its_own_under_a_merged_cell_is_not_written_over() -> None:
    content = ledger((1, "甲", "a", "一科", "2025.3.31"), (2, "乙", "b", "二科", "2025.3.31"))
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="D2:D3"/></mergeCells>'
    from tests.documents.files import with_part

    content = with_part(content, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"</sheetData>", merged))

    intake = read_ledger("台账.xlsx", content)

    assert [finding.responsible_org for finding in intake.findings] == ["一科", "二科"]
    assert codes(intake) == [(3, "value_under_merge")]


def test_formulas_are_not_evaluated_and_one_without_a_saved_result_is_asked() -> None:
    content = ledger((1, "甲", "a", "一科", "=DATE(2025,6,30)"), (2, "乙", "b", "二科", "=DATE(2025,6,30)"))

    intake = read_ledger("台账.xlsx", with_saved_result(content, "E2", "45838"))

    assert [finding.due_on for finding in intake.findings] == [date(2025, 6, 30), None]
    assert codes(intake) == [(3, "formula_without_value")]
    assert (None, "formulas_not_evaluated") in dropped(intake)


def test_a_month_that_the_program_turned_into_a_day_is_still_a_month() -> None:
    def show_month(sheet: Worksheet) -> None:
        sheet["E2"].number_format = 'yyyy"年"m"月"'

    intake = read((1, "甲", "a", "一科", date(2025, 6, 1)), (2, "乙", "b", "一科", date(2025, 6, 1)), change=show_month)

    assert [(finding.due_on, finding.due_text) for finding in intake.findings] == [
        (None, "2025年6月"),
        (date(2025, 6, 1), "2025-06-01"),
    ]
    assert codes(intake) == [(2, "month_without_day")]


def test_days_of_a_1904_book_are_counted_from_1904() -> None:
    workbook = Workbook()
    workbook.epoch = CALENDAR_MAC_1904
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    for row in (("序号", "问题", "时限"), (1, "甲", 43894), (2, "乙", date(2024, 3, 5)), (3, "丙", 60)):
        sheet.append(row)

    intake = read_ledger("台账.xlsx", saved(workbook))

    assert [finding.due_on for finding in intake.findings] == [date(2024, 3, 5)] * 2
    assert [(rejected.row, rejected.value) for rejected in intake.rejected] == [(4, "60")]


def test_hidden_sheets_are_ignored_and_named() -> None:
    workbook = Workbook()
    for name, state in (("台账", "visible"), ("旧台账", "hidden"), ("更旧", "veryHidden")):
        sheet = workbook.create_sheet(name)
        sheet.sheet_state = state
        sheet.append(("序号", "问题", "时限"))
        sheet.append((1, f"{name}的问题", "2025.3.31"))
    content = saved(workbook)

    intake = read_ledger("台账.xlsx", content)

    assert [finding.title for finding in intake.findings] == ["台账的问题"]
    assert [(n.sheet, n.why.code) for n in intake.notes] == [("旧台账", "hidden_sheet"), ("更旧", "hidden_sheet")]
    with pytest.raises(refusals.SheetHidden):
        read_ledger("台账.xlsx", content, sheet="旧台账")
    with pytest.raises(refusals.SheetUnknown):
        read_ledger("台账.xlsx", content, sheet="没有")


def test_the_three_lists_of_one_workbook_are_one_list_of_findings() -> None:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, heading, value in (
        ("问题清单", "问题类别", "党建"),
        ("任务清单", "整改措施", "1.补记；2.培训"),
        ("责任清单", "责任单位", "机关党委"),
    ):
        sheet = workbook.create_sheet(name)
        sheet.append(("序号", "问题", heading))
        sheet.append((1, "三会一课记录不全", value))

    (finding,) = read_ledger("三清单.xlsx", saved(workbook)).findings

    assert (finding.category, finding.measures, finding.responsible_org) == ("党建", ("补记", "培训"), "机关党委")
    assert finding.written["responsible_org"].sheet == "责任清单"


def test_a_correction_of_the_mapping_goes_before_what_was_understood() -> None:
    content = ledger(("甲科", "采购不规范", "2025.3.31"), headings=("谁来改", "整改内容", "何时"))
    with pytest.raises(refusals.NoLedgerFound):
        read_ledger("台账.xlsx", content)

    mapping = {"谁来改": "responsible_org", "整改内容": "title", "何时": "due"}
    (finding,) = read_ledger("台账.xlsx", content, mapping=mapping).findings

    assert (finding.title, finding.responsible_org, finding.due_on) == ("采购不规范", "甲科", date(2025, 3, 31))
    with pytest.raises(refusals.HeadingUnknown):
        read_ledger("台账.xlsx", content, mapping={"何时": "deadline"})


def test_a_row_without_a_problem_is_listed_with_its_place_and_not_imported() -> None:
    intake = read((1, "甲", "a", "一科", "2025.3.31"), (2, None, "b", "二科", "2025.3.31"), (3, "丙", None, None, None))

    assert [finding.seq for finding in intake.findings] == [1, 3]
    assert intake.as_json()["rejected"] == [
        {"sheet": "台账", "row": 3, "column": "反馈问题", "value": "", "why": intake.rejected[0].why.said()}
    ]


def test_repetitions_that_differ_and_numbers_used_twice_are_asked() -> None:
    intake = read(
        ("X-1", "甲", "2025.3.31"),
        ("X-1", "甲 ", "2025.6.30"),
        ("X-1", "乙", "2025.6.30"),
        headings=("问题编号", "问题", "整改时限"),
    )

    assert [finding.row for finding in intake.findings] == [2, 4]
    assert [(duplicate.row, duplicate.of) for duplicate in intake.duplicates] == [(3, 2)]
    assert codes(intake) == [(3, "repeated_but_different"), (4, "number_used_twice")]


def test_dirty_text_is_flagged_and_kept_as_it_was_written() -> None:
    intake = read((1, "××公司采购\u200b不规范。。", "见www.example.com下载全文", "财务处", "2025.3.31"))

    (finding,) = intake.findings
    assert finding.title == "××公司采购不规范。。"
    assert finding.written["title"].text == "××公司采购\u200b不规范。。"
    assert codes(intake) == [(2, "placeholder"), (2, "repeated_punctuation"), (2, "pay_wall")]


def test_an_audit_list_comes_with_its_own_kinds_and_states() -> None:
    intake = read(
        ("非税收入未及时上缴", 102.3, "立行立改", "财务股", "已整改"),
        ("固定资产账实不符", "—", "持续整改", "后勤股", "正在整改"),
        headings=("审计发现问题", "问题金额（万元）", "整改要求", "整改责任单位", "是否完成整改"),
    )

    assert [(f.kind, f.status) for f in intake.findings] == [(Kind.IMMEDIATE, "已整改"), (Kind.CONTINUOUS, "正在整改")]
    assert [f.amount_yuan for f in intake.findings] == [Decimal("1023000.00"), None]


def test_an_old_workbook_is_read_like_a_new_one() -> None:
    """A .xls with merged cells, a hidden sheet and days counted from 1904."""
    intake = read_ledger("old_1904.xls", (Path(__file__).parent / "old_1904.xls").read_bytes())

    assert [(f.aspect, f.title, f.amount_yuan, f.due_on) for f in intake.findings] == [
        ("作风方面", "甲", Decimal("15000.00"), date(2025, 6, 30)),
        ("作风方面", "乙", Decimal("4500.00"), date(2024, 3, 5)),
        ("", "丙", None, None),
    ]
    assert [note.sheet for note in intake.notes if note.why.code == "hidden_sheet"] == ["藏"]


CELL = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=20
)


@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from(",;\t"),
)
def test_csv_of_any_encoding_and_delimiter_says_the_same(
    rows: list[tuple[str, str]], encoding: str, delimiter: str
) -> None:
    import csv
    import io

    into = io.StringIO(newline="")
    writer = csv.writer(into, delimiter=delimiter)
    writer.writerow(("问题编号", "反馈问题描述", "责任单位"))
    writer.writerows((f"N-{n}", f"问题{title}", f"单位{org}") for n, (title, org) in enumerate(rows))

    intake = read_ledger("台账.csv", into.getvalue().encode(encoding))

    said = [(finding.title, finding.written["responsible_org"].text) for finding in intake.findings]
    assert said == [(f"问题{title}", f"单位{org}") for title, org in rows]
    assert not intake.rejected
    assert not intake.duplicates


def test_a_deadline_inside_the_measures_counts_where_no_column_says_one() -> None:
    intake = read(
        (1, "甲", "1.清退补贴，2025年6月底前完成；2.修订办法，2025年9月30日前印发", "财务科", None),
        (2, "乙", "2025年6月底前完成清退", "财务科", "2025年3月31日"),
        (3, "丙", "6月底前完成清退", "财务科", None),
        (4, "丁", "2025年6月底前完成清退", "财务科", None),
    )

    assert [(finding.due_on, finding.due_text) for finding in intake.findings] == [
        (date(2025, 9, 30), "2025年6月底前；2025年9月30日前"),
        (date(2025, 3, 31), "2025年3月31日"),
        (None, "6月底前"),
        (date(2025, 6, 30), "2025年6月底前"),
    ]
    assert codes(intake) == [(2, "several_due_dates"), (4, "year_missing")]


def test_a_ledger_of_hazards_or_defects_is_a_ledger_too() -> None:
    intake = read(
        ("HZ-1", "配电箱门未关", "一般", "工程科", "2025年3月31日"),
        headings=("隐患编号", "隐患描述", "隐患等级", "所属部门", "计划整改时间"),
    )

    (finding,) = intake.findings
    assert (finding.number, finding.title, finding.responsible_org) == ("HZ-1", "配电箱门未关", "工程科")
    assert finding.due_on == date(2025, 3, 31)


def test_a_table_drawn_with_signs_is_read_without_its_lines() -> None:
    text = "整改情况\n| 序号 | 存在问题 | 整改措施 |\n| --- | :---: | --- |\n| 1 | 台账不清 | 建账 |\n"

    intake = read_ledger("整改情况.csv", text.encode())

    assert [(finding.row, finding.title) for finding in intake.findings] == [(4, "台账不清")]


def test_hidden_rows_and_columns_are_read_and_said() -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True

    intake = read((1, "甲", "补记", "财务科", None), (2, "乙", "清退", "财务科", None), change=hide)

    assert [(finding.title, finding.measures) for finding in intake.findings] == [("甲", ("补记",)), ("乙", ("清退",))]
    assert [note.why.code for note in intake.notes] == ["hidden_rows", "hidden_columns"]
    assert "第 3 行" in intake.notes[0].why.said()
    assert "整改措施" in intake.notes[1].why.said()


def two_units(first: str, second: str, *, titled: bool) -> Intake:
    book = Workbook()
    for unit in (first, second):
        sheet = book.create_sheet(unit if not titled else None)
        if titled:
            sheet.append((f"填报单位：{unit}",))
        sheet.append(("序号", "反馈问题", "整改措施"))
        sheet.append((1, "学习不深入", "学习"))
    return read_ledger("台账.xlsx", saved(book))


@pytest.mark.parametrize("titled", [True, False])
def test_the_sheets_of_several_units_stay_apart(titled: bool) -> None:
    intake = two_units("县水务局", "县教育局", titled=titled)

    assert [(finding.title, finding.responsible_org) for finding in intake.findings] == [
        ("学习不深入", "县水务局"),
        ("学习不深入", "县教育局"),
    ]
    assert intake.unit is None
    assert [note.why.code for note in intake.notes] == ["several_units"]
    assert intake.duplicates == ()


def test_two_sheets_of_one_unit_are_one_ledger() -> None:
    intake = two_units("县水务局", "县水务局1", titled=False)

    assert [finding.responsible_org for finding in intake.findings] == [""]
    assert intake.unit == "县水务局"


def fields_of(*headings: str) -> dict[str, str | None]:
    return dict(read(tuple("1" * len(headings)), headings=headings).mapping)


def test_a_heading_about_somebody_else_is_not_the_one_that_it_mentions() -> None:
    fields = fields_of("问题简述", "问题明细分类", "整改计划及措施", "验收负责人", "实际验收时间", "整改责任人")

    assert fields == {
        "问题简述": "title",
        "问题明细分类": "category",
        "整改计划及措施": "measures",
        "验收负责人": None,
        "实际验收时间": None,
        "整改责任人": "responsible_person",
    }


def test_of_two_columns_of_the_same_meaning_the_usual_heading_is_meant() -> None:
    fields = fields_of("被审计单位", "问题描述", "整改任务", "整改措施", "整改责任部门")

    assert (fields["整改任务"], fields["整改措施"]) == (None, "measures")
    assert (fields["被审计单位"], fields["整改责任部门"]) == (None, "responsible_org")
    assert fields_of("被审计单位", "问题描述")["被审计单位"] == "responsible_org"


def test_a_column_about_progress_that_holds_states_only_is_the_state() -> None:
    intake = read((1, "甲", "基本完成"), (2, "乙", "未完成"), headings=("序号", "反馈问题", "落实情况"))

    assert [finding.status for finding in intake.findings] == ["基本完成", "未完成"]


def test_a_line_about_the_unit_over_the_headings_is_no_heading() -> None:
    intake = read(("序号", "反馈问题", "整改措施"), (1, "甲", "补记"), headings=("填报单位：县水务局",))

    assert (intake.unit, [finding.seq for finding in intake.findings]) == ("县水务局", [1])


def test_what_a_ledger_claims_is_told_from_state_and_sign_off_together() -> None:
    intake = read(
        (1, "甲", "已完成整改", "2024年3月5日"),
        (2, "乙", "已完成整改", None),
        (3, "丙", "整改中", None),
        (4, "丁", None, None),
        headings=("序号", "反馈问题", "整改状态", "销号时间"),
    )

    assert [finding.claim for finding in intake.findings] == ["historic_signed_off", "done", "in_progress", None]


def test_what_every_page_repeats_is_dropped_and_said() -> None:
    text = """县水务局整改台账
序号,反馈问题,责任分工,,整改措施
,,责任领导,责任单位,
1,甲,局长,财务科,补记
第 1 页 共 2 页
县水务局整改台账
序号,反馈问题,责任分工,,整改措施
,,责任领导,责任单位,
2,乙,局长,办公室,清退
"""

    intake = read_ledger("台账.csv", text.encode("gb18030"))

    assert [(finding.title, finding.responsible_org) for finding in intake.findings] == [
        ("甲", "财务科"),
        ("乙", "办公室"),
    ]
    assert intake.rejected == ()
    assert dropped(intake) == [
        (5, "page_line_dropped"),
        (6, "page_line_dropped"),
        (7, "repeated_headings"),
        (8, "repeated_headings"),
    ]


def test_a_deadline_in_a_further_measure_of_the_same_finding_counts_too() -> None:
    intake = read(
        (1, "甲", "1.清退补贴，2025年6月底前完成"),
        (None, None, "2.修订办法，2025年9月底前印发"),
        headings=("序号", "反馈问题", "整改措施"),
    )

    (finding,) = intake.findings
    assert (len(finding.measures), finding.due_on) == (2, date(2025, 9, 30))
    assert codes(intake) == [(3, "several_due_dates")]
