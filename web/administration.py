"""What the pages of administrators share: who may open them, acts on the office, and what was refused of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from cases.refusals import CaseError, FormIncomplete, Unknown
from config.messages import knows
from tasks.office import Answer
from web.house import House
from web.refusals import field_sentence, sentence
from web.signed_in import Person, SignedIn, page_router

BESIDES = frozenset({"csrf", "act"})  # fields of a page's form that are none of the act's


def office_router(permission: str) -> APIRouter:
    """Return a router for pages of whoever has *permission*; for others they do not exist."""
    router = page_router()
    router.dependencies.append(Depends(_opened_by(permission)))
    return router


def _opened_by(permission: str) -> Callable[[SignedIn], None]:
    def let_in(person: SignedIn) -> None:
        if not person.may(permission):
            raise Unknown()

    return let_in


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of an act that a page asked for; *given* is what was written, to be shown again."""

    act: str = ""
    answer: Answer | None = None
    text: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def error(self, act: str, name: str) -> str:
        """Return the sentence beside the field *name* of the form of *act*."""
        return self.errors.get(name, "") if act == self.act else ""

    def value(self, act: str, name: str, otherwise: Any = "") -> Any:
        """Return what was written into the field, else what it begins with."""
        return self.given.get(name, "") if act == self.act and self.given else otherwise


NOTHING = Attempt()


def attempt(house: House, who: Person, form: FormData, *acts: str, **more: str) -> Attempt:
    """Do the act that *form* names, one of *acts*, on the office. Raises Unknown for any other."""
    act = str(form.get("act", ""))
    if act not in acts:
        raise Unknown()
    given = {name: value for name, value in form.items() if name not in BESIDES and isinstance(value, str)} | more
    try:
        return Attempt(act, house.office.perform(who.actor, act, "office", given))
    except CaseError as refusal:
        return refused(who, act, refusal, given)


def refused(person: Person, act: str, refusal: CaseError, given: Mapping[str, str]) -> Attempt:
    """Return the refusal of *act* in the person's language."""
    text = sentence(person.language, refusal)
    if isinstance(refusal, FormIncomplete):
        errors = {name: field_sentence(person.language, code) for name, code in refusal.errors.items()}
    else:
        errors = {refusal.field: text} if refusal.field else {}
    return Attempt(act, None, text, errors, given)


def back_to(path: str, act: str, **query: str) -> RedirectResponse:
    """Lead back to a page that says that *act* was done."""
    return RedirectResponse(f"{path}?{urlencode(query | {'done': act})}", 303)


def was_done(act: str | None) -> str:
    """Return the key of the sentence for ``?done=``, empty for one that nobody of ours wrote."""
    return f"done.{act}" if act and knows(f"done.{act}") else ""
