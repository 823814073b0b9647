"""The one module that knows how SpiffWorkflow works inside; upgrade the library here.

What the library does per case and per step is kept small by four choices, each of them held to the stock engine's
behaviour by the random walks of ``tests/bpmn/test_walks.py``:

* **Facts stand on the case** (``Tree.data`` of the outermost tree), never in ``task.data``: a fact answered in one
  task is seen by every later condition, across parallel branches and in called processes, and nothing is copied from
  task to task.
* **Nothing is predicted.** A task's children are made when it runs (`_run`), not two gateways ahead.
* **What is over is cut away** after each turn (`Tree.cut`): the tree holds what is open and what a waiting join still
  asks for, so the three-hundredth return costs what the first did, and no tree grows deep. History is the ledger's,
  not the engine's.
* **Searches are flat scans** over those few tasks; the library's own walk down the tree, and stop silently at depth
1,000.
"""

# mypy: allow-subclassing-any
# ruff: noqa: ARG001, ARG002
# The library has no types, and its hooks have parameters that we do not need.

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from types import MethodType
from typing import Any

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.event_parsers import BoundaryEventParser, IntermediateCatchEventParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import (
    BpmnSpecMixin,
    EndEventMixin,
)
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from bpmn.expressions import ExpressionFailed, compile_expression
from bpmn.reading import Diagram, DiagramRefused, Node, Process, Refusal

for _name in ("spiff", "spiff.workflow", "spiff.task", "spiff.engine"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # half of a step's time went into lines that nobody reads

SIDE_OUTCOMES = frozenset({"told"})  # ends of branches that only tell somebody; they do not say how the case ended
LARGEST_LOOP = 500  # instances of one multi-instance

_READY, _WAITING, _STARTED, _COMPLETED = TaskState.READY, TaskState.WAITING, TaskState.STARTED, TaskState.COMPLETED
_UNFINISHED = TaskState.NOT_FINISHED_MASK
_ENTERED = _READY | _WAITING | _STARTED

Deadlines = Callable[[str], datetime]
Decide = Callable[[str, Mapping[str, object]], Mapping[str, object]]


class StepFailed(Exception):
    """An automatic step could not be taken: a condition met a value that it cannot use, or no flow was chosen."""

    def __init__(self, element: str, reason: str) -> None:
        super().__init__(f"{element}: {reason}")
        self.element, self.reason = element, reason


# Specs: what a release is parsed into, once.


@dataclass(frozen=True)
class Specs:
    """The library's specs of every executable process of a release, and our own graphs beside them."""

    specs: Mapping[str, Any]
    processes: Mapping[str, Process]

    def called_from(self, process_id: str) -> tuple[str, ...]:
        """Return *process_id* and every process that it calls, directly or not."""
        found: list[str] = []
        open_ids = [process_id]
        while open_ids:
            id = open_ids.pop()
            if id in self.processes and id not in found:
                found.append(id)
                open_ids += [node.calls for node in self.processes[id].nodes.values() if node.calls]
        return tuple(found)


class _Asking(BpmnSpecMixin):
    """A service task: what it asks for is done by the caller, in the same transaction."""

    def _run_hook(self, my_task: Any) -> bool:
        tree = my_task.workflow.top_workflow
        tree.asked.append((self.node.properties.get("operation", ""), dict(tree.data)))
        return True


class _Deciding(BpmnSpecMixin):
    """A business rule task: our own evaluator answers, and its outputs become facts."""

    def _run_hook(self, my_task: Any) -> bool:
        tree = my_task.workflow.top_workflow
        tree.data.update(tree.decide(self.node.properties.get("decision", ""), tree.data))
        return True


class _Deadline(TimerEventDefinition):
    """A timer that asks for its moment by key when it is entered, and keeps it.

    Kept by the event's own id, because two timers behind one event gateway share the gateway's internal data.
    """

    def __init__(self, event_id: str, key: str) -> None:
        super().__init__(event_id, key)

    def has_fired(self, my_task: Any) -> bool:
        tree = my_task.workflow.top_workflow
        place = f"due:{self.name}"
        due = my_task.internal_data.get(place)
        if due is None:
            moment = tree.deadlines(self.expression)
            if moment.tzinfo is None:
                raise StepFailed(self.name, f"the deadline {self.expression!r} has no offset from UTC")
            due = my_task.internal_data[place] = moment.astimezone(UTC).isoformat()
        return bool(datetime.fromisoformat(due) <= tree.now)

    def reset(self, my_task: Any) -> None:
        my_task.internal_data.pop(f"due:{self.name}", None)


class _Collection:
    """The list fact of a multi-instance. An iterator on purpose: the library then keeps each item with its instance."""

    def __init__(self, fact: str) -> None:
        self.bpmn_id = self.name = fact

    def exists(self, my_task: Any) -> bool:
        return True

    def get(self, my_task: Any) -> Iterator[str]:
        items = compile_expression(self.name).evaluate(my_task.workflow.top_workflow.data)
        if not isinstance(items, list) or len(items) > LARGEST_LOOP or not all(isinstance(i, str) for i in items):
            raise StepFailed(my_task.task_spec.name, f"{self.name!r} is no list of at most {LARGEST_LOOP} texts")
        return iter(items)


class _Keyed:
    """Parses timers by their deadline key and by the id of their event; two events may carry the same name."""

    def parse_timer_event(self, event: Any) -> _Deadline:
        parser: Any = self
        process = parser.process_parser.parser.processes[parser.process_parser.bpmn_id]
        return _Deadline(parser.bpmn_id, process.nodes[parser.bpmn_id].deadline or "")


class _CatchParser(_Keyed, IntermediateCatchEventParser):
    pass


class _BoundaryParser(_Keyed, BoundaryEventParser):
    pass


class _Parser(BpmnParser):
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012  the library's own attribute
        full_tag("serviceTask"): (TaskParser, _Asking),
        full_tag("businessRuleTask"): (TaskParser, _Deciding),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
    }

    def __init__(self, processes: Mapping[str, Process]) -> None:
        super().__init__()
        self.processes = processes


def parse(diagrams: Iterable[Diagram]) -> Specs:
    """Return the specs of all executable processes of *diagrams*, which have been judged. Raises DiagramRefused."""
    diagrams = tuple(diagrams)
    processes: dict[str, Process] = {}
    for diagram in diagrams:
        for process in diagram.processes:
            if process.id in processes:
                raise DiagramRefused(diagram.file, [Refusal(process.id, "id_twice", {"tag": "process"})])
            processes[process.id] = process

    parser = _Parser(processes)
    specs: dict[str, Any] = {}
    for diagram in diagrams:
        try:
            parser.add_bpmn_xml(diagram.tree, diagram.file)
            for process in diagram.processes:
                if process.executable:
                    specs[process.id] = _prepared(parser.get_spec(process.id), process)
        except (SpiffWorkflowException, LookupError, ValueError, TypeError, AttributeError, RuntimeError) as why:
            # The library answers in several ways, we in one; it also calls itself for each arrow (RecursionError).
            element = getattr(why, "tag", None) or diagram.processes[0].id
            raise DiagramRefused(diagram.file, [Refusal(str(element), "diagram_unreadable", {})]) from why
    return Specs(specs, {id: process for id, process in processes.items() if id in specs})


def _prepared(spec: Any, process: Process) -> Any:
    for task_spec in spec.task_specs.values():
        task_spec.node = process.nodes.get(getattr(task_spec, "bpmn_id", None) or task_spec.name)
        task_spec._predict = _nothing
        task_spec._run = MethodType(_run, task_spec)
    for task_spec in spec.task_specs.values():
        if isinstance(task_spec, MultiInstanceTask):
            task_spec.data_input = _Collection(task_spec.data_input.bpmn_id)
            task_spec.input_item = None
            # The library connects this when an instance is made, so that a case loaded elsewhere would wait for ever.
            spec.task_specs[task_spec.task_spec].completed_event.connect(task_spec.merge_child)
    return spec


def _nothing(*_args: Any, **_more: Any) -> None:
    """Predict nothing."""


def _run(self: Any, my_task: Any) -> Any:
    """Run a task as the library does, but make its children first; a choice makes its own."""
    if not isinstance(self, MultiChoice):
        self._predict_hook(my_task)
    result = self._run_hook(my_task)
    if isinstance(self, UnstructuredJoin):
        _forget_arrivals(my_task)
    return result


def _forget_arrivals(my_task: Any) -> None:
    """A join that has fired owes nothing to the tokens that it took.

    The library keeps them, and in a loop they let the next round through with a branch missing.
    """
    tree = my_task.workflow
    for task in [t for t in tree.tasks.values() if t.task_spec is my_task.task_spec and t is not my_task]:
        if task.has_state(TaskState.FINISHED_MASK) and not task._children:
            tree._remove_task(task.id)


# Trees: the state of one case.


class _Step(Task):
    """A task of the library without its logging, numbered within its case."""

    _state: int

    def __init__(
        self, workflow: Any, task_spec: Any, parent: Any = None, state: int = TaskState.MAYBE, id: int = 0
    ) -> None:
        super().__init__(workflow, task_spec, parent, state, id or workflow.top_workflow.next_number())

    def _set_state(self, value: int) -> None:
        if value == self._state:
            return
        if value & _ENTERED and not self._state & _ENTERED and self.task_spec.node is not None:
            # A boundary event is only armed while it waits; it is entered when it happens.
            if value != _WAITING or not isinstance(self.task_spec, BoundaryEvent):
                self.workflow.top_workflow.path.append(self.task_spec.node.id)
        elif value == _READY and isinstance(self.task_spec, BoundaryEvent):
            self.workflow.top_workflow.path.append(self.task_spec.node.id)
        self._state = value

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> "_Step":
        child = _Step(self.workflow, task_spec, self, state)
        if state == _READY:
            child._ready()
        return child

    def collect_log_extras(self, dct: Any = None) -> dict[str, Any]:
        return {}


class _Scanning:
    """Flat scans instead of walks: a tree that is cut after every turn is a handful of tasks."""

    spec: Any
    tasks: dict[int, Any]
    task_tree: Any

    def get_tasks_iterator(
        self, first_task: Any = None, *, state: int = TaskState.ANY_MASK, spec_name: str | None = None, **_more: Any
    ) -> Iterator[Any]:
        whole = first_task is None or first_task is self.task_tree
        return (
            task
            for task in list(self.tasks.values() if whole else [first_task])
            if task._state & state and (spec_name is None or task.task_spec.name == spec_name)
        )

    def update_waiting_tasks(self) -> None:
        for task in list(self.tasks.values()):
            if task._state == _WAITING and task.id in self.tasks:
                task.task_spec._update(task)

    def plant(self) -> None:
        self.task_tree = _Step(self, self.spec.start, None, TaskState.FUTURE)
        self.task_tree._ready()

    def collect_log_extras(self, dct: Any = None) -> dict[str, Any]:
        return {}

    def cut(self) -> None:
        """Cut away what is over: keep open tasks, what a waiting join counts, and hang them together again."""
        order = list(_downwards(self.task_tree))
        keep = {self.task_tree.id}
        waiting_joins = {
            t.task_spec for t in order if t._state == _WAITING and isinstance(t.task_spec, UnstructuredJoin)
        }
        for task in order:
            spec = task.task_spec
            if task._state & _UNFINISHED:
                keep.add(task.id)
                parent = task.parent
                if parent is not None and isinstance(parent.task_spec, BoundaryEventSplit):
                    keep.update((parent.id, *parent._children))
            if spec in waiting_joins:
                keep.update((task.id, task.parent.id))  # which branch has arrived is read from the parent

        hung: dict[int, Any] = {}
        for task in order:
            if task.id in keep:
                parent = task.parent
                while parent is not None and parent.id not in keep:
                    parent = parent.parent
                hung[task.id] = (task, parent)
        self.tasks = {id: task for id, (task, _) in hung.items()}
        for task, _ in hung.values():
            task._children = []
        for task, parent in hung.values():
            task._parent = None if parent is None else parent.id
            if parent is not None:
                parent._children.append(task.id)


def _downwards(root: Any) -> Iterator[Any]:
    """Yield *root* and all below it, parents first, siblings in order."""
    stack = [root]
    while stack:
        task = stack.pop()
        yield task
        stack.extend(reversed(task.children))


class _Called(_Scanning, BpmnSubWorkflow):
    """The tree of a called process."""

    def __init__(self, spec: Any, parent_task_id: int, top_workflow: Any) -> None:
        super().__init__(spec, parent_task_id=parent_task_id, top_workflow=top_workflow, deserializing=True)


class _Language(PythonScriptEngine):
    """The only language of diagrams is ours; there is nothing here that could run anything else."""

    def __init__(self) -> None:  # the library's own would make an environment with eval and exec
        self.environment = None

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> bool:
        return compile_expression(expression).holds(task.workflow.top_workflow.data)

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        raise StepFailed(task.task_spec.name, "diagrams hold no code")

    def call_service(self, task: Any, **_more: Any) -> None:
        raise StepFailed(task.task_spec.name, "diagrams call no services")


_LANGUAGE = _Language()


class Tree(_Scanning, BpmnWorkflow):
    """One case: its open tasks, its facts (``data``) and what happens in the present turn."""

    def __init__(self, specs: Specs, process_id: str, *, key: str = "", number: int = 0) -> None:
        self.key = key or token_hex(8)  # makes task ids unique among all cases
        self.number = number  # of the last task made
        self.asked: list[tuple[str, dict[str, Any]]] = []  # operation, facts as they were then
        self.path: list[str] = []
        self.outcome: str | None = None
        self.now = datetime.min.replace(tzinfo=UTC)
        self.deadlines: Deadlines = _no_deadlines
        self.decide: Decide = _no_decisions
        self.specs = specs
        self.subprocesses: dict[int, Any]
        super().__init__(specs.specs[process_id], specs.specs, _LANGUAGE, deserializing=True)

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def create_subprocess(self, my_task: Any, spec_name: str) -> _Called:
        called = _Called(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = called
        called.plant()
        return called

    def catch(self, event: Any) -> None:
        """Nothing is thrown inside a case; cases tell each other by `tell`."""

    def trees(self) -> tuple[Any, ...]:
        """This tree and those of the called processes that are not over."""
        return (self, *(called for called in self.subprocesses.values() if not called.completed))

    def live(self, state: int) -> Iterator[Any]:
        """Yield the tasks in *state* of all trees."""
        for tree in self.trees():
            yield from [task for task in tree.tasks.values() if task._state & state]

    def step(self) -> bool:
        """Take one automatic step; False when there is none. Raises StepFailed."""
        for task in self.live(_READY):
            if task.task_spec.manual:
                continue
            self._take(task)
            return True
        return False

    def _take(self, task: Any) -> None:
        try:
            task.run()
        except (SpiffWorkflowException, ExpressionFailed) as why:
            raise StepFailed(task.task_spec.name, str(why)) from why
        if isinstance(task.task_spec, EndEventMixin) and task.workflow is self:
            outcome = task.task_spec.node.properties.get("outcome")
            if outcome and (self.outcome is None or outcome not in SIDE_OUTCOMES):
                self.outcome = outcome

    def open_steps(self) -> list[Any]:
        """The open tasks of people, in the order in which they were opened."""
        return sorted((t for t in self.live(_READY) if t.task_spec.manual), key=lambda t: int(t.id))

    def waiting_events(self) -> list[tuple[Any, Any, Node]]:
        """The events that are waited for: the task, its definition, the node of the diagram."""
        found = []
        for task in self.live(_WAITING):
            if isinstance(task.task_spec, CatchingEvent):
                definition = task.task_spec.event_definition
                several = isinstance(definition, MultipleEventDefinition)
                for index, one in enumerate(definition.event_definitions if several else [definition]):
                    spec = task.workflow.spec.task_specs[task.task_spec._outputs[index]] if several else task.task_spec
                    found.append((task, one, spec.node))
        return found

    def dues(self, waits: Iterable[tuple[Any, Any, Node]]) -> list[datetime]:
        """The moments at which the timers among *waits* want to be woken, earliest first."""
        return sorted(
            datetime.fromisoformat(task.internal_data[f"due:{definition.name}"])
            for task, definition, _ in waits
            if isinstance(definition, _Deadline)
        )

    def fire_due(self) -> None:
        """Let the timers happen whose moment has come."""
        for task, definition, _ in self.waiting_events():
            if isinstance(definition, _Deadline) and task._state == _WAITING:
                self._update(task)

    def rearm(self, key: str) -> None:
        """Ask anew for the moments of the timers of *key*, also of those that have fired beside a task still open."""
        for task, definition, _ in [*self.waiting_events(), *self._fired_beside(key)]:
            if isinstance(definition, _Deadline) and definition.expression == key:
                definition.reset(task)
                self._update(task)

    def _fired_beside(self, key: str) -> list[tuple[Any, Any, Node]]:
        """Put non-interrupting timers that have fired back beside their open task, and return them as waited for.

        A split keeps all its children until its task is done, and its join takes any number of them.
        """
        found = []
        for tree in self.trees():
            for split in [t for t in tree.tasks.values() if isinstance(t.task_spec, BoundaryEventSplit)]:
                beside = {child.task_spec: child for child in split.children if child._state & (_WAITING | _READY)}
                if all(isinstance(spec, BoundaryEvent) for spec in beside):
                    continue  # its task is done
                for spec in split.task_spec.outputs:
                    timed = isinstance(spec, BoundaryEvent) and isinstance(spec.event_definition, _Deadline)
                    if not timed or spec.cancel_activity or spec in beside:
                        continue
                    if spec.event_definition.expression == key:
                        found.append((split._add_child(spec, _WAITING), spec.event_definition, spec.node))
        return found

    def tell(self, message: str) -> bool:
        """Let every event happen that waits for *message*; False when none does."""
        told = False
        for task, definition, _ in self.waiting_events():
            if (
                isinstance(definition, MessageEventDefinition)
                and definition.name == message
                and task._state == _WAITING
            ):
                task.task_spec.catch(task, BpmnEvent(definition))
                self._update(task)
                told = True
        return told

    def finish(self, task: Any) -> None:
        """Complete the open task of a person."""
        self._take(task)

    def _update(self, task: Any) -> None:
        try:
            task.task_spec._update(task)
        except (SpiffWorkflowException, ExpressionFailed) as why:
            raise StepFailed(task.task_spec.name, str(why)) from why

    def stop(self) -> None:
        """Cancel whatever is open."""
        for task in list(self.live(_UNFINISHED)):
            if task._state & _UNFINISHED:
                task.cancel()

    def enter(self, element_id: str) -> None:
        """Put a token on *element_id* of the outermost process, past everything before it."""
        names = self.spec.task_specs
        spec = names.get(f"{element_id}.BoundaryEventSplit") or names[element_id]
        child = self.task_tree._add_child(spec, TaskState.FUTURE)
        child.triggered = True
        spec._update(child)

    def settle(self) -> None:
        """Cut away what is over, in this tree and in those of called processes."""
        self.subprocesses = {
            id: called
            for id, called in self.subprocesses.items()
            if not called.completed and called.parent_task_id is not None and self._is_open(id)
        }
        for tree in self.trees():
            tree.cut()

    def _is_open(self, task_id: int) -> bool:
        return any(task_id in tree.tasks and tree.tasks[task_id]._state & _UNFINISHED for tree in self.trees())


def _no_deadlines(key: str) -> datetime:
    raise StepFailed(key, "no deadlines were given")


def _no_decisions(name: str, facts: Mapping[str, object]) -> Mapping[str, object]:
    raise StepFailed(name, "no decisions were given")


def grown(specs: Specs, process_id: str) -> Tree:
    """Return a new case of *process_id* whose first step is still to be taken."""
    tree = Tree(specs, process_id)
    tree.plant()
    return tree


# Stored form: plain lists, in the order in which they must come back (parents first, called trees after their callers).

_KEPT = ("item", "merged", "remaining")  # with "due:…": all that the internal data of a resting task holds


def frozen(tree: Tree) -> list[Any]:
    """Return *tree* as lists, texts and numbers. Its order counts."""
    return [
        tree.spec.name,
        tree.key,
        tree.number,
        int(tree.completed),
        tree.outcome,
        tree.data,
        [[getattr(each, "parent_task_id", None) or 0, each.spec.name, _frozen_tasks(each)] for each in tree.trees()],
    ]


def _frozen_tasks(tree: Any) -> list[list[Any]]:
    rows = []
    for task in tree.tasks.values():
        kept = {k: v for k, v in task.internal_data.items() if k in _KEPT or k.startswith("due:")}
        row = [task.id, task._parent or 0, task.task_spec.name, task._state, int(task.triggered)]
        rows.append([*row, kept] if (kept and task._state & _UNFINISHED) or "item" in kept else row)
    return rows


def thawed(specs: Specs, stored: list[Any]) -> Tree:
    """Return the case that *stored* describes. Raises LookupError, TypeError or ValueError for anything else."""
    process_id, key, number, completed, outcome, facts, trees = stored
    tree = Tree(specs, process_id, key=key, number=number)
    tree.completed, tree.outcome, tree.data = bool(completed), outcome, dict(facts)
    for parent_id, name, rows in trees:
        each: Any = tree
        if parent_id:
            caller = next(task for one in tree.trees() for task in one.tasks.values() if task.id == parent_id)
            each = _Called(specs.specs[name], parent_id, tree)
            tree.subprocesses[parent_id] = each
            each.completed_event.connect(caller.task_spec._on_subworkflow_completed, caller)
        for id, parent, spec_name, state, triggered, *kept in rows:
            if not isinstance(id, int) or not isinstance(state, int) or id in each.tasks:
                raise ValueError("a task without number or state")
            task = _Step(each, each.spec.task_specs[spec_name], each.tasks[parent] if parent else None, state, id)
            task.triggered = bool(triggered)
            if kept:
                task.internal_data = kept[0]
        each.task_tree = next(iter(each.tasks.values()))
    return tree


__all__ = ["Specs", "StepFailed", "Tree", "frozen", "grown", "parse", "thawed"]
