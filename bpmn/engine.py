"""Plays the diagrams of one release: what is open now, what is asked for, when to wake up.

The engine does no I/O, holds no state of a case and knows no rule: a caller loads a case, lets one thing happen,
stores what `dump` gives and shows the `Turn`. Facts are the few values by which diagrams route; they belong to the
whole case, so that an answer given in one task is seen by every later condition, in parallel branches and called
processes too.

A `Process` whose call raised is half-way and must be thrown away (the caller's transaction rolls back); load it again.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from bpmn.codec import Codec, CompactCodec
from bpmn.decisions import DecisionFailed, DecisionTable, as_facts, read_decision
from bpmn.expressions import LARGEST_NUMBER, MOST_ITEMS, ExpressionFailed, Value
from bpmn.reading import Diagram, Kind, Node, read_diagram
from bpmn.release import Release
from bpmn.spiff import Deadlines, StepFailed, Tree, grown, parse

Fact = str | int | bool | None | list[str]
Facts = Mapping[str, Fact]

FILL_FORM = "fill_form"  # the act of a task that only asks for its form
MOST_AUTOMATIC_STEPS = 500
LONGEST_TURN = 5.0  # seconds


class EngineError(Exception):
    """A case cannot go on, or was asked for something that it is not waiting for."""


class UnknownProcess(EngineError):
    """The release has no executable process of that id."""


class UnknownElement(EngineError):
    """The process has no element of that id that could be entered."""


class TaskNotOpen(EngineError):
    """The case is not waiting for this task; somebody or a deadline was faster."""


class MessageNotAwaited(EngineError):
    """No event of the case waits for this message."""


class FactRefused(EngineError):
    """A value that is no fact: wrong type, too long, too large."""


class Stalled(EngineError):
    """The case would rest without anybody or anything to move it, or ran without end; *element* is where."""

    def __init__(self, element: str, reason: str) -> None:
        super().__init__(f"{element}: {reason}")
        self.element, self.reason = element, reason


class RuleRaised(EngineError):
    """What the turn asked (a deadline, a decision, the library) raised it; *element* is where, the cause what."""

    def __init__(self, element: str, why: Exception) -> None:
        super().__init__(f"{element}: {type(why).__name__}: {why}")
        self.element = element


@dataclass(frozen=True)
class OpenTask:
    """A task that a person can do now; *role* is resolved, *item* is that of a multi-instance."""

    id: str
    name: str  # id in the diagram
    act: str
    role: str
    stage: str
    label: str
    process: str
    form: str
    item: str | None = None


@dataclass(frozen=True)
class Ask:
    """Something that the diagram asks to be done, with the facts as they were then."""

    operation: str
    facts: Facts


@dataclass(frozen=True)
class Turn:
    """What one run of the engine led to, until it waits again."""

    process: "Process"
    open_tasks: tuple[OpenTask, ...]
    asked: tuple[Ask, ...]
    wake_at: datetime | None  # the earliest moment a timer waits for, aware UTC
    waits_for: tuple[str, ...]  # names of messages
    done: bool
    outcome: str | None
    path: tuple[str, ...]  # elements entered, in order, each once
    stages: tuple[str, ...] = ()  # of open tasks and of events that are waited for


class Process:
    """A case in memory: opaque to everybody but the engine that made it."""

    __slots__ = ("tree",)

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @property
    def id(self) -> str:
        """The id of the process in the diagram."""
        return str(self.tree.spec.name)


@dataclass(frozen=True)
class Element:
    """An element of a diagram, for pages: what it is and what it says."""

    id: str
    name: str
    kind: Kind
    properties: Mapping[str, str]
    documentation: str = ""


class Engine:
    """Plays one release. Thread-safe: what it holds is read once and never changed."""

    def __init__(self, release: Release, *, acts: frozenset[str] | None = None) -> None:
        """Read and parse everything of *release*. Raises DiagramRefused, which names file and element.

        *acts* are the known acts: a task whose id is none of them is done by ``fill_form``. Without them every id is
        an act.
        """
        self.release, self._acts = release, acts
        self.diagrams: tuple[Diagram, ...] = tuple(
            read_diagram(name, release[name]) for name in release.names("processes", ".bpmn")
        )
        self.decisions: Mapping[str, DecisionTable] = {
            name.removeprefix("decisions/").removesuffix(".dmn"): read_decision(name, release[name])
            for name in release.names("decisions", ".dmn")
        }
        self._specs = parse(self.diagrams)
        self._codec: Codec = CompactCodec(self._specs, release.id)
        self._declared: dict[str, frozenset[str]] = {
            id: frozenset(
                fact for called in self._specs.called_from(id) for fact in self._specs.processes[called].facts
            )
            for id in self._specs.processes
        }

    def start(self, process_id: str, facts: Facts, *, deadlines: Deadlines, now: datetime) -> Turn:
        """Start a case of *process_id* and run it until it waits.

        *facts* that the diagram does not declare are left out; declared ones that are not given are None. *deadlines*
        answers a key with an aware moment. Raises UnknownProcess, FactRefused, Stalled.
        """
        if process_id not in self._specs.specs:
            raise UnknownProcess(process_id)
        process = Process(grown(self._specs, process_id))
        process.tree.data.update(dict.fromkeys(sorted(self._declared[process_id])))
        return self._turn(process, facts, deadlines, now, lambda: None)

    def complete(self, process: Process, task_id: str, facts: Facts, *, deadlines: Deadlines, now: datetime) -> Turn:
        """Complete the open task *task_id* with *facts* and run until the case waits again.

        Timers that are due by *now* happen first, so that the outcome does not depend on how often a clock ticked; a
        task that such a timer takes away is refused like any other. Raises TaskNotOpen, FactRefused, Stalled.
        """
        tree = process.tree

        def finish() -> None:
            tree.fire_due()
            self._run(tree)
            for task in tree.open_steps():
                if _task_id(tree, task) == task_id:
                    self._enter_facts(tree, facts)  # after the timers: they route by what was known before
                    tree.finish(task)
                    return
            raise TaskNotOpen(task_id)

        if task_id not in {_task_id(tree, task) for task in tree.open_steps()}:
            raise TaskNotOpen(task_id)
        return self._turn(process, {}, deadlines, now, finish)

    def wake(self, process: Process, *, deadlines: Deadlines, now: datetime) -> Turn:
        """Let the timers happen that are due by *now*; waking twice does nothing. Raises Stalled."""
        return self._turn(process, {}, deadlines, now, process.tree.fire_due)

    def rearm(self, process: Process, key: str, *, deadlines: Deadlines, now: datetime) -> Turn:
        """Ask *deadlines* anew for the moments of the timers of *key*: the day behind it has moved. Raises Stalled.

        A timer that has fired beside a task still open waits again; one whose new moment is past happens at once.
        """
        return self._turn(process, {}, deadlines, now, lambda: process.tree.rearm(key))

    def tell(self, process: Process, message: str, facts: Facts, *, deadlines: Deadlines, now: datetime) -> Turn:
        """Let *message* from another case arrive, with *facts*. Raises MessageNotAwaited, FactRefused, Stalled.

        A message that nobody awaits is lost; a diagram that may be told too early asks a fact before it waits.
        """
        tree = process.tree

        def arrive() -> None:
            tree.fire_due()
            self._run(tree)
            self._enter_facts(tree, facts)
            if not tree.tell(message):
                raise MessageNotAwaited(message)

        return self._turn(process, {}, deadlines, now, arrive)

    def cancel(self, process: Process) -> Turn:
        """Cancel whatever is open; the case is done and its outcome is ``cancelled``."""
        tree = process.tree
        tree.stop()
        tree.completed, tree.outcome = True, "cancelled"
        tree.path.clear()
        tree.asked.clear()
        tree.settle()
        return self.look(process)

    def jump(self, process: Process, element_id: str, facts: Facts, *, deadlines: Deadlines, now: datetime) -> Turn:
        """Cancel what is open and enter *element_id* of the outermost process, for administrators.

        Raises UnknownElement for what cannot be entered (boundary events, events behind an event gateway, other
        processes).
        """
        tree = process.tree
        spec_process = self._specs.processes[process.id]
        node = spec_process.nodes.get(element_id)
        behind = {
            flow.target
            for other in spec_process.nodes.values()
            if other.kind is Kind.EVENT_BASED
            for flow in spec_process.outgoing(other.id)
        }
        if node is None or node.kind in (Kind.BOUNDARY, Kind.START) or element_id in behind:
            raise UnknownElement(element_id)

        def enter() -> None:
            tree.stop()
            tree.settle()
            tree.completed, tree.outcome = False, None
            tree.path.clear()
            tree.enter(element_id)

        return self._turn(process, facts, deadlines, now, enter)

    def look(self, process: Process) -> Turn:
        """Return how *process* stands, without running it; nothing is asked."""
        tree = process.tree
        steps, waits = tree.open_steps(), tree.waiting_events()
        dues = tree.dues(waits)
        nodes = [_node(task) for task in steps] + [node for _, _, node in waits]
        stages = dict.fromkeys(node.properties.get("stage", "") for node in nodes)
        return Turn(
            process=process,
            open_tasks=() if tree.completed else tuple(self._open_task(tree, task) for task in steps),
            asked=(),
            wake_at=dues[0] if dues else None,
            waits_for=tuple(sorted({node.message for _, _, node in waits if node.message})),
            done=bool(tree.completed),
            outcome=tree.outcome if tree.completed else None,
            path=tuple(dict.fromkeys(tree.path)),
            stages=tuple(stage for stage in stages if stage),
        )

    def dump(self, process: Process) -> bytes:
        """Return *process* as bytes, with the version of the form and the id of the release inside."""
        return self._codec.dump(process.tree)

    def load(self, stored: bytes) -> Process:
        """Return the case in *stored*. Raises StoredStateUnreadable for damage, another release, another version."""
        return Process(self._codec.load(stored))

    def facts(self, process: Process) -> dict[str, Fact]:
        """Return a copy of the declared facts of *process*."""
        return {name: list(value) if isinstance(value, list) else value for name, value in process.tree.data.items()}

    def elements(self, process_id: str) -> tuple[Element, ...]:
        """Return the elements of *process_id*, in the order of the file. Raises UnknownProcess."""
        if process_id not in self._specs.processes:
            raise UnknownProcess(process_id)
        return tuple(
            Element(node.id, node.name, node.kind, node.properties, node.documentation)
            for node in self._specs.processes[process_id].nodes.values()
        )

    def deadlines_at(self, process_id: str, path: Collection[str]) -> dict[str, str]:
        """Return the deadline keys of the boundary timers on *path*, each with the task that the timer hangs on."""
        nodes = self._specs.processes[process_id].nodes
        fired = (nodes[element] for element in path if element in nodes)
        return {node.deadline: node.attached_to for node in fired if node.deadline and node.attached_to}

    @cached_property
    def processes(self) -> tuple[str, ...]:
        """The ids of the executable processes, sorted."""
        return tuple(sorted(self._specs.processes))

    def declared(self, process_id: str) -> frozenset[str]:
        """Return the facts that *process_id* and the processes that it calls declare. Raises UnknownProcess."""
        if process_id not in self._declared:
            raise UnknownProcess(process_id)
        return self._declared[process_id]

    def _turn(
        self, process: Process, facts: Facts, deadlines: Deadlines, now: datetime, happen: Callable[[], None]
    ) -> Turn:
        """Let one thing *happen* and run until the case rests; every turn goes through here."""
        if now.tzinfo is None:
            raise ValueError("now must be an aware moment")
        tree = process.tree
        tree.now, tree.deadlines, tree.decide = now, deadlines, self._decide
        tree.asked, tree.path = [], []
        self._enter_facts(tree, facts)
        try:
            happen()
            self._run(tree)
            tree.settle()
        except StepFailed as why:
            raise Stalled(why.element, why.reason) from why
        except EngineError:
            raise
        except Exception as why:  # whatever it is, the caller learns at which element; the turn is lost, the case not
            raise RuleRaised(_where(tree), why) from why

        turn = self.look(process)
        if not turn.done and not turn.open_tasks and turn.wake_at is None and not turn.waits_for:
            raise Stalled(turn.path[-1] if turn.path else process.id, "nobody and nothing is waited for")
        asked = tuple(Ask(operation, facts_then) for operation, facts_then in tree.asked)
        return replace(turn, asked=asked)

    def _run(self, tree: Tree) -> None:
        started = time.thread_time()  # of this thread: a loaded machine is no fault of the case
        for _ in range(MOST_AUTOMATIC_STEPS):
            if not tree.step():
                return
            if time.thread_time() - started > LONGEST_TURN:
                break
        raise Stalled(_where(tree), "it ran without end")

    def _enter_facts(self, tree: Tree, facts: Facts) -> None:
        declared = self._declared[str(tree.spec.name)]
        for name, value in facts.items():
            if name in declared:
                tree.data[name] = _checked(name, value)

    def _decide(self, name: str, facts: Mapping[str, Value]) -> Mapping[str, Value]:
        table = self.decisions.get(name)
        if table is None:
            raise StepFailed(name, "there is no such decision table")
        try:
            answer = as_facts(table, facts)
        except (DecisionFailed, ExpressionFailed) as why:
            raise StepFailed(name, str(why)) from why
        return {fact: _checked(fact, value) for fact, value in answer.items() if fact in facts}

    def _open_task(self, tree: Tree, task: Any) -> OpenTask:
        node = _node(task)
        item: str | None = task.internal_data.get("item")
        role = node.properties.get("role", "")
        known = self._acts is None or node.id in self._acts
        act = node.properties.get("act") or (node.id if known else FILL_FORM)
        return OpenTask(
            id=_task_id(tree, task),
            name=node.id,
            act=act,
            role=item if item is not None and node.loop and role == node.loop.item else role,
            stage=node.properties.get("stage", ""),
            label=node.name,
            process=str(task.workflow.spec.name),
            form=node.properties.get("form") or (node.id if act == FILL_FORM else act),
            item=item,
        )


@lru_cache(maxsize=32)
def engine_for(release: Release, acts: frozenset[str]) -> Engine:
    """Return the engine of *release*, read once in a process: several offices of one house share it."""
    return Engine(release, acts=acts)


def _where(tree: Tree) -> str:
    """Return the element that was entered last, the process where none was."""
    return tree.path[-1] if tree.path else str(tree.spec.name)


def _node(task: Any) -> Node:
    node: Node = task.task_spec.node
    return node


def _task_id(tree: Tree, task: Any) -> str:
    return f"{tree.key}-{task.id}"


def _checked(name: str, value: object) -> Fact:
    """Return *value* if it can be a fact. Raises FactRefused."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST_NUMBER:
        return int(value)
    if isinstance(value, str) and len(value) <= MOST_ITEMS:
        return str(value)
    if (
        isinstance(value, list | tuple)
        and len(value) <= MOST_ITEMS
        and all(isinstance(item, str) and len(item) <= MOST_ITEMS for item in value)
    ):
        return [str(item) for item in value]
    raise FactRefused(f"{name}: a value of type {type(value).__name__} is no fact, or too large")
