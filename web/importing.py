"""导入: a ledger is read before anybody's eyes, corrected, and kept whole; nothing is kept before."""

import hashlib
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select
from starlette.datastructures import FormData, UploadFile

from cases.refusals import CaseError, FormIncomplete
from documents.headings import fields
from documents.limited import LIMITS
from persistence.tables import units
from tasks.import_list import Imported, find_unit, import_list
from web import pages
from web.administration import office_router
from web.house import House, TheHouse
from web.signed_in import Filled, Person, SignedIn

router = office_router("import_list")
SHOWN = 200  # rows of a preview; all of them are counted


class FileChanged(CaseError):
    """The file is not the one that was looked at."""

    code = "file_changed"


@router.get("/import")
def import_page(request: Request, house: TheHouse) -> Response:
    return pages.show(request, "office/import.html", units=_units(house))


@router.post("/import/preview")
def preview(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    name, content = _file(form)
    read = _read(house, person, form, name, content, dry_run=True)
    with house.office.read() as conn:
        unit_id = find_unit(conn, read.intake.unit or "")
        unit = conn.scalar(select(units.c.name).where(units.c.id == unit_id)) if unit_id else None
    intake = read.intake
    whys = {
        "rejected": _said(person, intake.rejected),
        "flagged": _said(person, intake.flagged),
        "notes": _said(person, intake.notes),
    }
    return pages.show(
        request, "office/import_preview.html", intake=intake, unit=unit, sha256=hashlib.sha256(content).hexdigest(),
        fields=fields(), shown=SHOWN, whys=whys,
    )  # fmt: skip


@router.post("/import")
def keep(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    name, content = _file(form)
    if hashlib.sha256(content).hexdigest() != form.get("sha256"):
        raise FileChanged()
    read = _read(house, person, form, name, content, dry_run=False)
    return pages.show(request, "office/import_kept.html", read=read)


def _read(house: House, person: Person, form: FormData, name: str, content: bytes, *, dry_run: bool) -> Imported:
    return import_list(
        house.office, person.actor, name, content,
        unit=str(form.get("unit") or "") or None, feedback_on=_day(form), sheet=str(form.get("sheet") or "") or None,
        mapping=_mapping(form), dry_run=dry_run,
    )  # fmt: skip


def _file(form: FormData) -> tuple[str, bytes]:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise FormIncomplete({"file": "required"})
    return file.filename.replace("\\", "/").rpartition("/")[2], file.file.read(LIMITS.file_bytes + 1)


def _day(form: FormData) -> date | None:
    try:
        return date.fromisoformat(str(form.get("feedback_on"))) if form.get("feedback_on") else None
    except ValueError:
        raise FormIncomplete({"feedback_on": "not_a_date"}) from None


def _mapping(form: FormData) -> dict[str, str | None]:
    """Return what people corrected: fields ``heading_<n>`` and ``field_<n>``; an empty field is none of ours."""
    places = [name.removeprefix("heading_") for name in form if name.startswith("heading_")]
    return {str(form[f"heading_{place}"]): str(form.get(f"field_{place}") or "") or None for place in places}


def _units(house: House) -> list[str]:
    query = (
        select(units.c.name).where(units.c.kind == "inspected", units.c.valid_until.is_(None)).order_by(units.c.path)
    )
    with house.office.read() as conn:
        return list(conn.scalars(query))


def _said(person: Person, found: Any) -> list[tuple[Any, str]]:
    return [(each, each.why.said(person.language)) for each in found[:SHOWN]]
