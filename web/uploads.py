"""Files that come with an act: kept at once when they are chosen, named in the form by a token that we made.

A token says what was kept and for whom, under a MAC: nobody names a file that he did not upload himself.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData, UploadFile

from cases.evidence import PROCESS, RESULT, EvidenceKind, Purpose
from cases.refusals import CaseError, FormIncomplete
from tasks.work import Attachment
from web import pages
from web.house import House, TheHouse
from web.refusals import sentence
from web.signed_in import Filled, Person, SignedIn, page_router
from web.typed import DayUnclear, day_of, whole

router = page_router()


@dataclass(frozen=True, slots=True)
class FileRow:
    """A kept file as its row in a form: what was kept, and what the person says it is."""

    id: str
    token: str
    sha256: str
    size: int
    media_type: str
    filename: str
    kind: str = ""
    purpose: str = "RESULT"
    measure: str = ""
    effective_on: str = ""
    locator: str = ""

    @property
    def size_in_words(self) -> str:
        """Return the size as people read it."""
        return f"{self.size / 1_000_000:.1f} MB" if self.size >= 100_000 else f"{max(self.size // 1000, 1)} KB"


@router.post("/files")
def keep_files(request: Request, house: TheHouse, person: SignedIn, form: Filled, plain: str = "") -> HTMLResponse:
    """Keep the files of a form's input and answer the rows that name them."""
    with house.office.read() as conn:
        limit = house.office.number_setting(conn, "upload.megabytes", person.today) * 1_000_000
    rows, refused = [], []
    for upload in form.getlist("upload"):
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        name = upload.filename.replace("\\", "/").rpartition("/")[2][:255]
        try:
            kept = house.attachments.keep(upload.file, name, limit_bytes=limit)
        except CaseError as why:
            refused.append(sentence(person.language, why))
            continue
        rows.append(_row(house, person, kept.sha256, kept.size, kept.media_type, name))
    measures = [str(value) for value in form.getlist("known_measure")]
    return pages.show(
        request, "parts/file_rows.html", rows=rows, refused=refused, plain=bool(plain), **choices(measures)
    )


def choices(measures: Sequence[str]) -> dict[str, Any]:
    """Return what the selects of a file's row offer."""
    return {
        "result_kinds": sorted(RESULT, key=list(EvidenceKind).index),
        "process_kinds": sorted(PROCESS, key=list(EvidenceKind).index),
        "purposes": list(Purpose),
        "known_measures": [m.partition("|")[::2] for m in measures],
    }


def _row(house: House, person: Person, sha256: str, size: int, media_type: str, filename: str) -> FileRow:
    facts = [person.actor.person_id, sha256, size, media_type, filename]
    body = base64.urlsafe_b64encode(json.dumps(facts, ensure_ascii=False).encode()).decode()
    token = f"{body}.{house.office.keyring.mac(_sealed(body))}"
    return FileRow(secrets.token_hex(4), token, sha256, size, media_type, filename)


def _sealed(body: str) -> str:
    return f"upload {body}"


def files_of(house: House, person: Person, form: FormData) -> list[FileRow]:
    """Return the files that *form* names. Raises FormIncomplete for a token that is not of this person."""
    rows = []
    for value in form.getlist("file"):
        place = str(value)
        token = str(form.get(f"token.{place}", ""))
        body, _, mac = token.partition(".")
        if not mac or not house.office.keyring.mac_holds(_sealed(body), mac):
            raise FormIncomplete({"attachments": "wrong"})
        owner, sha256, size, media_type, filename = json.loads(base64.urlsafe_b64decode(body))
        if owner != person.actor.person_id:
            raise FormIncomplete({"attachments": "wrong"})
        said = {name: str(form.get(f"{name}.{place}", "")) for name in _SAID}
        rows.append(FileRow(place[:20], token, sha256, size, media_type, filename, **said))
    return rows


_SAID = ("kind", "purpose", "measure", "effective_on", "locator")


def attachments_of(rows: Sequence[FileRow], *, plain: bool) -> tuple[Attachment, ...]:
    """Return the attachments of an act; *plain* files bear no kind. Raises FormIncomplete for what is not said."""
    return tuple(_attachment(row, plain) for row in rows)


def _attachment(row: FileRow, plain: bool) -> Attachment:
    if plain:
        return Attachment(row.sha256, row.size, row.media_type, row.filename)
    if row.kind not in EvidenceKind.__members__ or row.purpose not in Purpose.__members__:
        raise FormIncomplete({"attachments": "kind_missing"})
    try:
        effective_on = day_of(row.effective_on)
    except DayUnclear:
        raise FormIncomplete({"attachments": "not_a_date"}) from None
    return Attachment(
        row.sha256,
        row.size,
        row.media_type,
        row.filename,
        kind=row.kind,
        purpose=row.purpose,
        measure_id=whole(row.measure),
        effective_on=effective_on,
        locator=row.locator[:120],
    )
