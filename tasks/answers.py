"""What a file leaves open is asked where it is looked through: a day, an amount, a kind or a number, each at its place.

Nothing is invented: without an answer a value stays as it was read, or empty.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cases.finding import Kind
from documents.readings import Intake
from tasks.form import Form

ASKED = {  # field of the ledger -> what it is in a finding
    "due": "due_on",
    "starts_on": "starts_on",
    "amount": "amount_yuan",
    "headcount": "headcount",
    "kind": "kind",
}
NO_QUESTION = frozenset({"repeated_but_different", "number_used_twice", "value_under_merge", "merge_moved"})


class Place(NamedTuple):
    """Where something is asked: sheet, row as the sheet shows it, field of the ledger."""

    sheet: str
    row: int
    field: str

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Return the place that ``str`` wrote, None for anything else."""
        row, _, rest = text.partition("|")
        field, _, sheet = rest.partition("|")
        return cls(sheet, int(row), field) if row.isdecimal() and len(row) < 9 and field in ASKED else None

    def __str__(self) -> str:
        return f"{self.row}|{self.field}|{self.sheet}"


Answers = Mapping[Place, str]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a person is asked, with what was understood so far."""

    place: Place
    value: str


def questions(intake: Intake) -> dict[int, Question]:
    """Return what may be answered about *intake*, by the position of the flag that asks."""
    finder = _Finder(intake)
    found: dict[int, Question] = {}
    seen: set[Place] = set()
    for position, flagged in enumerate(intake.flagged):
        field = intake.mapping.get(flagged.column)
        if field not in ASKED or flagged.why.code in NO_QUESTION:
            continue
        place = Place(flagged.sheet, flagged.row, field)
        index = finder.at(place)
        if index is not None and place not in seen:
            seen.add(place)
            value = getattr(intake.findings[index], ASKED[field])
            found[position] = Question(place, "" if value is None else str(value))
    return found


def take_answers(intake: Intake, answers: Answers) -> tuple[Intake, dict[int, dict[str, str]]]:
    """Return *intake* with what people answered, and the answers by position of the finding and field.

    Raises FormIncomplete for what is no day, amount, kind or number; its fields are places as text.
    """
    finder = _Finder(intake)
    findings = list(intake.findings)
    taken: dict[int, dict[str, str]] = {}
    for place, text in answers.items():
        index = finder.at(place)
        if index is not None:
            findings[index] = replace(findings[index], **{ASKED[place.field]: _value(place, text)})
            taken.setdefault(index, {})[place.field] = text
    return replace(intake, findings=tuple(findings)), taken


def _value(place: Place, text: str) -> Any:
    key = str(place)
    form = Form({key: text})
    match place.field:
        case "amount":
            return form.money(key)
        case "headcount":
            return form.number(key)
        case "kind":
            return Kind(form.choice(key, *Kind))
        case _:
            return form.needed_day(key)


class _Finder:
    """Which finding a row belongs to: a finding may go on over several rows."""

    def __init__(self, intake: Intake) -> None:
        self._repeated = {(repeated.sheet, repeated.row) for repeated in intake.duplicates}
        self._rows: dict[str, list[tuple[int, int]]] = {}
        for index, finding in enumerate(intake.findings):
            self._rows.setdefault(finding.sheet, []).append((finding.row, index))
        for rows in self._rows.values():
            rows.sort()

    def at(self, place: Place) -> int | None:
        """Return the position of the finding, None for a row that repeats one or belongs to none."""
        if (place.sheet, place.row) in self._repeated:
            return None
        rows = self._rows.get(place.sheet, [])
        position = bisect_right(rows, place.row, key=lambda row: row[0])
        return rows[position - 1][1] if position else None


def places(texts: Iterable[tuple[str, str]]) -> dict[Place, str]:
    """Return (place as text, answer) as answers; what names no place or is empty is left out."""
    return {
        place: text.strip() for written, text in texts if text.strip() and (place := Place.read(written)) is not None
    }
