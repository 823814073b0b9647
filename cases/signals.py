"""Paper signals: hints that something was rectified on paper only. A signal is a lead for a person, never a verdict.

Each is one small pure function over one frozen snapshot with an as-of moment, the same in act, patrol and back-test.
Missing data never counts as evidence: where a signal cannot know, it is silent. Parameters come from the decision table
``signal_parameters``; a hit with the same fingerprint is the same hit. Source: DOMAIN.md 3.4.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from cases.comments import has_substance
from cases.evidence import RESULT, EvidenceKind
from cases.moments import shanghai_date

RULE_VERSION: Final = 1  # raise it with every change of a rule: hits keep the version that made them

_SHARED: Final = frozenset({EvidenceKind.MEETING_MINUTES, EvidenceKind.REGULATION, EvidenceKind.PLAN})
"""Kinds that several findings may honestly share, when each names its own page or clause."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same file (by content) in the dossier of another finding."""

    finding_id: int
    number: str
    unit_id: int
    locator: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A piece of evidence of this cycle; *effective_on* is the date that the document itself states, if known."""

    id: int
    sha256: str
    filename: str
    kind: EvidenceKind
    purpose: str
    effective_on: date | None = None
    locator: str = ""
    elsewhere: tuple[Elsewhere, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A measure of the plan, and what the last submission says was done about it."""

    seq: int
    text: str
    done: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict that let the submission pass; *in_a_row* is how many the same person gave in the minutes around it."""

    id: int
    act: str
    person: str
    comment: str
    in_a_row: int = 1


@dataclass(frozen=True, slots=True)
class Visit:
    """A look-back that was confirmed."""

    id: int
    inspectors: int
    from_outside: bool
    place: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the signals read of a finding in its present cycle, as of a moment."""

    finding_id: int
    number: str
    unit_id: int
    kind: str  # cases.finding.Kind
    as_of: datetime
    feedback_on: date | None = None
    issued_on: date | None = None
    due_on: date | None = None
    overdue_since: date | None = None
    submitted_at: datetime | None = None
    last_progress_on: date | None = None
    extensions: int = 0  # approved in this cycle
    measures: tuple[Planned, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    visits: tuple[Visit, ...] = ()

    @property
    def today(self) -> date:
        """The day of the snapshot in Shanghai."""
        return shanghai_date(self.as_of)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The rows of one signal: how grave, what follows, and its numbers by name."""

    severity: str
    action: str
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage that a person can look up: what it says, and where it stands."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal that fired; *facts* fill in the sentence ``signal.<signal>``."""

    signal: str
    severity: str
    facts: Mapping[str, str | int]
    quotes: tuple[Quote, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What a rule found; *same* is what makes it the same find the next time."""

    facts: Mapping[str, str | int]
    same: Iterable[object]
    quotes: tuple[Quote, ...] = field(default=())


Rule = Callable[[Snapshot, Mapping[str, int]], _Found | None]


def hits(snapshot: Snapshot, table: Mapping[str, Parameters]) -> tuple[Hit, ...]:
    """Return what the signals of *table* say about *snapshot*, in the order of their numbers.

    A signal that the table leaves out is switched off.
    """
    fired = []
    for signal, rule in RULES.items():
        parameters = table.get(signal)
        found = rule(snapshot, parameters.numbers) if parameters else None
        if parameters and found:
            mark = hashlib.sha256("|".join([signal, *map(str, found.same)]).encode()).hexdigest()
            fired.append(Hit(signal, parameters.severity, found.facts, found.quotes, mark))
    return tuple(fired)


def parameters(rows: Iterable[tuple[str, Mapping[str, object]]]) -> dict[str, Parameters]:
    """Return the decision table's rows, (signal, row) each, gathered by signal."""
    table: dict[str, Parameters] = {}
    for signal, row in rows:
        numbers = dict(table[signal].numbers) if signal in table else {}
        numbers[str(row["parameter"])] = int(str(row["value"]))
        table[signal] = Parameters(str(row["severity"]), str(row["action"]), numbers)
    return table


# --- the rules ------------------------------------------------------------------------------------------------------


def _evidence_reused(seen: Snapshot, numbers: Mapping[str, int]) -> _Found | None:
    """PR-01 同一佐证跨问题复用: the same file proves several findings."""
    reused = [exhibit for exhibit in seen.exhibits if len(_others(exhibit)) >= numbers.get("most_findings", 1)]
    if not reused:
        return None
    quotes = tuple(Quote(exhibit.filename, "、".join(_others(exhibit))) for exhibit in reused)
    places = {number for exhibit in reused for number in _others(exhibit)}
    facts: dict[str, str | int] = {"count": len(reused), "files": _names(reused), "findings": "、".join(sorted(places))}
    return _Found(facts, sorted((exhibit.sha256, *_others(exhibit)) for exhibit in reused), quotes)


def _others(exhibit: Exhibit) -> list[str]:
    """Return the findings that use the same file, but those that name a page of their own of a shared document."""
    if exhibit.kind in _SHARED and exhibit.locator:
        return sorted({o.number for o in exhibit.elsewhere if o.locator in ("", exhibit.locator)})
    return sorted({other.number for other in exhibit.elsewhere})


def _predates_feedback(seen: Snapshot, numbers: Mapping[str, int]) -> _Found | None:
    """PR-07 佐证早于反馈: a document of before the feedback is no action taken after it.

    The state before (BASELINE) may be old, and what was put right on the spot (边巡边改) may be.
    """
    if seen.feedback_on is None or seen.kind == "IMMEDIATE":
        return None
    grace = numbers.get("grace_days", 0)
    early = [
        exhibit
        for exhibit in seen.exhibits
        if exhibit.purpose != "BASELINE"
        and exhibit.effective_on is not None
        and (seen.feedback_on - exhibit.effective_on).days > grace
    ]
    if not early:
        return None
    quotes = tuple(Quote(str(exhibit.effective_on), exhibit.filename) for exhibit in early)
    facts: dict[str, str | int] = {"count": len(early), "files": _names(early), "feedback_on": str(seen.feedback_on)}
    return _Found(facts, sorted((exhibit.sha256, str(exhibit.effective_on)) for exhibit in early), quotes)


def _process_only(seen: Snapshot, numbers: Mapping[str, int]) -> _Found | None:
    """PR-09 只有过程性证据: meetings, notices and rules, and nothing that shows a result."""
    results = [exhibit for exhibit in seen.exhibits if exhibit.kind in RESULT]
    if seen.submitted_at is None or not seen.exhibits or len(results) >= numbers.get("least_results", 1):
        return None
    quotes = tuple(Quote(exhibit.filename, str(exhibit.kind)) for exhibit in seen.exhibits)
    facts: dict[str, str | int] = {"count": len(seen.exhibits), "files": _names(seen.exhibits)}
    return _Found(facts, sorted((exhibit.sha256, str(exhibit.kind)) for exhibit in seen.exhibits), quotes)


def _stale(seen: Snapshot, numbers: Mapping[str, int]) -> _Found | None:
    """PR-16 久拖不决、反复延期: extended again and again, long overdue, or silent for long."""
    overdue = (seen.today - seen.due_on).days if seen.overdue_since and seen.due_on else 0
    last = seen.last_progress_on or seen.issued_on
    silent = (seen.today - last).days if last and seen.submitted_at is None else 0
    window = (seen.due_on - seen.issued_on).days if seen.due_on and seen.issued_on else 0
    longest = max(numbers.get("silent_days", 30), window * numbers.get("silent_percent", 25) // 100)
    reasons = {
        "extensions": seen.extensions >= numbers.get("extensions", 2),
        "overdue": overdue > numbers.get("days_overdue", 30),
        "silent": silent > longest,
    }
    if not any(reasons.values()):
        return None
    facts: dict[str, str | int] = {"extensions": seen.extensions, "overdue": max(overdue, 0), "silent": silent}
    return _Found(facts, [*(name for name, holds in reasons.items() if holds), seen.due_on])


def _measures_uncovered(seen: Snapshot, numbers: Mapping[str, int]) -> _Found | None:
    """PR-20 措施未全部落实: submitted while a measure of the plan has no word about its completion."""
    open_ones = [measure for measure in seen.measures if not measure.done.strip()]
    if seen.submitted_at is None or len(open_ones) <= numbers.get("uncovered_measures", 0):
        return None
    quotes = tuple(Quote(measure.text, str(measure.seq)) for measure in open_ones)
    facts: dict[str, str | int] = {
        "count": len(open_ones),
        "measures": "、".join(str(measure.seq) for measure in open_ones),
    }
    return _Found(facts, [measure.seq for measure in open_ones], quotes)


def _rubber_stamp(seen: Snapshot, numbers: Mapping[str, int]) -> _Found | None:
    """PR-22 一签了之: an opinion of no substance, or one of many in a few minutes."""
    most = numbers.get("approvals", 10)
    hasty = [o for o in seen.opinions if o.in_a_row >= most or not has_substance(o.comment)]
    if not hasty:
        return None
    quotes = tuple(Quote(opinion.comment, opinion.person) for opinion in hasty)
    facts: dict[str, str | int] = {"count": len(hasty), "in_a_row": max(opinion.in_a_row for opinion in hasty)}
    return _Found(facts, [opinion.id for opinion in hasty], quotes)


def _not_on_site(seen: Snapshot, numbers: Mapping[str, int]) -> _Found | None:
    """PR-26 未现场核查、自查自验: looked back on by too few, by the unit's own people, or nowhere."""
    least = numbers.get("least_inspectors", 2)
    poor = [v for v in seen.visits if v.inspectors < least or not v.from_outside or not v.place.strip()]
    if not poor:
        return None
    facts: dict[str, str | int] = {"count": len(poor), "least": least}
    return _Found(
        facts, [visit.id for visit in poor], tuple(Quote(visit.place or "—", str(visit.id)) for visit in poor)
    )


def _names(exhibits: Iterable[Exhibit]) -> str:
    return "、".join(f"《{exhibit.filename}》" for exhibit in exhibits)


RULES: Final[Mapping[str, Rule]] = {
    "PR-01": _evidence_reused,
    "PR-07": _predates_feedback,
    "PR-09": _process_only,
    "PR-16": _stale,
    "PR-20": _measures_uncovered,
    "PR-22": _rubber_stamp,
    "PR-26": _not_on_site,
}
