"""Forms: what the subset accepts, and what people may answer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn.forms import FormRefused, check_form, read_answers, read_form
from bpmn.release import shipped


def form(*required: str, **fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required)}


EVERYTHING = form(
    "comment",
    comment={"type": "string", "title": "意见", "x-title-en": "Opinion", "minLength": 3, "maxLength": 9},
    verdict={"type": "string", "enum": ["agreed", "returned"], "x-widget": "radio"},
    until={"type": "string", "format": "date"},
    pages={"type": "integer", "minimum": 1, "maximum": 99},
    share={"type": "number", "minimum": 0},
    pledge={"type": "boolean"},
    files={"type": "array", "items": {"type": "string", "maxLength": 5}, "maxItems": 2},
)


def test_the_shipped_forms_are_of_the_subset() -> None:
    release = shipped()

    for name in release.names("forms", ".json"):
        read_form(release[name])


def test_a_web_form_and_json_are_read_alike() -> None:
    posted = {
        "comment": ["  核对无误  "],
        "verdict": ["agreed"],
        "until": ["2026-03-31"],
        "pages": ["12"],
        "share": ["0.5"],
        "pledge": ["on"],
        "files": ["a", "b", "a"],
    }
    sent = {
        "comment": "核对无误",
        "verdict": "agreed",
        "until": "2026-03-31",
        "pages": 12,
        "share": 0.5,
        "pledge": True,
    }

    answers, errors = read_answers(EVERYTHING, posted)

    assert errors == {}
    assert answers == {**sent, "files": ["a", "b"]}
    assert read_answers(EVERYTHING, {**sent, "files": ["a", "b"]}) == (answers, {})


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("comment", ["   "], "missing"),
        ("comment", ["ok"], "too_short"),
        ("comment", ["x" * 10], "too_long"),
        ("comment", ["a", "b"], "too_many"),
        ("comment", 3, "not_a_text"),
        ("comment", "a\x00bc", "not_a_text"),
        ("verdict", "maybe", "not_a_choice"),
        ("until", "31.3.2026", "not_a_date"),
        ("until", "2026-02-30", "not_a_date"),
        ("pages", "0", "too_small"),
        ("pages", "100", "too_large"),
        ("pages", "1.5", "not_whole"),
        ("pages", "1_0", "not_a_number"),
        ("pages", True, "not_a_number"),
        ("share", "nan", "not_a_number"),
        ("share", float("inf"), "not_a_number"),
        ("share", "1e9", "not_a_number"),
        ("pledge", "perhaps", "not_a_truth_value"),
        ("files", ["a", "b", "c"], "too_many"),
        ("files", ["toolong"], "too_long"),
        ("files", [1], "not_a_text"),
        ("admin", ["1"], "unknown"),
    ],
)
def test_wrong_answers_are_told_beside_their_field(field: str, value: object, code: str) -> None:
    _, errors = read_answers(EVERYTHING, {"comment": ["核对无误"], field: value})

    assert errors == {field: code}


def test_empty_answers_are_absent_and_truth_is_always_answered() -> None:
    answers, errors = read_answers(EVERYTHING, {"comment": ["abc"], "pages": [""], "files": [""], "until": []})

    assert (answers, errors) == ({"comment": "abc", "pledge": False}, {})


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ([], "form_no_object"),
        ({"type": "object"}, "form_no_object"),
        ({"type": "object", "properties": {}, "$ref": "x"}, "form_word"),
        ({"type": "object", "properties": {}, "additionalProperties": True}, "form_word"),
        (form(a={"type": "object"}), "form_type"),
        (form(a={"type": "string", "pattern": "(a+)+$"}), "form_word"),
        (form(a={"type": "string", "minLength": "x"}), "form_value"),
        (form(a={"type": "string", "maxLength": -1}), "form_value"),
        (form(a={"type": "string", "format": "regex"}), "form_value"),
        (form(a={"type": "string", "enum": []}), "form_value"),
        (form(a={"type": "string", "title": {"zh": "x"}}), "form_value"),
        (form(a={"type": "string", "x-widget": "<script>"}), "form_value"),
        (form(a={"type": "array", "items": {"type": "object"}}), "form_items"),
        (form(a={"type": "array"}), "form_items"),
        (form("b", a={"type": "string"}), "form_required_unknown"),
        (form(**{"__class__": {"type": "string"}}), "form_field_name"),
    ],
)
def test_what_is_outside_of_the_subset_is_refused(schema: object, code: str) -> None:
    assert code in {problem.code for problem in check_form(schema)}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b'{"type":"object","type":"object","properties":{}}', b"[" * 9999, b" " * 100_001]
)
def test_what_is_no_form_is_refused(content: bytes) -> None:
    with pytest.raises(FormRefused):
        read_form(content)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*EVERYTHING["properties"], "other"]), _json, max_size=8))
def test_no_answer_breaks_the_reading(raw: dict[str, Any]) -> None:
    answers, errors = read_answers(EVERYTHING, raw)

    assert not set(answers) & set(errors)
    assert set(answers) <= set(EVERYTHING["properties"])


@given(_json)
def test_no_value_breaks_the_check(value: Any) -> None:
    check_form(value)
    check_form({"type": "object", "properties": {"a": value}, "required": value})
    check_form({"type": "object", "properties": {"a": {"type": "string", "enum": value, "title": value}}})
