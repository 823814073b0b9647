"""疑点·佐证: what the evidence itself shows.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from collections.abc import Iterable
from typing import Final

from cases.evidence import RESULT, EvidenceKind
from cases.signals.snapshot import Exhibit, Found, Numbers, Outcome, Quote, Signal, Snapshot

_SHARED: Final = frozenset({EvidenceKind.MEETING_MINUTES, EvidenceKind.REGULATION, EvidenceKind.PLAN})
"""Kinds that several findings may honestly share, when each names its own page or clause."""


def _evidence_reused(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-01 同一佐证跨问题复用: the same file proves several findings."""
    reused = [exhibit for exhibit in seen.exhibits if len(_others(exhibit)) >= numbers.get("most_findings", 1)]
    if not reused:
        return None
    quotes = tuple(Quote(exhibit.filename, "、".join(_others(exhibit))) for exhibit in reused)
    places = {number for exhibit in reused for number in _others(exhibit)}
    facts: dict[str, str | int] = {"count": len(reused), "files": _names(reused), "findings": "、".join(sorted(places))}
    return Found(facts, sorted((exhibit.sha256, *_others(exhibit)) for exhibit in reused), quotes)


def _others(exhibit: Exhibit) -> list[str]:
    """Return the findings that use the same file, but those that name a page of their own of a shared document."""
    if exhibit.kind in _SHARED and exhibit.locator:
        return sorted({o.number for o in exhibit.elsewhere if o.locator in ("", exhibit.locator)})
    return sorted({other.number for other in exhibit.elsewhere})


def _predates_feedback(seen: Snapshot, numbers: Numbers) -> Outcome:
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
    return Found(facts, sorted((exhibit.sha256, str(exhibit.effective_on)) for exhibit in early), quotes)


def _process_only(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-09 只有过程性证据: meetings, notices and rules, and nothing that shows a result."""
    results = [exhibit for exhibit in seen.exhibits if exhibit.kind in RESULT]
    if seen.submitted_at is None or not seen.exhibits or len(results) >= numbers.get("least_results", 1):
        return None
    quotes = tuple(Quote(exhibit.filename, str(exhibit.kind)) for exhibit in seen.exhibits)
    facts: dict[str, str | int] = {"count": len(seen.exhibits), "files": _names(seen.exhibits)}
    return Found(facts, sorted((exhibit.sha256, str(exhibit.kind)) for exhibit in seen.exhibits), quotes)


def _names(exhibits: Iterable[Exhibit]) -> str:
    return "、".join(f"《{exhibit.filename}》" for exhibit in exhibits)


SIGNALS: Final = (
    Signal("PR-01", "EVIDENCE_REUSED", _evidence_reused),
    Signal("PR-07", "EVIDENCE_PREDATES_FEEDBACK", _predates_feedback),
    Signal("PR-09", "PROCESS_ONLY_EVIDENCE", _process_only),
)
