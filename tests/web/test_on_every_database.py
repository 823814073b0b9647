from collections.abc import Callable

import pytest

from tests.support import city as cities
from tests.web.city import City, token_of, with_pages
from tests.web.test_office import PAGES, Browser


@pytest.fixture
def city(city_at: Callable[[str], cities.City]) -> City:
    return with_pages(city_at("registered"))


def test_every_page_and_address_answers(city: City) -> None:
    number = city.issue()[0]
    client = city.client()
    office = {"Authorization": f"Bearer {token_of('office1')}"}

    for path, login in {**PAGES, "/mailbox": "u11handler", "/calendar": "office1"}.items():
        assert Browser(city, login).get(path).status_code == 200, path
    searched = "/audit?who=主任&number=office&since=2026-01-01&until=2099-01-01&before=2099-01-01T00:00:00%2B00:00|1|1"
    assert Browser(city, "auditor1").get(searched).status_code == 200
    assert Browser(city, "secadmin1").get("/people?q=handler").text.count("/people/") > 10
    for path in (
        "/findings?q=津贴",
        f"/findings/{number}",
        f"/findings/{number}/events",
        "/lists",
        "/tasks",
        "/letters",
    ):
        assert client.get(f"/api/v1{path}", headers=office).status_code == 200, path
    assert client.get(f"/api/v1/lists/{city.list_number}", headers=office).json()["findings"]
    assert client.get("/metrics").status_code == client.get("/readyz").status_code == 200
    city.office.database.dispose()
