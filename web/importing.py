"""导入: a ledger is read before anybody's eyes, corrected, and kept whole; nothing is kept before."""

import base64
import hashlib
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from starlette.datastructures import FormData, UploadFile

from cases.dirty_text import dirt_in
from cases.finding import Kind
from cases.refusals import CaseError, FormIncomplete, Unknown
from cases.reporting import ListSource
from config.messages import say
from documents.headings import fields
from documents.limited import LIMITS
from documents.readings import Flagged, Intake
from persistence.tables import units
from tasks.answers import Answers, Place, Question, places, questions
from tasks.import_list import Imported, claim_in, find_unit, import_list, newest_round, origin_of
from tasks.intake_kept import left_open
from tasks.open_list import UnknownUnit, open_list
from web import pages
from web.administration import office_router
from web.house import House, TheHouse
from web.intake_shown import as_csv, left_open_of, marked, quotes, rows_of
from web.refusals import field_sentence
from web.seeing import seeing
from web.signed_in import Filled, Person, SignedIn
from web.typed import DayUnclear, day_of

router = office_router("import_list")
SHOWN = 200  # rows of a preview; all of them are counted


class FileChanged(CaseError):
    """The file is not the one that was looked at."""

    code = "file_changed"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flagged row as the preview shows it: the reason, the cell with its dirt marked, and what is asked about it."""

    flagged: Flagged
    why: str
    pieces: Sequence[tuple[str, str]]
    question: Question | None
    answer: str = ""
    error: str = ""


@router.get("/import")
def import_page(request: Request, house: TheHouse) -> Response:
    return pages.show(request, "office/import.html", units=_units(house), key=secrets.token_urlsafe(12))


@router.post("/import/preview")
def preview(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    return _preview(request, house, person, form)


@router.post("/import")
def keep(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    upload = _upload(form)
    if not upload.seen_before:
        raise FileChanged()
    try:
        read = _read(house, person, form, upload, mapping=_mapping(form), answers=_answers(form), dry_run=False)
    except FormIncomplete as refused:
        return _preview(request, house, person, form, refused)
    return pages.show(request, "office/import_kept.html", read=read)


@router.post("/import/by-hand")
def open_by_hand(house: TheHouse, person: SignedIn, form: Filled) -> Response:
    """Open a list without a file, to enter its findings one by one."""
    with house.office.read() as conn:
        unit_id, round_id = find_unit(conn, str(form.get("unit") or "")), newest_round(conn)
    if unit_id is None:
        raise UnknownUnit(unit=str(form.get("unit") or "—"))
    title = str(form.get("title") or "").strip() or say("zh", "intake_page.list_title_of", unit=str(form["unit"]))
    answer = open_list(
        house.office, person.actor,
        unit_id=unit_id, round_id=round_id, title=title[:200], key=f"by hand {form.get('key', '')}"[:80],
    )  # fmt: skip
    house.office.settle()
    return RedirectResponse(f"/lists/{quote(str(answer.more['list']))}", 303)


@router.get("/lists/{number}/intake.csv")
def left_open_sheet(house: TheHouse, person: SignedIn, number: str) -> Response:
    """Return what the file of a list left open, as a sheet to take away."""
    with seeing(house, person, "lists", number) as seen:
        kept = left_open_of(seen)
    if kept is None:
        raise Unknown()
    content = as_csv(rows_of(kept, person.language), person.language)
    name = quote(f"{number}.csv")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@dataclass(frozen=True, slots=True)
class _Upload:
    """The file of the form; *seen_before*: whether it is the one of the preview that the form stands in."""

    name: str
    content: bytes
    sha256: str
    seen_before: bool


def _preview(
    request: Request, house: House, person: Person, form: FormData, refused: FormIncomplete | None = None
) -> Response:
    """Show what the file says; answers that cannot be taken stay in their fields with the reason beside them."""
    upload = _upload(form)
    corrected = _corrected(form, upload)
    answers = _answers(form) if upload.seen_before else {}
    mapping = None if not corrected else {} if form.get("afresh") else _mapping(form)
    try:
        if refused is not None:
            raise refused
        read = _read(house, person, form, upload, mapping=mapping, answers=answers, dry_run=True)
    except FormIncomplete as why:
        refused = why
        read = _read(house, person, form, upload, mapping=mapping, answers={}, dry_run=True)
    intake = read.intake
    with house.office.read() as conn:
        unit_id = find_unit(conn, intake.unit or "")
        unit = conn.scalar(select(units.c.name).where(units.c.id == unit_id)) if unit_id else None
    kept = left_open(intake, answers)
    claims = Counter(claim_in(finding) for finding in intake.findings)
    sheet = as_csv((row for row in rows_of(kept, person.language) if row.result == "rejected"), person.language)
    return pages.show(
        request, "office/import_preview.html", status=422 if refused else 200,
        read=read, intake=intake, unit=unit, sha256=upload.sha256, corrected=corrected, fields=fields(), shown=SHOWN,
        sources=list(ListSource), source=origin_of(upload.name, intake, _source(form, upload)).source,
        rejected=_said(person, intake.rejected), notes=_said(person, intake.notes),
        flags=_flags(person, intake, answers, refused), kinds=[str(kind) for kind in Kind],
        claims={"done": claims["done"], "historic": claims["historic_signed_off"]},
        rejected_sheet=base64.b64encode(sheet.encode()).decode(),
    )  # fmt: skip


def _flags(person: Person, intake: Intake, answers: Answers, refused: FormIncomplete | None) -> list[Flag]:
    asked, written = questions(intake), quotes(intake)
    errors = refused.errors if refused else {}
    flags = []
    for position, flagged in enumerate(intake.flagged[:SHOWN]):
        text = written.get((flagged.sheet, flagged.row, flagged.column), "")
        dirt = [(one.kind, one.start, one.end) for one in dirt_in(text) if one.kind == flagged.why.code]
        question = asked.get(position)
        place = str(question.place) if question else ""
        answer = answers.get(question.place, "") if question else ""
        error = field_sentence(person.language, errors[place]) if place in errors else ""
        said = flagged.why.said(person.language)
        flags.append(Flag(flagged, said, marked(text, dirt) if dirt else (), question, answer, error))
    return flags


def _read(
    house: House,
    person: Person,
    form: FormData,
    upload: _Upload,
    *,
    mapping: dict[str, str | None] | None,
    answers: Answers,
    dry_run: bool,
) -> Imported:
    return import_list(
        house.office, person.actor, upload.name, upload.content,
        unit=str(form.get("unit") or "") or None, feedback_on=_day(form), sheet=str(form.get("sheet") or "") or None,
        mapping=mapping, answers=answers, of=_source(form, upload), dry_run=dry_run,
        key=None if dry_run else f"import {form.get('key')}"[:80],
    )  # fmt: skip


def _source(form: FormData, upload: _Upload) -> ListSource | None:
    """Return whose list a person said that this very file is; None for what its names say."""
    said = str(form.get("source") or "")
    return ListSource(said) if upload.seen_before and said in set(ListSource) else None


def _upload(form: FormData) -> _Upload:
    name, content = _file(form)
    sha256 = hashlib.sha256(content).hexdigest()
    return _Upload(name, content, sha256, sha256 == form.get("sha256"))


def _corrected(form: FormData, upload: _Upload) -> bool:
    """Whether a person has said what the headings of this very file are; else what was remembered may speak."""
    changed = any(form.get(f"field_{n}") != form.get(f"was_{n}") for n in _places(form, "heading_"))
    return upload.seen_before and (changed or bool(form.get("afresh")) or form.get("corrected") == "yes")


def _answers(form: FormData) -> dict[Place, str]:
    """Return what was answered: fields ``ask_<n>`` (the place) and ``answer_<n>``."""
    return places((str(form[f"ask_{n}"]), str(form.get(f"answer_{n}") or "")) for n in _places(form, "ask_"))


def _file(form: FormData) -> tuple[str, bytes]:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise FormIncomplete({"file": "required"})
    file.file.seek(0)  # a refused import is previewed again
    return file.filename.replace("\\", "/").rpartition("/")[2], file.file.read(LIMITS.file_bytes + 1)


def _day(form: FormData) -> date | None:
    try:
        return day_of(str(form.get("feedback_on") or ""))
    except DayUnclear:
        raise FormIncomplete({"feedback_on": "not_a_date"}) from None


def _mapping(form: FormData) -> dict[str, str | None]:
    """Return what people corrected: fields ``heading_<n>`` and ``field_<n>``; an empty field is none of ours."""
    return {str(form[f"heading_{n}"]): str(form.get(f"field_{n}") or "") or None for n in _places(form, "heading_")}


def _places(form: FormData, prefix: str) -> list[str]:
    return [name.removeprefix(prefix) for name in form if name.startswith(prefix)]


def _units(house: House) -> list[str]:
    query = (
        select(units.c.name).where(units.c.kind == "inspected", units.c.valid_until.is_(None)).order_by(units.c.path)
    )
    with house.office.read() as conn:
        return list(conn.scalars(query))


def _said(person: Person, found: Any) -> list[tuple[Any, str]]:
    return [(each, each.why.said(person.language)) for each in found[:SHOWN]]
