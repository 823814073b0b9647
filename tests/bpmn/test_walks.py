"""Random walks: whatever people do in whatever order, the same tasks are open as in the library's own engine.

Ours is stored and loaded after every step. Walks are seeded, so a failure names its walk. Facts are given to every
task of the stock engine, because there they live in the branch in which they were answered.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest

from bpmn.engine import Engine, Fact
from bpmn.release import Release
from tests.bpmn.drawing import Drawing
from tests.bpmn.stock import StockEngine, names

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = {"past": NOW - timedelta(days=1), "future": datetime(2999, 1, 1, tzinfo=UTC)}
STEPS = 14


def returns() -> list[Drawing]:
    """A loop with a past and a future timer on the task that is done again and again."""
    drawing = Drawing(facts="again").user("submit").timer("late", "past", on="submit", interrupting=False)
    drawing.service("mark").end("told").line("late", "mark", "told").timer("never", "future", on="submit").end("gone")
    drawing.flow("never", "gone").user("review").choice("g", "yes").end().line("start", "submit", "review", "g")
    return [drawing.flow("g", "submit", "again == true").flow("g", "end", id="yes")]


def interrupted() -> list[Drawing]:
    """Timers that take a task away, one after another, with a parallel branch beside."""
    drawing = Drawing(facts="again").parallel("split", "join").user("a").timer("over", "past", on="a").user("b")
    drawing.user("c").timer("later", "future", on="c").user("d").choice("m").end()
    drawing.line("start", "split", "a", "m", "join", "end").line("over", "b", "m")
    return [drawing.line("split", "c", "join").flow("later", "d").flow("d", "end")]


def three_branches() -> list[Drawing]:
    """A join of three, then a choice between going round again by another task and the end."""
    drawing = Drawing(facts="again").parallel("split", "join").user("a").user("b").user("c").user("d").choice("g", "no")
    drawing.line("start", "split", "a", "join", "g").line("split", "b", "join").line("split", "c", "d", "join").end()
    return [drawing.user("more").flow("g", "more", "again == true").flow("g", "end", id="no").flow("more", "end")]


def nested_parallel() -> list[Drawing]:
    drawing = Drawing(facts="again").parallel("s1", "s2", "j1", "j2").user("a").user("b").user("c").user("after").end()
    drawing.line("start", "s1", "s2", "a", "j2", "j1", "after", "end").line("s2", "b", "j2").line("s1", "c", "j1")
    return [drawing]


def called() -> list[Drawing]:
    """A called process with a return inside, called in a loop, with a timer on the call and a call within the call."""
    caller = (
        Drawing(facts="again,once").user("ask").call("look", "outer").timer("t", "past", on="look", interrupting=False)
    )
    caller.user("aside").end("told").line("t", "aside", "told").choice("g", "no").end()
    caller.line("start", "ask", "look", "g").flow("g", "ask", "again == true").flow("g", "end", id="no")
    outer = (
        Drawing("outer", facts="again,once").user("go").choice("h", "h_no").call("deeper", "inner").user("write").end()
    )
    outer.line("start", "go", "h").flow("h", "go", "once == true").flow("h", "deeper", id="h_no")
    outer.line("deeper", "write", "end")
    return [caller, outer, Drawing("inner").user("deep").end().line("start", "deep", "end")]


def told() -> list[Drawing]:
    """Messages between tasks, on a boundary and behind an event gateway."""
    drawing = Drawing(facts="again").user("a").message("wait", "go").user("b").message("stop", "halt", on="b").user("c")
    drawing.add("eventBasedGateway", "first").message("one", "go").message("two", "halt").user("d").user("e").choice(
        "m"
    ).end()
    drawing.line("start", "a", "wait", "b", "first", "one", "d", "m", "end").line("first", "two", "e", "m")
    return [drawing.line("stop", "c", "m")]


WALKS = [returns, interrupted, three_branches, nested_parallel, called, told]


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("draw", WALKS, ids=lambda draw: draw.__name__)
def test_a_walk_ends_where_the_library_ends(draw: object, seed: int) -> None:
    drawings: list[Drawing] = draw()  # type: ignore[operator]
    files = [drawing.xml() for drawing in drawings]
    ours = Engine(Release({f"processes/{d.id}.bpmn": content for d, content in zip(drawings, files, strict=True)}))
    stock = StockEngine(files, "case", moments=MOMENTS)
    choose = random.Random(f"{draw}{seed}".split(" at ")[0] + str(seed))
    facts: dict[str, Fact] = {"again": False, "once": False}

    turn = ours.start("case", facts, deadlines=MOMENTS.__getitem__, now=NOW)
    workflow = stock.start(dict(facts))
    for _ in range(STEPS):
        open_here = sorted(turn.open_tasks, key=lambda task: task.name)
        assert [task.name for task in open_here] == names(stock.open(workflow))
        process = ours.load(ours.dump(turn.process))
        if choose.random() < 0.3 and turn.waits_for:
            message = choose.choice(turn.waits_for)
            turn = ours.tell(process, message, {}, deadlines=MOMENTS.__getitem__, now=NOW)
            stock.tell(workflow, message)
            continue
        if not open_here:
            if not turn.waits_for:
                break
            turn = ours.wake(process, deadlines=MOMENTS.__getitem__, now=NOW)
            continue
        task = choose.choice(open_here)
        answer: dict[str, Fact] = {"again": choose.random() < 0.5, "once": choose.random() < 0.3}
        turn = ours.complete(process, task.id, answer, deadlines=MOMENTS.__getitem__, now=NOW)
        theirs = next(t for t in stock.open(workflow) if t.task_spec.name == task.name)
        for other in stock.open(workflow):
            other.data.update(answer)
        stock.complete(workflow, theirs, dict(answer))
    assert sorted(task.name for task in turn.open_tasks) == names(stock.open(workflow))
    assert turn.done == workflow.completed


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("sequential", [False, True])
def test_a_walk_through_a_loop_over_a_list_ends_where_the_library_ends(sequential: bool, seed: int) -> None:
    """Facts stand on the case in ours and on the task in theirs, so the list is only read at the start of a round."""
    drawing = Drawing(facts="people,again,stop").user("ask")
    drawing.each("sign", "people", until="stop == true", sequential=sequential).choice("g", "no").user("after").end()
    drawing.line("start", "ask", "sign", "g").flow("g", "after", id="no").flow("after", "end")
    content = drawing.flow("g", "end", "again == true").xml()
    ours, stock = Engine(Release({"processes/case.bpmn": content})), StockEngine([content], "case")
    choose = random.Random(seed)
    facts: dict[str, Fact] = {"people": ["x", "y", "z", "w"][: choose.randint(0, 4)], "again": False, "stop": False}

    turn = ours.start("case", facts, deadlines=MOMENTS.__getitem__, now=NOW)
    workflow = stock.start(dict(facts))
    while turn.open_tasks:
        assert sorted(task.name for task in turn.open_tasks) == names(stock.open(workflow))
        task = choose.choice(turn.open_tasks)
        answer: dict[str, Fact] = {"stop": choose.random() < 0.3, "again": choose.random() < 0.3}
        place = [t.id for t in turn.open_tasks].index(task.id)
        theirs = stock.open(workflow)[place]
        process = ours.load(ours.dump(turn.process))
        turn = ours.complete(process, task.id, answer, deadlines=MOMENTS.__getitem__, now=NOW)
        stock.complete(workflow, theirs, dict(answer))
    assert turn.done
    assert workflow.completed
