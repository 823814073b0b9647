"""Doing an act: its form, its draft, and what comes of it.

A refusal gives the form back with everything that was written; success leads on: on the desk to the next task,
elsewhere to the case.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from cases.refusals import CaseError, FormIncomplete, KeyUsedOtherwise, NoSuchTask, Unknown
from persistence.database import DatabaseBusy
from persistence.overviews import Reporting, reporting_of
from tasks.acts import ACTS
from tasks.drafts import draft_of, drop_draft, keep_draft, place_of
from tasks.hearing import HEARD
from web import pages, uploads
from web.act_forms import ActForm, form_of, given_of, schema_of, written_of
from web.hearing import Said, heard_of
from web.house import House, TheHouse
from web.refusals import RETRY_AFTER, field_sentence, sentence, status_of
from web.seeing import Offer, Room, Seen, seeing
from web.signed_in import Filled, Person, SignedIn, local_path, page_router
from web.suspicions import Suspicion, suspicion_of
from web.typed import whole

router = page_router()

_BESIDE_SUSPICIONS = frozenset(
    {
        *HEARD,
        "decide_signal",
        "decide_proposal",
        "reply_to_signal",
        "read_second",
        "review_rectification",
        "sign_rectification",
        "verify_rectification",
        "sign_off",
    }
)
HINTED = "submit_rectification"  # the act before which the unit is shown what the system would point to


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that the template of an act's form needs."""

    room: Room
    number: str
    act: str
    task: str
    form: ActForm
    files: Sequence[uploads.FileRow]
    key: str
    version: int
    back: str
    notice: str = ""
    saved: Any = None  # moment of the draft that was taken up
    suspicion: Suspicion | None = None  # what whoever decides has to have before him
    heard: Sequence[Said] = ()  # what was said in the hearing so far
    hints: Mapping[str, Any] | None = None  # what the system would point to, as `tasks.see_hints` answers

    @property
    def path(self) -> str:
        """Where the form is sent."""
        return f"/{self.room}/{quote(self.number)}/acts/{self.act}"


def fresh_sheet(seen: Seen, offer: Offer, *, back: str) -> Sheet:
    """Return the form of *offer* as it is first shown, with the person's draft."""
    draft = draft_of(seen.house.office, seen.person.actor.person_id, place_of(seen.case.number, offer.act))
    written: Mapping[str, Sequence[str]] = draft[0] if draft else _standing(seen, offer)
    return _sheet(seen, offer, written, {}, back=back, saved=draft[1] if draft else None)


def _standing(seen: Seen, offer: Offer) -> dict[str, list[str]]:
    """Return what stands already where an act changes settings."""
    if offer.act != "set_reporting":
        return {}
    kept = {one.name: getattr(reporting_of(seen.conn, seen.case.id), one.name) for one in fields(Reporting)}
    return {name: [value] for name, value in kept.items() if value}


@router.get("/{room}/{number}/acts/{act}")
def act_page(
    request: Request, house: TheHouse, person: SignedIn, room: Room, number: str, act: str, task: str = ""
) -> Response:
    back = local_path(request.query_params.get("back") or f"/{room}/{quote(number)}")
    with seeing(house, person, room, number) as seen:
        offer = seen.offer(act, task or None)
        if offer is None:
            raise NoSuchTask(act=act)
        sheet = fresh_sheet(seen, offer, back=back)
    return _show(request, sheet, seen)


@router.post("/{room}/{number}/acts/{act}")
def do_act(
    request: Request, house: TheHouse, person: SignedIn, form: Filled, room: Room, number: str, act: str
) -> Response:
    task = str(form.get("task", "")) or None
    back = local_path(str(form.get("back", "")))
    with seeing(house, person, room, number) as seen:
        offer = seen.offer(act, task) or Offer(act)
        asked = form_of(seen, offer, {}, {})
        given = given_of(schema_of(seen, offer), form)
    try:
        if act == HINTED and not form.get("hinted"):
            hints = _hints(house, person, form, number, given)
            if hints["hints"]:
                return _show_hints(request, house, person, room, number, offer, form, hints)
        rows = uploads.files_of(house, person, form)
        house.office.perform(
            person.actor,
            act,
            number,
            given,
            key=f"form {form.get('key', '')}"[:80],
            version=whole(form.get("version")),
            attachments=uploads.attachments_of(rows, plain=asked.plain_files),
            task=task,  # as the form named it: the same form sent again is the same act
        )
    except CaseError as refused:
        return _give_back(request, house, person, room, number, offer, form, refused)
    drop_draft(house.office, person.actor.person_id, place_of(number, act))
    return _lead_on(request, back, number, act)


@router.post("/findings/{number}/hints")
def check_first(request: Request, house: TheHouse, person: SignedIn, form: Filled, number: str) -> Response:
    """Show what the system would point to if the form were sent now; nothing is submitted."""
    with seeing(house, person, "findings", number) as seen:
        offer = seen.offer(HINTED, str(form.get("task", "")) or None)
        if offer is None:
            raise NoSuchTask(act=HINTED)
        given = given_of(schema_of(seen, offer), form)
    hints = _hints(house, person, form, number, given)
    return _show_hints(request, house, person, "findings", number, offer, form, hints)


def _hints(house: House, person: Person, form: FormData, number: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    files = uploads.attachments_of(uploads.files_of(house, person, form), plain=False)
    drafted = {name: given[name] for name in ("completion", "measures_done") if name in given}
    return house.office.perform(person.actor, "see_hints", number, drafted, attachments=files).more


def _show_hints(
    request: Request,
    house: House,
    person: Person,
    room: Room,
    number: str,
    offer: Offer,
    form: FormData,
    hints: Mapping[str, Any],
) -> Response:
    """Give the form back as it was written, with the hints above it and the version that they brought about."""
    back = local_path(str(form.get("back", "")))
    with seeing(house, person, room, number) as seen:
        sheet = _sheet(seen, offer, written_of(form), {}, back=back, form=form, hints=hints)
    return _show(request, sheet, seen)


@router.post("/{room}/{number}/acts/{act}/draft")
def save_draft(
    request: Request, house: TheHouse, person: SignedIn, form: Filled, room: Room, number: str, act: str
) -> Response:
    if act not in ACTS:
        raise Unknown()
    with seeing(house, person, room, number):
        pass  # a draft about something that one may not see is not kept
    saved = keep_draft(house.office, person.actor.person_id, place_of(number, act), written_of(form))
    return pages.show(request, "parts/draft_saved.html", saved=saved)


def _give_back(
    request: Request,
    house: House,
    person: Person,
    room: Room,
    number: str,
    offer: Offer,
    form: FormData,
    refused: CaseError,
) -> Response:
    """Show the form again with what was written, the refusal at its place, and the present version of the case."""
    language = person.language
    errors: dict[str, str] = {}
    notice = sentence(language, refused)
    if isinstance(refused, FormIncomplete):
        errors = {name: field_sentence(language, code) for name, code in refused.errors.items()}
    elif refused.field:
        errors = {refused.field: notice}
    back = local_path(str(form.get("back", "")))
    with seeing(house, person, room, number) as seen:
        now = seen.offer(offer.act, offer.task.id if offer.task else None) or offer
        sheet = _sheet(seen, now, written_of(form), errors, back=back, notice=notice, form=form, refused=refused)
    return _show(request, sheet, seen, refused)


def _sheet(
    seen: Seen,
    offer: Offer,
    written: Mapping[str, Sequence[str]],
    errors: Mapping[str, str],
    *,
    back: str,
    notice: str = "",
    saved: Any = None,
    form: FormData | None = None,
    refused: CaseError | None = None,
    hints: Mapping[str, Any] | None = None,
) -> Sheet:
    made = form_of(seen, offer, written, errors)
    named = form if form is not None else _as_form(written)
    try:
        files = uploads.files_of(seen.house, seen.person, named)
    except FormIncomplete:
        files = []
    keeps_key = form is not None and not isinstance(refused, KeyUsedOtherwise)
    return Sheet(
        room=seen.room,
        number=seen.case.number,
        act=offer.act,
        task=offer.task.id if offer.task else "",
        form=made,
        files=files,
        key=str(form.get("key", "")) if form is not None and keeps_key else secrets.token_urlsafe(18),
        version=seen.case.head.version,
        back=back,
        notice=notice,
        saved=saved,
        suspicion=suspicion_of(seen) if offer.act in _BESIDE_SUSPICIONS else None,
        hints=hints,
        heard=heard_of(seen) if offer.act in HEARD else (),
    )


def _as_form(written: Mapping[str, Sequence[str]]) -> FormData:
    return FormData([(name, text) for name, texts in written.items() for text in texts])


def _show(request: Request, sheet: Sheet, seen: Seen, refused: CaseError | None = None) -> Response:
    status = status_of(refused) if refused else 200
    template = "parts/act_form.html" if request.headers.get("hx-request") else "act.html"
    measures = [f"{key}|{text}" for key, text in sheet.form.known_measures]
    answer = pages.show(request, template, status=status, sheet=sheet, value=seen.value, **uploads.choices(measures))
    if isinstance(refused, DatabaseBusy):
        answer.headers["Retry-After"] = RETRY_AFTER
    return answer


def _lead_on(request: Request, back: str, number: str, act: str) -> Response:
    joint = "&" if "?" in back else "?"
    target = f"{back}{joint}did={quote(act)}&of={quote(number)}"
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)
