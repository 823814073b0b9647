"""The small language of conditions, collections and decision cells.

Diagrams are untrusted input, so an expression is never handed to ``eval``: its text is parsed by Python's own
``ast``, every node must stand on the white list below, and what is left is compiled once into closures of ours. There
are no attributes, comprehensions, lambdas, formatted strings, powers or key words, and calls only reach the pure
functions of ``FUNCTIONS``.

Values are text, whole and decimal numbers, truth values, ``None`` (also ``null``), dates and lists. Nothing loops, so
an expression takes at most one step per node; texts, lists and numbers are bounded, so a step is short.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

LONGEST_TEXT = 1_000  # characters of an expression
MOST_NODES = 200
DEEPEST = 30
MOST_STEPS = 2_000  # counted although MOST_NODES already implies it: the promise is about running, not about writing
MOST_ITEMS = 10_000  # characters of a text or items of a list
LARGEST_NUMBER = 10**15

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z", re.ASCII)
LITERALS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}

# Names that may not be declared as facts: the library keeps its own things under some, the language means something
# by others.
RESERVED = frozenset({"typename", "data_objects", "data_stores", "item", "task", "data", *LITERALS})

Value = object  # str | int | float | bool | None | date | list of these
_Run = Callable[["_Names"], Value]


class ExpressionRefused(ValueError):
    """A text that is not an expression of ours; found when a diagram is read, never later.

    *code* names the reason (key ``checker.<code>`` of the catalogues), *part* the offending piece.
    """

    def __init__(self, code: str, text: str, part: str = "") -> None:
        super().__init__(f"{code}: {part or text[:80]}")
        self.code, self.text, self.part = code, text[:200], part[:80]


class ExpressionFailed(ValueError):
    """An expression that met values it cannot work with, for example an order between a text and a number."""


@dataclass(slots=True)
class _Names:
    """The facts that one evaluation sees, and the steps that it has taken."""

    facts: Mapping[str, Value]
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ExpressionFailed("too many steps")


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; *names* are the facts that it reads."""

    text: str
    names: frozenset[str]
    _run: _Run = field(repr=False, compare=False)

    def evaluate(self, facts: Mapping[str, Value]) -> Value:
        """Return its value over *facts*; facts that are not given are None. Raises ExpressionFailed."""
        seen = {name: _copied(facts.get(name)) for name in self.names}
        return self._run(_Names(seen))

    def holds(self, facts: Mapping[str, Value]) -> bool:
        """Whether it is true over *facts*. Raises ExpressionFailed for a value that is neither true nor false."""
        value = self.evaluate(facts)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise ExpressionFailed(f"{self.text!r} is neither true nor false")


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Return the expression that *text* writes. Raises ExpressionRefused."""
    text = text.strip()
    if not text:
        raise ExpressionRefused("expression_empty", text)
    if len(text) > LONGEST_TEXT:
        raise ExpressionRefused("expression_too_long", text)
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as why:
        raise ExpressionRefused("expression_unreadable", text) from why

    _measure(tree, text)
    names: set[str] = set()
    run = _compiled(tree, text, names)
    return Expression(text, frozenset(names), run)


def _measure(tree: ast.expr, text: str) -> None:
    """Refuse a tree that is too large or too deep, without recursion of our own."""
    nodes = 0
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        nodes += len(level)
        if nodes > MOST_NODES:
            raise ExpressionRefused("expression_too_large", text)
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.cmpop | ast.boolop)
        ]
        if not level:
            return
    raise ExpressionRefused("expression_too_deep", text)


def _compiled(node: ast.expr, text: str, names: set[str]) -> _Run:
    """Return the closure that computes *node*; add the facts that it reads to *names*."""
    parts = [_compiled(child, text, names) for child in _operands(node, text)]
    match node:
        case ast.Constant(value=value):
            constant = _literal(value, text)
            return lambda _: constant
        case ast.Name(id=name) if name in LITERALS:
            known = LITERALS[name]
            return lambda _: known
        case ast.Name(id=name):
            if not NAME.match(name):
                raise ExpressionRefused("expression_name", text, name)
            names.add(name)
            return lambda seen: seen.facts[name]
        case ast.BoolOp(op=ast.And()):
            return lambda seen: _all(parts, seen)
        case ast.BoolOp():
            return lambda seen: _any(parts, seen)
        case ast.UnaryOp(op=ast.Not()):
            return lambda seen: not _truth(parts[0](seen))
        case ast.UnaryOp(op=ast.USub()):
            return lambda seen: _bounded(-_number(parts[0](seen)))
        case ast.UnaryOp(op=ast.UAdd()):
            return lambda seen: _number(parts[0](seen))
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
            compute = _ARITHMETIC[type(op)]
            return lambda seen: _computed(compute, parts[0](seen), parts[1](seen), seen)
        case ast.Compare(ops=ops) if all(type(op) in _COMPARISONS for op in ops):
            comparisons = [_COMPARISONS[type(op)] for op in ops]
            return lambda seen: _compared(comparisons, parts, seen)
        case ast.IfExp():
            return lambda seen: parts[1](seen) if _truth(parts[0](seen)) else parts[2](seen)
        case ast.List() | ast.Tuple():
            return lambda seen: [part(seen) for part in parts]
        case ast.Subscript():
            return lambda seen: _at(parts[0](seen), parts[1](seen))
        case ast.Call(func=ast.Name(id=name)):
            function = FUNCTIONS[name][1]
            return lambda seen: _called(function, [part(seen) for part in parts], seen)
    raise ExpressionRefused("expression_syntax", text, ast.unparse(node))


def _operands(node: ast.expr, text: str) -> list[ast.expr]:
    """Return the operands of an allowed node, in the order in which they are computed."""
    match node:
        case ast.BoolOp(values=operands) | ast.List(elts=operands) | ast.Tuple(elts=operands):
            return operands
        case ast.UnaryOp(operand=operand):
            return [operand]
        case ast.BinOp(left=left, right=right):
            return [left, right]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return [test, body, orelse]
        case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice | ast.Tuple):
            return [value, index]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            if len(arguments) != FUNCTIONS[name][0]:
                raise ExpressionRefused("expression_arity", text, name)
            return arguments
        case ast.Constant() | ast.Name():
            return []
    raise ExpressionRefused("expression_syntax", text, ast.unparse(node))


def _literal(value: object, text: str) -> Value:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and abs(value) <= LARGEST_NUMBER:
        return value
    raise ExpressionRefused("expression_literal", text, repr(value)[:80])


def _copied(value: Value) -> Value:
    """Return *value* as the language may hold it, so that nothing of the caller can be changed or called."""
    if value is None or isinstance(value, bool | date):
        return value
    if isinstance(value, int | float):
        return _bounded(value)
    if isinstance(value, str) and len(value) <= MOST_ITEMS:
        return str(value)
    if isinstance(value, list | tuple) and len(value) <= MOST_ITEMS:
        return [_copied(item) for item in value]
    raise ExpressionFailed(f"a value of type {type(value).__name__} cannot be used, or is too long")


def _truth(value: Value) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise ExpressionFailed("a condition is neither true nor false")


def _all(parts: list[_Run], seen: _Names) -> bool:
    return all(_truth(part(seen)) for part in parts)


def _any(parts: list[_Run], seen: _Names) -> bool:
    return any(_truth(part(seen)) for part in parts)


def _number(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionFailed("a number is needed")
    return value


def _bounded(value: int | float) -> int | float:
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise ExpressionFailed("a number is too large")
    return value


def _computed(compute: Callable[[int | float, int | float], int | float], a: Value, b: Value, seen: _Names) -> Value:
    """Arithmetic on two numbers; dates move by whole days, and two dates differ by whole days."""
    seen.step()
    try:
        if isinstance(a, date) and isinstance(b, date) and compute is _subtract:
            return (a - b).days
        if isinstance(a, date) and isinstance(b, int) and not isinstance(b, bool) and compute in (_add, _subtract):
            return a + timedelta(days=compute(0, b))
        return _bounded(compute(_number(a), _number(b)))
    except (ZeroDivisionError, OverflowError) as why:
        raise ExpressionFailed(str(why)) from why


def _add(a: int | float, b: int | float) -> int | float:
    return a + b


def _subtract(a: int | float, b: int | float) -> int | float:
    return a - b


_ARITHMETIC: Mapping[type[ast.operator], Callable[[int | float, int | float], int | float]] = {
    ast.Add: _add,
    ast.Sub: _subtract,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
}


def _compared(comparisons: list[Callable[[Value, Value], bool]], parts: list[_Run], seen: _Names) -> bool:
    seen.step()
    values = [part(seen) for part in parts]
    return all(compare(a, b) for compare, (a, b) in zip(comparisons, pairwise(values), strict=True))


def ordered(a: Value, b: Value) -> int:
    """Return -1, 0 or 1; only two numbers, two texts or two dates have an order."""
    if isinstance(a, date) and isinstance(b, date):
        return (a > b) - (a < b)
    if isinstance(a, str) and isinstance(b, str):
        return (a > b) - (a < b)
    x, y = _number(a), _number(b)
    return (x > y) - (x < y)


def equal(a: Value, b: Value) -> bool:
    if isinstance(a, bool) != isinstance(b, bool):
        return False  # Python would call True and 1 equal
    return a == b


def _within(a: Value, b: Value) -> bool:
    if isinstance(b, list):
        return any(equal(a, item) for item in b)
    if isinstance(a, str) and isinstance(b, str):
        return a in b
    raise ExpressionFailed("`in` needs a list, or two texts")


_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Value, Value], bool]] = {
    ast.Eq: equal,
    ast.NotEq: lambda a, b: not equal(a, b),
    ast.Lt: lambda a, b: ordered(a, b) < 0,
    ast.LtE: lambda a, b: ordered(a, b) <= 0,
    ast.Gt: lambda a, b: ordered(a, b) > 0,
    ast.GtE: lambda a, b: ordered(a, b) >= 0,
    ast.In: _within,
    ast.NotIn: lambda a, b: not _within(a, b),
}


def _at(value: Value, index: Value) -> Value:
    if not isinstance(value, list | str) or not isinstance(index, int) or isinstance(index, bool):
        raise ExpressionFailed("only a list or a text has places, counted from 0")
    try:
        return value[index]
    except IndexError as why:
        raise ExpressionFailed(f"there is no place {index}") from why


def _called(function: Callable[..., Value], arguments: list[Value], seen: _Names) -> Value:
    seen.step()
    return function(*arguments)


def _length(value: Value) -> int:
    if isinstance(value, str | list):
        return len(value)
    raise ExpressionFailed("only a text or a list has a length")


def _date(value: Value) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as why:
        raise ExpressionFailed(f"{str(value)[:40]!r} is no date (year-month-day)") from why


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    raise ExpressionFailed("a text is needed")


# name -> (number of arguments, pure function)
FUNCTIONS: Mapping[str, tuple[int, Callable[..., Value]]] = {
    "len": (1, _length),
    "abs": (1, lambda a: abs(_number(a))),
    "min": (2, lambda a, b: a if ordered(a, b) <= 0 else b),
    "max": (2, lambda a, b: a if ordered(a, b) >= 0 else b),
    "date": (1, _date),
    "days_between": (2, lambda a, b: (_date(b) - _date(a)).days),
    "starts_with": (2, lambda a, b: _text(a).startswith(_text(b))),
    "ends_with": (2, lambda a, b: _text(a).endswith(_text(b))),
}
