from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document

from tests.support.browser import Visits
from tests.support.serving import served
from tests.web.city import fresh_city, password_of


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with served(lambda _: fresh_city(tmp_path).app()) as address:
        yield address


def test_a_feedback_document_is_previewed_corrected_and_kept(address: str, visits: Visits, tmp_path: Path) -> None:
    document = Document()
    document.add_heading("巡察反馈意见", 0)
    document.add_paragraph("一、关于会议费超预算的问题")
    document.add_paragraph("2024年以来，多次会议费超出预算标准。")
    document.add_paragraph("二、关于公车管理不严的问题")
    document.add_paragraph("存在公车私用现象。")
    document.save(str(tmp_path / "反馈意见.docx"))
    page = visits.begin()
    page.goto(f"{address}/sign-in")
    page.fill("#login", "office1")
    page.fill("#password", password_of("office1"))
    page.click(".btn-primary")

    page.goto(f"{address}/import")
    page.set_input_files("#ledger", tmp_path / "反馈意见.docx")
    assert page.inner_text("#ledger-name") == "反馈意见.docx"
    page.click("text=读取并预览")
    page.wait_for_selector(".tiles")
    assert page.is_disabled("button:has-text('确认导入')")  # the file names no unit
    page.select_option("#unit", label="徐庄镇党委")
    page.click("text=读取并预览")
    page.wait_for_selector("b:has-text('徐庄镇党委')")
    page.click("button:has-text('确认导入')")
    page.wait_for_selector("text=打开问题清单")

    page.click("text=打开问题清单")
    page.wait_for_load_state()
    assert "会议费超预算" in page.inner_text("main")
