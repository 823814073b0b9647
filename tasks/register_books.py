"""登记簿 by workbook: which headings are known, what a file holds, and the empty workbook to fill in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.registers import About, Register
from config.messages import LANGUAGES, say
from documents.apart import read_register_apart
from documents.papers.empty_book import empty_book
from tasks.import_register import MOST_ROWS
from tasks.registering import SUBJECTS


@dataclass(frozen=True, slots=True)
class BookRead:
    """The rows of a workbook as `import_register` takes them; *missing* fields have no column."""

    rows: Sequence[dict[str, Any]]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def read_book(register: Register, name: str, content: bytes, *, subject: str = "") -> BookRead:
    """Return what *content* holds for *register*; *subject* is what every row is about, where that is known.

    Raises the refusals of `documents.limited`, and TooManyRows.
    """
    headings = {
        say(language, f"register_field.{field}"): field for field in _fields(register) for language in LANGUAGES
    }
    longest = {field.name: field.longest for field in register.fields}
    read = read_register_apart(name, content, headings, longest=longest, most=MOST_ROWS)
    of = SUBJECTS.get(register.about, "")
    rows = [
        {"place": row.place} | {field: _as_json(cell) for field, cell in row.cells.items()}
        | ({of: subject} if of and subject else {})
        for row in read.rows
    ]  # fmt: skip
    needed = [field.name for field in register.fields if field.required]
    if of and not subject and not register.anywhere:
        needed.append(of)
    return BookRead(rows, tuple(field for field in needed if field not in read.fields), read.unknown)


def empty_register(register: Register, language: str, *, with_subject: bool) -> bytes:
    """Return the workbook to fill in; *with_subject*: its first column says what a row is about."""
    required = {field.name for field in register.fields if field.required}
    subject = SUBJECTS.get(register.about)
    fields = [field.name for field in register.fields]
    if with_subject and subject:
        fields.insert(0, subject)
        if not register.anywhere:
            required.add(subject)
    headings = [f"{say(language, f'register_field.{name}')}{'*' if name in required else ''}" for name in fields]
    note = say(
        language,
        "registers.template_note",
        hint=say(language, f"register_hint.{register.name}"),
        choices=_choices(register, language),
    )
    return empty_book(say(language, f"register.{register.name}"), note, headings)


def _fields(register: Register) -> list[str]:
    return [field.name for field in register.fields] + ([SUBJECTS[register.about]] if _has_subject(register) else [])


def _has_subject(register: Register) -> bool:
    return register.about is not About.NOTHING


def _choices(register: Register, language: str) -> str:
    said = [
        say(
            language,
            "registers.template_choices",
            field=say(language, f"register_field.{field.name}"),
            words=say(language, "web.list_comma").join(
                say(language, f"register_choice.{field.name}.{word}") for word in field.choices
            ),
        )
        for field in register.fields
        if field.choices
    ]
    return "".join(said)


def _as_json(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell
