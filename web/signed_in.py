"""Who is at the door: the session's cookie becomes a person with the rights of today, anew on each request.

A page says ``person: SignedIn`` and gets one, or the visitor is led to the sign-in page. `page_router` makes a router
whose unsafe methods all ask for the CSRF token; no page is made without it.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from cases.moments import shanghai_date
from cases.refusals import CaseError, FormIncomplete, Unknown
from cases.rights import Actor
from cases.texts import unfit, unfit_fields
from config.messages import LANGUAGES
from persistence.people import load_actor
from tasks.sign_in import Session, session_of
from web.house import House, TheHouse

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
VISIT_COOKIE = "visit"  # ties the sign-in form to the browser that asked for it
LANGUAGE_COOKIE = "language"
MOST_FIELDS = 3_000


class NotSignedIn(Exception):
    """There is no session, or it has ended: the visitor is led to the sign-in page and back."""


class PasswordDue(Exception):
    """The password was given by somebody else; nothing is shown before it is changed."""


class ForgedRequest(CaseError):
    """An unsafe request without our token, or sent by another site."""

    code = "forged_request"


class FieldsUnclear(FormIncomplete):
    """An address or a plain form holds what no field can; its sentence names the fields, for there is no page of it."""

    code = "fields_unclear"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in; *today* is the day in Shanghai."""

    actor: Actor
    session: Session
    today: date

    @property
    def language(self) -> str:
        """Language of every page that is shown."""
        return self.actor.language

    def may(self, permission: str) -> bool:
        """Whether the person has *permission* anywhere: for menus, never instead of the question about a case."""
        return self.actor.may_anywhere(permission)


def session_person(request: Request, house: TheHouse) -> Person:
    """Return who is signed in, even when the password has to be changed first. Raises NotSignedIn."""
    token = request.cookies.get(house.settings.session_cookie)
    session = session_of(house.office, token) if token else None
    if session is None:
        raise NotSignedIn()
    today = shanghai_date(house.office.now())
    with house.office.read() as conn:
        actor = load_actor(conn, session.person_id, today, account_id=session.account_id)
    person = Person(actor, session, today)
    request.state.person = person
    return person


def signed_in(person: Annotated[Person, Depends(session_person)]) -> Person:
    """Return who is signed in. Raises NotSignedIn, PasswordDue."""
    if person.session.must_change:
        raise PasswordDue()
    return person


SignedIn = Annotated[Person, Depends(signed_in)]
HalfSignedIn = Annotated[Person, Depends(session_person)]


async def filled_form(request: Request) -> FormData:
    """Return the form of a request; read once, whoever asks; `web.headers` has limited its length."""
    form: FormData = await request.form(max_files=100, max_fields=MOST_FIELDS, max_part_size=1_000_000)
    return form


Filled = Annotated[FormData, Depends(filled_form)]


def fit_address(request: Request) -> None:
    """Let no address pass that no database could be asked about. Raises Unknown, FormIncomplete for a query."""
    if any(unfit_fields(dict(request.path_params))):
        raise Unknown()
    _require_fit(request.query_params.multi_items())


def fit_form(request: Request, form: FormData) -> None:
    """Let no text pass that cannot be kept. Raises FieldsUnclear; the form of an act says so beside its field."""
    if "act" not in form and "act" not in request.path_params:
        _require_fit((name, value) for name, value in form.multi_items() if isinstance(value, str))


def _require_fit(pairs: Iterable[tuple[str, str]]) -> None:
    if errors := {"?" if unfit(name) else name: "unfit_text" for name, value in pairs if unfit(name + value)}:
        raise FieldsUnclear(errors)


async def guard_signed_in(request: Request, person: HalfSignedIn) -> None:
    """Let an unsafe request pass only with the token of its session. Raises ForgedRequest."""
    if request.method not in SAFE:
        await _require_token(request, person.session.csrf)
        fit_form(request, await filled_form(request))


async def guard_visitor(request: Request) -> None:
    """Let an unsafe request of somebody who is not signed in pass only with the token of his visit."""
    if request.method not in SAFE:
        await _require_token(request, request.cookies.get(VISIT_COOKIE, ""))
        fit_form(request, await filled_form(request))


async def _require_token(request: Request, expected: str) -> None:
    given: Any = request.headers.get("x-csrf-token") or (await filled_form(request)).get("csrf")
    if not expected or not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedRequest()


def page_router() -> APIRouter:
    """Return a router for pages of people who are signed in; unsafe methods are guarded."""
    return APIRouter(dependencies=[Depends(guard_signed_in)], include_in_schema=False)


def door_router() -> APIRouter:
    """Return a router for pages before the sign-in; unsafe methods are guarded by the visit's token."""
    return APIRouter(dependencies=[Depends(guard_visitor)], include_in_schema=False)


def visitor_language(request: Request) -> str:
    """Return the language of somebody who may not be signed in: his own, the cookie's, the browser's, Chinese."""
    person = getattr(request.state, "person", None)
    if person is not None:
        return str(person.language)
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    accepted = request.headers.get("accept-language", "").lower()
    return "en" if accepted.startswith("en") else "zh"


def visit_of(request: Request) -> str:
    """Return the token of a visit; `keep_visit` sets it."""
    return request.cookies.get(VISIT_COOKIE) or secrets.token_urlsafe(24)


def keep_visit(response: Response, visit: str, house: House) -> None:
    """Let the browser of a visitor keep his token."""
    response.set_cookie(VISIT_COOKIE, visit, httponly=True, samesite="strict", secure=house.settings.https)


def keep_session(response: Response, token: str, house: House) -> None:
    """Let the browser keep the token of a session until it is closed."""
    response.set_cookie(
        house.settings.session_cookie, token, httponly=True, samesite="lax", secure=house.settings.https, path="/"
    )


def local_path(wanted: str | None) -> str:
    """Return *wanted* where it is a path of ours, else the home page: a redirect never leaves the house."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or any(c < " " for c in wanted):
        return "/"
    return wanted


def sign_in_path(request: Request) -> str:
    """Return the sign-in page that leads back to what was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(wanted, safe='/')}" if request.method == "GET" and wanted != "/" else "/sign-in"
