"""疑点规则: the three decision tables of the signals as one value, and their thresholds as settings with names.

``PR-17.project_days``, ``PR-17.severity``, ``weight.HIGH``, ``route.yellow`` (the score from which it is taken). What
is changed by name is written into the files of the tables; it takes effect with a release that two people published.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from bpmn.decision_cells import Place, with_cells
from bpmn.decisions import DecisionTable, evaluate, read_decision
from bpmn.engine import Engine
from bpmn.release import Release, shipped
from cases.refusals import FormIncomplete
from cases.signals import SIGNALS, parameters
from cases.signals.score import Route, score_of
from cases.signals.snapshot import SEVERITIES, Parameters
from persistence.snapshots.course import LEAST_EARLIER
from persistence.snapshots.dossier import LEAST_MEASURE, LEAST_TEXT, MOST_BITS

FILES: Final = tuple(f"decisions/signal_{name}.dmn" for name in ("parameters", "weights", "routing"))
EVIDENCE: Final = "signal_evidence"  # which signals have shown that they may stand in the way of a sign-off
EVIDENCE_FILE: Final = f"decisions/{EVIDENCE}.dmn"
_AT_LEAST: Final = re.compile(r">=\s*(\d+)\Z")
_LARGEST: Final = 1_000_000
_SEEN: Final[Mapping[str, tuple[int, int]]] = {
    "PR-02.similarity_percent": (LEAST_TEXT, 100),
    "PR-02.medium_percent": (LEAST_TEXT, 100),
    "PR-03.near_bits": (0, MOST_BITS),
    "PR-03.pair_bits": (0, MOST_BITS),
    "PR-05.similarity_percent": (LEAST_MEASURE, 100),
    "PR-23.similarity_percent": (LEAST_EARLIER, 100),
}
"""What is less alike than this is not even compared: a threshold beyond it would change nothing."""


@dataclass(frozen=True)
class RuleTables:
    """What the rules are asked with, and where their hits lead."""

    parameters: Mapping[str, Parameters]
    weights: Mapping[str, int]
    routing: DecisionTable

    def route(self, raised: Iterable[tuple[str, str, str | None]]) -> Route:
        """Return where the hits of a cycle lead, each (signal, severity, decision)."""
        score, gravest = score_of(raised, self.weights)
        row = evaluate(self.routing, {"score": score, "gravest": gravest})
        assert isinstance(row, dict), "the routing answers once"
        return Route(
            score, str(row["route"]), bool(row["second_reader"]), bool(row["on_site"]), bool(row["tell_leader"])
        )


def tables_of(decisions: Mapping[str, DecisionTable]) -> RuleTables:
    """Return the tables of a release, given its decisions by name.

    A release of before that brings no evidence is held against the one that is shipped.
    """
    rows = [(signal, row) for signal in SIGNALS for row in _rows(decisions["signal_parameters"], signal=signal)]
    shown = decisions.get(EVIDENCE) or _shipped_evidence()
    judged = {signal: replace(one, may_block=_may_block(shown, signal)) for signal, one in parameters(rows).items()}
    weights = {grade: _weight(decisions["signal_weights"], grade) for grade in SEVERITIES}
    return RuleTables(judged, weights, decisions["signal_routing"])


def _may_block(shown: DecisionTable, signal: str) -> bool:
    """Whether a signal was right in as large a share of its hits as its row asks for; without any it was not."""
    row: Any = evaluate(shown, {"signal": signal})
    right, wrong = int(row["raised_right"]), int(row["raised_false"])
    return right > 0 and right * 100 >= int(row["least_percent"]) * (right + wrong)


@lru_cache(maxsize=1)
def _shipped_evidence() -> DecisionTable:
    return read_decision(EVIDENCE_FILE, shipped()[EVIDENCE_FILE])


@lru_cache(maxsize=8)  # releases that are played now; a night asks for each finding
def tables_with(engine: Engine) -> RuleTables:
    """Return the tables of the release that *engine* plays, read once."""
    return tables_of(engine.decisions)


def tables_in(release: Release) -> RuleTables:
    """Return the tables that stand in the files of *release*, in force or not. Raises DiagramRefused."""
    files = (*FILES, *((EVIDENCE_FILE,) if EVIDENCE_FILE in release.files else ()))
    return tables_of({file[10:-4]: read_decision(file, release[file]) for file in files})


def _rows(table: DecisionTable, **facts: str) -> list[dict[str, Any]]:
    answer = evaluate(table, dict(facts))
    assert isinstance(answer, list), f"{table.id} collects"
    return [dict(row) for row in answer]


def _weight(table: DecisionTable, grade: str) -> int:
    row: Any = evaluate(table, {"severity": grade})
    return int(row["weight"])


# --- settings by name -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that may be changed, and the cells of *file* in which it stands.

    *least* and *most* bound a number; a severity has *choices*.
    """

    name: str
    value: str
    file: str
    cells: tuple[Place, ...]
    note: str = ""
    least: int = 0
    most: int = _LARGEST
    choices: Sequence[str] = ()
    pattern: str = "{}"  # how the value is written into its cells

    @property
    def is_switch(self) -> bool:
        """Whether it is on (1) or off (0)."""
        return self.most == 1

    def read(self, written: str) -> str:
        """Return the value that somebody wrote. Raises FormIncomplete, by the name of the setting."""
        written = written.strip()
        if self.choices:
            if written not in self.choices:
                raise FormIncomplete({self.name: "not_a_choice"})
            return written
        if not re.fullmatch(r"\d{1,7}", written):
            raise FormIncomplete({self.name: "not_whole"})
        number = int(written)
        if not self.least <= number <= self.most:
            raise FormIncomplete({self.name: "too_small" if number < self.least else "too_large"})
        return str(number)


def settings_of(release: Release) -> dict[str, Setting]:
    """Return every setting of the tables in *release* by name, in their order. Raises DiagramRefused."""
    parameters_file, weights_file, routing_file = FILES
    found = [
        *_parameters(read_decision(parameters_file, release[parameters_file])),
        *_weights(read_decision(weights_file, release[weights_file])),
        *_routes(read_decision(routing_file, release[routing_file])),
    ]
    return {setting.name: setting for setting in found}


def edited(release: Release, changes: Mapping[str, str]) -> Release:
    """Return *release* with its tables changed as *changes* (name of a setting -> new value) say.

    Raises FormIncomplete for a name that is none or a value that cannot be, CellNotWritten.
    """
    known = settings_of(release)
    cells: dict[str, dict[Place, str]] = {}
    for name, written in changes.items():
        if name not in known:
            raise FormIncomplete({name: "not_a_choice"})
        setting = known[name]
        text = setting.pattern.format(setting.read(str(written)))
        cells.setdefault(setting.file, {}).update(dict.fromkeys(setting.cells, text))
    return release.with_files({file: with_cells(file, release[file], texts) for file, texts in cells.items()})


def differing(release: Release, written: Mapping[str, str]) -> dict[str, str]:
    """Return of what was *written* only what changes something. Raises FormIncomplete."""
    wrong: dict[str, str] = {}
    changed: dict[str, str] = {}
    for name, setting in settings_of(release).items():
        if name not in written:
            continue
        try:
            value = setting.read(written[name])
        except FormIncomplete as refusal:
            wrong |= refusal.errors
            continue
        if value != setting.value:
            changed[name] = value
    wrong |= dict.fromkeys(set(written) - set(settings_of(release)), "not_a_choice")
    if wrong:
        raise FormIncomplete(wrong)
    return changed


def _parameters(table: DecisionTable) -> Iterable[Setting]:
    column = {output.name: number for number, output in enumerate(table.outputs)}
    begun: set[str] = set()
    for number, row in enumerate(table.rows):
        signal = _plain(row.conditions[0].text)
        if signal not in begun:
            yield _severity(table, signal, column["severity"])
        begun.add(signal)
        name = f"{signal}.{_plain(row.results[column['parameter']].text)}"
        value = row.results[column["value"]].text
        least, most = _SEEN.get(name, (0, 1 if _is_switch(name) else _LARGEST))
        yield Setting(name, value, table.file, ((number, 1 + column["value"]),), row.note, least, most)


def _severity(table: DecisionTable, signal: str, column: int) -> Setting:
    rows = [number for number, row in enumerate(table.rows) if _plain(row.conditions[0].text) == signal]
    value = _plain(table.rows[rows[0]].results[column].text)
    places = tuple((number, 1 + column) for number in rows)
    return Setting(f"{signal}.severity", value, table.file, places, choices=SEVERITIES, pattern='"{}"')


def _is_switch(name: str) -> bool:
    signal, _, parameter = name.partition(".")
    exempts = parameter.startswith("exempt_") and not parameter.endswith("_percent")
    return exempts or (signal == "PR-11" and "_to_" in parameter)


def _weights(table: DecisionTable) -> Iterable[Setting]:
    for number, row in enumerate(table.rows):
        name = f"weight.{_plain(row.conditions[0].text)}"
        yield Setting(name, row.results[0].text, table.file, ((number, 1),), row.note, most=100)


def _routes(table: DecisionTable) -> Iterable[Setting]:
    for number, row in enumerate(table.rows):
        for column, cell in enumerate(row.conditions):
            border = _AT_LEAST.match(cell.text)
            if border and table.inputs[column].name == "score":
                name = f"route.{_plain(row.results[0].text)}"
                yield Setting(name, border[1], table.file, ((number, column),), row.note, most=100, pattern=">= {}")


def _plain(text: str) -> str:
    return text.strip().strip('"')
