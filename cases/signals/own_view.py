"""What the inspected unit reads of a suspicion: the sentence and its own passages, never those of others.

A passage may come from another unit, from somebody who complained or was asked, or from who reviews: only the signals
named here quote nothing but the unit's own papers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

_OWN: Final = frozenset(
    {
        "PR-04", "PR-06", "PR-07", "PR-08", "PR-09", "PR-10", "PR-11", "PR-14", "PR-16", "PR-17", "PR-19", "PR-20",
        "PR-21", "PR-25", "PR-27", "PR-28", "PR-30", "PR-31", "PR-32", "PR-35",
    }
)  # fmt: skip
PAIRED: Final = frozenset({"PR-02", "PR-04", "PR-05", "PR-23"})
"""Signals whose passages come in twos: one's own, then what it is like."""

_NAMED: Final = frozenset({"PR-01", "PR-03"})  # the passage is one's own, its place is not
ELSEWHERE: Final = "elsewhere"
"""Said instead of the numbers of other findings; a key of ``signal_why``."""


def own_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the sentence without the numbers of other findings."""
    return {
        name: ELSEWHERE if name == "findings" and isinstance(value, str) else value for name, value in facts.items()
    }


def own_quotes(signal: str, quotes: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the passages that are the unit's own."""
    if signal in _OWN:
        return [dict(quote) for quote in quotes]
    if signal in PAIRED:
        return [dict(quote) for quote in quotes[::2]]
    return [{"text": quote["text"], "place": ""} for quote in quotes] if signal in _NAMED else []
