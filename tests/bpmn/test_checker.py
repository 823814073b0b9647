"""What the checker refuses: every rule once by a diagram that breaks it alone, and the shipped release by none."""

import re
from pathlib import Path

import pytest

import bpmn
from bpmn.checker import Problem, check
from bpmn.release import Release, shipped
from config.messages import LANGUAGES, knows
from tests.bpmn.drawing import Drawing, table

POINTS = ("submit_rectification", "verify_rectification", "record_look_back", "sign_off")
ACTS = frozenset(
    {*POINTS, "review_rectification", "confirm_look_back", "register_findings", "give_feedback", "review_plan"}
    | {"archive_list", "decide_extension", "record_durability"}
)
ROLES = frozenset({"handler", "chief", "verifier"})
OPERATIONS = frozenset({"mark_overdue", "tell_list"})
ATTACKS = Path(bpmn.__file__).parents[2] / "shared" / "attacks"


def problems_of(*drawings: Drawing, forms: tuple[str, ...] = (), **decisions: bytes) -> list[tuple[str, str]]:
    files = {f"processes/{drawing.id}.bpmn": drawing.xml() for drawing in drawings}
    files |= {f"decisions/{name}.dmn": content for name, content in decisions.items()}
    files |= {f"forms/{name}.json": b'{"type": "object", "properties": {}}' for name in forms}
    return told(Release(files))


def told(release: Release) -> list[tuple[str, str]]:
    problems = check(release, operations=OPERATIONS, acts=ACTS, roles=ROLES)
    for problem in problems:
        for language in LANGUAGES:
            sentence = problem.sentence(language)
            assert problem.element in sentence or problem.facts, sentence
    return [(problem.element, problem.code) for problem in problems]


def finding(**options: str) -> Drawing:
    drawing = Drawing("close", type="finding", facts="verdict,reviewers")
    for point in POINTS:
        drawing.user(point)
    return drawing.end("signed", "signed_off")


def straight() -> Drawing:
    return finding().line("start", *POINTS, "signed")


def one(**values: str) -> Drawing:
    """A process with one task of a known act."""
    return Drawing(facts="verdict,reviewers,n").user("sign_off", **values).end()


def test_a_sound_finding_has_no_problem() -> None:
    assert problems_of(straight()) == []


@pytest.mark.parametrize("left_out", POINTS)
def test_every_control_point_must_be_on_every_way(left_out: str) -> None:
    drawing = finding().choice("g", "g_yes").line("start", "g")
    rest = [point for point in POINTS if point != left_out]
    drawing.line(*POINTS, "signed").flow("g", POINTS[0], id="g_yes")
    for point in rest:
        drawing.user(f"short_{point}", act=point)
    short = [f"short_{point}" for point in rest]
    drawing.flow("g", short[0], "verdict == 'x'").line(*short, "signed")

    assert problems_of(drawing) == [("signed", "control_point_missing")]


def test_control_points_in_another_order_do_not_count() -> None:
    drawing = finding().line("start", POINTS[1], POINTS[0], POINTS[2], POINTS[3], "signed")

    assert problems_of(drawing) == [("signed", "control_point_missing")]


def test_what_is_submitted_again_must_be_verified_again() -> None:
    drawing = finding().choice("g", "g_no").line("start", *POINTS[:3], "g").user("late_submission", act=POINTS[0])
    drawing.flow("g", POINTS[3], id="g_no").flow("g", "late_submission", "verdict == 'returned'")
    drawing.flow("late_submission", "sign_off").flow("sign_off", "signed")

    assert problems_of(drawing) == [("signed", "control_point_missing")]


def test_a_look_back_in_a_called_process_counts_on_every_way_through_it() -> None:
    caller = Drawing("close", type="finding").user(POINTS[0]).user(POINTS[1]).call("look", "look_back").user(POINTS[3])
    caller.end("signed", "signed_off").line("start", POINTS[0], POINTS[1], "look", POINTS[3], "signed")
    whole = Drawing("look_back").user(POINTS[2]).end().line("start", POINTS[2], "end")
    partly = Drawing("look_back", facts="n").user(POINTS[2]).choice("g", "g_no").choice("m").end()
    partly.line("start", "g").flow("g", POINTS[2], "n == 1").flow("g", "m", id="g_no").line(POINTS[2], "m", "end")

    assert problems_of(caller, whole) == []
    assert problems_of(caller, partly) == [("signed", "control_point_missing")]


def test_a_parallel_branch_counts_behind_the_join_only() -> None:
    drawing = finding().parallel("split", "join").user("other", act="review_rectification")
    drawing.line("start", "split", *POINTS[:3], "join", "sign_off", "signed").line("split", "other", "join")
    assert problems_of(drawing) == []

    beside = finding().parallel("split").user("other", act="review_rectification").end("early")
    beside.line("start", "split", *POINTS, "signed").line("split", "other", "early")
    assert problems_of(beside) == [("early", "control_point_missing")]


def test_an_end_that_only_tells_must_hang_on_a_side_branch() -> None:
    telling = straight().timer("late", "due", on=POINTS[0], interrupting=False).end("told", "told")
    assert problems_of(telling.line("late", "told")) == []

    escaping = straight().timer("late", "due", on=POINTS[0]).end("told", "told").line("late", "told")
    assert problems_of(escaping) == [("told", "control_point_missing")]

    killing = straight().timer("late", "due", on=POINTS[0], interrupting=False)
    killing.end("told", "told", terminate=True).line("late", "told")
    assert problems_of(killing) == [("told", "control_point_missing")]


def test_a_new_cycle_is_an_end_before_sign_off() -> None:
    drawing = finding().choice("g", "g_yes").end("again", "new_cycle").line("start", *POINTS[:2], "g")
    drawing.flow("g", POINTS[2], id="g_yes").flow("g", "again", "verdict == 'false'").line(*POINTS[2:], "signed")

    assert problems_of(drawing) == []


def test_a_timeout_is_no_way_round_a_control_point() -> None:
    drawing = finding().choice("m").timer("over", "due", on=POINTS[1]).flow("over", "m")
    drawing.line("start", POINTS[0], POINTS[1], "m", POINTS[2], POINTS[3], "signed")

    assert problems_of(drawing) == [("signed", "control_point_missing")]


def test_a_control_point_over_a_list_is_refused() -> None:
    drawing = Drawing("close", type="finding", facts="reviewers").end("signed", "signed_off")
    for point in POINTS:
        drawing.each(point, "reviewers") if point == "sign_off" else drawing.user(point)

    assert problems_of(drawing.line("start", *POINTS, "signed")) == [("sign_off", "control_point_loop")]


def test_gateways_must_be_decidable() -> None:
    drawing = one().choice("g").user("review_rectification").line("start", "g", "sign_off", "end")
    drawing.flow("g", "review_rectification", "n == 1").flow("review_rectification", "end")

    assert problems_of(drawing) == [("g", "default_missing"), ("g_sign_off", "condition_missing")]
    with_condition = one().choice("g", "d").flow("start", "g").flow("g", "sign_off", "n == 1", id="d")
    assert ("d", "condition_on_default") in problems_of(with_condition.flow("sign_off", "end"))
    elsewhere = one().flow("start", "sign_off", "n == 1").flow("sign_off", "end")
    assert problems_of(elsewhere) == [("start_sign_off", "condition_misplaced")]


def test_a_task_may_not_split_the_way() -> None:
    drawing = one().user("review_rectification").line("start", "sign_off", "end")

    assert ("sign_off", "split_implicit") in problems_of(drawing.line("sign_off", "review_rectification", "end"))


def test_parallel_branches_may_not_meet_without_a_join() -> None:
    drawing = one().parallel("split").user("review_rectification").user("after", act="sign_off").choice("m")
    drawing.line("start", "split", "sign_off", "m", "after", "end").line("split", "review_rectification", "m")
    assert problems_of(drawing) == [("m", "merge_implicit")]

    at_task = one().parallel("split").user("review_rectification").user("after", act="sign_off")
    at_task.line("start", "split", "sign_off", "after", "end").line("split", "review_rectification", "after")
    assert problems_of(at_task) == [("after", "merge_implicit")]

    back = one().parallel("split").choice("m").user("review_rectification")
    back.line("start", "m", "split", "sign_off", "end").line("split", "review_rectification", "m")
    assert problems_of(back) == [("split", "merge_implicit")]

    beside = one().timer("late", "due", on="sign_off", interrupting=False).user("after", act="sign_off")
    beside.line("start", "sign_off", "after", "end").flow("late", "after")
    assert problems_of(beside) == [("after", "merge_implicit")]


def test_a_join_must_be_able_to_fire() -> None:
    choice = one().choice("g", "g_yes").parallel("join").user("review_rectification").line("start", "g")
    choice.flow("g", "sign_off", id="g_yes").flow("g", "review_rectification", "n == 1")
    assert problems_of(choice.line("sign_off", "join", "end").flow("review_rectification", "join")) == [
        ("join", "join_without_split")
    ]

    loop = one().parallel("split").choice("g", "g_end").line("start", "split", "sign_off", "g")
    loop.flow("g", "end", id="g_end").flow("g", "split", "n == 1")
    assert ("split", "join_waits_for_itself") in problems_of(loop)


def test_every_node_is_on_a_way_from_start_to_end() -> None:
    drawing = one().user("review_rectification").line("start", "sign_off", "end").flow("review_rectification", "end")
    assert problems_of(drawing) == [("review_rectification", "unreachable")]

    blind = one().timer("late", "due", on="sign_off", interrupting=False).line("start", "sign_off", "end")
    assert problems_of(blind) == [("late", "dead_end")]

    assert problems_of(Drawing().user("sign_off").flow("start", "sign_off")) == [
        ("case", "end_missing"),
        ("start", "dead_end"),
        ("sign_off", "dead_end"),
    ]


def test_every_cycle_waits_for_somebody() -> None:
    drawing = one().choice("m").service("tell_list").choice("g", "g_m").line("start", "sign_off", "m", "tell_list", "g")
    assert problems_of(drawing.flow("g", "m", id="g_m").flow("g", "end", "n == 1")) == [("m", "cycle_without_wait")]

    by_list = Drawing(facts="reviewers,n").choice("m").each("sign_off", "reviewers").choice("g", "g_m").end()
    by_list.line("start", "m", "sign_off", "g").flow("g", "m", id="g_m").flow("g", "end", "n == 1")
    assert problems_of(by_list) == [("m", "cycle_without_wait")]

    by_timer = Drawing(facts="n").choice("m").timer("wait", "due").choice("g", "g_m").end()
    by_timer.line("start", "m", "wait", "g").flow("g", "m", id="g_m").flow("g", "end", "n == 1")
    assert problems_of(by_timer) == []


def test_a_call_is_a_wait_only_if_the_called_process_is() -> None:
    caller = (
        Drawing(facts="n").choice("m").call("call", "called").choice("g", "g_m").end().line("start", "m", "call", "g")
    )
    caller.flow("g", "m", id="g_m").flow("g", "end", "n == 1")
    waiting = Drawing("called").user("sign_off").end().line("start", "sign_off", "end")
    rushing = Drawing("called").service("tell_list").end().line("start", "tell_list", "end")

    assert problems_of(caller, waiting) == []
    assert problems_of(caller, rushing) == [("m", "cycle_without_wait")]


def test_calls_are_known_acyclic_and_shallow() -> None:
    def calling(id: str, called: str) -> Drawing:
        return Drawing(id).call("call", called).end().line("start", "call", "end")

    leaf = Drawing("leaf").user("sign_off").end().line("start", "sign_off", "end")
    assert problems_of(calling("a", "nothing")) == [("call", "call_unknown")]
    assert problems_of(calling("a", "a")) == [("call", "call_cycle")]
    assert problems_of(calling("a", "b"), calling("b", "a")) == [("call", "call_cycle"), ("call", "call_cycle")]
    assert problems_of(calling("a", "b"), calling("b", "leaf"), leaf) == []
    assert problems_of(calling("z", "a"), calling("a", "b"), calling("b", "leaf"), leaf) == [("call", "call_depth")]


def test_tasks_name_known_roles_acts_and_forms() -> None:
    def problem(**values: str) -> list[tuple[str, str]]:
        return problems_of(one(**values).line("start", "sign_off", "end"))

    assert problem(role="nobody") == [("sign_off", "role_unknown")]
    assert problem(role="") == [("sign_off", "role_missing")]
    assert problem(act="approve_everything") == [("sign_off", "act_unknown")]
    assert problem(form="long") == [("sign_off", "form_missing")]
    drawn = Drawing().user("check_photos").end().line("start", "check_photos", "end")
    assert problems_of(drawn) == [("check_photos", "form_missing")]
    assert problems_of(drawn, forms=("check_photos",)) == []


def test_operations_deadlines_and_events_are_known() -> None:
    drawing = one().service("wipe_disk").line("start", "wipe_disk", "sign_off", "end")
    assert problems_of(drawing) == [("wipe_disk", "operation_unknown")]

    timer = one().timer("wait", "2 + 2").line("start", "wait", "sign_off", "end")
    assert problems_of(timer) == [("wait", "timer_key")]

    hanging = (
        one().service("tell_list").timer("late", "due", on="tell_list").line("start", "tell_list", "sign_off", "end")
    )
    assert ("late", "boundary_host") in problems_of(hanging.flow("late", "end"))

    gateway = one().add("eventBasedGateway", "e").user("review_rectification").timer("wait", "due")
    gateway.line("start", "e", "wait", "sign_off", "end").line("e", "review_rectification", "end")
    assert problems_of(gateway) == [("review_rectification", "event_gateway_target")]


def test_deadline_keys_are_judged_where_they_are_given() -> None:
    release = Release(
        {"processes/case.bpmn": one().timer("wait", "due").line("start", "wait", "sign_off", "end").xml()}
    )

    def codes(deadlines: frozenset[str]) -> list[str]:
        problems = check(release, operations=OPERATIONS, acts=ACTS, roles=ROLES, deadlines=deadlines)
        return [problem.code for problem in problems]

    assert codes(frozenset({"due"})) == []
    assert codes(frozenset({"rectify_due"})) == ["deadline_unknown"]


def test_a_chain_too_long_for_the_library_is_refused_not_crashed() -> None:
    names = [f"t{number}" for number in range(480)]
    drawing = Drawing().user("sign_off").end()
    for name in names:
        drawing.service(name, "tell_list")

    assert {code for _, code in problems_of(drawing.line("start", *names, "sign_off", "end"))} <= {"diagram_unreadable"}


def test_only_declared_facts_are_read() -> None:
    drawing = one().choice("g", "g_yes").flow("start", "g").flow("g", "sign_off", id="g_yes").flow("sign_off", "end")
    assert problems_of(drawing.flow("g", "end", "secret == 1")) == [("g_end", "fact_undeclared")]

    looping = Drawing().each("sign_off", "people", until="done").end().line("start", "sign_off", "end")
    assert problems_of(looping) == [("sign_off", "fact_undeclared"), ("sign_off", "loop_collection")]


@pytest.mark.parametrize(
    "name", ["typename", "__builtins__", "data_objects", "len", "Verdict", "a b", "lambda", "true", "x" * 65]
)
def test_reserved_names_cannot_be_declared(name: str) -> None:
    drawing = Drawing(facts=f"ok,{name}").user("sign_off").end().line("start", "sign_off", "end")

    assert problems_of(drawing) == [("case", "fact_reserved")]


def test_decision_tables_exist_and_answer_declared_facts() -> None:
    drawing = (
        Drawing(facts="kind,n").decision("rule", "wait").user("sign_off").end().line("start", "rule", "sign_off", "end")
    )
    assert problems_of(drawing) == [("rule", "decision_missing")]
    assert problems_of(drawing, wait=table("wait", ["kind"], ["n"], [["-", "1"]])) == []
    assert problems_of(drawing, wait=table("wait", ["amount"], ["months"], [["-", "1"]])) == [
        ("rule", "fact_undeclared"),
        ("rule", "decision_output_undeclared"),
    ]
    twice = table("wait", ["kind"], ["n"], [['"A", "B"', "1"], ['"B"', "2"]])
    assert problems_of(drawing, wait=twice) == [("row_2", "decision_rows_overlap")]


def test_a_process_says_its_type() -> None:
    drawing = Drawing(type="whatever").user("sign_off").end().line("start", "sign_off", "end")

    assert problems_of(drawing) == [("case", "process_type")]


def test_everything_is_told_at_once_and_in_both_languages() -> None:
    drawing = Drawing(facts="typename").user("a", role="x").service("b").line("start", "a", "b")

    assert {code for _, code in problems_of(drawing)} >= {
        "fact_reserved",
        "role_unknown",
        "form_missing",
        "operation_unknown",
        "dead_end",
        "end_missing",
    }
    problem = Problem("processes/a.bpmn", "g", "default_missing")
    assert "“g”" in problem.sentence("zh")
    assert "default flow" in problem.sentence("en")


def test_every_code_has_a_sentence() -> None:
    room = Path(bpmn.__file__).parent
    written = re.compile(
        r'(?:_problem\([^"\n]*|Refusal\(\s*[^"{]*?(?:"\w+", )?|refuse\("\w+", '
        r'|FormProblem\([^,]*, |ExpressionRefused\()"([a-z0-9_]+)"'
    )
    codes = {
        code
        for file in ("reading", "decisions", "forms", "checker", "expressions", "spiff")
        for code in written.findall((room / f"{file}.py").read_text())
    }

    assert len(codes) > 50
    assert [code for code in sorted(codes) if not knows(f"checker.{code}")] == []


@pytest.mark.skipif(not ATTACKS.is_dir(), reason="the hostile diagrams of ../shared are not here")
def test_every_hostile_diagram_is_refused_on_its_element() -> None:
    expected = {
        "a02": "f_g_t",
        "a04": "t",
        "a06": "t",
        "a09": "t",
        "b01": "DOCTYPE",
        "b02": "DOCTYPE",
        "c03": "m",
        "c04": "t",
        "c06": "t",
        "c08": "t",
        "d01": "t",
        "d03": "__builtins__",
    }
    files = {path.name[:3]: path for path in sorted(ATTACKS.glob("*.bpmn"))}

    assert set(files) >= set(expected)
    for key, path in files.items():
        elements = [element for element, _ in told(Release({f"processes/{path.name}": path.read_bytes()}))]
        assert elements, path.name
        assert expected.get(key, elements[0]) in elements


def test_the_shipped_release_has_no_problem() -> None:
    release = shipped()
    diagrams = b"".join(release[name] for name in release.names("processes")).decode()
    properties = dict.fromkeys(("role", "act", "operation"), frozenset[str]())
    for name in properties:
        properties[name] = frozenset(re.findall(rf'name="{name}" value="([^"]+)"', diagrams))
    tasks = frozenset(re.findall(r'<bpmn:userTask id="([^"]+)"', diagrams))

    problems = check(release, operations=properties["operation"], acts=tasks, roles=properties["role"])

    assert [(p.file, p.element, p.code) for p in problems] == []
