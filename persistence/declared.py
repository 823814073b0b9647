"""What the ledger proves of each table: every table says so here, and a test asks each of them.

*Proved*: each row carries a keyed digest in the sum of its scope (`persistence.rows`), and the ledger states the sum.
*Derived*: can be made again from proved tables. *Volatile*: goes on without events; its loss changes no record.
*Chained*: the ledger itself, which has hashes of its own. A new table is written down here in the same commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Integer, Table, and_, false, func, or_, true

from persistence.tables import metadata

OFFICE_SCOPE = "case/1"


@dataclass(frozen=True)
class Within:
    """In whose sum a row is: that of *kind* and the first of *columns* that is filled, else that of the office."""

    kind: str
    columns: tuple[str, ...]

    def __call__(self, row: Mapping[str, Any]) -> str:
        """Return the scope of *row*."""
        return next((f"{self.kind}/{row[name]}" for name in self.columns if row[name] is not None), OFFICE_SCOPE)

    def condition(self, table: Table, scope: str) -> ColumnElement[bool]:
        """Return by which condition the rows of *scope* are found."""
        columns = [table.c[name] for name in self.columns]
        kind, _, name = scope.partition("/")
        found: ColumnElement[bool] = false()
        if kind == self.kind:
            is_number = isinstance(columns[0].type, Integer)
            if is_number and not name.lstrip("-").isdecimal():
                return false()  # somebody wrote a word where a number belongs: no row of ours is in such a scope
            value = int(name) if is_number else name
            found = func.coalesce(*columns) == value if len(columns) > 1 else columns[0] == value
        if scope == OFFICE_SCOPE:
            found = or_(found, and_(true(), *(column.is_(None) for column in columns)))
        return found


@dataclass(frozen=True)
class WithinSubject:
    """In the sum of what a notice speaks of: a finding's case, or a unit."""

    def __call__(self, row: Mapping[str, Any]) -> str:
        """Return the scope of *row*."""
        return f"{_KIND_OF_SUBJECT.get(row['kind'], row['kind'])}/{row['subject']}"

    def condition(self, table: Table, scope: str) -> ColumnElement[bool]:
        """Return by which condition the rows of *scope* are found."""
        kind, _, subject = scope.partition("/")
        if not subject.isdigit():
            return false()
        meant = [kind, *(word for word, scoped in _KIND_OF_SUBJECT.items() if scoped == kind)]
        return and_(table.c.kind.in_(meant), table.c.subject == int(subject))


_KIND_OF_SUBJECT = {"finding": "case"}
ScopeOf = Within | WithinSubject


@dataclass(frozen=True)
class Proved:
    """Rows that carry a digest; *scope* says in whose sum, *uncovered* which columns are not in it, and why."""

    scope: ScopeOf
    uncovered: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, str] | None = None  # column and value of rows that are not proved
    why_left_out: str = ""
    key: Sequence[str] = ()  # of a table without a primary key


@dataclass(frozen=True)
class Derived:
    """Rows that can be made again, *out_of* what."""

    out_of: str


@dataclass(frozen=True)
class Volatile:
    """Rows that no event speaks of, and *because* of what."""

    because: str


@dataclass(frozen=True)
class Chained:
    """The ledger and what seals it, and *by* what."""

    by: str


Declaration = Proved | Derived | Volatile | Chained


def within(kind: str, *columns: str) -> Within:
    """Return the scope of rows that belong to *kind*."""
    return Within(kind, columns)


_office = Within("", ())
_of_finding = Proved(within("case", "finding_id"))
_of_case = Proved(within("case", "case_id"))
_of_list = Proved(within("case", "list_id"))
_of_unit = Proved(within("unit", "unit_id"))
_of_person = Proved(within("person", "person_id"))
_of_account = Proved(within("account", "account_id"))
_of_meeting = Proved(within("meeting", "meeting_id"))
_COUNTED_AT_THE_DOOR = "counted at the door, without an act"
_DELIVERY = "where the letter stands on its way; the mail server says so, not an act"

DECLARED: Mapping[str, Declaration] = {
    # units, posts, people
    "units": Proved(within("unit", "id")),
    "unit_names": _of_unit,
    "posts": _of_unit,
    "people": Proved(within("person", "id"), {"language": "a habit of reading, changed on any page"}),
    "tenures": _of_person,
    "grants": _of_person,
    "recusals": _of_person,
    "accounts": Proved(
        within("account", "id"), {"failures": _COUNTED_AT_THE_DOOR, "locked_until": _COUNTED_AT_THE_DOOR}
    ),
    "past_passwords": _of_account,
    "api_tokens": _of_account,
    "one_time_links": _of_account,
    "sessions": Volatile("who is signed in now: begins and ends at the door"),
    # cases
    "cases": Proved(
        within("case", "id"),
        {
            "version": "follows the ledger",
            "ledger_seq": "under the MAC of the head",
            "ledger_head": "under the MAC of the head",
            "head_mac": "the MAC of the head",
            "changed_at": "said again from the last event",
            "changed_by": "said again from the last event",
            "changed_act": "said again from the last event",
        },
    ),
    "rounds": Proved(_office),
    "issue_lists": Proved(within("case", "id")),
    "findings": Proved(within("case", "id")),
    "roles": Proved(_office),
    "counters": Derived("the numbers that were given"),
    "criteria": _of_finding,
    "measures": _of_finding,
    "milestones": _of_finding,
    "cycles": Proved(within("case", "finding_id"), key=("finding_id", "cycle")),
    "progress_reports": _of_finding,
    "submissions": _of_finding,
    "blobs": Derived("the file, which bears its hash as its name"),
    "evidence": _of_finding,
    "evidence_texts": Derived("the files of evidence, read once more"),
    "evidence_facts": Derived("the files of evidence, read once more"),
    "waivers": _of_finding,
    "reviews": _of_case,
    "look_backs": _of_finding,
    "corrections": _of_finding,
    "finding_links": Proved(within("case", "from_id")),
    "transfers": _of_finding,
    "extensions": _of_finding,
    "receipts": _of_case,
    "papers": _of_case,
    "ledger_layouts": _of_list,
    "paper_templates": Proved(_office),
    # decisions
    "meetings": Proved(within("meeting", "id")),
    "meeting_seats": _of_meeting,
    "meeting_items": _of_meeting,
    "meeting_votes": _of_meeting,
    "decisions": Proved(within("decision", "id")),
    "decision_items": Proved(within("decision", "decision_id")),
    "decision_openings": Volatile("who looked at a scan: noted by the page that shows it"),
    "paper_receipts": _of_case,
    # how files are read
    "column_mappings": _of_unit,
    "aliases": _of_unit,
    "readings": _of_finding,
    "intakes": _of_list,
    # diagrams and running cases
    "releases": Proved(within("release", "id")),
    "release_files": Proved(within("release", "release_id")),
    "instances": _of_case,
    "open_tasks": Derived("the sealed state of the processes"),
    "messages": Proved(
        within("case", "case_id"),
        {"taken_at": "the case that heard it says so in its ledger", "failures": "tries, counted without an act"},
        ("name", "evidence_read"),
        "told by the reader of evidence, which does no act; who hears it only looks",
    ),
    "drafts": Volatile("what somebody is typing"),
    # the ledger
    "ledger": Chained("the hash chain of each case and the signed log"),
    "checkpoints": Chained("a signature each, and the roots before"),
    "row_sums": Chained("a MAC each, and the events that state them"),
    "idempotency": Volatile("answers kept for whoever asks twice"),
    # letters
    "outbox": Proved(
        within("case", "case_id"),
        dict.fromkeys(
            ("address", "language", "state", "attempts", "next_at", "claimed_until", "last_answer", "sent_at"),
            _DELIVERY,
        )
        | {"read_at": "noted when the person opens it"},
        ("letter", "digest"),
        "folded out of letters that were owed before",
    ),
    "notices": Proved(WithinSubject()),
    # paper rectification
    "signal_hits": Proved(within("case", "finding_id", "list_id")),
    "signal_replies": Proved(within("signal", "hit_id")),
    "signal_hints": _of_finding,
    "suspicions": _of_case,
    "back_tests": Volatile("a question about the past that can be asked again"),
    "register_entries": Proved(within("case", "finding_id", "list_id")),
    "page_views": Volatile("how long a page was open, as the browser tells"),
    "file_openings": Volatile("who looked at a file: noted by the page that shows it"),
    "sketches": Derived("measures and the texts of evidence"),
    "bands": Derived("sketches"),
    "samples": Proved(within("case", "id")),
    "sampled": Proved(within("case", "sample_id")),
    # clocks and settings
    "calendar_days": Proved(_office),
    "settings": Proved(
        _office,
        left_out=("name", "outbox.frozen"),
        why_left_out="a restore stops the letters before the office is open",
    ),
    "failures": Volatile("what could not be done yet and is tried again; what was done stands in the ledger"),
    "leases": Volatile("who works on what just now"),
    "patrol_runs": Volatile("when a patrol ran; what it did stands in the ledger"),
    "timekeeping": Volatile("who keeps the timetable just now, and by which name Prefect knows the house"),
}

PROVED: Mapping[str, Proved] = {name: one for name, one in DECLARED.items() if isinstance(one, Proved)}


def proved_tables() -> list[Table]:
    """Return every proved table, those first that others point to."""
    return [table for table in metadata.sorted_tables if table.name in PROVED]
