"""A workbook of a register from the command line: read, judged, and entered when every row is right."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cases.refusals import CaseError, FormIncomplete
from cases.registers import REGISTERS, Register
from cases.rights import Actor
from config.messages import knows, say
from documents.limited import LIMITS
from persistence.attachments import Attachments
from tasks.office import OFFICE_NUMBER, Office
from tasks.register_books import read_book
from tasks.registering import SUBJECTS, Judged, judge
from tasks.work import Attachment, Work


class RegisterUnknown(CaseError):
    """There is no register of that name; facts: name, names."""

    code = "register_unknown"


class OneSubject(CaseError):
    """More than one of finding, list and unit is named, or one that the register is not about."""

    code = "one_subject"


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of the rows of a workbook."""

    register: Register
    judged: Judged
    kept: int

    def title(self, language: str) -> str:
        """Return the name of the register as people say it."""
        return say(language, f"register.{self.register.name}")

    def as_json(self, language: str) -> dict[str, Any]:
        """Return the whole as one document."""
        rejected = [
            {
                "place": row.place,
                "field": say(language, f"register_field.{field}"),
                "value": str(row.written.get(field, "") or ""),
                "why": say(language, f"field_error.{code if knows(f'field_error.{code}') else 'wrong'}"),
            }
            for row in self.judged.rejected
            for field, code in row.errors.items()
        ]
        counts = {"kept": self.kept, "repeated": self.judged.repeated, "rejected": len(self.judged.rejected)}
        return {"register": self.register.name, "counts": counts, "rejected": rejected}


def entered(
    office: Office,
    attachments: Attachments,
    actor: Actor,
    name: str,
    file: Path,
    about: Mapping[str, str | None],
    *,
    dry_run: bool = False,
    at: datetime | None = None,
) -> Entered:
    """Enter the rows of *file* into the register *name*; *about*: the finding, list or unit that all of them concern.

    Raises RegisterUnknown, OneSubject, FormIncomplete for columns that are missing, and the refusals of files.
    """
    if name not in REGISTERS:
        raise RegisterUnknown(name=name, names=", ".join(REGISTERS))
    register = REGISTERS[name]
    number, subject = _about(register, about)
    content = file.read_bytes()
    read = read_book(register, file.name, content, subject=subject)
    if read.missing:
        raise FormIncomplete(dict.fromkeys(read.missing, "required"))

    now = at or office.now()
    with office.read() as conn:
        work = Work(office, conn, actor, "view", at=now, recorded_at=now, given={})
        case = work.office_case() if number == OFFICE_NUMBER else work.finding_or_list(number)
        judged = judge(work, case, register, read.rows)
    if dry_run or judged.rejected or not judged.rows:
        return Entered(register, judged, 0)
    with file.open("rb") as stream:
        kept = attachments.keep(stream, file.name, limit_bytes=LIMITS.file_bytes)
    given = {"register": name, "rows": read.rows}
    source = Attachment(kept.sha256, kept.size, kept.media_type, file.name)
    answer = office.perform(actor, "import_register", number, given, attachments=(source,), at=at)
    return Entered(register, judged, int(answer.more["kept"]))


def _about(register: Register, about: Mapping[str, str | None]) -> tuple[str, str]:
    """Return the number of the case on which the act is done, and what every row is about."""
    named = {what: value for what, value in about.items() if value}
    fitting = SUBJECTS.get(register.about)
    if len(named) > 1 or (named and fitting not in named):
        raise OneSubject()
    value = next(iter(named.values()), "")
    return (value if value and fitting != "unit" else OFFICE_NUMBER), value
