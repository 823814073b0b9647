"""Everything that the page 审计 can show of an event has its words: acts of people, clock and patrols; events."""

import ast
from collections.abc import Iterator

from config.messages import knows
from tasks.catalogue import every_act
from tests.architecture.checkout import ROOT

FOLDERS = ("tasks", "persistence", "cases", "web", "workflows", "xiaohao")
PLACE_OF_ACT = {"as_clock": 0, "transact": 1}  # where the name of the act stands


def calls() -> Iterator[tuple[ast.Module, ast.Call, str]]:
    """Yield every call of the house with its module and the name of what is called."""
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    yield tree, node, getattr(node.func, "attr", getattr(node.func, "id", ""))


def texts(tree: ast.Module, value: ast.expr) -> Iterator[str]:
    """Yield the texts that *value* may be: written there, chosen there, or a constant of its module."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from [*texts(tree, body), *texts(tree, orelse)]
        case ast.Name(id=name):
            for node in ast.walk(tree):
                match node:
                    case ast.Assign(targets=[ast.Name(id=known)], value=given) if known == name:
                        yield from texts(tree, given)
                    case ast.keyword(arg=known, value=ast.Constant(value=str(text))) if known == name:
                        yield text


def test_every_act_that_writes_into_the_ledger_has_a_name_for_people() -> None:
    names = set(every_act()) | {"hear"}  # of what cases hear of each other
    for tree, call, called in calls():
        place = PLACE_OF_ACT.get(called)
        names |= set(texts(tree, call.args[place])) if place is not None and len(call.args) > place else set()
        names |= {text for one in call.keywords if one.arg == "act" for text in texts(tree, one.value)}

    assert "patrol_signals" in names
    assert sorted(name for name in names if name and not knows(f"act.{name}")) == []


def test_every_event_has_a_name_for_people() -> None:
    kinds = {
        text for tree, call, called in calls() if called == "Event" and call.args for text in texts(tree, call.args[0])
    }

    assert {"PlanReturned", "PasswordSetByLink", "SignedOff"} <= kinds
    assert sorted(kind for kind in kinds if not knows(f"event.{kind}")) == []
