"""登记簿: the tab of a finding or list, the page of the office, and the import of a workbook."""

import hashlib
import io
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, select
from starlette.datastructures import FormData, UploadFile

from cases.moments import SHANGHAI
from cases.refusals import CaseError, FormIncomplete, Unknown
from cases.registers import About, Register
from config.messages import knows, say
from documents.limited import LIMITS
from persistence.registers import page_of, visible_rows
from persistence.tables import units
from tasks.import_register import import_register
from tasks.office import OFFICE_NUMBER
from tasks.register_books import BookRead, empty_register, read_book
from tasks.registering import SUBJECTS, Judged, Rejected, judge, register_named
from tasks.work import Attachment, Work
from web import pages
from web.administration import NOTHING, Attempt, back_to, office_router, refused, was_done
from web.house import House, TheHouse
from web.refusals import field_sentence
from web.register_rows import controls_of, in_words, money_and_people, registers_about, table_of, tables_of_case
from web.seeing import Room, seeing
from web.signed_in import Filled, Person, SignedIn
from web.typed import asked_day, moment_of, whole

router = office_router("enter_register")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 50
FILTERS = ("unit", "q", "since", "until")
SHOWN = 100  # rows of a preview; all of them are counted
BESIDES = frozenset({"csrf", "act", "key", "file", "sha256"})


# --- the tab of a finding or list -----------------------------------------------------------------------------------


@router.get("/{room}/{number}/registers")
def tab(request: Request, house: TheHouse, person: SignedIn, room: Room, number: str) -> Response:
    return _tab(request, house, person, room, number, NOTHING)


@router.post("/{room}/{number}/registers")
def enter_at_case(
    request: Request, house: TheHouse, person: SignedIn, form: Filled, room: Room, number: str
) -> Response:
    with seeing(house, person, room, number):
        pass  # or it does not exist
    return _tab(request, house, person, room, number, _attempt(house, person, form, number))


def _tab(request: Request, house: House, person: Person, room: Room, number: str, tried: Attempt) -> Response:
    with seeing(house, person, room, number) as seen:
        tables = tables_of_case(seen)
        facts: dict[str, Any] = {
            "number": number,
            "room": room,
            "tables": tables,
            "open": [table for table in tables if table.may_enter],
            "summary": money_and_people(seen) if room == "findings" else None,
            "tried": tried,
            "form": _form(tried, person) if tried.act == "enter_register" and tried.text else None,
            "key": secrets.token_urlsafe(12),
        }
    return pages.show(request, "parts/registers.html", status=422 if tried.text else 200, **facts)


@router.get("/{room}/{number}/registers/form")
def form_at_case(
    request: Request, house: TheHouse, person: SignedIn, room: Room, number: str, register: str = ""
) -> Response:
    with seeing(house, person, room, number):
        known = register_named(register)
    return pages.show(
        request, "parts/register_form.html", register=known, controls=controls_of(known, person.language), units=(),
        number=number, room=room, key=secrets.token_urlsafe(12), text="", unit_error="", unit_value="",
    )  # fmt: skip


def _attempt(house: House, person: Person, form: FormData, number: str) -> Attempt:
    """Enter or withdraw a row, as the form says."""
    act = str(form.get("act", ""))
    if act not in ("enter_register", "withdraw_entry"):
        raise Unknown()
    given = {name: value for name, value in form.items() if name not in BESIDES and isinstance(value, str)}
    key = f"{act} {form['key']}"[:80] if form.get("key") else None
    try:
        return Attempt(act, house.office.perform(person.actor, act, number, given, key=key))
    except CaseError as refusal:
        return refused(person, act, refusal, given)


def _form(tried: Attempt, person: Person) -> dict[str, Any]:
    """Return the form of the register that was refused, as it was filled in."""
    register = register_named(tried.given.get("register", ""))
    return {
        "register": register,
        "controls": controls_of(register, person.language, tried.given, tried.errors),
        "text": tried.text,
        "unit_error": tried.errors.get("unit", ""),
        "unit_value": tried.given.get("unit", ""),
    }


# --- the page of the office -----------------------------------------------------------------------------------------


@router.get("/registers")
def registers_page(request: Request, person: SignedIn) -> Response:
    """Lead to the first register of the person; who keeps none reads where they are."""
    if not (kept := _open_to(person)):
        return pages.show(request, "office/no_registers.html")
    return RedirectResponse(f"/registers/{kept[0].name}", 303)


@router.get("/registers/{name}")
def register_page(request: Request, house: TheHouse, person: SignedIn, name: str, done: str = "") -> Response:
    return _register_page(request, house, person, name, NOTHING, done)


@router.post("/registers/{name}")
def enter_at_office(request: Request, house: TheHouse, person: SignedIn, form: Filled, name: str) -> Response:
    tried = _attempt(house, person, form, OFFICE_NUMBER)
    if tried.answer is not None:
        return back_to(f"/registers/{quote(name)}", tried.act)
    return _register_page(request, house, person, name, tried, "")


def _register_page(request: Request, house: House, person: Person, name: str, tried: Attempt, done: str) -> Response:
    register = register_named(name)
    if register not in _open_to(person):
        raise Unknown()
    asked = {word: request.query_params.get(word, "") for word in (*FILTERS, "after")}
    with house.office.read() as conn:
        rows = page_of(
            conn, name, visible_rows(person.actor, register),
            unit_id=whole(asked.get("unit")), text=(asked.get("q") or "").strip()[:80],
            since=_midnight(asked.get("since")), until=_midnight(asked.get("until"), days=1),
            after=_place(asked.get("after")), limit=PAGE + 1,
        )  # fmt: skip
        known = _units(conn, person) if register.about is About.UNIT else []
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    may_enter = person.actor.plays(*register.by)
    form = _form(tried, person) if tried.act == "enter_register" else None
    return pages.show(
        request, "office/registers.html", status=422 if tried.text else 200,
        registers=_open_to(person), register=register, about_units=register.about is About.UNIT,
        table=table_of(register, rows[:PAGE], person.language, may_enter=may_enter), units=known, asked=asked,
        form=form or {
            "register": register, "controls": controls_of(register, person.language), "text": "",
            "unit_error": "", "unit_value": "",
        },
        is_wrong=form is not None, tried=tried, done=was_done(done), key=secrets.token_urlsafe(12),
        next=_address(asked, f"{more.at.isoformat()} {more.id}") if more else "",
    )  # fmt: skip


def _open_to(person: Person) -> list[Register]:
    """Return the registers of units and of the office that the person may enter, or read as one from outside."""
    both = registers_about(About.UNIT) + registers_about(About.NOTHING)
    return [one for one in both if person.actor.plays(*one.by)]


def _units(conn: Connection, person: Person) -> list[tuple[int, str]]:
    """Return the units below the posts of the person."""
    rows = conn.execute(
        select(units.c.id, units.c.short_name, units.c.path).where(units.c.valid_until.is_(None)).order_by(units.c.path)
    )
    paths = [grant.path for grant in person.actor.grants]
    return [(row.id, row.short_name) for row in rows if any(row.path.startswith(path) for path in paths)]


def _midnight(text: str | None, *, days: int = 0) -> datetime | None:
    day = asked_day(text)
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=days) if day else None


def _place(text: str | None) -> tuple[datetime, int] | None:
    moment, _, key = (text or "").partition(" ")
    at, number = moment_of(moment), whole(key)
    return (at, number) if at is not None and number is not None else None


def _address(asked: Mapping[str, str], after: str) -> str:
    kept = {name: value for name, value in asked.items() if name in FILTERS and value}
    return f"?{urlencode(kept | {'after': after})}"


# --- workbooks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """What the rows of a workbook are about: one finding, list or unit, or what their column says."""

    number: str  # of the case on which the act is done
    subject: str = ""  # the unit, where that is known
    said: str = ""
    back: str = "/registers"

    @property
    def is_known(self) -> bool:
        """Whether a row need not say it."""
        return bool(self.subject) or self.number != OFFICE_NUMBER


@router.get("/registers/{name}/template")
def template(request: Request, person: SignedIn, name: str) -> Response:
    """Send the empty workbook; rows about several findings, lists or units have a column that names them."""
    register = register_named(name)
    asked = request.query_params
    is_known = any(asked.get(word) for word in SUBJECTS.values())
    content = empty_register(register, person.language, with_subject=not is_known)
    file = quote(f"{say(person.language, f'register.{name}')}.xlsx")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{file}", "Cache-Control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


@router.get("/registers/{name}/import")
def import_page(request: Request, house: TheHouse, person: SignedIn, name: str) -> Response:
    register = register_named(name)
    target = _target(house, person, register, request.query_params)
    return pages.show(
        request, "office/register_import.html",
        register=register, target=target, query=str(request.query_params), key=secrets.token_urlsafe(12),
    )  # fmt: skip


@router.post("/registers/{name}/import/preview")
def preview(request: Request, house: TheHouse, person: SignedIn, form: Filled, name: str) -> Response:
    register = register_named(name)
    target = _target(house, person, register, request.query_params)
    filename, content = _file(form)
    read = read_book(register, filename, content, subject=target.subject or _number_of(target))
    return _preview(request, house, person, register, target, read, hashlib.sha256(content).hexdigest())


@router.post("/registers/{name}/import")
def keep(request: Request, house: TheHouse, person: SignedIn, form: Filled, name: str) -> Response:
    register = register_named(name)
    target = _target(house, person, register, request.query_params)
    filename, content = _file(form)
    sha256 = hashlib.sha256(content).hexdigest()
    read = read_book(register, filename, content, subject=target.subject or _number_of(target))
    if sha256 != form.get("sha256"):  # it changed since it was looked at
        return _preview(request, house, person, register, target, read, sha256)
    kept = house.attachments.keep(io.BytesIO(content), filename, limit_bytes=LIMITS.file_bytes)
    answer = house.office.perform(
        person.actor, import_register.__name__, target.number, {"register": name, "rows": read.rows},
        key=f"register {form.get('key')}"[:80],
        attachments=(Attachment(kept.sha256, kept.size, kept.media_type, filename),),
    )  # fmt: skip
    return pages.show(request, "office/register_kept.html", more=answer.more, target=target, register=register)


def _preview(
    request: Request, house: House, person: Person, register: Register, target: Target, read: BookRead, sha256: str
) -> Response:
    judged = _judged(house, person, register, target, read)
    subject = SUBJECTS.get(register.about, "")
    names = {row.owner.unit_id for row in judged.rows}
    return pages.show(
        request, "office/register_preview.html",
        register=register, target=target, read=read, judged=judged, sha256=sha256, shown=SHOWN,
        query=str(request.query_params), subject=subject, several=len(names) > 1,
        missing=_in_words(person, read.missing), unknown=read.unknown,
        headings=[say(person.language, f"register_field.{one.name}") for one in register.fields],
        lines=[
            (row.place, [in_words(one, row.values, person.language) for one in register.fields])
            for row in judged.rows[:SHOWN]
        ],
        wrong=[line for rejected in judged.rejected[:SHOWN] for line in _wrong(person, rejected)],
    )  # fmt: skip


def _judged(house: House, person: Person, register: Register, target: Target, read: BookRead) -> Judged:
    if read.missing or not read.rows:
        return Judged()
    now = house.office.now()
    with house.office.read() as conn:
        work = Work(house.office, conn, person.actor, "view", at=now, recorded_at=now, given={})
        case = work.office_case() if target.number == OFFICE_NUMBER else work.finding_or_list(target.number)
        return judge(work, case, register, read.rows)


def _wrong(person: Person, rejected: Rejected) -> list[tuple[str, str, str, str]]:
    """Return (place, field, what stood there, why) of a row."""
    found = []
    for name, code in rejected.errors.items():
        label = say(person.language, f"register_field.{name}") if knows(f"register_field.{name}") else ""
        written = str(rejected.written.get(name, "") or "")
        found.append((rejected.place, label, written[:80], field_sentence(person.language, code)))
    return found


def _in_words(person: Person, names: Sequence[str]) -> str:
    comma = say(person.language, "web.list_comma")
    return comma.join(say(person.language, f"register_field.{name}") for name in names)


def _target(house: House, person: Person, register: Register, asked: Mapping[str, str]) -> Target:
    """Return what the address says that the rows are about. Raises Unknown."""
    language = person.language
    if number := asked.get("finding"):
        return _of_case(house, person, "findings", number, say(language, "registers.about_finding", number=number))
    if number := asked.get("list"):
        return _of_case(house, person, "lists", number, say(language, "registers.about_list", number=number))
    back = f"/registers/{register.name}"
    if unit := asked.get("unit"):
        with house.office.read() as conn:
            names = dict(_units(conn, person))
        if (key := whole(unit)) not in names:
            raise Unknown()
        return Target(OFFICE_NUMBER, unit, say(language, "registers.about_unit", unit=names[key or 0]), back)
    subject = SUBJECTS.get(register.about)
    column = say(language, f"register_field.{subject}") if subject else ""
    said = say(language, "registers.about_office", column=column) if column else ""
    return Target(OFFICE_NUMBER, "", said, back)


def _of_case(house: House, person: Person, room: Room, number: str, said: str) -> Target:
    with seeing(house, person, room, number) as seen:
        return Target(seen.case.number, "", said, f"/{room}/{quote(number)}#registers")


def _number_of(target: Target) -> str:
    return "" if target.number == OFFICE_NUMBER else target.number


def _file(form: FormData) -> tuple[str, bytes]:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise FormIncomplete({"file": "required"})
    return file.filename.replace("\\", "/").rpartition("/")[2], file.file.read(LIMITS.file_bytes + 1)
