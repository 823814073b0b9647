"""The page of roles in a real browser: a role is entered and offered for a post, on a desk and on a phone."""

import os

import pytest

from tests.browser.conftest import House
from tests.support.browser import Visits
from tests.web.city import password_of

WITHIN = """[...document.querySelectorAll('.sheet, .sheet table')]
    .every(one => one.getBoundingClientRect().right <= window.innerWidth)"""  # the bar above is every page's


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_a_role_is_entered_and_offered_for_posts(house: House, visits: Visits, width: int, height: int) -> None:
    page = visits.begin()
    page.goto(f"{house.address}/sign-in")
    page.get_by_label("登录名").fill("secadmin1")
    page.get_by_label("密码").fill(password_of("secadmin1"))
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{house.address}/roles")
    page.locator("#edit_role-name_zh").fill("督查室")
    page.locator("#edit_role-name_en").fill("Supervision room")
    page.locator("#edit_role-code").fill("supervision_room")
    page.get_by_role("button", name="新增").click()
    page.wait_for_url("**/roles?done=edit_role")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/roles-{width}.png", full_page=True)

    assert page.get_by_text("supervision_room", exact=True).count() == 1
    assert page.evaluate(WITHIN)
    page.goto(f"{house.address}/units")
    assert page.locator("#edit_post-role option[value=supervision_room]").count() == 1
