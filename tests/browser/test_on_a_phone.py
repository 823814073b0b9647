"""Every place that somebody is offered, on a phone: nothing hangs out of it; a wide table moves in its own box."""

import os

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.conftest import House
from tests.support.browser import Visits
from tests.web.city import password_of
from web.navigation import PLACES

PHONE: ViewportSize = {"width": 390, "height": 844}
HANGS_OUT = """() => {
    const wide = document.documentElement.scrollWidth;
    if (wide <= window.innerWidth) return '';
    const out = [...document.querySelectorAll('body *')].filter(
        one => one.getBoundingClientRect().right > window.innerWidth + 0.5);
    const outer = out.filter(one => !out.includes(one.parentElement)).slice(0, 4);
    return wide + ' px: ' + outer.map(one => one.tagName + '.' + one.className).join(', ');
}"""


@pytest.mark.parametrize(
    "login",
    [
        "u11chief",
        "auditor1",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("office1", "sysadmin1", "secadmin1")),
    ],
)
def test_no_place_hangs_out_of_a_phone(house: House, visits: Visits, login: str) -> None:
    numbers = house.city.issue()
    page = visits.begin()
    page.set_viewport_size(PHONE)
    page.goto(f"{house.address}/sign-in")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password_of(login))
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))

    actor = house.city.actor(login)
    own = [place.path for place in PLACES if any(actor.may_anywhere(one) for one in place.permissions)]
    if actor.may_anywhere("view"):
        own += [f"/findings/{numbers[0]}", f"/lists/{house.city.list_number}"]
    hanging = {}
    for path in own:
        page.goto(f"{house.address}{path}")
        if said := page.evaluate(HANGS_OUT):
            hanging[path] = said
        if folder := os.environ.get("SHOTS"):
            page.screenshot(
                path=f"{folder}/phone-{login}-{path.strip('/').replace('/', '-') or 'home'}.png", full_page=True
            )

    assert hanging == {}
