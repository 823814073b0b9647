"""A ledger goes out as it came in, with our values; and neither of our exports changes anything when it comes back."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from documents.papers import sheets
from documents.papers.layouts import NoLayoutKept, own_ledger
from persistence.tables import findings, issue_lists
from tasks.import_list import import_list
from tasks.layouts_kept import layouts_kept
from tasks.papers_out import list_values
from tests.support.city import City

UNIT = "江夏国资集团"


def workbook(*books: tuple[str, Sequence[Sequence[Any]], Sequence[str]]) -> bytes:
    """Return a workbook of sheets (name, rows, merged ranges)."""
    book = Workbook()
    for place, (name, rows, merged) in enumerate(books):
        sheet = book.active if place == 0 else book.create_sheet()
        assert sheet is not None
        sheet.title = name
        for row in rows:
            sheet.append(list(row))
        for cells in merged:
            sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


PLAIN = workbook(
    (
        "台账",
        [
            ["序号", "存在问题", "具体措施", "承办单位", "完成时限", "主管处室意见"],
            ["1", "会议费超标", "清退；修订办法", "财务部", "2026-06-30", "同意"],
            ["2", "印章管理不严", "完善登记", "办公室", "2026-07-31", "-1 抓紧"],
        ],
        [],
    )
)
TWO_ROWS = workbook(
    (
        "整改台账（试行）",
        [
            ["附件1", "", "", "", "", "", ""],
            ["某集团巡察整改台账", "", "", "", "", "", ""],
            [f"填报单位：{UNIT}", "", "", "", "", "", "单位：元"],
            ["编号", "问题", "", "整改", "", "涉及金额（元）", "督办人"],
            ["", "反馈问题", "具体问题", "整改措施", "整改时限", "", ""],
            ["1", "会议费超标", "2025年超支", "清退资金", "2026-06-30", "186000.5", "甲"],
            ["2", "印章管理不严", "未登记", "完善登记", "2026-07-31", "", "乙"],
        ],
        ["A2:G2", "B4:C4", "D4:E4", "A4:A5", "F4:F5", "G4:G5"],
    )
)
TWO_SHEETS = workbook(
    ("一组", [["序号", "反馈问题", "整改措施"], ["1", "会议费超标", "清退"]], []),
    ("二组", [["整改措施", "序号", "反馈问题", "备忘"], ["完善登记", "1", "印章管理不严", "急"]], []),
)
CSV = "序号,问题描述,措施,备忘录\n1,会议费超标,清退,甲\n2,印章管理不严,完善登记,-乙\n".encode("gb18030")
SHAPES = {"plain.xlsx": PLAIN, "two_rows.xlsx": TWO_ROWS, "two_sheets.xlsx": TWO_SHEETS, "table.csv": CSV}


def taken_in(city: City, name: str, content: bytes) -> str:
    return str(import_list(city.office, city.actor("office1"), name, content, unit=UNIT).list_number)


def sent_out(city: City, number: str) -> bytes:
    with city.office.read() as conn:
        values = list_values(conn, city.actor("office1"), number, city.today)
        return own_ledger(values, layouts_kept(conn, number))


def everything(city: City) -> tuple[list[Any], list[Any]]:
    return list(city.ask(findings.select().order_by(findings.c.id))), city.column(
        select(issue_lists.c.number).order_by(issue_lists.c.number)
    )


def texts(content: bytes, sheet: int = 0) -> list[list[str]]:
    return [[str(cell.value or "") for cell in row] for row in load_workbook(io.BytesIO(content)).worksheets[sheet]]


@pytest.mark.parametrize("name", list(SHAPES))
def test_neither_export_of_a_ledger_changes_anything_when_it_comes_back(
    city_at: Callable[[str], City], name: str
) -> None:
    city = city_at("registered")
    number = taken_in(city, name, SHAPES[name])
    before = everything(city)
    with city.office.read() as conn:
        general = sheets.ledger_sheet(list_values(conn, city.actor("office1"), number, city.today))

    for exported in (sent_out(city, number), general):
        again = import_list(city.office, city.actor("office1"), "回来.xlsx", exported, unit=UNIT)

        assert again.created == ()
        assert len(again.known) == 2
        assert not again.intake.rejected
        assert everything(city) == before


def test_headings_stand_in_their_words_and_order_and_unknown_columns_as_they_came(
    city_at: Callable[[str], City],
) -> None:
    city = city_at("registered")
    number = taken_in(city, "plain.xlsx", PLAIN)

    rows = texts(sent_out(city, number))

    assert rows[0] == ["序号", "存在问题", "具体措施", "承办单位", "完成时限", "主管处室意见"]
    assert rows[1][0:2] == ["1", "会议费超标"]
    assert [row[5] for row in rows[1:3]] == ["同意", "-1 抓紧"]
    assert rows[3][0].startswith("填表人：")
    assert rows[4][0].startswith("注：")
    cells = [cell for row in load_workbook(io.BytesIO(sent_out(city, number))).worksheets[0] for cell in row]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert [cell.quotePrefix for cell in cells if str(cell.value).startswith("-")] == [True]


def test_titles_two_rows_of_headings_and_what_was_merged_stay_where_they_were(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    number = taken_in(city, "two_rows.xlsx", TWO_ROWS)
    came, goes = load_workbook(io.BytesIO(TWO_ROWS)).worksheets[0], sent_out(city, number)
    sheet = load_workbook(io.BytesIO(goes)).worksheets[0]

    assert sheet.title == came.title
    assert texts(goes)[:5] == texts(TWO_ROWS)[:5]
    assert {str(cells) for cells in came.merged_cells.ranges} <= {str(cells) for cells in sheet.merged_cells.ranges}
    assert sheet.freeze_panes == "C6"
    assert [row[5] for row in texts(goes)[5:7]] == ["186000.5", ""]
    assert [row[6] for row in texts(goes)[5:7]] == ["甲", "乙"]


def test_our_present_values_stand_in_the_layout(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    number = taken_in(city, "plain.xlsx", PLAIN)
    first = city.column(select(func.min(findings.c.number)).where(findings.c.title == "会议费超标"))[0]
    city.change(findings.update().where(findings.c.number == first).values(responsible_unit_text="审计部"))

    assert texts(sent_out(city, number))[1][3] == "审计部"


def test_each_sheet_holds_the_findings_that_came_from_it(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    number = taken_in(city, "two_sheets.xlsx", TWO_SHEETS)
    goes = sent_out(city, number)

    assert texts(goes, 0)[1][1] == "会议费超标"
    assert texts(goes, 1)[1] == ["完善登记", "1", "印章管理不严", "急"]


def test_a_list_written_by_hand_goes_out_as_its_unit_wrote_the_last_one(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    by_hand = city.list_number
    with pytest.raises(NoLayoutKept):
        sent_out(city, by_hand)
    taken_in(city, "plain.xlsx", PLAIN)

    rows = texts(sent_out(city, by_hand))

    assert rows[0][1] == "存在问题"
    assert [row[5] for row in rows[1:4]] == ["", "", ""]


def test_a_finding_that_one_may_not_see_is_on_no_sheet(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    number = taken_in(city, "plain.xlsx", PLAIN)
    city.change(findings.update().where(findings.c.title == "会议费超标").values(confidentiality=2))

    assert "会议费超标" not in str(texts(sent_out(city, number)))
