"""线下决定与纸质签收: sheets that were recorded, the scan beside them, and the second person's confirmation."""

from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from starlette.datastructures import FormData

from cases.refusals import Unknown
from config.messages import knows, say
from persistence.columns import new_id
from persistence.meetings import (
    Decision,
    decisions_of,
    find_decision,
    letters_without_receipt,
    offices_of,
    paper_receipts_of,
    titles_of,
    waiting_for_sign_off,
)
from persistence.tables import blobs, decision_openings, findings, issue_lists, meetings, paper_receipts, people
from persistence.visibility import visible_findings, visible_lists
from tasks import eligible
from tasks.acts import ACTS
from tasks.record_paper_decision import FOR_MANY, ON_PAPER
from web import pages
from web.act_forms import ActForm, Choice, form_of, given_of, schema_of, written_of
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, was_done
from web.case_pages import INLINE, PDF, Kept, send
from web.deciding import attempt_with_scan, scan_of
from web.house import House, TheHouse
from web.refusals import kept_sentence
from web.seeing import Offer, Room, Seen, seeing
from web.signed_in import Filled, Person, SignedIn
from web.typed import Id

router = office_router("confirm_paper_decision")
recording = office_router("record_paper_decision")
OF_THE_SHEET = frozenset({"sheet_number", "decided_on", "attachments", "evidence"})  # asked once, not by the act


@router.get("/decisions")
def decisions_page(request: Request, house: TheHouse, person: SignedIn, done: str = "") -> Response:
    with house.office.read() as conn:
        rows = decisions_of(conn, offices_of(conn, person.actor, "confirm_paper_decision"))
        waiting = waiting_for_sign_off(conn, person.actor) if person.may("record_paper_decision") else ()
    return pages.show(
        request, "office/decisions.html", rows=rows, waiting=waiting, done=was_done(done), tried=NOTHING,
        key_of=lambda row: f"decision.state_{row.state}",
    )  # fmt: skip


@router.get("/decisions/{decision_id}")
def decision_page(request: Request, house: TheHouse, person: SignedIn, decision_id: Id, done: str = "") -> Response:
    return _decision(request, house, person, decision_id, done=done)


@router.post("/decisions/{decision_id}")
def judge(request: Request, house: TheHouse, person: SignedIn, form: Filled, decision_id: Id) -> Response:
    tried = attempt(house, person, form, "confirm_paper_decision", "retry_decision", decision=str(decision_id))
    if tried.answer is None:
        return _decision(request, house, person, decision_id, tried=tried)
    return back_to(f"/decisions/{decision_id}", tried.act)


def _decision(
    request: Request, house: House, person: Person, decision_id: int, *, done: str = "", tried: Attempt = NOTHING
) -> Response:
    with house.office.read() as conn:
        decision = _found(conn, person, decision_id)
        row = decision.row
        ids = {row.recorded_by, row.confirmed_by} - {None}
        names = dict(conn.execute(select(people.c.id, people.c.name).where(people.c.id.in_(ids))).tuples().all())
        meeting = conn.scalar(select(meetings.c.number).where(meetings.c.id == row.meeting_id))
        titles = titles_of(conn, person.actor, [item.number for item in decision.items])
    items = [
        (item, titles.get(item.number, ("", "")), kept_sentence(person.language, item.why)) for item in decision.items
    ]
    return pages.show(
        request, "office/decision.html", status=422 if tried.act and tried.answer is None else 200, d=decision, row=row,
        items=items, names=names, meeting=meeting, tried=tried, done=was_done(done),
        answers=_answers(person.language, row.given), opened=person.actor.person_id in decision.opened_by,
        own=row.recorded_by == person.actor.person_id,
    )  # fmt: skip


def _found(conn: Any, person: Person, decision_id: int) -> Decision:
    decision = find_decision(conn, person.actor, decision_id)
    if decision is None:
        raise Unknown()
    return decision


def _answers(language: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a sheet says as (label, words)."""
    shown = []
    for name, value in given.items():
        text = say(language, "web.list_comma").join(map(str, value)) if isinstance(value, list) else str(value)
        word = f"opinion.{text}"
        label = f"batch.{name}"
        shown.append((say(language, label) if knows(label) else name, say(language, word) if knows(word) else text))
    return [(label, text) for label, text in shown if label != "verdict"]


@router.get("/decisions/{decision_id}/scan")
def scan(house: TheHouse, person: SignedIn, decision_id: Id) -> Response:
    """Send the scan and note that the person has opened it."""
    with house.office.read() as conn:
        decision = _found(conn, person, decision_id)
        if decision.row.sha256 is None:
            raise Unknown()
        media_type = str(conn.scalar(select(blobs.c.media_type).where(blobs.c.sha256 == decision.row.sha256)))
    if person.actor.person_id not in decision.opened_by:
        _note_opening(house, person, decision_id)
    kept = Kept(decision.row.sha256, decision.row.filename, media_type)
    return send(house, kept, "inline" if media_type in INLINE | {PDF} else "attachment")


def _note_opening(house: House, person: Person, decision_id: int) -> None:
    opened = {"decision_id": decision_id, "person_id": person.actor.person_id, "at": house.office.now()}
    try:
        with house.office.database.writing() as conn:
            conn.execute(insert(decision_openings), {"id": new_id(), **opened})
    except IntegrityError:
        pass  # opened twice at one moment


# --- recording ------------------------------------------------------------------------------------------------------


@recording.get("/on-paper/{room}/{number}/{act}")
def record_page(request: Request, house: TheHouse, person: SignedIn, room: Room, number: str, act: str) -> Response:
    more = [str(value) for value in request.query_params.getlist("number")]
    return _record(request, house, person, room, number, act, more)


@recording.get("/on-paper/batch")
def record_batch(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Lead from the findings that were chosen to the form of their one sheet."""
    numbers = [str(value) for value in request.query_params.getlist("number")]
    if not numbers:
        raise Unknown()
    return _record(request, house, person, "findings", numbers[0], "sign_off", numbers[1:])


@recording.post("/on-paper/{room}/{number}/{act}")
def record(
    request: Request, house: TheHouse, person: SignedIn, form: Filled, room: Room, number: str, act: str
) -> Response:
    more = [str(value) for value in form.getlist("number")]
    with seeing(house, person, room, number) as seen:
        schema = schema_of(seen, _offer(seen, act)) or {"properties": {}}
    asked = {name: part for name, part in schema["properties"].items() if name not in OF_THE_SHEET}
    given = {
        "decision": act,
        "numbers": [number, *more],
        "answers": given_of({"properties": asked}, form),
        "others": [line.strip() for line in str(form.get("others", "")).splitlines() if line.strip()],
        **{name: str(form.get(name, "")).strip() for name in ("sheet_number", "decided_on", "signer")},
    }
    tried = attempt_with_scan(house, person, form, "record_paper_decision", given)
    if tried.answer is None:
        return _record(request, house, person, room, number, act, more, tried=tried, form=form)
    return back_to(f"/decisions/{tried.answer.more['decision']}", tried.act)


def _offer(seen: Seen, act: str) -> Offer:
    if act not in ON_PAPER:
        raise Unknown()
    return Offer(act, next((task for task in seen.case.tasks if task.act == act), None))


def _record(
    request: Request,
    house: House,
    person: Person,
    room: Room,
    number: str,
    act: str,
    more: list[str],
    *,
    tried: Attempt = NOTHING,
    form: FormData | None = None,
) -> Response:
    with seeing(house, person, room, number) as seen:
        offer = _offer(seen, act)
        made = form_of(seen, offer, written_of(form) if form is not None else {}, tried.errors)
        fields = [one for one in made.fields if one.name not in OF_THE_SHEET]
        asked = ActForm(made.title, "", fields, plain_files=True)
        signers = [
            Choice(str(one.person_id), one.name, f"{one.unit} {one.post}")
            for one in eligible.may_do(seen.conn, ACTS[act].permission, seen.subject, person.today)
        ]
        titles = titles_of(seen.conn, person.actor, [number, *more] if act in FOR_MANY else [number])
        title = seen.value.title
    sheet = scan_of(house, person, form, "decision.scan", asked)
    return pages.show(
        request, "office/on_paper.html", status=422 if tried.act else 200, tried=tried, sheet=sheet, signers=signers,
        room=room, number=number, act=act, title=title, more=more, titles=titles, today=person.today,
        others=str(form.get("others", "")) if form is not None else "", done="", known_measures=(),
        action=f"/on-paper/{room}/{quote(number)}/{act}",
    )  # fmt: skip


# --- receipts -------------------------------------------------------------------------------------------------------

receiving = office_router("register_paper_receipt")


@receiving.get("/receipts/{room}/{number}")
def receipts_page(
    request: Request, house: TheHouse, person: SignedIn, room: Room, number: str, done: str = ""
) -> Response:
    return _receipts(request, house, person, room, number, done=done)


@receiving.post("/receipts/{room}/{number}")
def register(request: Request, house: TheHouse, person: SignedIn, form: Filled, room: Room, number: str) -> Response:
    what, _, which = str(form.get("what", "")).partition(":")
    given = {name: str(form.get(name, "")).strip() for name in ("receiver", "signed_on", "sheet_number")}
    given |= {what: which} if what in ("role", "letter") else {}
    with seeing(house, person, room, number):
        pass
    tried = attempt_with_scan(house, person, form, "register_paper_receipt", given, number=number)
    if tried.answer is None:
        return _receipts(request, house, person, room, number, tried=tried, form=form)
    return back_to(f"/receipts/{room}/{quote(number)}", tried.act)


def _receipts(
    request: Request,
    house: House,
    person: Person,
    room: Room,
    number: str,
    *,
    done: str = "",
    tried: Attempt = NOTHING,
    form: FormData | None = None,
) -> Response:
    with seeing(house, person, room, number) as seen:
        tasks = [task for task in seen.case.tasks if task.act == "sign_receipt"]
        facts = {
            "tasks": tasks,
            "letters": letters_without_receipt(seen.conn, seen.case.id),
            "kept": paper_receipts_of(seen.conn, seen.case.id),
            "receivers": _receivers(seen),
            "title": seen.value.title,
        }
    return pages.show(
        request, "office/receipts.html", status=422 if tried.act else 200, tried=tried, done=was_done(done), room=room,
        number=number, sheet=scan_of(house, person, form, "receipt.scan"), today=person.today,
        chosen=str(form.get("what", "")) if form else "", **facts,
    )  # fmt: skip


def _receivers(seen: Seen) -> list[Choice]:
    """Return who may have signed: those who see the case."""
    found = eligible.may_do(seen.conn, "view", seen.subject, seen.person.today)
    return [Choice(str(one.person_id), one.name, f"{one.unit} {one.post}") for one in found]


@receiving.get("/receipts/{receipt_id}")
def receipt_scan(house: TheHouse, person: SignedIn, receipt_id: Id) -> Response:
    """Send the scan of a receipt of a case that the person sees."""
    with house.office.read() as conn:
        row = conn.execute(
            select(paper_receipts.c.sha256, paper_receipts.c.filename, paper_receipts.c.case_id, blobs.c.media_type)
            .join(blobs, blobs.c.sha256 == paper_receipts.c.sha256)
            .where(paper_receipts.c.id == receipt_id)
        ).one_or_none()
        if row is None or not _sees(conn, person, row.case_id):
            raise Unknown()
    return send(house, Kept(row.sha256, row.filename, row.media_type), "attachment")


def _sees(conn: Any, person: Person, case_id: int) -> bool:
    of_finding = select(findings.c.id).where(findings.c.id == case_id, visible_findings(person.actor))
    of_list = select(issue_lists.c.id).where(issue_lists.c.id == case_id, visible_lists(person.actor))
    return conn.execute(of_finding.union(of_list)).first() is not None
