"""Refusals become sentences and status codes here and nowhere else."""

import logging
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from cases.moments import DayOutOfRange, day_on_paper, on_paper
from cases.refusals import CaseError, FormIncomplete
from config.messages import knows, say
from persistence.database import DiskFull
from persistence.durable import is_full
from web import pages
from web.headers import HEADERS
from web.signed_in import FieldsUnclear, NotSignedIn, PasswordDue, sign_in_path, visitor_language

log = logging.getLogger("web")

STATUS: Mapping[str, int] = {
    "unknown": 404,
    "file_lost": 404,
    "link_used_up": 404,
    "not_permitted": 403,
    "forged_request": 403,
    "not_your_task": 403,
    "sign_in_refused": 403,
    "too_many_tries": 429,
    "case_changed": 409,
    "key_used_otherwise": 409,
    "no_such_task": 409,
    "case_suspended": 409,
    "case_faulted": 409,
    "strange_word": 409,
    "rule_failed": 409,
    "wrong_state": 409,
    "correction_refused": 409,
    "correction_pending": 409,
    "finding_ended": 409,
    "database_busy": 503,
    "disk_full": 503,
    "readers_busy": 503,
}  # every other refusal is about what was filled in: 422
RETRY_AFTER = "2"  # seconds


def status_of(refusal: CaseError) -> int:
    """Return the HTTP status of a refusal."""
    return STATUS.get(refusal.code, 422)


def sentence(language: str, refusal: CaseError) -> str:
    """Return what the person reads."""
    facts = {name: _fact(language, name, value) for name, value in refusal.facts.items()}
    if isinstance(refusal, FormIncomplete):
        facts = {"count": len(refusal.errors), "fields": _named(language, refusal.errors)}
    return say(language, f"refusal.{refusal.code}", **facts)


def _named(language: str, errors: Mapping[str, str]) -> str:
    """Return each field with what is wrong with it, as a sentence names them; never what was written into it."""
    return say(language, "web.list_comma").join(
        say(language, "web.field_is", field=field_name(language, name), why=field_sentence(language, code))
        for name, code in list(errors.items())[:5]
    )


def field_name(language: str, name: str) -> str:
    """Return what a field of an address or a plain form is called; one that nobody named, as it stands."""
    key = f"asked_field.{name}"
    return say(language, key) if knows(key) else name[:40]


def kept_sentence(language: str, why: Mapping[str, Any] | None) -> str:
    """Return the sentence of a refusal that was kept as ``{"code": …, "facts": …}``; empty where nothing was."""
    if not why:
        return ""
    given = why["facts"]
    facts = {name: _fact(language, name, value) for name, value in given.items()}
    return say(language, f"refusal.{why['code']}", **facts, count=len(given.get("errors", ())))


def field_sentence(language: str, code: str) -> str:
    """Return what stands beside a field that is missing or wrong."""
    key = f"field_error.{code}"
    return say(language, key if knows(key) else "field_error.wrong")


def _fact(language: str, name: str, value: object) -> object:
    if isinstance(value, datetime):
        return on_paper(value, language)
    if isinstance(value, date):
        return day_on_paper(value, language)
    if isinstance(value, list | tuple | set | frozenset):
        return say(language, "web.list_comma").join(str(_fact(language, name, item)) for item in value)
    if name in ("act", "what", "earlier") and knows(f"act.{value}"):
        return say(language, f"act.{value}")
    if name in ("state", "correction") and knows(f"{name}.{value}"):
        return say(language, f"{name}.{value}")
    if name == "missing" and knows(f"missing.{value}"):
        return say(language, f"missing.{value}")
    return value


def refuse(request: Request, refusal: Exception) -> Response:
    """Answer a refusal: problem details to programs, a notice to a part of a page, a page to people."""
    assert isinstance(refusal, CaseError)
    language, status = visitor_language(request), status_of(refusal)
    headers = {"Retry-After": RETRY_AFTER} if status in (503, 429) else {}
    text = sentence(language, refusal)
    if request.url.path.startswith("/api/"):
        problem: dict[str, object] = {
            "type": f"urn:xiaohao:refusal:{refusal.code}", "title": text, "status": status, "code": refusal.code,
        }  # fmt: skip
        if isinstance(refusal, FormIncomplete):
            problem["errors"] = {
                field: {"code": code, "text": field_sentence(language, code)} for field, code in refusal.errors.items()
            }
        elif refusal.field:
            problem["field"] = refusal.field
        return JSONResponse(problem, status, headers | {"Content-Language": language}, "application/problem+json")
    return _tell(request, status, text, headers)


def fail(request: Request, error: Exception) -> Response:
    """Answer a bug: the visitor reads an id, the log has the rest under it. A full disk is no bug."""
    if is_full(error):
        log.error("%s %s: the disk is full", request.method, request.url.path)
        return refuse(request, DiskFull())
    trace = secrets.token_hex(6)
    log.error("%s %s failed, id %s", request.method, request.url.path, trace, exc_info=error)
    text = say(visitor_language(request), "web.broken", id=trace)
    if request.url.path.startswith("/api/"):
        body = {"type": "urn:xiaohao:broken", "title": text, "status": 500, "id": trace}
        return JSONResponse(body, 500, dict(HEADERS), media_type="application/problem+json")
    return _tell(request, 500, text, dict(HEADERS))  # this answer passes by the middleware that puts them on


_WRONG: Mapping[str, str] = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "less_than": "too_large",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "string_type": "not_a_text",
    "string_unicode": "not_a_text",
    "enum": "not_a_choice",
    "literal_error": "not_a_choice",
    "bool_parsing": "not_a_truth_value",
    "bool_type": "not_a_truth_value",
    "int_from_float": "not_whole",
}


def errors_of(error: Exception) -> dict[str, str]:
    """Return field -> code of what the framework could not read; what was written is not among it."""
    assert isinstance(error, RequestValidationError)
    return {_place(each["loc"]): _code(each) for each in error.errors()[:20]}


def is_about_address(error: Exception) -> bool:
    """Whether a part of the path itself could not be read: there is no such page."""
    assert isinstance(error, RequestValidationError)
    return any(each["loc"][0] == "path" for each in error.errors())


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in parts[1:]) or str(parts[0])


def _code(wrong: Mapping[str, Any]) -> str:
    kind = str(wrong["type"])
    if isinstance(wrong.get("ctx", {}).get("error"), DayOutOfRange):
        return "day_out_of_range"
    if kind.startswith(("date", "time")):
        return "not_a_date"
    if kind.startswith("int_") and kind not in _WRONG:
        return "not_a_number"
    return _WRONG.get(kind, "wrong")


def misunderstood(request: Request, error: Exception) -> Response:
    """Answer what the framework could not read: no such page, or a page that names the fields."""
    if is_about_address(error):
        return nothing_here(request, error)
    return refuse(request, FieldsUnclear(errors_of(error)))


def turn_away(request: Request, error: Exception) -> Response:
    """Answer what the framework turns away: an unknown address, another method, a body that cannot be read."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return nothing_here(request, error)
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    key = {405: "problem.no_such_method", 413: "problem.too_large"}.get(error.status_code, "problem.body_unreadable")
    return _tell(request, error.status_code, say(visitor_language(request), key), dict(error.headers or {}))


def nothing_here(request: Request, _: Exception) -> Response:
    """Answer an address that does not exist."""
    text = say(visitor_language(request), "web.no_page")
    if request.url.path.startswith("/api/"):
        body = {"type": "about:blank", "title": text, "status": 404}
        return JSONResponse(body, 404, media_type="application/problem+json")
    return _tell(request, 404, text, {})


def lead_to_sign_in(request: Request, _: Exception) -> Response:
    """Lead somebody who is not signed in to the door."""
    assert isinstance(_, NotSignedIn)
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(sign_in_path(request), 303)


def lead_to_password(request: Request, _: Exception) -> Response:
    """Lead somebody who has to change the password first."""
    assert isinstance(_, PasswordDue)
    if request.headers.get("hx-request"):
        return Response(status_code=403, headers={"HX-Redirect": "/password"})
    return RedirectResponse("/password", 303)


def _tell(request: Request, status: int, text: str, headers: dict[str, str]) -> HTMLResponse:
    template = "parts/refusal.html" if request.headers.get("hx-request") else "refusal.html"
    answer = pages.show(request, template, status=status, text=text)
    answer.headers.update(headers)
    return answer
