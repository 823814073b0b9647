"""The language of diagrams: what it computes, and that nothing gets out of it."""

import ast
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bpmn.expressions import ExpressionFailed, ExpressionRefused, compile_expression

ESCAPES = [
    "__import__('os').system('id')",
    "().__class__.__bases__[0].__subclasses__()",
    "kind.__class__",
    "kind.upper()",
    "getattr(kind, 'upper')",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "globals()",
    "vars()",
    "type(kind)",
    "str(kind)",
    "print(kind)",
    "__builtins__",
    "_hidden",
    "Kind",
    "[x for x in reviewers]",
    "{x for x in reviewers}",
    "{x: 1 for x in reviewers}",
    "(x for x in reviewers)",
    "lambda: 1",
    "(lambda: 1)()",
    "f'{kind}'",
    "f'{kind.__class__}'",
    "'{0.__class__}'.format(kind)",
    "(n := 1)",
    "2 ** 9",
    "9 ** 9 ** 9",
    "1 << 99",
    "~n",
    "n | 1",
    "n @ n",
    "{'a': 1}",
    "{1, 2}",
    "b'abc'",
    "1j",
    "...",
    "reviewers[0:2]",
    "reviewers[0, 1]",
    "*reviewers",
    "len(*reviewers)",
    "len(**reviewers)",
    "len(x=1)",
    "len()",
    "len(kind, kind)",
    "date.today()",
    "len.__self__",
    "min.__globals__",
    "(len)(kind)(kind)",
    "[len][0](kind)",
    "kind is None",
    "await kind",
    "yield kind",
    "10000000000000000",
    "1e999",
    "9" * 900,
    "-" * 900 + "1",
    "(" * 300 + "1" + ")" * 300,
    "[" * 150 + "]" * 150,
    "not " * 200 + "n",
    "+".join(["n"] * 150),
    "n" * 1_001,
    "n; n",
    "n\nimport os",
    "import os",
    "",
    "   ",
    "\x00",
    "#",
    "'\ud800'",
]
FACTS = {"kind": "PHASED", "n": 3, "yes": True, "reviewers": ["chief", "office"], "due": "2026-03-31", "nothing": None}


@pytest.mark.parametrize("text", ESCAPES, ids=range(len(ESCAPES)))
def test_nothing_gets_out(text: str) -> None:
    with pytest.raises(ExpressionRefused):
        compile_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "'a' * 1000000000",
        "reviewers * 9",
        "'%s' % kind",
        "kind + kind",
        "-kind",
        "1 / 0",
        "999999999999999 * 9",
        "kind > 3",
        "yes > 1",
        "nothing > 1",
        "n in 5",
        "kind[9]",
        "n[0]",
        "reviewers['x']",
        "len(n)",
        "date('x')",
        "date(due) + 99999999",
        "starts_with(n, 'x')",
        "yes + 1",
        "kind and yes",
        "not kind",
        "1 if kind else 2",
    ],
)
def test_what_cannot_be_computed_fails_as_our_own_error(text: str) -> None:
    with pytest.raises(ExpressionFailed):
        compile_expression(text).evaluate(FACTS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('kind == "PHASED" and n >= 3', True),
        ("n == 3 or nothing > 1", True),
        ("not yes", False),
        ("1 < n <= 3", True),
        ('"chief" in reviewers', True),
        ('kind not in ["IMMEDIATE", "CONTINUOUS"]', True),
        ("reviewers[1]", "office"),
        ("reviewers[0] if n > 2 else null", "chief"),
        ("n * 2 + 10 // 3 - 7 % 4", 6),
        ("len(reviewers) + len(kind)", 8),
        ("min(n, 2) + max(n, 9) + abs(-1)", 12),
        ("date(due) + 1 == date('2026-04-01')", True),
        ("days_between('2026-01-01', due)", 89),
        ("date(due) - date('2026-01-01')", 89),
        ("date(due)", date(2026, 3, 31)),
        ('starts_with(kind, "PH") and ends_with(kind, "ED")', True),
        ("nothing == null and nothing != true", True),
        ("yes == 1", False),
        ("unknown == null", True),
        ("[1, 2] == [1, 2]", True),
    ],
)
def test_the_language_computes(text: str, value: object) -> None:
    assert compile_expression(text).evaluate(FACTS) == value


def test_a_value_that_is_no_fact_is_refused_and_facts_are_copied() -> None:
    class Sly(str):
        def __eq__(self, other: object) -> bool:
            raise AssertionError("was called")

        __hash__ = str.__hash__

    assert compile_expression('kind == "x"').evaluate({"kind": Sly("x")}) is True
    given_list = ["a"]
    assert compile_expression("people").evaluate({"people": given_list}) is not given_list
    for value in (object(), {"a": 1}, b"x", 1e300, 10**16, "x" * 10_001, ["x"] * 10_001):
        with pytest.raises(ExpressionFailed):
            compile_expression("kind").evaluate({"kind": value})


def test_an_expression_knows_what_it_reads_and_only_truth_decides() -> None:
    expression = compile_expression("a > 1 and (b or starts_with(c, 'x'))")

    assert expression.names == {"a", "b", "c"}
    assert compile_expression("nothing").holds(FACTS) is False
    with pytest.raises(ExpressionFailed):
        compile_expression("kind").holds(FACTS)


@given(st.text(max_size=60))
@example("kind\u00ad")
@example("ｌen(kind)")
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = compile_expression(text)
    except ExpressionRefused:
        return
    try:
        expression.evaluate(FACTS)
    except ExpressionFailed:
        return


_leaf = st.sampled_from(
    ["n", "kind", "yes", "reviewers", "nothing", "due", "'a'", "7", "0", "1.5", "true", "null", "[]"]
)
_tree = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "==", "in", "and", "or", "**", "|"]), inner
        ).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["len", "abs", "date", "eval", "not ", "-"]), inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"{t[0]}[{t[1]}]"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        inner.map(lambda t: f"({t}).real"),
    ),
    max_leaves=12,
)


@given(_tree)
def test_any_combination_gives_a_plain_value_or_our_error(text: str) -> None:
    try:
        value = compile_expression(text).evaluate(FACTS)
    except (ExpressionRefused, ExpressionFailed):
        return
    assert value is None or isinstance(value, bool | int | float | str | list | date)
    assert not any(isinstance(node, ast.Attribute | ast.Lambda | ast.Pow) for node in ast.walk(ast.parse(text)))
