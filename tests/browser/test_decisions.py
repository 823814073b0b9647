"""A meeting and a sheet of paper, as those who take part walk through them."""

import os
from pathlib import Path

from docx import Document
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import House
from tests.support.browser import Page, Visits
from tests.web.city import CHECKED, PNG
from tests.web.visitor import bring_to_sign_off

SCAN: FilePayload = {"name": "审批单扫描件.png", "mimeType": "image/png", "buffer": PNG}


def picture(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for one."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def ready(house: House) -> str:
    """Bring an IMMEDIATE finding before the leading group and return its number."""
    number = house.city.numbers[0]
    house.city.act("office1", "settle_finding", number, kind="IMMEDIATE")
    house.city.issue()
    bring_to_sign_off(house.city, number, house.city.finding(number).id)
    return number


def test_a_meeting_is_called_voted_on_with_the_chair_last_and_signs_off(house: House, visits: Visits) -> None:
    number = ready(house)
    office = house.sign_in(visits, "office1")
    office.goto(f"{house.address}/meetings")
    picture(office, "meetings")
    office.get_by_label("会议编号").fill("临巡领〔2026〕第3次")
    office.get_by_label("地点").fill("市委第二会议室")
    office.get_by_role("button", name="提请上会").click()
    expect(office.get_by_text("会议已召集。")).to_be_visible()
    meeting = office.url.partition("?")[0]
    picture(office, "meeting-secretary")
    absent = office.get_by_role("group", name="到会成员").get_by_label("领导小组组长")
    absent.uncheck()
    office.get_by_role("button", name="登记到会").click()
    expect(office.get_by_role("alert").first).to_be_visible()
    office.get_by_role("group", name="到会成员").get_by_label("领导小组组长").check()
    office.get_by_role("button", name="登记到会").click()
    expect(office.get_by_text("到会情况已登记。")).to_be_visible()

    chair, deputy = house.sign_in(visits, "signer1"), house.sign_in(visits, "signer2")
    chair.goto(meeting)
    expect(chair.get_by_text("您是主持人，最后表态")).to_be_visible()
    picture(chair, "meeting-chair-waits")
    deputy.goto(meeting)
    picture(deputy, "meeting-vote")
    deputy.get_by_text("不同意", exact=True).last.click()
    deputy.get_by_role("button", name="提交表决").click()
    expect(deputy.get_by_role("alert").first).to_contain_text("须写明理由")
    deputy.get_by_text("同意", exact=True).last.click()
    deputy.get_by_role("button", name="提交表决").click()
    expect(deputy.get_by_text("您已表决：同意")).to_be_visible()

    chair.goto(meeting)
    chair.get_by_text("同意", exact=True).last.click()
    chair.get_by_role("button", name="提交表决").click()
    office.goto(meeting)
    office.get_by_label("决议意见").fill(f"会议审议1个问题。{CHECKED}")
    picture(office, "meeting-close")
    office.get_by_role("button", name="形成决议").click()

    expect(office.get_by_role("row").filter(has_text=number).get_by_text("已销号")).to_be_visible()
    picture(office, "meeting-over")
    with office.expect_download() as minutes:
        office.get_by_role("link", name="会议纪要").click()
    assert "领导小组副组长：同意" in "\n".join(line.text for line in Document(str(minutes.value.path())).paragraphs)
    visits.forgive("422")


def test_a_sheet_is_recorded_by_one_and_confirmed_by_another_who_opens_the_scan(house: House, visits: Visits) -> None:
    number = ready(house)
    recorder, second = house.sign_in(visits, "office1"), house.sign_in(visits, "office2")
    recorder.goto(f"{house.address}/findings/{number}")
    recorder.get_by_role("link", name="登记线下决定").click()
    recorder.get_by_label("单据编号").fill("临巡领〔2026〕7号")
    recorder.get_by_label("签批决定的人").select_option(index=1)
    recorder.get_by_text("准予销号").click()
    recorder.get_by_label("审批意见").fill(CHECKED)
    recorder.locator("input[name=upload]").set_input_files(SCAN)
    expect(recorder.get_by_text("审批单扫描件.png")).to_be_visible()
    picture(recorder, "on-paper")
    recorder.get_by_role("button", name="登记，交第二人复核").click()
    expect(recorder.get_by_text("由您登记，须由另一人复核")).to_be_visible()
    picture(recorder, "decision-own")
    sheet = recorder.url.partition("?")[0]

    second.goto(f"{house.address}/decisions")
    picture(second, "decisions")
    second.goto(sheet)
    second.get_by_text("与扫描件一致，生效").click()
    second.get_by_label("核对情况").fill("已与扫描件第1页逐项核对，编号、签字一致")
    second.get_by_role("button", name="复核", exact=True).click()
    expect(second.get_by_role("alert").first).to_contain_text("请先打开扫描件")
    picture(second, "decision-confirm")
    with second.context.expect_page() as opened:
        second.get_by_role("link", name="打开扫描件").click()
    opened.value.close()
    second.get_by_role("button", name="复核", exact=True).click()

    expect(second.get_by_text("已办理")).to_be_visible()
    picture(second, "decision-done")
    visits.forgive("422")
    visits.forgive("inline style")  # the browser's own viewer of pictures


def test_a_receipt_on_paper_is_registered_and_shown_on_the_list(house: House, visits: Visits) -> None:
    house.city.issue()
    own = house.city.list_number
    office = house.sign_in(visits, "office1")
    office.goto(f"{house.address}/lists/{own}")
    office.get_by_role("link", name="登记纸质签收").click()
    office.get_by_label("签收人").select_option(label="江夏国资集团党委书记 · 江夏国资集团 党委书记")
    office.get_by_label("回执编号").fill("回执〔2026〕1号")
    office.locator("input[name=upload]").set_input_files(SCAN)
    expect(office.get_by_text("审批单扫描件.png")).to_be_visible()
    picture(office, "receipt")
    office.get_by_role("button", name="登记", exact=True).click()

    expect(office.get_by_text("纸质签收已登记。")).to_be_visible()
    expect(office.get_by_role("row").filter(has_text="回执〔2026〕1号")).to_be_visible()
    picture(office, "receipts")
