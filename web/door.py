"""Sign-in, sign-out, passwords, one-time links and the language."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from cases.refusals import CaseError
from config.messages import LANGUAGES
from tasks import sign_in as accounts
from tasks.passwords import PasswordTooWeak
from web import pages
from web.house import House, TheHouse
from web.rate_limit import RateLimit
from web.refusals import sentence, status_of
from web.signed_in import (
    LANGUAGE_COOKIE,
    HalfSignedIn,
    door_router,
    keep_session,
    keep_visit,
    local_path,
    page_router,
    visit_of,
    visitor_language,
)

router = door_router()
inside = page_router()
Text = Annotated[str, Form(max_length=200)]


@router.get("/sign-in")
def sign_in_page(request: Request, house: TheHouse, next: str = "/") -> Response:
    return _form(request, house, "sign_in.html", next=local_path(next), login="")


@router.post("/sign-in")
def sign_in(
    request: Request, house: TheHouse, login: Text = "", password: Text = "", next: Annotated[str, Form()] = "/"
) -> Response:
    try:
        _limit(request, house).require(request.client.host if request.client else "")
        token, session = accounts.sign_in(house.office, house.passwords, login, password)
    except CaseError as refused:
        return _form(request, house, "sign_in.html", refused, next=local_path(next), login=login)
    answer = RedirectResponse("/password" if session.must_change else local_path(next), 303)
    keep_session(answer, token, house)
    return answer


@router.get("/first-password/{token}")
def link_page(request: Request, house: TheHouse, token: str) -> Response:
    return _form(request, house, "first_password.html", login=accounts.login_of_link(house.office, token))


@router.post("/first-password/{token}")
def use_link(request: Request, house: TheHouse, token: str, password: Text = "", again: Text = "") -> Response:
    login = accounts.login_of_link(house.office, token)
    try:
        _require_same(password, again)
        accounts.use_link(house.office, house.passwords, token, password)
    except (PasswordTooWeak, PasswordsDiffer) as refused:
        return _form(request, house, "first_password.html", refused, login=login)
    return RedirectResponse("/sign-in", 303)


@router.post("/language")
def visitor_chooses(house: TheHouse, language: Text = "zh", next: Annotated[str, Form()] = "/sign-in") -> Response:
    answer = RedirectResponse(local_path(next), 303)
    _keep_language(answer, language, house)
    return answer


@inside.post("/sign-out")
def sign_out(house: TheHouse, person: HalfSignedIn) -> Response:
    accounts.sign_out(house.office, person.session)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(house.settings.session_cookie, path="/", secure=house.settings.https, httponly=True)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@inside.post("/my-language")
def choose_language(
    house: TheHouse, person: HalfSignedIn, language: Text = "zh", next: Annotated[str, Form()] = "/"
) -> Response:
    if language in LANGUAGES:
        accounts.set_language(house.office, person.session, language)
    answer = RedirectResponse(local_path(next), 303)
    _keep_language(answer, language, house)
    return answer


@inside.get("/password")
def password_page(request: Request, person: HalfSignedIn) -> Response:
    return pages.show(request, "password.html", refused=None, field=None, due=person.session.must_change)


@inside.post("/password")
def change_password(
    request: Request, house: TheHouse, person: HalfSignedIn, present: Text = "", password: Text = "", again: Text = ""
) -> Response:
    try:
        _require_same(password, again)
        accounts.change_password(house.office, house.passwords, person.session, present, password)
    except (PasswordTooWeak, PasswordsDiffer, accounts.PasswordWrong) as refused:
        text = sentence(person.language, refused)
        return pages.show(
            request, "password.html", status=422, refused=text, field=refused.field, due=person.session.must_change
        )
    return RedirectResponse("/", 303)


class PasswordsDiffer(CaseError):
    """The new password was written in two ways."""

    code = "passwords_differ"
    field = "again"


def _require_same(password: str, again: str) -> None:
    if password != again:
        raise PasswordsDiffer()


def _form(request: Request, house: House, template: str, refused: CaseError | None = None, **facts: object) -> Response:
    visit = visit_of(request)
    text = sentence(visitor_language(request), refused) if refused else None
    facts |= {"refused": text, "field": refused.field if refused else None, "visit": visit}
    answer = pages.show(request, template, status=status_of(refused) if refused else 200, **facts)
    keep_visit(answer, visit, house)
    return answer


def _keep_language(answer: Response, language: str, house: House) -> None:
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="lax", secure=house.settings.https)


def _limit(request: Request, house: House) -> RateLimit:
    limits = request.app.state
    if not hasattr(limits, "sign_in_limit"):
        limits.sign_in_limit = RateLimit(house.settings.sign_ins_per_minute)
    found: RateLimit = limits.sign_in_limit
    return found
