"""What the pages of meetings, sheets and receipts share: an act that comes with a scan."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from cases.refusals import CaseError, FormIncomplete
from config.messages import say
from web import uploads
from web.act_forms import ActForm, Field
from web.administration import Attempt, refused
from web.house import House
from web.signed_in import Person


@dataclass(frozen=True, slots=True)
class Scan:
    """The scan of a form, as the parts of files show it; *form* may bring fields of an act."""

    files: Sequence[uploads.FileRow] = ()
    form: ActForm = field(default_factory=lambda: ActForm("", ""))
    label: Field = field(default_factory=lambda: Field("attachments", "", "", "files", required=True))


def scan_of(
    house: House, person: Person, form: FormData | None, label: str = "meeting.scan", act_form: ActForm | None = None
) -> Scan:
    """Return the scan that a form names so far."""
    try:
        rows = uploads.files_of(house, person, form) if form is not None else []
    except FormIncomplete:
        rows = []
    shown = Field("attachments", say(person.language, label), "", "files", required=True)
    return Scan(rows, act_form or ActForm("", ""), shown)


def attempt_with_scan(
    house: House, person: Person, form: FormData, act: str, given: Mapping[str, Any], *, number: str = "office"
) -> Attempt:
    """Do *act* with the files that the form names; return its answer or its refusal."""
    try:
        files = uploads.attachments_of(uploads.files_of(house, person, form), plain=True)
        key = f"form {form.get('key') or secrets.token_urlsafe(18)}"[:80]
        answer = house.office.perform(person.actor, act, number, given, key=key, attachments=files)
    except CaseError as why:
        return refused(person, act, why, {name: value for name, value in given.items() if isinstance(value, str)})
    return Attempt(act, answer)
