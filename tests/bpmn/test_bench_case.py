"""The benchmark's case is what PERFORMANCE says it is, and both engines play it to the same end."""

from bpmn.checker import check
from bpmn.engine import Engine
from bpmn.reading import PEOPLE, Kind, read_diagram
from tests.bench.engine_alone import COMPLETIONS, ours, release, stock_engine, theirs


def test_the_case_has_the_agreed_parts() -> None:
    every = release()
    diagrams = [read_diagram(name, every[name]) for name in every.names("processes")]
    nodes = [node for diagram in diagrams for process in diagram.processes for node in process.nodes.values()]

    def count(*kinds: Kind) -> int:
        return sum(node.kind in kinds for node in nodes)

    assert count(*PEOPLE) == 15
    assert count(Kind.EXCLUSIVE, Kind.PARALLEL) == 8
    assert count(Kind.BOUNDARY) == 4
    assert count(Kind.CALL) == count(Kind.DECISION) == sum(node.loop is not None for node in nodes) == 1


def test_both_engines_end_it_in_fourteen_completions() -> None:
    assert len(ours(Engine(release()), len)) == COMPLETIONS
    assert len(theirs(stock_engine(), len)) == COMPLETIONS


def test_the_case_could_be_published() -> None:
    roles = {
        "handler",
        "chief",
        "responsible_leader",
        "verifier",
        "look_back_team",
        "leading_group",
        "inspection_office",
    }
    names = release()
    diagrams = [read_diagram(name, names[name]) for name in names.names("processes")]
    tasks = {n.id for d in diagrams for p in d.processes for n in p.nodes.values() if n.kind in PEOPLE}

    operations = frozenset({"mark_overdue", "tell_list"})

    assert check(names, operations=operations, acts=frozenset(tasks), roles=frozenset(roles)) == ()
