"""The shipped forms: one for every act, in two languages, with the answers that the diagrams route by."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bpmn.engine import Element
from bpmn.forms import check_form, read_answers
from bpmn.reading import Kind
from cases.rights import PERMISSIONS
from tasks.catalogue import every_act
from tests.diagrams.drawing import HOUSE
from tests.diagrams.walk import engine

FORMS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(HOUSE.joinpath("bpmn", "forms").glob("*.json"))
}
WIDGETS = {
    "assign", "textarea", "radio", "checkboxes", "confirm", "date", "money", "person", "post", "unit", "evidence",
    "attachments",
}  # fmt: skip
ON_A_FORM = {"type", "title", "x-title-en", "description", "x-description-en", "properties", "required"}
ON_A_FIELD = (ON_A_FORM - {"properties", "required"}) | {
    "enum", "x-labels", "minLength", "maxLength", "minimum", "maximum", "format", "x-widget", "items",
    "minItems", "uniqueItems",
}  # fmt: skip
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")

# The answer that a form asks for -> the fact that the act makes of it.
VERDICTS = {
    "review_rectification": ("verdict", "review_verdict"),
    "sign_rectification": ("verdict", "signature_verdict"),
    "verify_rectification": ("verdict", "verification_verdict"),
    "record_look_back": ("result", "look_back_result"),
    "sign_off": ("verdict", "sign_off_verdict"),
    "confirm_registration": ("verdict", "registration_verdict"),
    "consolidate_list": ("verdict", "consolidation_verdict"),
    "review_plan": ("verdict", "plan_verdict"),
    "evaluate_rectification": ("grade", "evaluation_grade"),
    "decide_extension": ("verdict", "extension_verdict"),
    "decide_correction": ("verdict", "correction_verdict"),
    "confirm_correction": ("verdict", "correction_verdict"),
    "record_durability": ("result", "durability_result"),
    "find_facts": ("verdict", "determination"),
    "ask_reconsideration": ("verdict", "reconsideration"),
}

every_form = pytest.mark.parametrize("name", FORMS)


def user_tasks() -> list[Element]:
    tasks = [element for process in engine().processes for element in engine().elements(process)]
    return [element for element in tasks if element.kind is Kind.USER_TASK]


def conditions() -> str:
    return "\n".join(
        flow.condition or "" for diagram in engine().diagrams for process in diagram.processes for flow in process.flows
    )


def labelled(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a field that offer choices."""
    return [part for part in (schema, schema.get("items", {})) if "enum" in part]


def test_every_task_of_the_diagrams_has_a_form_and_is_a_permitted_act() -> None:
    for task in user_tasks():
        assert task.id in FORMS
        assert task.id in PERMISSIONS


@every_form
def test_every_form_belongs_to_an_act(name: str) -> None:
    assert name in PERMISSIONS or every_act()[name].permission in PERMISSIONS


@every_form
def test_a_form_keeps_to_the_small_part_of_json_schema(name: str) -> None:
    form = FORMS[name]

    Draft202012Validator.check_schema(form)
    assert check_form(form) == ()
    assert set(form) <= ON_A_FORM
    assert form["type"] == "object"
    assert set(form["required"]) <= set(form["properties"])
    for field, schema in form["properties"].items():
        assert re.fullmatch(r"[a-z][a-z_]*", field)
        assert set(schema) <= ON_A_FIELD, field
        assert schema["type"] in ("string", "integer", "number", "boolean", "array"), field
        assert schema.get("x-widget", "textarea") in WIDGETS, field
        assert schema["type"] != "array" or schema["items"]["type"] == "string", field
        assert schema.get("format", "date") == "date", field


@every_form
def test_a_form_speaks_chinese_and_english(name: str) -> None:
    form = FORMS[name]

    for part in (form, *form["properties"].values()):
        assert re.search(r"[\u4e00-\u9fff]", part["title"]), part
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", part["x-title-en"] + part.get("x-description-en", "")), (
            part
        )
        assert ("description" in part) == ("x-description-en" in part), part
        assert not HALF_WIDTH.search(part["title"] + "\n" + part.get("description", "")), part
        for choice in labelled(part):
            assert set(choice["x-labels"]) == set(choice["enum"])
            assert all(set(label) == {"zh", "en"} for label in choice["x-labels"].values())


@every_form
def test_no_text_is_without_end(name: str) -> None:
    for field, schema in FORMS[name]["properties"].items():
        for part in (schema, schema.get("items", {})):
            if part.get("type") == "string" and "enum" not in part and "format" not in part:
                assert part["maxLength"] <= 8000, field
        if schema["type"] in ("integer", "number"):
            assert schema["minimum"] >= 0, field


@pytest.mark.parametrize(
    "name",
    [
        "review_rectification",
        "sign_rectification",
        "verify_rectification",
        "sign_off",
        "review_plan",
        "decide_extension",
    ],
)
def test_a_verdict_comes_with_an_opinion_of_substance(name: str) -> None:
    form = FORMS[name]

    assert {"verdict", "comment"} <= set(form["required"])
    assert form["properties"]["comment"]["minLength"] == 10
    assert "佐证" in form["properties"]["comment"]["description"]


@pytest.mark.parametrize("act", VERDICTS)
def test_a_form_offers_every_answer_that_a_diagram_routes_by(act: str) -> None:
    field, fact = VERDICTS[act]
    routed = set(re.findall(rf'{fact} == "(\w+)"', conditions()))

    assert routed
    assert routed <= set(FORMS[act]["properties"][field]["enum"])


def test_every_text_that_a_diagram_compares_comes_from_a_form() -> None:
    compared = set(re.findall(r'(\w+) == "', conditions()))

    assert compared == {fact for _, fact in VERDICTS.values()} | {"kind", "approval", "suspicion_verdict"}


def test_a_look_back_is_a_record_and_no_checkbox() -> None:
    for name in ("record_look_back", "record_durability"):
        required = set(FORMS[name]["required"])

        assert {"method", "place", "started_on", "ended_on", "sample", "record", "result"} <= required
        assert FORMS[name]["properties"]["record"]["minLength"] >= 20


def test_a_sign_off_without_its_paper_is_not_complete() -> None:
    _, errors = read_answers(FORMS["sign_off"], {"verdict": ["signed"], "comment": ["同意"], "sheet_number": [""]})

    assert errors == {"comment": "too_short", "sheet_number": "missing"}


def test_a_look_back_is_not_prepared_for_one_person() -> None:
    _, errors = read_answers(
        FORMS["prepare_look_back"], {"inspectors": ["17"], "method": "on_site", "place": "区财政局"}
    )

    assert errors["inspectors"] == "too_few"


def test_a_report_without_the_pledge_is_not_signed() -> None:
    _, errors = read_answers(FORMS["sign_progress_report"], {"summary": "一" * 20, "attachments": ["1"]})

    assert errors == {"pledge": "missing"}
