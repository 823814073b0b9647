"""Decision tables: DMN files read by us and evaluated by us, because the library's evaluator is ``eval`` and never
sees an overlap.

A cell is written in our expression language, with the short forms of DMN: ``-`` (anything), ``"IMMEDIATE"``, ``1, 2,
3`` (any of these), ``>= 10000``, ``[1..5]`` and ``(1..5)`` (borders in or out), ``not("A", "B")``. An unknown value
(None) lies in no range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import Any

from lxml import etree

from bpmn.expressions import (
    NAME,
    Expression,
    ExpressionFailed,
    ExpressionRefused,
    Value,
    compile_expression,
    equal,
    ordered,
)
from bpmn.reading import IDENTIFIER, DiagramRefused, Refusal, read_xml

DMN = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
DRAWING = (
    "http://www.omg.org/spec/DMN/20180521/DMNDI/",
    "http://www.omg.org/spec/DMN/20180521/DC/",
    "http://www.omg.org/spec/DMN/20180521/DI/",
    "https://www.omg.org/spec/DMN/20191111/DMNDI/",
    "https://www.omg.org/spec/DMN/20230324/DMNDI/",
)
MOST_RULES = 500

_ALLOWED: Mapping[str, frozenset[str]] = {
    "definitions": frozenset({"id", "name", "namespace", "exporter", "exporterVersion"}),
    "decision": frozenset({"id", "name", "label"}),
    "description": frozenset(),
    "variable": frozenset({"id", "name", "label", "typeRef"}),
    "decisionTable": frozenset({"id", "hitPolicy", "label", "preferredOrientation"}),
    "input": frozenset({"id", "label"}),
    "inputExpression": frozenset({"id", "typeRef", "label"}),
    "output": frozenset({"id", "name", "label", "typeRef"}),
    "rule": frozenset({"id", "label"}),
    "inputEntry": frozenset({"id", "label"}),
    "outputEntry": frozenset({"id", "label"}),
    "text": frozenset(),
}


class HitPolicy(StrEnum):
    """What a table answers when several rows match."""

    UNIQUE = "UNIQUE"  # that is a mistake of the table
    FIRST = "FIRST"
    COLLECT = "COLLECT"  # all of them


class DecisionFailed(ValueError):
    """A table that gives no answer, or two where it promises one; *code* says which, *rows* which rows (from 1)."""

    def __init__(self, table: str, code: str, rows: Sequence[int] = ()) -> None:
        super().__init__(f"{table}: {code} {list(rows) or ''}".strip())
        self.table, self.code, self.rows = table, code, tuple(rows)


@dataclass(frozen=True)
class Span:
    """One value (*low* and *high* the same), or a range; None is an open end."""

    low: Value
    high: Value
    low_in: bool = True
    high_in: bool = True
    null: bool = False  # the unknown value itself, which lies in no range

    @property
    def single(self) -> bool:
        """Whether it is one value."""
        return self.null or (
            self.low is not None and self.high is not None and self.low_in and self.high_in and self.low == self.high
        )


@dataclass(frozen=True)
class _Atom:
    """One alternative of a cell, its borders not yet computed."""

    low: Expression | None
    high: Expression | None
    low_in: bool = True
    high_in: bool = True
    equal: bool = False  # low alone counts: the value is it, or is among it

    def matches(self, value: Value, facts: Mapping[str, Value]) -> bool:
        """Whether *value* is meant."""
        if self.equal:
            wanted = self.low.evaluate(facts) if self.low else None
            return any(equal(value, one) for one in wanted) if isinstance(wanted, list) else equal(value, wanted)
        if value is None:
            return False
        if self.low is not None:
            order = ordered(value, self.low.evaluate(facts))
            if order < 0 or (order == 0 and not self.low_in):
                return False
        if self.high is not None:
            order = ordered(value, self.high.evaluate(facts))
            if order > 0 or (order == 0 and not self.high_in):
                return False
        return True


@dataclass(frozen=True)
class Cell:
    """A condition cell: *text* as it is written."""

    text: str
    anything: bool = False
    negated: bool = False
    atoms: tuple[_Atom, ...] = field(default=(), repr=False)

    @property
    def names(self) -> frozenset[str]:
        """The facts that the cell reads."""
        parts = [part for atom in self.atoms for part in (atom.low, atom.high) if part is not None]
        return frozenset().union(*(part.names for part in parts))

    def matches(self, value: Value, facts: Mapping[str, Value]) -> bool:
        """Whether the cell means *value*. Raises ExpressionFailed."""
        return self.anything or any(atom.matches(value, facts) for atom in self.atoms) != self.negated

    def spans(self) -> tuple[Span, ...] | None:
        """Return what it means as spans, None where that depends on facts. For `not`, what it does not mean."""
        if self.names:
            return None
        found: list[Span] = []
        for atom in self.atoms:
            low = atom.low.evaluate({}) if atom.low else None
            high = low if atom.equal else (atom.high.evaluate({}) if atom.high else None)
            for one in low if isinstance(low, list) else (low,):
                null = atom.equal and one is None
                found.append(Span(one, one if isinstance(low, list) else high, atom.low_in, atom.high_in, null))
        return tuple(found)


@dataclass(frozen=True)
class Column:
    """An input (*expression* over facts) or an output (*name* of a fact)."""

    label: str
    name: str
    expression: Expression | None = None


@dataclass(frozen=True)
class Row:
    """One rule, readable for display: *conditions* and *results* hold their text."""

    id: str
    conditions: tuple[Cell, ...]
    results: tuple[Expression, ...]
    note: str = ""
    entries: tuple[str, ...] = ()  # ids of the cells in the file, conditions first


@dataclass(frozen=True)
class DecisionTable:
    """One decision table of a release."""

    file: str
    id: str
    name: str
    hit_policy: HitPolicy
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The facts that the table reads."""
        expressions = [column.expression for column in self.inputs if column.expression]
        expressions += [result for row in self.rows for result in row.results]
        cells = [cell.names for row in self.rows for cell in row.conditions]
        return frozenset().union(*(expression.names for expression in expressions), *cells)


Answer = dict[str, Value]


def evaluate(table: DecisionTable, facts: Mapping[str, Value]) -> Answer | list[Answer]:
    """Return what *table* says about *facts*: one row of outputs by name, for COLLECT all matching rows in order.

    Raises DecisionFailed when no row matches (not for COLLECT) or when two rows of a UNIQUE table do,
    ExpressionFailed when a cell meets a value that it cannot compare.
    """
    values = [column.expression.evaluate(facts) if column.expression else None for column in table.inputs]
    hits: list[int] = []
    for number, row in enumerate(table.rows, 1):
        if all(cell.matches(value, facts) for cell, value in zip(row.conditions, values, strict=True)):
            hits.append(number)
            if table.hit_policy is HitPolicy.FIRST:
                break

    if table.hit_policy is HitPolicy.COLLECT:
        return [_answer(table, table.rows[hit - 1], facts) for hit in hits]
    if not hits:
        raise DecisionFailed(table.file, "decision_no_row")
    if len(hits) > 1:
        raise DecisionFailed(table.file, "decision_overlap", hits)
    return _answer(table, table.rows[hits[0] - 1], facts)


def as_facts(table: DecisionTable, facts: Mapping[str, Value]) -> Answer:
    """Return the answer of *table* as facts: dates as ISO text; of COLLECT each output as a list of texts."""
    answer = evaluate(table, facts)
    if isinstance(answer, dict):
        return {name: _fact(value) for name, value in answer.items()}
    return {output.name: [str(_fact(one[output.name])) for one in answer] for output in table.outputs}


def overlaps(table: DecisionTable) -> tuple[tuple[int, int], ...]:
    """Return the pairs of rows (from 1) that surely overlap; pairs that depend on facts are left to evaluation."""
    return tuple(
        (a + 1, b + 1)
        for a, b in combinations(range(len(table.rows)), 2)
        if all(_meet(x, y) for x, y in zip(table.rows[a].conditions, table.rows[b].conditions, strict=True))
    )


def _meet(a: Cell, b: Cell) -> bool:
    """Whether some value surely lies in both cells."""
    if a.anything or b.anything:
        return True
    mine, others = a.spans(), b.spans()
    if mine is None or others is None:
        return False  # not decidable here
    if a.negated and b.negated:
        return True  # there is always one more value
    if a.negated:
        return _meet(b, a)
    if b.negated:
        return any(not any(_covers(other, span) for other in others) for span in mine)
    return any(_touch(x, y) for x in mine for y in others)


def _touch(a: Span, b: Span) -> bool:
    if a.null or b.null:
        return a.null and b.null
    try:
        for low, high in ((a, b), (b, a)):
            if low.low is not None and high.high is not None:
                order = ordered(low.low, high.high)
                if order > 0 or (order == 0 and not (low.low_in and high.high_in)):
                    return False
    except ExpressionFailed:
        return equal(a.low, b.low) and equal(a.high, b.high)  # truth values, or different kinds of value
    return True


def _covers(outer: Span, inner: Span) -> bool:
    """Whether *inner* lies wholly in *outer*; only used for single values, ranges count as not covered."""
    return inner.single and _touch(outer, inner)


def _answer(table: DecisionTable, row: Row, facts: Mapping[str, Value]) -> Answer:
    return {column.name: result.evaluate(facts) for column, result in zip(table.outputs, row.results, strict=True)}


def _fact(value: Value) -> Value:
    return value.isoformat() if isinstance(value, date) else value


def read_decision(file: str, content: bytes) -> DecisionTable:
    """Return the decision table in *content*; a file holds one. Raises DiagramRefused, which names the cell."""
    root = read_xml(file, content)
    refusals: list[Refusal] = []
    for element in root.iter(etree.Element):
        namespace, local = _split(element.tag)
        if namespace.startswith(DRAWING):
            continue
        if namespace not in DMN or local not in _ALLOWED:
            refusals.append(Refusal(_name_of(element), "element_not_allowed", {"tag": local}))
            continue
        for name in element.attrib:
            if name not in _ALLOWED[local]:
                refusals.append(Refusal(_name_of(element), "attribute_not_allowed", {"tag": local, "attribute": name}))
    if refusals:
        raise DiagramRefused(file, refusals)

    tables = [each for each in root.iter(etree.Element) if _split(each.tag)[1] == "decisionTable"]
    if len(tables) != 1 or _split(root.tag)[1] != "definitions":
        raise DiagramRefused(file, [Refusal("definitions", "decision_one_table")])
    table = _table(file, tables[0], refusals)
    if refusals:
        raise DiagramRefused(file, refusals)
    return table


def _table(file: str, element: Any, refusals: list[Refusal]) -> DecisionTable:
    decision = element.getparent()
    policy = element.get("hitPolicy", "UNIQUE").upper()
    if policy not in frozenset(HitPolicy):
        refusals.append(Refusal(_name_of(element), "decision_hit_policy", {"policy": policy[:40]}))
        policy = "UNIQUE"

    inputs = [_input(each, refusals) for each in _children(element, "input")]
    outputs = [_output(each, refusals) for each in _children(element, "output")]
    rules = _children(element, "rule")
    if not outputs or not rules or len(rules) > MOST_RULES:
        refusals.append(Refusal(_name_of(element), "decision_size", {"limit": str(MOST_RULES)}))
    if len({output.name for output in outputs}) != len(outputs):
        refusals.append(Refusal(_name_of(element), "decision_output_twice"))

    rows: list[Row] = []
    for rule in rules:
        cells, results = _children(rule, "inputEntry"), _children(rule, "outputEntry")
        if len(cells) != len(inputs) or len(results) != len(outputs):
            refusals.append(Refusal(_name_of(rule), "decision_cells"))
            continue
        rows.append(
            Row(
                id=rule.get("id", ""),
                conditions=tuple(_cell(each, refusals) for each in cells),
                results=tuple(_expression(each, refusals, empty="null") for each in results),
                note=_text(rule, "description"),
                entries=tuple(each.get("id", "") for each in (*cells, *results)),
            )
        )
    return DecisionTable(
        file=file,
        id=decision.get("id", ""),
        name=decision.get("name", ""),
        hit_policy=HitPolicy(policy),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        rows=tuple(rows),
        note=_text(decision, "description"),
    )


def _input(element: Any, refusals: list[Refusal]) -> Column:
    expressions = _children(element, "inputExpression")
    text = _text(expressions[0], "text") if expressions else ""
    if not text:
        refusals.append(Refusal(_name_of(element), "expression_empty"))
    expression = _expression(expressions[0], refusals) if text else None
    return Column(label=element.get("label") or text, name=text, expression=expression)


def _output(element: Any, refusals: list[Refusal]) -> Column:
    name = element.get("name", "")
    if not NAME.match(name):
        refusals.append(Refusal(_name_of(element), "decision_output_name", {"name": name[:60]}))
    return Column(label=element.get("label") or name, name=name)


def _expression(element: Any, refusals: list[Refusal], empty: str = "") -> Expression:
    text = _text(element, "text")
    try:
        return compile_expression(text or empty)
    except ExpressionRefused as why:
        refusals.append(Refusal(_name_of(element), why.code, {"text": why.part or why.text}))
        return compile_expression("null")


def _cell(element: Any, refusals: list[Refusal]) -> Cell:
    text = _text(element, "text")
    try:
        return compile_cell(text)
    except ExpressionRefused as why:
        refusals.append(Refusal(_name_of(element), why.code, {"text": why.part or why.text}))
        return Cell(text, anything=True)


def compile_cell(text: str) -> Cell:
    """Return the condition cell that *text* writes. Raises ExpressionRefused."""
    text = text.strip()
    if text in ("", "-"):
        return Cell("-", anything=True)
    inner, negated = text, False
    if text.startswith("not(") and text.endswith(")") and _closes(text, 3) == len(text) - 1:
        inner, negated = text[4:-1], True
    return Cell(text, negated=negated, atoms=tuple(_atom(part) for part in _parts(inner)))


def _atom(text: str) -> _Atom:
    if not text:
        raise ExpressionRefused("expression_empty", text)
    for sign, low, inclusive in ((">=", True, True), ("<=", False, True), (">", True, False), ("<", False, False)):
        if text.startswith(sign):
            border = compile_expression(text[len(sign) :])
            if low:
                return _Atom(border, None, low_in=inclusive)
            return _Atom(None, border, high_in=inclusive)
    if ".." in text and text[0] in "[](" and text[-1] in "[])":
        low_text, separator, high_text = text[1:-1].partition("..")
        if separator and '"' not in low_text and "'" not in low_text:
            return _Atom(compile_expression(low_text), compile_expression(high_text), text[0] == "[", text[-1] == "]")
    return _Atom(compile_expression(text.removeprefix("==").strip()), None, equal=True)


def _parts(text: str) -> list[str]:
    """Split *text* at the commas that stand outside of quotes and brackets."""
    parts, depth, quote, start = [], 0, "", 0
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([":
            depth += 1
        elif sign in ")]":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _closes(text: str, start: int) -> int:
    """Return the place of the bracket that closes the one at *start*, -1 if none does."""
    depth, quote = 0, ""
    for place in range(start, len(text)):
        sign = text[place]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                return place
    return -1


def _children(element: Any, local: str) -> list[Any]:
    return [child for child in element.iterchildren(etree.Element) if _split(child.tag)[1] == local]


def _text(element: Any, local: str) -> str:
    found = _children(element, local)
    return (found[0].text or "").strip() if found else ""


def _split(tag: str) -> tuple[str, str]:
    namespace, _, local = tag.rpartition("}")
    return namespace.removeprefix("{"), local


def _name_of(element: Any) -> str:
    for around in (element, *element.iterancestors()):
        id = around.get("id")
        if id and IDENTIFIER.match(id):
            return str(id)
    return _split(element.tag)[1]
