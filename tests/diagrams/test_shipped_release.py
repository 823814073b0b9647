"""What is shipped may be published, and would not be if somebody drew a way round a control point."""

import pytest

from bpmn.checker import Problem, check
from bpmn.release import Release, shipped
from cases.rights import PERMISSIONS, Role
from tests.diagrams.drawing import HOUSE

OPERATIONS = frozenset(
    {
        "mark_overdue",
        "issue_findings",
        "release_plan",
        "tell_list",
        "open_new_cycle",
        "close_extension",
        "revoke_sign_off",
        "apply_correction",
        "tell_suspicion_overdue",
        "follow_suspicion",
        "note_silence",
    }
)


def judged(release: Release) -> tuple[Problem, ...]:
    return check(release, operations=OPERATIONS, acts=frozenset(PERMISSIONS), roles=frozenset(Role))


def redrawn(flow: str, target: str, name: str = "processes/close_finding.bpmn") -> Release:
    """The shipped release with the arrow *flow* of the diagram *name* drawn to *target* instead."""
    text = shipped()[name].decode()
    old = next(line for line in text.splitlines() if f'sequenceFlow id="{flow}"' in line)
    new = f'{old[: old.index("targetRef=")]}targetRef="{target}"{">" if not old.endswith("/>") else " />"}'
    return shipped().with_files({name: text.replace(old, new).encode()})


def test_what_is_shipped_is_clean() -> None:
    assert judged(shipped()) == ()


def test_every_operation_that_the_map_names_is_asked_for_by_some_diagram() -> None:
    asked = b"".join(shipped()[name] for name in shipped().names("processes"))

    assert all(f'name="operation" value="{operation}"'.encode() in asked for operation in OPERATIONS)


@pytest.mark.parametrize(
    ("flow", "target"),
    [
        ("signature_answer_to_verify_rectification", "arrange_look_back"),
        ("wait_for_look_back_to_look_back", "sign_off"),
        ("milestones_answer_to_sign_off", "tell_list"),
        ("plan_needed_to_submit_rectification", "verify_rectification"),
    ],
)
def test_a_way_round_a_control_point_is_found(flow: str, target: str) -> None:
    assert "control_point_missing" in {problem.code for problem in judged(redrawn(flow, target))}


@pytest.mark.parametrize(
    ("file", "flow", "target"),
    [
        ("close_finding", "verification_answer_to_hear_unit", "open_new_cycle"),
        ("close_finding", "look_back_answer_to_hear_unit", "open_new_cycle"),
        ("durability_look_back", "durability_answer_to_hear_unit", "revoke_sign_off"),
        ("verify_suspicion", "suspicion_raised_to_hear_unit", "follow_suspicion"),
        ("revocation", "revocation_proposed_to_hear_unit", "revoke_sign_off"),
    ],
)
def test_a_way_on_which_a_unit_is_condemned_unheard_is_found(file: str, flow: str, target: str) -> None:
    problems = judged(redrawn(flow, target, f"processes/{file}.bpmn"))

    assert "unheard" in {problem.code for problem in problems}


@pytest.mark.parametrize(
    ("flow", "target", "left_out"),
    [
        ("facts_doubted_to_give_statement", "decide_suspicion", "give_statement"),
        ("decide_suspicion_to_confirm_suspicion", "put_facts", "confirm_suspicion"),
        ("examination_answer_to_put_facts", "answer_facts", "put_facts"),
        ("put_facts_to_answer_facts", "find_facts", "answer_facts"),
        ("note_no_statement_to_decide_suspicion", "find_facts", "decide_suspicion"),
    ],
)
def test_a_hearing_that_leaves_a_step_out_is_found(flow: str, target: str, left_out: str) -> None:
    problems = judged(redrawn(flow, target, "processes/hear_unit.bpmn"))

    assert left_out in {problem.facts.get("act") for problem in problems if problem.code == "hearing_incomplete"}


def test_no_form_and_no_table_answers_what_only_a_finding_may() -> None:
    name = "processes/hear_unit.bpmn"
    text = shipped()[name].decode().replace("find_facts", "find_quickly")
    form = b'{"type": "object", "title": "t", "properties": {"determination": {"type": "string", "title": "t"}}}'

    problems = judged(shipped().with_files({name: text.encode(), "forms/find_quickly.json": form}))

    assert "finding_drawn" in {problem.code for problem in problems}


def test_the_map_names_every_process_table_and_operation() -> None:
    words = HOUSE.joinpath("docs", "map.md").read_text("utf-8")
    release = shipped()

    for file in (*release.names("processes"), *release.names("decisions")):
        assert f"`{file.split('/')[1].split('.')[0]}`" in words, file
    assert all(f"`{operation}`" in words for operation in OPERATIONS)
