"""Paper signals: hints that something was rectified on paper only. A signal is a lead for a person, never a verdict.

Each is one small pure function over one frozen snapshot with an as-of moment, the same in act, patrol and back-test.
Missing data never counts as evidence: a rule that cannot know says so. Parameters come from the decision table
``signal_parameters``; a signal that the table leaves out is switched off; a hit with the same fingerprint is the same
hit. Source: DOMAIN.md 3.4.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from cases.signals import evidence, history, logic, money, pace, people, process, reports, words
from cases.signals.snapshot import Answer, Found, Hit, ListSnapshot, Outcome, Parameters, Signal, Snapshot, Unsure

_FAMILIES = (evidence, history, logic, money, pace, people, process, reports, words)
SIGNALS: Final[Mapping[str, Signal]] = {
    s.id: s for s in sorted((s for family in _FAMILIES for s in family.SIGNALS), key=lambda s: s.id)
}


def look(snapshot: Snapshot | ListSnapshot, table: Mapping[str, Parameters]) -> Answer:
    """Return what the signals of *table* say about *snapshot*, in the order of their numbers."""
    hits: list[Hit] = []
    unsure: dict[str, Unsure] = {}
    for signal in SIGNALS.values():
        parameters = table.get(signal.id)
        outcome = _outcome(signal, snapshot, parameters) if parameters else None
        if isinstance(outcome, Unsure):
            unsure[signal.id] = outcome
        elif outcome and parameters:
            hits.append(_hit(signal, outcome, parameters))
    return Answer(tuple(hits), unsure)


def parameters(rows: Iterable[tuple[str, Mapping[str, object]]]) -> dict[str, Parameters]:
    """Return the decision table's rows, (signal, row) each, gathered by signal."""
    table: dict[str, Parameters] = {}
    for signal, row in rows:
        numbers = dict(table[signal].numbers) if signal in table else {}
        numbers[str(row["parameter"])] = int(str(row["value"]))
        table[signal] = Parameters(str(row["severity"]), str(row["action"]), numbers)
    return table


def _outcome(signal: Signal, snapshot: Snapshot | ListSnapshot, parameters: Parameters) -> Outcome:
    if isinstance(snapshot, ListSnapshot):
        return signal.list_rule(snapshot, parameters.numbers) if signal.list_rule else None
    return signal.rule(snapshot, parameters.numbers) if signal.rule else None


def _hit(signal: Signal, found: Found, parameters: Parameters) -> Hit:
    mark = hashlib.sha256("|".join([signal.id, *map(str, found.same)]).encode()).hexdigest()
    return Hit(signal.id, parameters.grave(found.severity), found.facts, found.quotes, mark, signal.version)
