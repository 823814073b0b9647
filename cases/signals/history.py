"""疑点·历史: the same thing was found again, or people complain about what was closed.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from collections.abc import Sequence
from typing import Final

from cases.moments import shanghai_date
from cases.signals.snapshot import Earlier, Found, Numbers, Outcome, Quote, Signal, Snapshot, Unsure

_DAYS_A_MONTH: Final = 30.44


def _recurrence(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-23 改而复发: the unit had the same thing found and closed not long ago."""
    found_on = seen.feedback_on or seen.issued_on
    if seen.earlier is None or found_on is None:
        return Unsure(("earlier",)) if seen.earlier is None else None
    days = numbers.get("months", 24) * _DAYS_A_MONTH
    least = numbers.get("similarity_percent", 60)
    again = [
        earlier
        for earlier in seen.earlier
        if 0 <= (found_on - earlier.closed_on).days <= days
        and (earlier.same_object or (earlier.category == seen.category and _is_the_same(earlier, least, numbers)))
    ]
    if not again:
        return None
    quotes = tuple(
        quote
        for earlier in again
        for quote in (
            Quote(earlier.ours.text or seen.title, seen.number),
            Quote(earlier.theirs.text, f"{earlier.number} {earlier.closed_on}"),
        )
    )
    facts: dict[str, str | int] = {
        "count": len(again),
        "findings": "、".join(sorted(earlier.number for earlier in again)),
        "percent": max(earlier.percent for earlier in again),
    }
    return Found(facts, sorted(earlier.number for earlier in again), quotes)


def _is_the_same(earlier: Earlier, least: int, numbers: Numbers) -> bool:
    """The same words, or half of them with the same figures: 「2份合同、3970元」 told anew."""
    told_anew = 2 * earlier.percent >= least and len(earlier.figures) >= numbers.get("same_figures", 2)
    return earlier.percent >= least or told_anew


def _complaint_after(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-24 销号后信访、媒体再曝光: somebody speaks of the same thing after it was signed off."""
    if seen.signed_off_at is None:
        return None
    if seen.complaints is None:
        return Unsure(("complaints",))
    closed = shanghai_date(seen.signed_off_at)
    least = numbers.get("similarity_percent", 50)
    later = [
        c
        for c in seen.complaints
        if c.on > closed and (c.same_object or c.percent >= least or _names_the_same(c.passages, numbers))
    ]
    if not later:
        return None
    quotes = tuple(Quote(complaint.text[:200], f"{complaint.source} {complaint.on}") for complaint in later)
    facts: dict[str, str | int] = {"count": len(later), "on": str(min(c.on for c in later)), "closed_on": str(closed)}
    return Found(facts, sorted(complaint.id for complaint in later), quotes)


def _names_the_same(passages: Sequence[str], numbers: Numbers) -> bool:
    """Whether a complaint names the thing and the place of the finding, or tells its story in the same words."""
    together = sum(map(len, passages))
    return together >= numbers.get("common_characters", 8) and (len(passages) >= 2 or together >= 12)


SIGNALS: Final = (
    Signal("PR-23", "RECURRENCE", _recurrence, version=2),
    Signal("PR-24", "POST_CLOSURE_COMPLAINT", _complaint_after, version=2),
)
