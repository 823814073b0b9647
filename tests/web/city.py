"""The demonstration city behind a real application, by today's clock: one list of three findings, nothing done yet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tests.support import city as cities
from tests.support.city import CHECKED, PNG, UNIT
from web.app import make_app
from web.settings import WebSettings
from xiaohao.demonstration import demo_users

__all__ = ["CHECKED", "PNG", "UNIT", "City", "found_city", "fresh_city", "password_of", "token_of"]


@dataclass
class City(cities.City):
    """A city with pages."""

    def app(self, settings: WebSettings | None = None) -> Any:
        """Return a fresh application."""
        return make_app(self.office, self.attachments, self.passwords, settings=settings)

    def client(self, settings: WebSettings | None = None) -> TestClient:
        """Return a browser without cookies."""
        return TestClient(self.app(settings), base_url="http://127.0.0.1:8000", follow_redirects=False)


def token_of(login: str) -> str:
    """Return the API token of a demonstration account."""
    return next(user.token for user in demo_users() if user.login == login)


def password_of(login: str) -> str:
    """Return the password of a demonstration account."""
    return next(user.password for user in demo_users() if user.login == login)


def found_city(url: str, folder: Path) -> City:
    """Build a city in an empty database; its files lie in *folder*."""
    cities.build(url, folder / "files", "registered")
    return _opened(url, folder)


def fresh_city(folder: Path) -> City:
    """Return a city of one's own in *folder*, copied from one that was built before."""
    place = folder / "city"
    return _opened(cities.sqlite_copy(place, "registered"), place)


def _opened(url: str, folder: Path) -> City:
    opened = cities.open_city(url, folder / "files")
    return City(opened.office, opened.attachments, opened.passwords)
