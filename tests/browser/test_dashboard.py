"""看板 and 统计 in a real browser: every number opens exactly the findings that it counts."""

from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import select

from persistence.tables import issue_lists, units
from tests.bench.figures import TODAY, put_histories
from tests.browser.conftest import House
from tests.support.browser import OFFICE_SCREEN, Visits

FINDINGS = 180
OPENED_BY = ("a.board-tile", ".board table a", ".trend a")


def fill(house: House) -> None:
    """Give the units of the city findings with pasts of their own."""
    with house.city.office.database.writing() as connection:
        inspected = select(units.c.id, units.c.path).where(units.c.kind == "inspected").order_by(units.c.path)
        places = [(row.id, row.path) for row in connection.execute(inspected)]
        list_id = connection.scalars(select(issue_lists.c.id)).first()
        assert list_id is not None
        put_histories(connection, FINDINGS, places, list_id=list_id)


def test_leaders_see_where_findings_stand_and_every_number_opens_its_rows(
    house: House, visits: Visits, tmp_path: Path
) -> None:
    fill(house)
    page = house.sign_in(visits, "office1")

    page.goto(f"{house.address}/dashboard?as_of={TODAY}")

    expect(page.get_by_role("heading", name="近十二个月")).to_be_visible()
    page.screenshot(path=tmp_path / "dashboard.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= OFFICE_SCREEN[0]
    expect(page.locator(".board-rate")).to_contain_text("÷ 180 × 100%")
    expect(page.locator(".formulas")).to_contain_text("完成率 = 完成数（已销号） ÷ 应整改数 × 100%")
    numbers = {
        (str(link.get_attribute("href")), int(link.locator("b").or_(link).last.inner_text().strip("▲ ")))
        for kind in OPENED_BY
        for link in page.locator(kind).all()[::4]
    }
    assert len(numbers) > 15
    for address, count in sorted(numbers):
        opened = page.request.get(house.address + address).text()
        assert opened.count('class="number"') == min(count, 100), address


def test_a_number_of_the_figures_leads_to_its_rows_and_back(house: House, visits: Visits, tmp_path: Path) -> None:
    fill(house)
    page = house.sign_in(visits, "office1")
    page.goto(f"{house.address}/figures?as_of={TODAY}&by=kind&rounding=cut")
    page.screenshot(path=tmp_path / "figures.png", full_page=True)
    expect(page.locator(".formulas")).to_contain_text("其余舍去")
    link = page.locator("tbody tr").first.locator("a").nth(4)
    shown = int(link.inner_text())

    link.click()

    expect(page.locator("tbody .number")).to_have_count(shown)
    page.locator(".crumb a").click()
    expect(page.get_by_label("截至")).to_have_value(str(TODAY))
