"""The demonstration city behind a real application, by today's clock: one list of three findings, nothing done yet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tasks.witness import Witness
from tests.support import city as cities
from tests.support.city import CHECKED, PNG, UNIT
from web.app import make_app
from web.settings import WebSettings
from xiaohao.demonstration import demo_users

__all__ = ["CHECKED", "PNG", "UNIT", "City", "fresh_city", "password_of", "token_of", "with_pages"]


@dataclass
class City(cities.City):
    """A city with pages."""

    witness: Witness | None = None

    def app(self, settings: WebSettings | None = None) -> Any:
        """Return a fresh application."""
        return make_app(self.office, self.attachments, self.passwords, settings=settings, witness=self.witness)

    def client(self, settings: WebSettings | None = None) -> TestClient:
        """Return a browser without cookies."""
        return TestClient(self.app(settings), base_url="http://127.0.0.1:8000", follow_redirects=False)


def token_of(login: str) -> str:
    """Return the API token of a demonstration account."""
    return next(user.token for user in demo_users() if user.login == login)


def password_of(login: str) -> str:
    """Return the password of a demonstration account."""
    return next(user.password for user in demo_users() if user.login == login)


def with_pages(made: cities.City) -> City:
    """Return *made* behind pages, by today's clock."""
    return _opened(made.url, made.files)


def fresh_city(folder: Path) -> City:
    """Return a city of one's own in *folder*, copied from one that was built before."""
    place = folder / "city"
    return _opened(cities.sqlite_copy(place, "registered"), place / "files")


def _opened(url: str, files: Path) -> City:
    opened = cities.open_city(url, files)
    return City(opened.office, opened.attachments, opened.passwords, url, files)
