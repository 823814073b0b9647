"""Nobody is condemned unheard: what the checker asks of the ways that lead to a consequence for a unit.

What is held against a unit is asked for behind an arrow that demands the finding (认定) "established", and the finding
stands behind everything that hears the unit. Only acts answer that fact: no form of a drawn task and no table does.
"""

import ast
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from typing import Final

from bpmn.reading import Kind, Node, Process

FACT, ESTABLISHED = "determination", "established"
FINDING: Final = "find_facts"
ASKED: Final = frozenset({"give_statement", "answer_facts"})  # of the unit: asked, with a day; silence is noted
DONE: Final = frozenset({"decide_suspicion", "confirm_suspicion", "put_facts"})  # by people, on every way
CONDEMNING: Final = frozenset({"open_new_cycle", "revoke_sign_off", "follow_suspicion"})
"""Operations with which something is held against a unit."""

Objection = tuple[str, str, Mapping[str, str]]  # element, code, facts


def objections(
    process: Process, act_of: Callable[[Node], str], answered: Callable[[Node], Set[str]]
) -> Iterator[Objection]:
    """Yield what is wrong with the ways of *process*; *answered*: facts that a drawing may let a node answer freely."""
    nodes = process.nodes.values()
    for node in nodes:
        if FACT in answered(node):
            yield node.id, "finding_drawn", {"fact": FACT}

    unfound = _reached(process, [flow.id for flow in process.flows if demands(flow.condition or "")])
    for node in nodes:
        if node.properties.get("operation") in CONDEMNING and node.id in unfound:
            yield node.id, "unheard", {"operation": node.properties["operation"]}

    for finding in (node for node in nodes if act_of(node) == FINDING):
        for act in sorted(ASKED | DONE):
            hearing = [node.id for node in nodes if act_of(node) == act]
            late = [event.id for id in hearing for event in process.boundaries(id)] if act in ASKED else []
            done = [flow.id for id in (*hearing, *late) for flow in process.outgoing(id)]
            if finding.id in _reached(process, done):
                yield finding.id, "hearing_incomplete", {"act": act}


def demands(condition: str) -> bool:
    """Whether *condition* can only hold where the finding is "established"."""
    try:
        tree = ast.parse(condition.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return _demands(tree)


def _demands(tree: ast.expr) -> bool:
    if isinstance(tree, ast.BoolOp):
        parts = [_demands(part) for part in tree.values]
        return any(parts) if isinstance(tree.op, ast.And) else all(parts)
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or not isinstance(tree.ops[0], ast.Eq):
        return False
    sides = (tree.left, tree.comparators[0])
    names = [side.id for side in sides if isinstance(side, ast.Name)]
    values = [side.value for side in sides if isinstance(side, ast.Constant)]
    return names == [FACT] and values == [ESTABLISHED]


def _reached(process: Process, closed: Collection[str]) -> set[str]:
    """Return what can be reached from the starts without the arrows that are *closed*, by events on a border too."""
    found: set[str] = set()
    waiting = [node.id for node in process.nodes.values() if node.kind is Kind.START]
    while waiting:
        id = waiting.pop()
        if id in found:
            continue
        found.add(id)
        waiting += [flow.target for flow in process.outgoing(id) if flow.id not in closed]
        waiting += [event.id for event in process.boundaries(id)]
    return found
