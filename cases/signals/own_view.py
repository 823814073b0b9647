"""What the inspected unit reads of a suspicion: what is missing and what contradicts itself in its own papers.

How copies, dates, flows of money, visits and complaints are looked at is told to nobody who could write around it. Of
such a suspicion the unit reads nothing before it submits; where it is heard it is asked a question of fact.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

TOLD: Final = frozenset(
    {
        "PR-09", "PR-10", "PR-14", "PR-16", "PR-19", "PR-20", "PR-21", "PR-25", "PR-27", "PR-28", "PR-31", "PR-32",
        "PR-34",
    }
)  # fmt: skip
"""Signals that point to a gap or a contradiction in the unit's own papers; their passages are its own."""

QUESTIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("PR-01", "PR-02", "PR-03", "PR-04", "PR-05", "PR-06", "PR-30"), "origin"),
    **dict.fromkeys(("PR-07", "PR-08", "PR-17", "PR-18"), "course"),
    **dict.fromkeys(("PR-11", "PR-12", "PR-13"), "money"),
    **dict.fromkeys(("PR-15", "PR-22", "PR-26"), "people"),
    **dict.fromkeys(("PR-23", "PR-24", "PR-29", "PR-33", "PR-35", "PR-36"), "effect"),
}
"""All others -> the question of fact that the unit is asked instead; sentences: ``suspicion_question.*``."""

PAIRED: Final = frozenset({"PR-02", "PR-04", "PR-05", "PR-23"})
"""Signals whose passages come in twos: one's own, then what it is like. Read outside the unit alone."""

ELSEWHERE: Final = "elsewhere"
"""Said instead of the numbers of other findings; a key of ``signal_why``."""

NAMING: Final = frozenset({"signals", "signal", "verdicts"})
"""Facts of events that name signals, by code; the unit reads those that it is told of."""


def own_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the sentence without the numbers of other findings."""
    return {
        name: ELSEWHERE if name == "findings" and isinstance(value, str) else value for name, value in facts.items()
    }


def own_quotes(signal: str, quotes: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the passages of a signal that the unit is told of; of any other one none."""
    return [dict(quote) for quote in quotes] if signal in TOLD - {"PR-34"} else []


def own_naming(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of an event without the codes of signals that the unit is not told of."""
    return {name: _told_of(value) if name in NAMING else value for name, value in facts.items()}


def _told_of(named: Any) -> Any:
    if isinstance(named, Mapping):
        return {signal: value for signal, value in named.items() if signal in TOLD}
    if isinstance(named, str):
        return named if named in TOLD else ""
    return [signal for signal in named if signal in TOLD]


def questions_of(signals: Sequence[str]) -> list[str]:
    """Return the questions of fact that stand for *signals*, each once, in their order."""
    return list(dict.fromkeys(QUESTIONS[signal] for signal in signals if signal in QUESTIONS))
