"""Walks of real people through real pages at 1366x768; a console error or a request outside fails each of them."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from persistence.tables import findings
from tests.browser.conftest import House
from tests.support.browser import OFFICE_SCREEN, Page, Visits
from tests.web.city import CHECKED, PNG
from tests.web.visitor import bring_to_sign_off


def chosen(page: Page) -> str:
    return page.locator(".row[aria-current] .number").inner_text()


def immediate(house: House) -> str:
    number = house.city.numbers[0]
    house.city.act("office1", "settle_finding", number, kind="IMMEDIATE")
    house.city.issue()
    return number


def test_tasks_are_gone_through_by_keys_that_keep_silent_while_one_writes(house: House, visits: Visits) -> None:
    house.city.issue()
    page = house.sign_in(visits, "u11handler")
    first, second, third = page.locator(".row .number").all_inner_texts()
    assert chosen(page) == first

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#panel .brief .number")).to_have_text(third)
    page.keyboard.press("k")
    expect(page.locator("#panel .brief .number")).to_have_text(second)

    page.keyboard.press("Enter")
    box = page.get_by_label("签收说明")
    expect(box).to_be_focused()
    page.keyboard.type("jk?")
    assert (box.input_value(), chosen(page)) == ("jk?", second)

    page.keyboard.press("Escape")
    composing = "new KeyboardEvent('keydown', {key: 'j', isComposing: true, bubbles: true})"
    page.evaluate(f"document.body.dispatchEvent({composing})")
    assert chosen(page) == second
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_next_task_opens_by_itself_after_an_act(house: House, visits: Visits) -> None:
    house.city.issue()
    page = house.sign_in(visits, "u11handler")
    first, second, _ = page.locator(".row .number").all_inner_texts()

    page.get_by_role("button", name="提交", exact=True).click()

    expect(page.get_by_role("status").first).to_contain_text(f"已办理：{first} 签收问题")
    assert chosen(page) == second


def test_a_rectification_goes_from_the_first_word_to_the_leaders_desk(house: House, visits: Visits) -> None:
    number = immediate(house)
    house.city.act("u11handler", "accept_finding", number)
    page = house.sign_in(visits, "u11handler")
    page.goto(f"{house.address}/findings/{number}")
    page.get_by_role("link", name="提交整改结果").click()

    page.locator("form.act .act-send").click()
    expect(page.get_by_role("alert").first).to_contain_text("提交前自查")
    page.locator("form.act .act-send").click()
    expect(page.get_by_role("alert").first).to_contain_text("处需要修改")
    visits.forgive("422")
    page.get_by_label("整改完成情况").fill("资金已全部清退上缴财政专户，责任人已作出处理，制度已执行。")
    page.locator("textarea[name='measures_done.1']").fill("三笔资金全部清退")
    page.locator("textarea[name='measures_done.2']").fill("修订印发并执行")
    page.locator("input[type=file]").set_input_files({"name": "缴款凭证.png", "mimeType": "image/png", "buffer": PNG})
    page.locator("select[name^='kind.']").select_option("FUND_RECEIPT")
    page.locator("select[name^='measure.']").select_option(index=1)
    page.locator("input[name^='effective_on.']").fill("2026年3月1日")
    page.locator("input[name^='effective_on.']").press("Tab")
    expect(page.locator("input[name^='effective_on.']")).to_have_value("2026-03-01")
    expect(page.get_by_role("status").last).to_contain_text("草稿已保存")
    page.locator("form.act .act-send").click()

    page.wait_for_url(re.compile(f"/findings/{number}\\?did="))
    leader = house.sign_in(visits, "u11leader")
    expect(leader.locator("#panel .brief")).to_contain_text("三笔资金全部清退")
    leader.get_by_role("link", name="缴款凭证.png").first.click()


def test_evidence_is_looked_at_on_the_page(house: House, visits: Visits) -> None:
    number = immediate(house)
    with house.city.office.read() as conn:
        finding_id = conn.scalar(select(findings.c.id).where(findings.c.number == number))
    assert finding_id is not None
    bring_to_sign_off(house.city, number, finding_id)
    page = house.sign_in(visits, "signer1")
    page.goto(f"{house.address}/findings/{number}#evidence")

    page.get_by_role("link", name="缴款凭证1.png").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("SHA-256")
    expect(dialog.locator("img")).to_be_visible()
    visits.forgive("Failed to load")


def test_a_batch_is_previewed_and_signed(house: House, visits: Visits) -> None:
    number = immediate(house)
    with house.city.office.read() as conn:
        finding_id = conn.scalar(select(findings.c.id).where(findings.c.number == number))
    assert finding_id is not None
    bring_to_sign_off(house.city, number, finding_id)
    page = house.sign_in(visits, "signer1")
    page.goto(f"{house.address}/findings")
    button = page.get_by_role("button", name="批量销号")
    expect(button).to_be_disabled()
    page.get_by_label(f"选择 {number}").check()
    button.click()

    page.get_by_label("审批单号").fill("临巡领〔2026〕8号")
    page.get_by_label("审批意见").fill(CHECKED)
    page.get_by_role("button", name="批量销号").click()

    expect(page.locator("tbody tr")).to_contain_text("✓ 已销号")


def test_the_diagram_shows_the_way_taken_and_the_mark_of_bpmn_io(house: House, visits: Visits) -> None:
    number = immediate(house)
    house.city.act("u11handler", "accept_finding", number)
    page = house.sign_in(visits, "u11handler")
    page.goto(f"{house.address}/findings/{number}#path")

    expect(page.locator(".way-taken[data-element-id=accept_finding]")).to_be_visible()
    expect(page.locator(".way-here[data-element-id=submit_rectification]")).to_be_visible()
    expect(page.locator(".bjs-powered-by")).to_be_visible()


PAGES = ("/", "/findings", "/lists", "/done", "/findings/{number}", "/lists/{list}", "/password")


@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_the_screen_of_an_office_machine(house: House, visits: Visits, path: str) -> None:
    number = house.city.issue()[0]
    page = house.sign_in(visits, "office1")

    page.goto(house.address + path.format(number=number, list=house.city.list_number))
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") <= OFFICE_SCREEN[0]
