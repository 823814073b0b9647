"""疑点·时间: too late, too fast, all at once.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

from typing import Final

from cases.signals.snapshot import Found, Numbers, Outcome, Signal, Snapshot


def _stale(seen: Snapshot, numbers: Numbers) -> Outcome:
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
    return Found(facts, [*(name for name, holds in reasons.items() if holds), seen.due_on])


SIGNALS: Final = (Signal("PR-16", "STALE_OR_SERIAL_EXTENSION", _stale),)
