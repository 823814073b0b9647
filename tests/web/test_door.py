"""Signing in and out, and what keeps strangers and forgers outside."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, update

from persistence.tables import accounts, sessions
from tasks.passwords import Passwords
from tests.support.links import make_link
from tests.web.city import City, fresh_city, password_of
from tests.web.visitor import Visitor, token_in
from web.settings import WebSettings
from web.signed_in import guard_signed_in, guard_visitor


def routes_of(part: Any) -> Iterator[APIRoute]:
    """Return the pages of an application or a router, included ones too; what is mounted guards itself."""
    for route in part.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    yield made
    made.office.database.dispose()


def test_who_is_not_signed_in_is_led_to_the_door_and_back(city: City) -> None:
    visitor = Visitor(city)

    asked = visitor.get("/findings?overdue=1")

    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/findings%3Foverdue%3D1")
    page = visitor.get(asked.headers["location"])
    data = {
        "csrf": token_in(page),
        "login": "office1",
        "password": password_of("office1"),
        "next": "/findings?overdue=1",
    }
    assert visitor.client.post("/sign-in", data=data).headers["location"] == "/findings?overdue=1"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_the_door_never_leads_out_of_the_house(city: City, wanted: str) -> None:
    visitor = Visitor(city)
    data = {"csrf": token_in(visitor.get("/sign-in")), "login": "office1", "password": password_of("office1")}

    answer = visitor.client.post("/sign-in", data=data | {"next": wanted})

    assert answer.headers["location"] == "/"


def test_five_failures_lock_an_account_even_for_the_right_password(city: City) -> None:
    visitor = Visitor(city)
    answers = [visitor.sign_in("office1", "wrong") for _ in range(5)]

    locked = visitor.sign_in("office1")

    assert [answer.status_code for answer in answers] == [403] * 5
    assert locked.status_code == 403
    later = city.office.now() + timedelta(minutes=16)
    city.office.now = lambda: later
    assert visitor.sign_in("office1").status_code == 303


def test_an_unknown_login_reads_the_same_as_a_wrong_password(city: City) -> None:
    def told(login: str) -> str:
        text = Visitor(city).sign_in(login, "wrong").text
        return text[text.index('role="alert"') : text.index("</form>")].split("</div>")[0]

    assert told("office1") == told("nobody")
    assert "登录名或密码不正确" in told("nobody")


def test_an_address_that_tries_too_fast_has_to_wait(city: City) -> None:
    visitor = Visitor(city, settings=WebSettings(sign_ins_per_minute=3))

    statuses = [visitor.sign_in("nobody", "wrong").status_code for _ in range(4)]

    assert statuses == [403, 403, 403, 429]


def test_signing_out_ends_the_session_on_the_server(city: City) -> None:
    visitor = Visitor(city, "office1")
    cookie = visitor.client.cookies["session"]

    visitor.post("/sign-out")

    thief = Visitor(city)
    thief.client.cookies.set("session", cookie)
    assert thief.get("/findings").status_code == 303


def test_a_session_that_was_idle_for_too_long_is_over(city: City) -> None:
    visitor = Visitor(city, "office1")
    later = city.office.now() + timedelta(minutes=31)
    city.office.now = lambda: later

    assert visitor.get("/").headers["location"] == "/sign-in"


def test_a_disabled_account_loses_its_session_at_once(city: City) -> None:
    visitor = Visitor(city, "office1")
    with city.office.database.writing() as conn:
        conn.execute(update(accounts).where(accounts.c.login == "office1").values(disabled_at=city.office.now()))

    assert visitor.get("/").status_code == 303


def test_the_database_never_holds_the_value_of_a_cookie(city: City) -> None:
    visitor = Visitor(city, "office1")

    with city.office.read() as conn:
        kept = list(conn.scalars(select(sessions.c.token_hash)))

    assert len(kept) == 1
    assert visitor.client.cookies["session"] not in kept


def test_a_cookie_is_out_of_reach_of_scripts_and_of_other_sites(city: City) -> None:
    plain = Visitor(city).sign_in("office1").headers["set-cookie"]
    secure = Visitor(city, settings=WebSettings(base_url="https://127.0.0.1:8000")).sign_in("office1")

    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert secure.headers["set-cookie"].startswith("__Host-session=")
    assert "Secure" in secure.headers["set-cookie"]
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


def test_a_form_without_our_token_changes_nothing(city: City) -> None:
    visitor = Visitor(city, "office1")

    without = visitor.client.post("/my-language", data={"language": "en"})
    wrong = visitor.client.post("/my-language", data={"language": "en", "csrf": "x" * 32})

    assert (without.status_code, wrong.status_code) == (403, 403)
    assert visitor.get("/").headers["content-language"] == "zh"
    assert visitor.post("/my-language", {"language": "en"}).status_code == 303
    assert visitor.get("/").headers["content-language"] == "en"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_what_another_site_sends_is_turned_away_even_with_the_token(city: City, headers: dict[str, str]) -> None:
    visitor = Visitor(city, "office1")

    answer = visitor.post("/my-language", {"language": "en"}, headers=headers)

    assert answer.status_code == 403
    assert visitor.get("/").headers["content-language"] == "zh"


def test_every_page_that_changes_something_asks_for_the_token(city: City) -> None:
    def guards(route: APIRoute) -> set[object]:
        return {dependency.call for dependency in route.dependant.dependencies}

    unsafe = [route for route in routes_of(city.app()) if (route.methods or set()) - {"GET", "HEAD"}]

    assert len(unsafe) > 8
    assert [route.path for route in unsafe if not guards(route) & {guard_signed_in, guard_visitor}] == []


@pytest.mark.parametrize("path", ["/sign-in", "/", "/findings", "/no-such-page", "/static/app.js"])
def test_every_answer_forbids_foreign_and_inline_code(city: City, path: str) -> None:
    answer = Visitor(city, "office1").get(path)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/findings", "/lists", "/done"])
def test_pages_of_cases_are_kept_by_nobody_and_hold_no_inline_code(city: City, path: str) -> None:
    answer = Visitor(city, "office1").get(path)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    assert "<style" not in answer.text


def test_a_password_that_somebody_else_set_has_to_be_changed_first(city: City) -> None:
    with city.office.database.writing() as conn:
        conn.execute(update(accounts).where(accounts.c.login == "office1").values(must_change=True))
    visitor = Visitor(city, "office1")

    assert visitor.get("/findings").headers["location"] == "/password"
    given = {"present": password_of("office1"), "password": "short", "again": "short"}
    weak = visitor.post("/password", given)
    assert weak.status_code == 422
    assert "新密码至少 10 个字符" in weak.text
    strong = given | {"password": "Xinmima-2026", "again": "Xinmima-2026"}
    assert visitor.post("/password", strong).status_code == 303
    assert visitor.get("/findings").status_code == 200


def test_a_one_time_link_sets_a_password_once(city: City) -> None:
    account = city.ask(select(accounts.c.id).where(accounts.c.login == "sysadmin1"))[0].id
    token = make_link(city.office, account)
    visitor = Visitor(city)
    page = visitor.get(f"/first-password/{token}")

    data = {"csrf": token_in(page), "password": "Diyici-2026", "again": "Diyici-2026"}
    assert visitor.client.post(f"/first-password/{token}", data=data).status_code == 303

    assert visitor.get(f"/first-password/{token}").status_code == 404
    assert visitor.sign_in("sysadmin1", "Diyici-2026").status_code == 303


def test_a_browser_finds_the_mark_where_it_looks_by_itself(city: City) -> None:
    answer = Visitor(city).get("/favicon.ico")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg")


def test_a_bug_shows_an_id_and_nothing_else(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(city, "office1")
    monkeypatch.setattr(city.office, "calendar", lambda conn: 1 / 0)

    answer = visitor.get("/findings")

    assert answer.status_code == 500
    assert "系统出错" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_passwords_are_checked_as_slowly_for_nobody_as_for_somebody() -> None:
    passwords = Passwords(cheap=True)

    assert not passwords.fits(None, "nobody has this password")
