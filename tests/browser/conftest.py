"""A city that real browsers can visit: the application on a loopback port of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Page, Visits
from tests.support.serving import served
from tests.web.city import City, fresh_city, password_of
from web.settings import WebSettings


class House:
    """A city and its address."""

    def __init__(self, city: City, address: str) -> None:
        self.city, self.address = city, address

    def sign_in(self, visits: Visits, login: str) -> Page:
        """Return the desk of *login* in a browser of his own."""
        page = visits.begin()
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(password_of(login))
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{self.address}/")
        return page


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    city = fresh_city(tmp_path)
    with served(lambda address: city.app(WebSettings(base_url=address))) as address:
        yield House(city, address)
    city.office.database.dispose()
