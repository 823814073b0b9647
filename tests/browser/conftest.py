"""A city that real browsers can visit: the application on a loopback port of its own."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from tests.support.browser import Page, Visits
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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(
        uvicorn.Config(city.app(WebSettings(base_url=address)), host="127.0.0.1", port=port, log_level="warning")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield House(city, address)
    server.should_exit = True
    thread.join(10)
    city.office.database.dispose()
