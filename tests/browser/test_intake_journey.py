"""What an office really sends, through the browser: looked at, corrected, kept, sent again, brought back as ours."""

import re
from pathlib import Path

import openpyxl
import pytest

from persistence.tables import findings
from tests.browser.conftest import House
from tests.support.browser import Page, Visits

DATA = Path(__file__).parents[3] / "shared" / "data"
GROUP, TOWN = "江夏国有资产经营管理集团党委", "徐庄镇党委"
WITH_FINDINGS = {
    "04_wuhan_jiangxia_sasac_group.txt": "空港发展集团党委",
    "07_taizhou_health_commission.txt": "临江市卫生健康委员会党委",
    "15_audit_baoshan_sasac.txt": "临江市民政局党组",
}
NUMBERS_ONLY = {"02_shanting_xuzhuang_town.txt": "民和镇党委", "13_xianyou_jiaowei_town.txt": "郊尾镇党委"}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared ledgers and notices are not here")


def choose(page: Page, house: House, file: Path, unit: str) -> None:
    """Choose a file and its unit, and wait for the preview."""
    page.goto(f"{house.address}/import")
    page.set_input_files("#ledger", file)
    page.select_option("#unit", label=unit)
    page.click("text=读取并预览")
    page.wait_for_selector(f"#preview b:has-text('{unit}')")


def confirm(page: Page) -> str:
    """Keep what the preview shows and return what the page says about it."""
    page.click("button:has-text('确认导入')")
    page.wait_for_selector("text=打开问题清单")
    return page.inner_text("#preview")


def correct(page: Page, heading: str, field: str) -> None:
    """Say in the preview what a heading is."""
    if not page.is_visible(".mapping"):
        page.click("summary:has-text('列的对应关系')")
    page.locator(f".mapping label:has(span[title='{heading}']) select").select_option(label=field)
    page.click("text=按此重新读取")
    page.wait_for_selector("input[name=corrected][value=yes]", state="attached")


def count(house: House) -> int:
    return house.city.count(findings)


def test_ledgers_and_notices_are_corrected_kept_and_change_nothing_the_second_time(
    house: House, visits: Visits, tmp_path: Path
) -> None:
    page = house.sign_in(visits, "office1")
    workbook = DATA / "workbooks" / "jiangxia_ledger.xlsx"

    choose(page, house, workbook, GROUP)
    correct(page, "备注", "下一步措施")
    assert page.inner_text(".tiles .tile b") not in ("", "0")
    page.screenshot(path=tmp_path / "preview.png", full_page=True)
    assert re.search(r"已导入 \d+ 个问题", confirm(page))
    kept = count(house)

    choose(page, house, workbook, GROUP)
    assert "没有新的问题" in confirm(page)
    assert count(house) == kept

    changed = openpyxl.load_workbook(workbook)
    changed.worksheets[0]["A1"] = "整改台账（更新）"
    changed.save(tmp_path / "更新.xlsx")
    choose(page, house, tmp_path / "更新.xlsx", GROUP)
    assert "沿用" in page.inner_text(".notice-info")
    assert "没有新的问题" in confirm(page)

    choose(page, house, DATA / "workbooks" / "xuzhuang_gbk.csv", TOWN)
    page.screenshot(path=tmp_path / "preview_csv.png", full_page=True)
    assert re.search(r"已导入 \d+ 个问题", confirm(page))
    page.click("text=打开问题清单")
    page.wait_for_selector("#mapping")
    page.screenshot(path=tmp_path / "list.png", full_page=True)
    own = page.url
    kept = count(house)

    with page.expect_download() as download:
        page.click("[data-tab=papers]")
        page.click("tr:has-text('整改台账') a:has-text('Excel') >> nth=0")
    download.value.save_as(tmp_path / "导出.xlsx")
    choose(page, house, tmp_path / "导出.xlsx", TOWN)
    assert "没有新的问题" in confirm(page)
    assert count(house) == kept

    for notice, unit in WITH_FINDINGS.items():
        choose(page, house, DATA / "notices" / notice, unit)
        confirm(page)
    assert count(house) >= kept + len(WITH_FINDINGS)
    for notice, unit in NUMBERS_ONLY.items():
        choose(page, house, DATA / "notices" / notice, unit)
        assert "没有找到可导入的问题" in page.inner_text("#preview")

    page.goto(own)
    page.click(".number[href^='/findings/'] >> nth=0")
    page.click("[data-tab=written]")
    page.wait_for_selector("table.written")
    page.screenshot(path=tmp_path / "finding.png", full_page=True)
