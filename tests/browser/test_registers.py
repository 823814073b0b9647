"""登记 in a real browser: a row is entered on the page of a finding; the page of a reviewer is counted by itself."""

from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import select

from persistence.tables import file_openings, page_views
from tests.browser.conftest import House
from tests.support.browser import OFFICE_SCREEN, Visits
from tests.support.city import REVIEWERS


def test_a_refund_is_entered_and_the_sums_follow(house: House, visits: Visits, tmp_path: Path) -> None:
    number = house.city.numbers[0]
    page = house.sign_in(visits, "office1")
    page.goto(f"{house.address}/findings/{number}#registers")
    page.wait_for_function("window.htmx !== undefined && document.readyState === 'complete'")
    form = page.locator("#entry-form")
    page.select_option("#which-register", "recovery")
    for _ in range(30):  # a choice that the page was not ready to hear is made again
        page.wait_for_timeout(1_000)
        if form.locator("[name=at]").count():
            break
        page.dispatch_event("#which-register", "change")
    for name, value in (("at", "2026-03-02 10:30"), ("amount", "很多"), ("payer", "某公司"), ("account", "国库")):
        form.locator(f"[name={name}]").fill(value)
    form.get_by_role("button", name="登记").click()
    expect(page.locator(".field-error")).to_contain_text("请填写金额")
    visits.forgive("422")

    page.locator("#entry-form [name=amount]").fill("12,000")
    page.locator("#entry-form").get_by_role("button", name="登记").click()

    expect(page.locator(".register-table")).to_contain_text("12,000.00")
    expect(page.locator(".paths").first).to_contain_text("某公司")
    page.screenshot(path=tmp_path / "registers.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= OFFICE_SCREEN[0]


def test_the_page_of_a_reviewer_counts_how_long_it_is_looked_at(house: House, visits: Visits) -> None:
    city = house.city
    city.issue()
    for finding in city.numbers:
        city.accept(finding)
    city.submit_plan()
    city.review_plan(*REVIEWERS)
    city.office.settle(100)
    number = city.numbers[0]
    city.submit(number)
    page = house.sign_in(visits, "u11leader")

    with page.expect_response(lambda answer: answer.url.endswith("/views")):
        page.goto(f"{house.address}/findings/{number}#evidence")
    page.locator("[data-preview]").first.click()
    expect(page.locator("#preview-body .preview-head")).to_be_visible()
    page.wait_for_timeout(3_200)
    page.goto(f"{house.address}/findings")
    page.wait_for_timeout(500)

    with city.office.read() as conn:
        views = conn.execute(select(page_views)).all()
        opened = conn.execute(select(file_openings)).all()
    assert len({file.evidence_id for file in opened}) == 1  # two requests at once may each put down theirs
    assert {view.person_id for view in views} == {city.actor("u11leader").person_id}
    assert [view.seconds >= 2 for view in views] == [False, True]  # the desk showed it in passing
