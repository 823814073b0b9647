"""How suspect a finding is as a whole: a number that only routes it; what blocks a sign-off are undecided hits.

Source: DOMAIN.md 3.4 (scoring), decision tables ``signal_weights`` and ``signal_routing``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cases.signals.snapshot import SEVERITIES

MOST: Final = 100
SUPERSEDED: Final = "superseded"
"""No person's decision: a later hit of the same signal says more, and that one is decided."""

CLEARED: Final = frozenset({"explained", "insufficient", SUPERSEDED})
"""Decisions after which a hit counts no more."""


@dataclass(frozen=True, slots=True)
class Route:
    """What the score leads to; the names are those of the decision table."""

    score: int
    route: str  # green, yellow, red
    second_reader: bool
    on_site: bool
    tell_leader: bool


def score_of(raised: Iterable[tuple[str, str, str | None]], weights: Mapping[str, int]) -> tuple[int, str]:
    """Return (score, gravest severity) of the hits of a cycle, each (signal, severity, decision).

    A signal counts once, at its gravest; what a person explained or dropped does not count.
    """
    gravest: dict[str, str] = {}
    for signal, severity, decision in raised:
        if decision not in CLEARED:
            gravest[signal] = max(severity, gravest.get(signal, SEVERITIES[0]), key=SEVERITIES.index)
    total = min(sum(weights[severity] for severity in gravest.values()), MOST)
    return total, max(gravest.values(), key=SEVERITIES.index, default=SEVERITIES[0])
