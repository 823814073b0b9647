"""A ledger as an office sends it -> findings as they were understood, beside what was written and where.

Pure: bytes in, values out. Each row ends in exactly one of four lists (imported, rejected, repeated, dropped);
what a person must look at is flagged beside that. Codes are said in the reader's language through the catalogues.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from cases.finding import Kind
from config.messages import say
from config.status_families import Claim, claim_of
from documents.layouts import Layout


@dataclass(frozen=True)
class Why:
    """A reason: *code* stands in the catalogues under ``intake.<code>``; *facts* fill its sentence."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def said(self, language: str = "zh") -> str:
        """Return the sentence."""
        return say(language, f"intake.{self.code}", **self.facts)


class Written(NamedTuple):
    """What stood in a cell, as it stood there; *row* counts from 1 as the sheet shows it, *column* is the heading."""

    text: str
    sheet: str
    row: int
    column: str


class WrittenRow(Mapping[str, Written]):
    """What stood in one row, by field; a ``Written`` is made when somebody asks, which few rows live to see."""

    __slots__ = ("_columns", "_row", "_sheet", "_sources", "_texts")

    def __init__(
        self,
        sheet: str,
        row: int,
        texts: Sequence[str],
        columns: Mapping[str, tuple[int, str]],
        sources: Mapping[int, int],
    ) -> None:
        """*columns*: place in *texts* and heading by field; *sources*: the row of a value merged down, by column."""
        self._sheet, self._row, self._texts, self._columns, self._sources = sheet, row, texts, columns, sources

    def parts(self) -> tuple[str, int, Sequence[str], Mapping[str, tuple[int, str]], Mapping[int, int]]:
        """Return what it was made of."""
        return self._sheet, self._row, self._texts, self._columns, self._sources

    def __getitem__(self, name: str) -> Written:
        column, heading = self._columns[name]
        if not self._texts[column]:
            raise KeyError(name)
        return Written(self._texts[column], self._sheet, self._sources.get(column, self._row), heading)

    def __iter__(self) -> Iterator[str]:
        return (name for name, (column, _) in self._columns.items() if self._texts[column])

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, kw_only=True)
class ReadFinding:
    """One finding as understood; texts are clean, ``written`` keeps what was there. None: not said, or asked."""

    sheet: str
    row: int
    seq: int | str | None  # 序号; where a ledger has none, the number
    title: str
    number: str | None = None
    aspect: str = ""
    category: str = ""
    detail: str = ""
    amount_yuan: Decimal | None = None
    headcount: int | None = None
    kind: Kind | None = None
    target: str = ""
    measures: tuple[str, ...] = ()
    responsible_leader: str = ""
    lead_org: str = ""
    responsible_org: str = ""
    responsible_person: str = ""
    phone: str = ""
    starts_on: date | None = None
    due_on: date | None = None
    due_text: str = ""
    progress: str = ""
    status: str = ""
    done_on: date | None = None
    result: str = ""
    recovered_yuan: Decimal | None = None
    person_actions: str = ""
    regulations: tuple[str, ...] = ()
    evidence_refs: tuple[str, ...] = ()
    unfinished_reason: str = ""
    next_steps: str = ""
    extensions: str = ""
    review_opinion: str = ""
    sign_off: str = ""
    remark: str = ""
    others: Mapping[str, str] = field(default_factory=dict)  # heading -> text of the columns that are none of ours
    written: Mapping[str, Written] = field(default_factory=dict)

    @property
    def claim(self) -> Claim | None:
        """What the ledger claims: 「已销号」 is history, 「已完成」 is yet to be verified; None: nothing known."""
        headings = {name: self.written[name].column for name in ("sign_off", "status") if name in self.written}
        claims = [claim_of(getattr(self, name), heading) for name, heading in headings.items()]
        return "historic_signed_off" if "historic_signed_off" in claims else next(filter(None, reversed(claims)), None)

    def as_json(self) -> dict[str, Any]:
        """Return what ``import --json`` prints of one finding."""
        return {
            "row": self.row,
            "seq": self.seq,
            "number": self.number,
            "aspect": self.aspect,
            "category": self.category,
            "title": self.title,
            "detail": self.detail,
            "amount_yuan": None if self.amount_yuan is None else str(self.amount_yuan),
            "headcount": self.headcount,
            "kind": self.kind,
            "measures": list(self.measures),
            "responsible_leader": self.responsible_leader,
            "lead_org": self.lead_org,
            "responsible_org": self.responsible_org,
            "responsible_person": self.responsible_person,
            "due_on": None if self.due_on is None else self.due_on.isoformat(),
            "due_text": self.due_text,
            "status": self.status,
        }


class Rejected(NamedTuple):
    """A row that is not imported, because of one value."""

    sheet: str
    row: int
    column: str
    value: str
    why: Why


class Flagged(NamedTuple):
    """A row that a person must look at."""

    sheet: str
    row: int
    column: str
    why: Why


class Duplicate(NamedTuple):
    """A row that says again what row *of* said."""

    sheet: str
    row: int
    of: int


class Note(NamedTuple):
    """Something about the whole file or a row that is no finding; *row* is None for the file or the sheet."""

    sheet: str
    row: int | None
    why: Why


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Everything that one file says, and everything that it leaves open."""

    unit: str | None = None
    feedback_on: date | None = None
    findings: tuple[ReadFinding, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    flagged: tuple[Flagged, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    mapping: Mapping[str, str | None] = field(default_factory=dict)  # heading as written -> field, None: none of ours
    notes: tuple[Note, ...] = ()
    stated: Mapping[str, Decimal] = field(default_factory=dict)  # numbers that a document states about all findings
    layouts: tuple[Layout, ...] = ()  # how its sheets looked; a document has none

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """Return what ``import --json`` prints."""
        return {
            "unit": self.unit,
            "feedback_on": None if self.feedback_on is None else self.feedback_on.isoformat(),
            "findings": [finding.as_json() for finding in self.findings],
            "rejected": [
                {"sheet": r.sheet, "row": r.row, "column": r.column, "value": r.value, "why": r.why.said(language)}
                for r in self.rejected
            ],
            "flagged": [{"row": f.row, "why": f.why.said(language)} for f in self.flagged],
            "duplicates": [{"row": d.row, "of": d.of} for d in self.duplicates],
        }
