"""The body of a JSON request, read strictly: what two readers could take for two things is refused with its name."""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from cases.refusals import CaseError, FormIncomplete
from cases.texts import unfit_fields


class BodyUnreadable(CaseError):
    """The body is no JSON."""

    code = "body_unreadable"


class NameTwice(CaseError):
    """A name stands twice in one object: readers differ in which one counts; facts: name."""

    code = "name_twice"


class NumberUnclear(CaseError):
    """A number that JSON has not (NaN, Infinity), or that nobody can hold; facts: written."""

    code = "number_unclear"


def read_body(text: bytes) -> Any:
    """Return what *text* says. Raises BodyUnreadable, NameTwice, NumberUnclear, and FormIncomplete for unfit text."""
    try:
        said = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):  # UnicodeDecodeError and numbers of thousands of digits are among them
        raise BodyUnreadable() from None
    if errors := dict.fromkeys(unfit_fields(said), "unfit_text"):
        raise FormIncomplete(errors)
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NameTwice(name=name[:60])
        found[name] = value
    return found


def _no_number(written: str) -> Any:
    raise NumberUnclear(written=written)


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise NumberUnclear(written=written[:60])
    return number


class StrictRoute(APIRoute):
    """A route whose JSON body is read by `read_body`; anything else about it is as the framework has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the framework, asked after the body was found readable."""
        handle = super().get_route_handler()

        async def read_first(request: Request) -> Response:
            if _is_json(request) and (body := await request.body()):
                read_body(body)
            return await handle(request)

        return read_first


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
