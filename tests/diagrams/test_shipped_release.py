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
    }
)


def judged(release: Release) -> tuple[Problem, ...]:
    return check(release, operations=OPERATIONS, acts=frozenset(PERMISSIONS), roles=frozenset(Role))


def redrawn(flow: str, target: str) -> Release:
    """The shipped release with the arrow *flow* of a finding drawn to *target* instead."""
    name = "processes/close_finding.bpmn"
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


def test_the_map_names_every_process_table_and_operation() -> None:
    words = HOUSE.joinpath("docs", "map.md").read_text("utf-8")
    release = shipped()

    for file in (*release.names("processes"), *release.names("decisions")):
        assert f"`{file.split('/')[1].split('.')[0]}`" in words, file
    assert all(f"`{operation}`" in words for operation in OPERATIONS)
