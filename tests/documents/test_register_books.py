"""Workbooks of registers: found by their headings, wherever these stand, and never believed."""

import io

import openpyxl
import pytest

from cases.refusals import CaseError
from documents.papers.empty_book import empty_book
from documents.register_books import read_register

HEADINGS = {"时间": "at", "金额（元）": "amount", "缴款人": "payer"}


def book(*sheets: tuple[str, list[list[object]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def test_headings_are_found_below_titles_in_any_order_and_rows_keep_their_place() -> None:
    rows: list[list[object]] = [
        ["缴款表"],
        ["说明"],
        ["缴款人*", "备注", "金额"],
        ["甲", "x", 5],
        [None, None, None],
        ["乙", "", 7],
    ]
    read = read_register("表.xlsx", book(("一", rows), ("二", [["别的", "东西"]])), HEADINGS)

    assert [(row.place, dict(row.cells)) for row in read.rows] == [
        ("一 4", {"payer": "甲", "amount": 5}),
        ("一 6", {"payer": "乙", "amount": 7}),
    ]
    assert read.unknown == ("备注",)
    assert read.fields == {"payer", "amount"}


def test_csv_of_an_old_program_is_read() -> None:
    read = read_register("表.csv", "时间,金额（元）,缴款人\n2026-03-02,5,甲\n".encode("gb18030"), HEADINGS)

    assert [dict(row.cells) for row in read.rows] == [{"at": "2026-03-02", "amount": "5", "payer": "甲"}]


def test_a_formula_is_only_what_it_was_saved_as() -> None:
    read = read_register("表.xlsx", book(("一", [["缴款人", "金额"], ["=1+1", 5]])), HEADINGS)

    assert all("=" not in str(row.cells.get("payer", "")) for row in read.rows)


def test_the_empty_book_has_headings_and_no_rows() -> None:
    content = empty_book("缴款、退款", "每笔一条\n带 * 的列必填", ["时间*", "金额（元）*", "缴款人*"])
    read = read_register("空表.xlsx", content, HEADINGS)

    assert read.rows == []
    assert read.fields == {"at", "amount", "payer"}


@pytest.mark.parametrize(("name", "content"), [("表.docx", b"PK"), ("表.xlsx", b"%PDF-1.4"), ("表.exe", b"MZ")])
def test_what_is_no_table_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(CaseError):
        read_register(name, content, HEADINGS)
