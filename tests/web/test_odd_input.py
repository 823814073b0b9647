"""What nobody means to send: numbers without end, days outside of every calendar, text that cannot be kept."""

import inspect
import json
import random
import typing
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import quote

import pytest
from fastapi import APIRouter, FastAPI, params
from fastapi.routing import APIRoute
from pydantic import BaseModel

from cases.ids import ids_as_text
from tests.support import city as cities
from tests.web.city import City, fresh_city, token_of
from tests.web.visitor import Visitor
from web.navigation import PLACES
from web.typed import Bounded
from xiaohao.demonstration import demo_users

ROLES = (
    "office1",
    "signer1",
    "u11handler",
    "u11chief",
    "verifier1",
    "discipline1",
    "sysadmin1",
    "secadmin1",
    "auditor1",
)
HOSTILE = (
    "99999999999999999999", "9223372036854775808", "9223372036854775807", "2147483648", "-1", "0", "1" * 5_000, "1e9",
    "0001-01-01", "9999-12-31", "10000", "1", "2026-02-30", "0000-00-00", "\x00", "a\x00b", "%ff", "١٢", "²", "NaN",
    "' OR 1=1 --", "<script>alert(1)</script>", "../../etc/passwd", "{{7*7}}", "x" * 3_000, " ", "　", "😀", "\\",
    "%", "_",
)  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """One city for all: what is refused leaves nothing behind."""
    made = fresh_city(tmp_path_factory.mktemp("odd"))
    made.issue()
    yield made
    made.office.database.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_city(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[City]:
    """The city on each database: they refuse different things."""
    if request.param == "sqlite":
        made = fresh_city(tmp_path)
        made.issue()
        yield made
        made.office.database.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    with cities.postgres_copy(server, tmp_path / "city", "registered") as url:
        opened = cities.open_city(url, tmp_path / "city" / "files")
        made = City(opened.office, opened.attachments, opened.passwords)
        made.issue()
        yield made
        opened.office.database.dispose()


# --- one type of id, one of day -------------------------------------------------------------------------------------


def every_route(app: FastAPI) -> list[APIRoute]:
    """Return the routes of the pages and of the mounted interface."""
    found = []
    for route in app.routes:
        if isinstance(route, APIRoute):
            found.append(route)
        elif isinstance(router := getattr(route, "original_router", None), APIRouter):  # as this framework joins rooms
            found += [one for one in router.routes if isinstance(one, APIRoute)]
        elif isinstance(inner := getattr(route, "app", None), FastAPI):
            found += [one for one in inner.routes if isinstance(one, APIRoute)]
    return found


def unbounded(hint: Any) -> Iterator[Any]:
    """Yield the numbers and days in *hint* that stand in no type of `web.typed`."""
    if get_origin(hint) is Annotated:
        if any(isinstance(one, Bounded) for one in hint.__metadata__):
            return
        if any(isinstance(one, params.Depends) for one in hint.__metadata__):
            return  # what it asks for itself is walked as well
        yield from unbounded(hint.__origin__)
    elif inspect.isclass(hint) and issubclass(hint, BaseModel):
        for inner in typing.get_type_hints(hint, include_extras=True).values():
            yield from unbounded(inner)
    elif hint in (int, float, date):
        yield hint
    else:
        for inner in get_args(hint):
            yield from unbounded(inner)


def asked_by(dependant: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield (function, parameter, type) of everything that a route asks an address or a form for."""
    hints = typing.get_type_hints(dependant.call, include_extras=True)
    own = {field.name for kind in ("path", "query", "body", "header") for field in getattr(dependant, f"{kind}_params")}
    for name, hint in hints.items():
        if name in own:
            yield dependant.call.__qualname__, name, hint
    for inner in dependant.dependencies:
        yield from asked_by(inner)


def test_every_number_and_day_of_every_route_is_of_the_one_bounded_type(city: City) -> None:
    routes = every_route(city.app())
    wrong = {
        (route.path, call, name)
        for route in routes
        for call, name, hint in asked_by(route.dependant)
        if list(unbounded(hint))
    }

    assert len(routes) > 100
    assert wrong == set()


def test_a_plain_number_in_a_route_would_be_found() -> None:
    app = FastAPI()

    @app.get("/{key}")
    def route(key: int, since: date | None = None) -> None: ...

    names = {name for one in every_route(app) for _, name, hint in asked_by(one.dependant) if list(unbounded(hint))}
    assert names == {"key", "since"}


# --- fuzz -----------------------------------------------------------------------------------------------------------


def addresses(app: FastAPI, rng: random.Random, known: dict[str, str]) -> Iterator[str]:
    """Yield, for every parameter of every GET route, addresses with each hostile value in its place."""
    for route in every_route(app):
        if "GET" not in (route.methods or ()):
            continue
        base = "/api/v1" if route in api_routes(app) else ""
        in_path = [one.name for one in route.dependant.path_params]
        for param in inspect.signature(route.endpoint).parameters:
            if param in in_path:
                for value in HOSTILE:
                    yield base + filled(route.path, known | {param: quote(value, safe="")})
        names = {one.alias for one in queries(route.dependant)} | set(known_queries(route.path))
        for name in sorted(names):
            for value in HOSTILE:
                yield f"{base}{filled(route.path, known)}?{name}={quote(value, safe='')}"


def api_routes(app: FastAPI) -> list[APIRoute]:
    inner = next(route.app for route in app.routes if getattr(route, "name", "") == "api")  # type: ignore[attr-defined]
    return [one for one in inner.routes if isinstance(one, APIRoute)]


def queries(dependant: Any) -> Iterator[Any]:
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from queries(inner)


def known_queries(path: str) -> tuple[str, ...]:
    """Return what a page reads from its address by hand."""
    figures = ("as_of", "round", "list", "unit", "own_unit", "category", "kind", "leader", "age", "reached", "by")
    return {
        "/findings": ("unit", "q", "after", "order", "hide", "list_id", "stage", "state", "kind", "overdue"),
        "/figures": figures,
        "/figures/findings": figures,
        "/dashboard": ("as_of", "unit", "round", "month", "since", "until"),
        "/flow": figures,
        "/suspicions": ("severity", "signal", "unit", "state", "age", "after"),
        "/registers/{name}": ("unit", "q", "since", "until", "after"),
        "/samples/frame": ("unit", "signed_from", "signed_until", "round", "size_by", "confidence_percent", "size"),
        "/people": ("q", "after"),
    }.get(path, ())


def filled(path: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        path = path.replace("{" + name + "}", value)
    return path.replace("{", "").replace("}", "")


def known_values(city: City) -> dict[str, str]:
    numbers = city.numbers
    return {"room": "findings", "number": numbers[0], "act": "accept_finding", "name": "payment", "form": "docx"}


def failures(city: City, logins: tuple[str, ...], share: float, seed: int) -> tuple[int, list[tuple[str, str, int]]]:
    """Ask for a *share* of the addresses as each of *logins*; return how many were asked, and which failed."""
    rng, wrong, asked = random.Random(seed), [], 0
    known = known_values(city)
    for login in logins:
        visitor = Visitor(city, login)
        token = {"Authorization": f"Bearer {token_of(login)}"}
        for address in addresses(visitor.client.app, rng, known):  # type: ignore[arg-type]
            if rng.random() > share or "/progress" in address:
                continue
            answer = visitor.get(address, headers=token if address.startswith("/api/") else {})
            asked += 1
            kind = answer.headers.get("content-type", "")
            english = answer.status_code == 422 and "json" in kind and not address.startswith("/api/")
            if answer.status_code >= 500 or english:
                wrong.append((login, address[:120], answer.status_code))
    return asked, wrong


def test_no_hostile_value_in_an_address_breaks_a_page(either_city: City) -> None:
    asked, wrong = failures(either_city, ("office1", "sysadmin1"), share=0.02, seed=8)

    assert asked > 150
    assert wrong == []


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_every_hostile_value_in_every_address_as_every_role(either_city: City) -> None:
    asked, wrong = failures(either_city, ROLES, share=0.35, seed=8)

    print(f"{asked} addresses asked")
    assert asked > 15_000
    assert wrong == []


# --- ids and days ---------------------------------------------------------------------------------------------------

ADDRESSES = Path("tests/web/odd/long_ids.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("address", [line for line in ADDRESSES if line.startswith("/")])
def test_an_address_that_holds_no_id_or_day_answers_as_a_page(either_city: City, address: str) -> None:
    answer = Visitor(either_city, "office1").get(address)

    assert answer.status_code == (422 if "?" in address else 404)
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1" in answer.text or 'role="alert"' in answer.text
    assert 'lang="zh' in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/figures?as_of=", "/dashboard?as_of=", "/figures/findings?as_of=", "/reviewing?since=", "/reviewing?until=",
        "/registers/payment?since=", "/samples/frame?unit=11&signed_from=", "/api/v1/figures?as_of=",
    ],
)  # fmt: skip
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1899-12-31", "2200-01-01"])
def test_a_day_outside_of_every_calendar_is_refused_with_a_sentence(city: City, address: str, day: str) -> None:
    token = {"Authorization": f"Bearer {token_of('office1')}"}
    answer = Visitor(city, "office1").get(address + day, headers=token if "/api/" in address else {})

    assert answer.status_code == 422
    assert "1900" in answer.text
    assert "2199" in answer.text


def test_the_audit_refuses_such_a_day_too(city: City) -> None:
    auditor = Visitor(city, "auditor1")

    for name in ("since", "until"):
        for day in ("0001-01-01", "9999-12-31"):
            answer = auditor.get(f"/audit?{name}={day}")
            assert (answer.status_code, "1900" in answer.text) == (422, True)


# --- text that cannot be kept ---------------------------------------------------------------------------------------

HALF_AN_EMOJI = Path("tests/web/odd/lone_surrogate.json").read_bytes()


def post(city: City, body: bytes, *, key: str = "k1", language: str = "zh") -> Any:
    number = known_values(city)["number"]
    headers = {
        "Authorization": f"Bearer {token_of('u11handler')}", "Content-Type": "application/json",
        "Idempotency-Key": key, "Accept-Language": language,
    }  # fmt: skip
    return city.client().post(f"/api/v1/findings/{number}/acts/accept_finding", content=body, headers=headers)


def test_half_an_emoji_is_the_refusal_of_its_field(city: City) -> None:
    answer = post(city, HALF_AN_EMOJI)

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]["completion"]["code"] == "unfit_text"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"data": {"text": "\\ud800"}}', "form_incomplete"),
        (b'{"data": {"text": "a\\u0000b"}}', "form_incomplete"),
        (b'{"data": {"\\udfff": "b"}}', "form_incomplete"),
        (b'{"data": {"a": [{"b": "\\ud83d"}]}}', "form_incomplete"),
        (b'{"task": "\\ud83d"}', "form_incomplete"),
        (b'{"data": {"a": 1}, "data": {"a": 2}}', "name_twice"),
        (b'{"data": {"a": 1, "a": 2}}', "name_twice"),
        (b'{"data": {"a": NaN}}', "number_unclear"),
        (b'{"data": {"a": -Infinity}}', "number_unclear"),
        (b'{"data": {"a": 1e999}}', "number_unclear"),
        (b'{"data": {"a": ' + b"1" * 5_000 + b"}}", "body_unreadable"),
        (b'{"data": ' + b"[" * 90_000, "body_unreadable"),
        (b'{"data": ' + b'{"a":' * 9_000 + b"1" + b"}" * 9_001, "body_unreadable"),
        (b'{"data": "\xff"}', "body_unreadable"),
        (b"{", "body_unreadable"),
        (b"[1]", "malformed"),
        (b'"text"', "malformed"),
        (b'{"data": []}', "malformed"),
        (b'{"data": null}', "malformed"),
        (b'{"data": {}, "more": 1}', "malformed"),
        (b'{"version": 1e30}', "malformed"),
        (b'{"version": 99999999999999999999}', "malformed"),
        (b'{"version": true}', "malformed"),
        (b'{"attachments": [{"size": 99999999999999999999}]}', "malformed"),
        (b"", "malformed"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_body_that_says_nothing_clear_is_a_problem_with_a_sentence(
    city: City, body: bytes, code: str, language: str
) -> None:
    answer = post(city, body, language=language)

    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("urn:xiaohao:")
    assert len(problem["title"]) > 6


@pytest.mark.parametrize("value", [None, True, 1, 10**400, -0.5, [], {}, [[]], {"a": {"b": []}}, ["x", 1], ""])
def test_a_value_of_another_type_is_refused_beside_its_field(city: City, value: object) -> None:
    form = {"completion": value, "decision": value, "verdict": value, "comment": value, "due_on": value}
    answer = post(city, json.dumps({"data": form}).encode())

    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_sign_in_answers_long_and_odd_text_as_a_page_and_never_repeats_a_password(city: City) -> None:
    for language, said in (("zh", "密码"), ("en", "password")):
        for password in ("Secret-" + "x" * 300, "Secret-\x00"):
            visitor = Visitor(city)
            visitor.client.headers["Accept-Language"] = language
            answer = visitor.sign_in("office1", password)

            assert answer.status_code == 422
            assert answer.headers["content-type"].startswith("text/html")
            assert said in answer.text
            assert "Secret-" not in answer.text


def test_another_method_and_a_broken_body_answer_as_pages(city: City) -> None:
    visitor = Visitor(city, "office1")

    method = visitor.client.put("/findings", headers={"x-csrf-token": visitor.token})
    broken = visitor.client.post(
        "/import", content=b"--x\r\nbroken", headers={"Content-Type": "multipart/form-data; boundary=y"}
    )

    assert (method.status_code, 'role="alert"' in method.text) == (405, True)
    assert (broken.status_code, broken.headers["content-type"][:9]) in ((400, "text/html"), (403, "text/html"))


# --- the menu -------------------------------------------------------------------------------------------------------


def test_every_entry_of_the_menu_opens_for_everybody_to_whom_it_is_offered(city: City) -> None:
    wrong, opened = [], 0
    for login in sorted({user.role: user.login for user in demo_users()}.values()):
        visitor = Visitor(city, login)
        home = visitor.get("/", follow_redirects=True)
        for place in PLACES:
            if f'href="{place.path}"' not in home.text:
                continue
            answer = visitor.get(place.path, follow_redirects=True)
            opened += 1
            if answer.status_code != 200:
                wrong.append((login, place.path, answer.status_code))

    assert opened > 60
    assert wrong == []


# --- ids as text ----------------------------------------------------------------------------------------------------


def numbers_in(value: Any) -> Iterator[int]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(one)
    elif isinstance(value, int):
        yield value


def test_no_number_in_any_answer_of_the_interface_is_longer_than_a_browser_keeps(city: City) -> None:
    number, client = city.numbers[0], city.client()
    own = city.list_number
    for login in ("office1", "u11handler"):
        headers = {"Authorization": f"Bearer {token_of(login)}"}
        for path in ("/findings", f"/findings/{number}", f"/findings/{number}/events", "/lists", f"/lists/{own}",
                     "/tasks", "/letters", "/figures"):  # fmt: skip
            answer = client.get(f"/api/v1{path}", headers=headers)
            assert answer.status_code == 200
            assert max([0, *map(abs, numbers_in(answer.json()))]) < 2**53, path


def test_an_id_among_free_facts_is_text() -> None:
    assert ids_as_text({"facts": {"evidence": 812345678901234567, "count": 3, "ids": [2**60], "on": True}}) == {
        "facts": {"evidence": "812345678901234567", "count": 3, "ids": [str(2**60)], "on": True}
    }
