"""Decision tables: what a cell means, what a policy promises, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn.decisions import DecisionFailed, as_facts, compile_cell, evaluate, overlaps, read_decision
from bpmn.expressions import ExpressionFailed, ExpressionRefused
from bpmn.reading import DiagramRefused
from tests.bpmn.drawing import table


@pytest.mark.parametrize(
    ("cell", "meant", "not_meant"),
    [
        ("-", ["x", None, 3], []),
        ("", ["x"], []),
        ('"IMMEDIATE"', ["IMMEDIATE"], ["PHASED", None]),
        ('"A", "B"', ["A", "B"], ["C", None]),
        ('["A", "B"]', ["A"], ["C"]),
        ("1, 2, 3", [2], [4, True]),
        (">= 10000", [10000, 20000], [9999, None]),
        ("> 5", [6], [5]),
        ("<= 5", [5], [6]),
        ("< 5", [4], [5]),
        ("[1..5]", [1, 5], [0, 6, None]),
        ("(1..5)", [2], [1, 5]),
        ("]1..5[", [2], [1, 5]),
        ("[1..5)", [1], [5]),
        ("< 1, [5..9]", [0, 5], [1, 10]),
        ('not("A", "B")', ["C", None], ["A", "B"]),
        ("not(> 5)", [5], [6]),
        ("true", [True], [False, 1, None]),
        ("null", [None], ["x", 0]),
        ("limit", [7], [8]),
        ('"a,b", "not(x)"', ["a,b", "not(x)"], ["a", "x"]),
    ],
)
def test_a_cell_means(cell: str, meant: list[object], not_meant: list[object]) -> None:
    compiled = compile_cell(cell)

    assert [value for value in meant if not compiled.matches(value, {"limit": 7})] == []
    assert [value for value in not_meant if compiled.matches(value, {"limit": 7})] == []


@pytest.mark.parametrize("cell", ["1,", "[1..", "> ", "kind.x", "eval('1')", "not()", "[x for x in y]", "1..2"])
def test_a_cell_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(ExpressionRefused):
        compile_cell(cell)


def test_a_cell_that_meets_another_kind_of_value_fails() -> None:
    with pytest.raises(ExpressionFailed):
        compile_cell("> 5").matches("many", {})


def rows(policy: str, *lines: list[str]) -> bytes:
    return table("t", ["kind", "amount"], ["months", "who"], list(lines), policy)


def test_unique_gives_the_one_row_that_matches_and_refuses_two_or_none() -> None:
    decision = read_decision("t", rows("UNIQUE", ['"A"', "-", "3", '"chief"'], ["-", "> 5", "amount", "null"]))

    assert evaluate(decision, {"kind": "A", "amount": 1}) == {"months": 3, "who": "chief"}
    assert evaluate(decision, {"kind": "B", "amount": 9}) == {"months": 9, "who": None}
    with pytest.raises(DecisionFailed) as refused:
        evaluate(decision, {"kind": "A", "amount": 9})
    assert (refused.value.code, refused.value.rows) == ("decision_overlap", (1, 2))
    with pytest.raises(DecisionFailed) as refused:
        evaluate(decision, {"kind": "B", "amount": 1})
    assert refused.value.code == "decision_no_row"


def test_first_gives_the_first_row_and_collect_all_of_them() -> None:
    lines = (['"A"', "-", "3", '"chief"'], ["-", "-", "6", '"office"'])
    first, all_rows = read_decision("t", rows("FIRST", *lines)), read_decision("t", rows("COLLECT", *lines))

    assert evaluate(first, {"kind": "A"}) == {"months": 3, "who": "chief"}
    assert evaluate(all_rows, {"kind": "A"}) == [{"months": 3, "who": "chief"}, {"months": 6, "who": "office"}]
    assert evaluate(all_rows, {}) == [{"months": 6, "who": "office"}]
    assert as_facts(all_rows, {"kind": "A"}) == {"months": ["3", "6"], "who": ["chief", "office"]}


def test_a_table_is_readable_for_pages() -> None:
    decision = read_decision("decisions/t.dmn", rows("FIRST", ['"A"', "[1..5]", "3", '"chief"']))

    assert (decision.id, decision.hit_policy) == ("t", "FIRST")
    assert [column.label for column in (*decision.inputs, *decision.outputs)] == ["kind", "amount", "months", "who"]
    assert [cell.text for cell in decision.rows[0].conditions] == ['"A"', "[1..5]"]
    assert [result.text for result in decision.rows[0].results] == ["3", '"chief"']
    assert decision.names == {"kind", "amount"}


@pytest.mark.parametrize(
    ("a", "b", "meet"),
    [
        ('"A"', '"B"', False),
        ('"A", "B"', '"B", "C"', True),
        ("-", '"A"', True),
        ('not("A")', '"A"', False),
        ('not("A", "B")', '"A"', False),
        ('not("A")', '"B"', True),
        ('not("A")', 'not("B")', True),
        ("< 5", ">= 5", False),
        ("<= 5", ">= 5", True),
        ("[1..5]", "(5..9]", False),
        ("[1..5)", "[5..9]", False),
        ("[1..5]", "[4..9]", True),
        ("3", "[1..5]", True),
        ("6", "[1..5]", False),
        ("true", "false", False),
        ("true", "true", True),
        ("null", "> 5", False),
        ("limit", "3", False),  # depends on a fact: told at evaluation
    ],
)
def test_overlapping_rows_are_found_before_they_run(a: str, b: str, meet: bool) -> None:
    decision = read_decision("t", rows("UNIQUE", [a, "-", "1", "1"], [b, "-", "2", "2"]))

    assert overlaps(decision) == (((1, 2),) if meet else ())


_number = st.integers(0, 6)
_cell = st.one_of(
    _number.map(str),
    st.tuples(_number, _number).map(lambda t: f"{t[0]}, {t[1]}"),
    st.tuples(st.sampled_from("[("), _number, _number, st.sampled_from("])")).map(
        lambda t: f"{t[0]}{t[1]}..{t[2]}{t[3]}"
    ),
    st.tuples(st.sampled_from(["<", "<=", ">", ">="]), _number).map(lambda t: f"{t[0]} {t[1]}"),
    st.just("-"),
)


@given(_cell, _cell, _number)
def test_rows_that_do_not_overlap_never_both_match(a: str, b: str, value: int) -> None:
    decision = read_decision("t", rows("UNIQUE", [a, "-", "1", "1"], [b, "-", "2", "2"]))

    if not overlaps(decision):
        cells = [row.conditions[0] for row in decision.rows]
        assert not all(cell.matches(value, {}) for cell in cells)


@pytest.mark.parametrize(
    ("change", "element", "code"),
    [
        (('hitPolicy="FIRST"', 'hitPolicy="PRIORITY"'), "t", "decision_hit_policy"),
        (('name="months"', 'name="__class__"'), "out_0", "decision_output_name"),
        (('name="months"', 'name="who"'), "t", "decision_output_twice"),
        (("<text>3</text>", "<text>open('x')</text>"), "row_1_3", "expression_syntax"),
        (("<text>kind</text>", "<text>kind.x</text>"), "in_0", "expression_syntax"),
        (('<text>"A"</text>', "<text>exec('1')</text>"), "row_1_1", "expression_syntax"),
        (('<outputEntry id="row_1_4"><text>"chief"</text></outputEntry>', ""), "row_1", "decision_cells"),
        (("<decisionTable ", "<literalExpression/><decisionTable "), "t", "element_not_allowed"),
        (('id="row_1"', 'id="row_1" onclick="x"'), "row_1", "attribute_not_allowed"),
        (("<definitions", "<!DOCTYPE d><definitions"), "DOCTYPE", "doctype"),
    ],
)
def test_a_hostile_or_broken_table_is_refused_on_its_element(change: tuple[str, str], element: str, code: str) -> None:
    content = rows("FIRST", ['"A"', "-", "3", '"chief"']).decode()
    assert change[0] in content

    with pytest.raises(DiagramRefused) as refused:
        read_decision("t", content.replace(*change, 1).encode())

    assert code in {refusal.code for refusal in refused.value.refusals}
    assert element in {refusal.element for refusal in refused.value.refusals} or code == "element_not_allowed"
