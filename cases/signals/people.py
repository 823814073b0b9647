"""疑点·人员: nobody was held to account, or what was done about somebody was undone.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from calendar import monthrange
from datetime import date
from typing import Final

from cases.evidence import EvidenceKind
from cases.signals.snapshot import Found, Numbers, Outcome, PersonAction, Quote, Signal, Snapshot, Unsure
from cases.wording import ACCOUNTABLE

_RISEN: Final = frozenset({"promoted", "reappointed"})
_WEIGHTY: Final = frozenset({"organisational", "dismissal", "sanction"})


def _no_accountability(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-14 只对事不对人: a breach was put right and nobody was spoken to, and nobody decided that nobody need be."""
    if not seen.submitted or not ACCOUNTABLE.search(seen.category or seen.title):
        return None
    if any(waiver.what == "accountability" for waiver in seen.waivers):
        return None
    if any(exhibit.kind is EvidenceKind.SANCTION for exhibit in seen.exhibits):
        return None
    if seen.person_actions is None:
        return Unsure(("person_actions",))
    if len(seen.person_actions) >= numbers.get("least_actions", 1):
        return None
    return Found({"category": seen.category or seen.title[:20]}, [seen.category], (Quote(seen.title, seen.number),))


def _sanction_undone(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-15 处理落空: somebody who was removed or sanctioned was appointed while it should have had effect."""
    if not seen.person_actions:
        return None
    if seen.appointments is None:
        return Unsure(("appointments",))
    months = numbers.get("months", 12)
    undone = [
        (action, appointed)
        for action in seen.person_actions
        if action.kind in _WEIGHTY
        for appointed in seen.appointments
        if appointed.person == action.person and appointed.kind in _RISEN
        if action.on < appointed.on <= _effect_until(action, months)
    ]
    if not undone:
        return None
    quotes = tuple(
        quote
        for action, appointed in undone
        for quote in (
            Quote(f"{action.person} {action.kind}", str(action.on)),
            Quote(appointed.title, str(appointed.on)),
        )
    )
    facts: dict[str, str | int] = {
        "count": len(undone),
        "persons": "、".join(sorted({action.person for action, _ in undone})),
        "days": min((appointed.on - action.on).days for action, appointed in undone),
    }
    return Found(facts, sorted((action.id, appointed.id) for action, appointed in undone), quotes)


def _effect_until(action: PersonAction, months: int) -> date:
    year, month = divmod(action.on.month - 1 + months, 12)
    year, month = action.on.year + year, month + 1
    default = date(year, month, min(action.on.day, monthrange(year, month)[1]))
    return max(default, action.until) if action.until else default


SIGNALS: Final = (
    Signal("PR-14", "NO_ACCOUNTABILITY", _no_accountability),
    Signal("PR-15", "SANCTION_UNDONE", _sanction_undone),
)
