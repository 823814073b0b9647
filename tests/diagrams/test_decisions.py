"""The shipped tables answer every question that can be put to them, with words that the rules know."""

from itertools import product
from typing import Any

import pytest

from bpmn.decisions import HitPolicy, as_facts, evaluate, overlaps
from cases.corrections import Correction
from cases.deadlines import PeriodUnit
from cases.evidence import RESULT, EvidenceKind
from cases.finding import Kind, State
from cases.ladder import Trigger, ladder
from cases.look_back import LEAST_INSPECTORS
from cases.rights import OVERSEEING, Role
from cases.signals import SIGNALS
from cases.signals.snapshot import SEVERITIES
from config.ladder import ROWS
from tests.diagrams.walk import engine

KINDS = [str(kind) for kind in Kind]
AMOUNTS = [None, 0, 1, 9_999, 10_000, 999_999, 1_000_000, 10**12]
CATEGORIES = [
    "违规违纪",
    "失职失责",
    "资金资产",
    "工程项目",
    "制度建设",
    "机制建设",
    "薪酬福利",
    "选人用人",
    "思想认识",
    "作风建设",
]

# Each table with every kind of question: boundaries, the unknown, the unheard of.
QUESTIONS: dict[str, dict[str, list[Any]]] = {
    "deadlines_by_kind": {"kind": KINDS},
    "look_back_rule": {"kind": [*KINDS, "", None], "amount_yuan": AMOUNTS, "is_key": [True, False, None]},
    "evidence_asked": {
        "category": [*CATEGORIES, "", "没有见过的类别"],
        "amount_yuan": AMOUNTS,
        "is_systemic": [True, False, None],
    },
    "reviewers": {"source": ["inspection", "audit", ""], "is_systemic": [True, False, None]},
    "corrections": {
        "correction": [*map(str, Correction), ""],
        "state": [*map(str, State), "submitted", ""],
    },
    "escalation_ladder": {"source": ["inspection", "audit", ""]},
    "signal_parameters": {"signal": list(SIGNALS)},
    "signal_evidence": {"signal": [*SIGNALS, ""]},
    "signal_weights": {"severity": list(SEVERITIES)},
    "signal_routing": {"score": [0, 8, 19, 20, 49, 50, 100], "gravest": list(SEVERITIES)},
}


ACTIONS = {
    "accountability",
    "block",
    "call_back",
    "compare",
    "correct",
    "escalate",
    "execute",
    "explain",
    "forensic",
    "look_back",
    "notify",
    "reclassify",
    "recover",
    "reopen",
    "return",
    "review",
    "sample",
    "self_check",
    "source_data",
    "veto",
    "visit",
}


def every_question(table: str) -> list[dict[str, Any]]:
    asked = QUESTIONS[table]
    return [dict(zip(asked, values, strict=True)) for values in product(*asked.values())]


def ask(table: str, **facts: Any) -> Any:
    return evaluate(engine().decisions[table], facts)


def test_every_table_is_questioned_here() -> None:
    assert set(engine().decisions) == set(QUESTIONS)


@pytest.mark.parametrize("table", QUESTIONS)
def test_a_table_bears_the_name_of_its_file(table: str) -> None:
    assert engine().decisions[table].id == table


@pytest.mark.parametrize("table", QUESTIONS)
def test_every_question_has_an_answer(table: str) -> None:
    for facts in every_question(table):
        assert evaluate(engine().decisions[table], facts), facts


@pytest.mark.parametrize("table", QUESTIONS)
def test_every_row_is_the_answer_to_some_question(table: str) -> None:
    answers = [evaluate(engine().decisions[table], facts) for facts in every_question(table)]
    given = {str(one) for answer in answers for one in (answer if isinstance(answer, list) else [answer])}

    rows = {
        str({out.name: result.evaluate({}) for out, result in zip(shown.outputs, row.results, strict=True)})
        for shown in [engine().decisions[table]]
        for row in shown.rows
    }
    assert rows == given


@pytest.mark.parametrize("table", QUESTIONS)
def test_every_row_says_in_chinese_why(table: str) -> None:
    shown = engine().decisions[table]

    assert shown.note
    assert all("\u4e00" <= row.note[0] <= "\u9fff" for row in shown.rows)
    assert all("\u4e00" <= column.label[0] <= "\u9fff" for column in (*shown.inputs, *shown.outputs))


def test_no_two_rows_of_a_table_with_one_answer_overlap() -> None:
    for table in engine().decisions.values():
        if table.hit_policy is HitPolicy.UNIQUE:
            assert overlaps(table) == ()


def test_periods_are_counted_in_units_that_the_calendar_knows() -> None:
    for kind in KINDS:
        answer = ask("deadlines_by_kind", kind=kind)

        for period in ("rectify", "report"):
            assert PeriodUnit(answer[f"{period}_unit"]) is not PeriodUnit.DATE
            assert answer[f"{period}_amount"] > 0


def test_what_takes_longer_by_nature_gets_more_time() -> None:
    months = [ask("deadlines_by_kind", kind=kind)["rectify_amount"] for kind in ("IMMEDIATE", "PHASED", "CONTINUOUS")]

    assert months == sorted(set(months))


def test_a_look_back_is_never_made_by_one_person() -> None:
    for facts in every_question("look_back_rule"):
        answer = ask("look_back_rule", **facts)

        assert answer["look_back_people"] >= LEAST_INSPECTORS
        assert answer["look_back_method"] in ("on_site", "call_back")
        assert PeriodUnit(answer["look_back_wait_unit"])


def test_where_much_is_at_stake_somebody_goes_there() -> None:
    for facts in every_question("look_back_rule"):
        if facts["is_key"] or (facts["amount_yuan"] or 0) >= 10_000:
            assert ask("look_back_rule", **facts)["look_back_method"] == "on_site", facts


def test_only_result_evidence_is_asked_for() -> None:
    asked = {
        row["evidence_kind"] for facts in every_question("evidence_asked") for row in ask("evidence_asked", **facts)
    }

    assert {EvidenceKind(kind) for kind in asked} <= RESULT


def test_only_a_category_that_the_table_does_not_know_falls_back_to_the_site() -> None:
    for category in [*CATEGORIES, "没有见过的类别"]:
        rows = ask("evidence_asked", category=category, amount_yuan=0, is_systemic=False)

        assert ({"evidence_kind": "ONSITE_RECORD"} in rows) == (category not in CATEGORIES)


def test_money_that_is_named_asks_for_a_receipt() -> None:
    kinds = [row["evidence_kind"] for row in ask("evidence_asked", category="", amount_yuan=4500, is_systemic=False)]

    assert kinds == ["FUND_RECEIPT", "ONSITE_RECORD"]


def test_reviewers_stand_outside_the_unit_and_no_body_reviews_twice() -> None:
    for facts in every_question("reviewers"):
        bodies = as_facts(engine().decisions["reviewers"], facts)["reviewer"]

        assert isinstance(bodies, list)
        assert len(bodies) == len(set(bodies)) >= 3
        assert {Role(body) for body in bodies} <= OVERSEEING


def test_the_ladder_is_the_one_that_an_office_starts_with() -> None:
    rows = ask("escalation_ladder", source="inspection")

    assert rows == [dict(row) for row in ROWS]
    assert len(ladder(rows)) == len(ROWS)


def test_a_ladder_tells_roles_that_exist() -> None:
    for source in ("inspection", "audit"):
        for row in ask("escalation_ladder", source=source):
            assert {Role(name.strip()) for name in row["addressees"].split(",")}


def test_an_audit_comes_sooner_to_the_upper_rungs_and_has_each_of_them() -> None:
    ladders = {source: ladder(ask("escalation_ladder", source=source)) for source in ("inspection", "audit")}
    late = {
        source: {rung.code: rung.after_days for rung in rungs if rung.trigger is Trigger.DEADLINE}
        for source, rungs in ladders.items()
    }

    assert {rung.code for rung in ladders["audit"]} == {rung.code for rung in ladders["inspection"]}
    assert late["audit"]["interview"] < late["inspection"]["interview"]
    assert sorted(late["audit"].values()) == [late["audit"][code] for code in late["inspection"]]


def test_a_signal_has_one_severity_one_action_and_each_parameter_once() -> None:
    for facts in every_question("signal_parameters"):
        rows = ask("signal_parameters", **facts)

        assert len({(row["severity"], row["action"]) for row in rows}) == 1
        assert {row["severity"] for row in rows} <= {"MEDIUM", "HIGH", "CRITICAL"}
        assert {row["action"] for row in rows} <= ACTIONS
        assert len({row["parameter"] for row in rows}) == len(rows)
        assert all(isinstance(row["value"], int) and row["value"] >= 0 for row in rows)


def test_the_score_routes_and_a_critical_signal_is_red_by_itself() -> None:
    routes = {score: ask("signal_routing", score=score, gravest="HIGH")["route"] for score in (0, 19, 20, 49, 50)}

    assert routes == {0: "green", 19: "green", 20: "yellow", 49: "yellow", 50: "red"}
    assert ask("signal_routing", score=40, gravest="CRITICAL")["route"] == "red"
