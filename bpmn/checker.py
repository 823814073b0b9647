"""Judges a release before anybody may publish it: on the graph, everything at once, each problem on its element.

The same function answers the editor, the command line and the API. `bpmn/reading.py` has refused what is unsafe; here
stands what is wrong: ways that lead nowhere, loops that never wait, names that nobody knows, and ways round a control
point.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from bpmn import heard
from bpmn.decisions import DecisionTable, HitPolicy, overlaps, read_decision
from bpmn.engine import FILL_FORM
from bpmn.expressions import FUNCTIONS, NAME, RESERVED, ExpressionRefused, compile_expression
from bpmn.forms import FormRefused, read_form
from bpmn.reading import PEOPLE, Diagram, DiagramRefused, Flow, Kind, Node, Process, read_diagram
from bpmn.release import Release
from bpmn.spiff import SIDE_OUTCOMES, parse
from config.messages import say

DEEPEST_CALL = 3

# What each type of process must pass on every way to its end, in this order. Passing the first again starts anew:
# what was submitted again must be verified again. Source: docs/map.md, SECURITY.md "Diagrams are untrusted input".
CONTROL_POINTS: Mapping[str, tuple[str, ...]] = {
    "finding": ("submit_rectification", "verify_rectification", "record_look_back", "sign_off"),
    "issue_list": ("register_findings", "give_feedback", "review_plan", "archive_list"),
    "look_back": ("record_look_back", "confirm_look_back"),
    "durability": ("record_durability", "confirm_look_back"),
    "extension": ("decide_extension",),
    "any": (),
}
EXEMPT_OUTCOMES = frozenset({"new_cycle"})  # found false: the next cycle has the same control points


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; the sentence of *code* stands in the catalogues under ``checker``."""

    file: str
    element: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)

    def sentence(self, language: str) -> str:
        """What people read: the element, and what to do about it."""
        return say(language, f"checker.{self.code}", element=self.element, **self.facts)


def check(
    release: Release,
    *,
    operations: frozenset[str],
    acts: frozenset[str],
    roles: frozenset[str],
    deadlines: frozenset[str] | None = None,
) -> tuple[Problem, ...]:
    """Return everything that is wrong with *release*, in the order of its files; empty means that it may be published.

    The sets are what the program knows; deadline keys are only judged where they are given.
    """
    problems: list[Problem] = []
    diagrams: list[Diagram] = []
    tables: dict[str, DecisionTable] = {}
    for name in release.names("processes", ".bpmn"):
        try:
            diagrams.append(read_diagram(name, release[name]))
        except DiagramRefused as refused:
            problems += _told(refused)
    for name in release.names("decisions", ".dmn"):
        try:
            table = read_decision(name, release[name])
        except DiagramRefused as refused:
            problems += _told(refused)
            continue
        tables[name.removeprefix("decisions/").removesuffix(".dmn")] = table
        if table.hit_policy is HitPolicy.UNIQUE:
            problems += [
                Problem(name, table.rows[b - 1].id or table.id, "decision_rows_overlap", {"a": str(a), "b": str(b)})
                for a, b in overlaps(table)
            ]
    for name in release.names("forms", ".json"):
        try:
            read_form(release[name])
        except FormRefused as refused:
            problems += [Problem(name, p.field or "form", p.code, {"word": p.word}) for p in refused.problems]

    every = [process for diagram in diagrams for process in diagram.processes if process.executable]
    known: dict[str, Process] = {}
    for process in every:
        if process.id in known:
            problems.append(Problem(process.file, process.id, "process_twice", {"other": known[process.id].file}))
        known.setdefault(process.id, process)
    house = _House(known, tables, release, operations, acts, roles, deadlines)
    for process in every:
        problems += _Judge(house, process).problems()

    if not problems:
        try:
            parse(diagrams)
        except DiagramRefused as refused:
            problems += _told(refused)
    return tuple(dict.fromkeys(problems))


def _told(refused: DiagramRefused) -> list[Problem]:
    return [Problem(refused.file, each.element, each.code, dict(each.facts)) for each in refused.refusals]


@dataclass(frozen=True)
class _House:
    """What the release and the program know."""

    processes: Mapping[str, Process]
    tables: Mapping[str, DecisionTable]
    release: Release
    operations: frozenset[str]
    acts: frozenset[str]
    roles: frozenset[str]
    deadlines: frozenset[str] | None

    def act(self, node: Node) -> str:
        """Return what is done in a person's task."""
        return node.properties.get("act") or (node.id if node.id in self.acts else FILL_FORM)


class _Judge:
    """Judges one process."""

    def __init__(self, house: _House, process: Process) -> None:
        self.house, self.process = house, process

    def problems(self) -> list[Problem]:
        parts: tuple[Callable[[], Iterator[Problem]], ...] = (
            self._head,
            self._nodes,
            self._gateways,
            self._ways,
            self._cycles,
            self._merges,
            self._calls,
            self._names,
            self._control_points,
            self._nobody_unheard,
        )
        return [problem for part in parts for problem in part()]

    def _problem(self, element: str, code: str, **facts: str) -> Problem:
        return Problem(self.process.file, element, code, facts)

    # What the process says about itself

    def _head(self) -> Iterator[Problem]:
        process = self.process
        if process.type is None or process.type not in CONTROL_POINTS:
            yield self._problem(process.id, "process_type", types=", ".join(CONTROL_POINTS))
        seen: set[str] = set()
        for name in process.facts:
            if not NAME.match(name) or name in RESERVED or name in FUNCTIONS or not _plain(name):
                yield self._problem(process.id, "fact_reserved", name=name[:60])
            if name in seen:
                yield self._problem(process.id, "fact_twice", name=name[:60])
            seen.add(name)
        starts = [node for node in process.nodes.values() if node.kind is Kind.START]
        if len(starts) != 1:
            yield self._problem(process.id, "start_one", count=str(len(starts)))
        if not any(node.kind is Kind.END for node in process.nodes.values()):
            yield self._problem(process.id, "end_missing")

    # What each element says

    def _nodes(self) -> Iterator[Problem]:
        for node in self.process.nodes.values():
            if node.kind in PEOPLE:
                yield from self._person(node)
            elif node.kind is Kind.SERVICE_TASK:
                operation = node.properties.get("operation", "")
                if operation not in self.house.operations:
                    yield self._problem(node.id, "operation_unknown", operation=operation)
            elif node.kind is Kind.DECISION:
                yield from self._decision(node)
            if node.loop is not None and node.kind is not Kind.USER_TASK:
                yield self._problem(node.id, "loop_misplaced")
            if node.event == "timer" and not NAME.match(node.deadline or ""):
                yield self._problem(node.id, "timer_key")
            elif (
                node.event == "timer" and self.house.deadlines is not None and node.deadline not in self.house.deadlines
            ):
                yield self._problem(node.id, "deadline_unknown", deadline=node.deadline or "")
            if node.kind is Kind.BOUNDARY:
                host = self.process.nodes[node.attached_to or ""]
                if host.kind not in PEOPLE | {Kind.CALL}:
                    yield self._problem(node.id, "boundary_host", host=host.id)

    def _person(self, node: Node) -> Iterator[Problem]:
        role, house = node.properties.get("role", ""), self.house
        if role not in house.roles and not (node.loop and node.loop.item and role == node.loop.item):
            yield self._problem(node.id, "role_unknown" if role else "role_missing", role=role)
        act, form = house.act(node), node.properties.get("form")
        if act != FILL_FORM and act not in house.acts:
            yield self._problem(node.id, "act_unknown", act=act)
        if act == FILL_FORM and form is None:
            form = node.id
        if form is not None and f"forms/{form}.json" not in house.release.files:
            yield self._problem(node.id, "form_missing", form=form)

    def _decision(self, node: Node) -> Iterator[Problem]:
        name = node.properties.get("decision", "")
        table = self.house.tables.get(name)
        if table is None:
            yield self._problem(node.id, "decision_missing", decision=name)
            return
        for fact in sorted(table.names - set(self.process.facts)):
            yield self._problem(node.id, "fact_undeclared", name=fact)
        for output in table.outputs:
            if output.name not in self.process.facts:
                yield self._problem(node.id, "decision_output_undeclared", name=output.name, decision=name)

    # How arrows leave and meet

    def _gateways(self) -> Iterator[Problem]:
        for node in self.process.nodes.values():
            outgoing, incoming = self.process.outgoing(node.id), self.process.incoming(node.id)
            if node.kind in (Kind.START, Kind.BOUNDARY) and incoming:
                yield self._problem(node.id, "arrow_into", tag=node.kind)
            if node.kind is Kind.END and outgoing:
                yield self._problem(node.id, "arrow_out_of", tag=node.kind)
            if node.kind not in (Kind.EXCLUSIVE, Kind.PARALLEL, Kind.EVENT_BASED) and len(outgoing) > 1:
                yield self._problem(node.id, "split_implicit")
            if node.kind is Kind.EXCLUSIVE:
                yield from self._choice(node, outgoing)
            else:
                for flow in outgoing:
                    if flow.condition is not None:
                        yield self._problem(flow.id, "condition_misplaced")
            if node.kind is Kind.EVENT_BASED:
                yield from self._event_gateway(node, outgoing)
            if node.kind is Kind.PARALLEL and len(incoming) > 1:
                yield from self._join(node, incoming)

    def _choice(self, node: Node, outgoing: tuple[Flow, ...]) -> Iterator[Problem]:
        if len(outgoing) > 1 and node.default not in {flow.id for flow in outgoing}:
            yield self._problem(node.id, "default_missing")
        for flow in outgoing:
            alone = len(outgoing) == 1 or flow.id == node.default
            if alone and flow.condition is not None:
                yield self._problem(flow.id, "condition_on_default")
            if not alone and not flow.condition:
                yield self._problem(flow.id, "condition_missing", gateway=node.id)

    def _event_gateway(self, node: Node, outgoing: tuple[Flow, ...]) -> Iterator[Problem]:
        if len(outgoing) < 2:
            yield self._problem(node.id, "event_gateway_few")
        for flow in outgoing:
            target = self.process.nodes[flow.target]
            if target.kind is not Kind.CATCH or len(self.process.incoming(target.id)) != 1:
                yield self._problem(target.id, "event_gateway_target", gateway=node.id)

    def _join(self, node: Node, incoming: tuple[Flow, ...]) -> Iterator[Problem]:
        """A join that one of its branches can never reach, or that waits for both sides of a choice, waits for ever."""
        before = self._reached(self._starts, without=node.id)
        for flow in incoming:
            if flow.source not in before:
                yield self._problem(node.id, "join_waits_for_itself", branch=flow.id)
        for a, b in combinations(incoming, 2):
            if not any(self._apart(branches, a, b, node.id) for branches in self._splits.values()):
                yield self._problem(node.id, "join_without_split", a=a.id, b=b.id)

    def _apart(self, branches: tuple[tuple[str, ...], ...], a: Flow, b: Flow, join: str) -> bool:
        """Whether *a* and *b* end different branches of one split."""
        sets = [self._reached(branch, without=join) for branch in branches]
        if any((join,) == branch for branch in branches):  # an arrow straight from the split to the join
            return True
        return any(
            (a.source in x and b.source in y) or (b.source in x and a.source in y) for x, y in combinations(sets, 2)
        )

    @cached_property
    def _starts(self) -> tuple[str, ...]:
        return tuple(node.id for node in self.process.nodes.values() if node.kind is Kind.START)

    def _next(self, id: str) -> list[str]:
        """The nodes after *id*: over its arrows, and by the events on its boundary."""
        found = [flow.target for flow in self.process.outgoing(id)]
        return found + [event.id for event in self.process.boundaries(id)]

    def _reached(self, starts: Iterable[str], *, without: str = "", stop: frozenset[str] = frozenset()) -> set[str]:
        """Return what can be reached from *starts* (which count), not through *without*, not beyond *stop*."""
        found: set[str] = set()
        open_ids = [id for id in starts if id != without]
        while open_ids:
            id = open_ids.pop()
            if id in found:
                continue
            found.add(id)
            if id not in stop:
                open_ids += [after for after in self._next(id) if after != without]
        return found

    # Ways

    def _ways(self) -> Iterator[Problem]:
        reached = self._reached(self._starts)
        backwards: dict[str, list[str]] = {id: [] for id in self.process.nodes}
        for id in self.process.nodes:
            for after in self._next(id):
                backwards[after].append(id)
        ending: set[str] = set()
        open_ids = [node.id for node in self.process.nodes.values() if node.kind is Kind.END]
        while open_ids:
            id = open_ids.pop()
            if id not in ending:
                ending.add(id)
                open_ids += backwards[id]
        for node in self.process.nodes.values():
            if node.id not in reached:
                yield self._problem(node.id, "unreachable")
            dead_end = node.kind is not Kind.END and not self.process.outgoing(node.id)
            if node.id not in ending or dead_end:
                yield self._problem(node.id, "dead_end")

    def _cycles(self) -> Iterator[Problem]:
        """Every cycle must hold a person, a timer, or a call that waits for one."""
        rest = {id for id, node in self.process.nodes.items() if not _waits(self.house, node, ())}
        after = {id: [n for n in self._next(id) if n in rest] for id in rest}
        for knot in _knots(after):
            for id in sorted(knot, key=list(self.process.nodes).index)[:1]:
                yield self._problem(id, "cycle_without_wait", cycle=", ".join(sorted(knot)[:8]))

    @cached_property
    def _splits(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """Where one token becomes several: the first nodes of each branch, by the node that splits."""
        found: dict[str, tuple[tuple[str, ...], ...]] = {}
        for node in self.process.nodes.values():
            targets = tuple(flow.target for flow in self.process.outgoing(node.id))
            if node.kind is Kind.PARALLEL and len(targets) > 1:
                found[node.id] = tuple((target,) for target in targets)
            if node.kind is Kind.BOUNDARY and not node.interrupting:
                others = [e.id for e in self.process.boundaries(node.attached_to or "") if e.id != node.id]
                main = tuple(flow.target for flow in self.process.outgoing(node.attached_to or ""))
                found[node.id] = (targets, (*main, *(e for e in others if self.process.nodes[e].interrupting)))
        return found

    def _merges(self) -> Iterator[Problem]:
        """Two tokens that meet outside of a parallel gateway run everything behind that place twice."""
        joins = frozenset(
            node.id
            for node in self.process.nodes.values()
            if node.kind is Kind.PARALLEL and len(self.process.incoming(node.id)) > 1
        )
        told: set[str] = set()
        for split, branches in self._splits.items():
            areas = [self._reached(branch, stop=joins) - joins for branch in branches]
            node = self.process.nodes[split]
            home = node.attached_to if node.kind is Kind.BOUNDARY else split
            if home in areas[0] or (node.kind is Kind.PARALLEL and any(home in area for area in areas)):
                told.add(split)  # a branch that comes back here makes more tokens in every round
                yield self._problem(split, "merge_implicit", split=split)
            for a, b in combinations(areas, 2):
                for id in self.process.nodes:
                    node = self.process.nodes[id]
                    merging = len(self.process.incoming(id)) > 1
                    if id in a & b and node.kind is not Kind.END and merging and id not in told:
                        told.add(id)
                        yield self._problem(id, "merge_implicit", split=split)

    def _calls(self) -> Iterator[Problem]:
        for node in self.process.nodes.values():
            if node.kind is not Kind.CALL:
                continue
            called = node.calls or ""
            if called not in self.house.processes:
                yield self._problem(node.id, "call_unknown", process=called[:100])
            elif self._calls_itself(node):
                yield self._problem(node.id, "call_cycle", process=called)
            elif _depth(self.house, called) > DEEPEST_CALL - 1:
                yield self._problem(node.id, "call_depth", limit=str(DEEPEST_CALL))

    def _calls_itself(self, node: Node) -> bool:
        seen: set[str] = set()
        open_ids = [node.calls or ""]
        while open_ids:
            id = open_ids.pop()
            if id == self.process.id:
                return True
            if id not in seen and id in self.house.processes:
                seen.add(id)
                open_ids += [n.calls for n in self.house.processes[id].nodes.values() if n.calls]
        return False

    # Names in expressions

    def _names(self) -> Iterator[Problem]:
        for flow in self.process.flows:
            if flow.condition is not None:
                yield from self._expression(flow.id, flow.condition)
        for node in self.process.nodes.values():
            if node.loop is None:
                continue
            if node.loop.until is not None:
                yield from self._expression(node.id, node.loop.until)
            if node.loop.collection not in self.process.facts:
                yield self._problem(node.id, "loop_collection", name=node.loop.collection[:60])

    def _expression(self, element: str, text: str) -> Iterator[Problem]:
        try:
            expression = compile_expression(text)
        except ExpressionRefused as refused:
            yield self._problem(element, refused.code, text=refused.part or refused.text)
            return
        for name in sorted(expression.names - set(self.process.facts)):
            yield self._problem(element, "fact_undeclared", name=name)

    # Control points

    def _control_points(self) -> Iterator[Problem]:
        points = CONTROL_POINTS.get(self.process.type or "", ())
        if not points:
            return
        passed = _Passed(self.house, points).through(self.process, 0)
        side = self._reached(self._starts) - self._main()
        for node in self.process.nodes.values():
            if node.kind is not Kind.END or node.id not in passed:
                continue
            outcome = node.properties.get("outcome")
            if outcome in EXEMPT_OUTCOMES:
                continue
            if outcome in SIDE_OUTCOMES and node.id in side and node.event != "terminate":
                continue
            if passed[node.id] < len(points):
                yield self._problem(node.id, "control_point_missing", act=points[passed[node.id]])
        if self.process.type == "finding":
            for node in self.process.nodes.values():
                if node.loop is not None and self.house.act(node) in points:
                    # over an empty list the task would never be opened
                    yield self._problem(node.id, "control_point_loop", act=self.house.act(node))

    def _nobody_unheard(self) -> Iterator[Problem]:
        for element, code, facts in heard.objections(self.process, self._act, self._answered):
            yield self._problem(element, code, **facts)

    def _act(self, node: Node) -> str:
        return self.house.act(node) if node.kind in PEOPLE else ""

    def _answered(self, node: Node) -> frozenset[str]:
        """Return the facts that a drawn task's form or a decision table answers."""
        if node.kind is Kind.DECISION:
            table = self.house.tables.get(node.properties.get("decision", ""))
            return frozenset(output.name for output in table.outputs) if table else frozenset()
        if self._act(node) != FILL_FORM:
            return frozenset()
        try:
            schema = read_form(self.house.release.files[f"forms/{node.properties.get('form', node.id)}.json"])
        except (KeyError, FormRefused):
            return frozenset()
        return frozenset(schema["properties"])

    def _main(self) -> set[str]:
        """Return what a token of the main way can reach, without the branches that only tell somebody."""
        found: set[str] = set()
        open_ids = list(self._starts)
        while open_ids:
            id = open_ids.pop()
            if id not in found:
                found.add(id)
                open_ids += [n for n in self._next(id) if self.process.nodes[n].interrupting]
        return found


class _Passed:
    """How many control points have surely been passed, in order, when a node is reached."""

    def __init__(self, house: _House, points: tuple[str, ...]) -> None:
        self._house, self._points = house, points

    def through(self, process: Process, before: int, calling: tuple[str, ...] = ()) -> dict[str, int]:
        """Return the number for each node of *process* that can be reached, when *before* were passed at its start.

        The least over all ways (at a parallel join the most, because it waits for all its branches), found by going
        down from "all" until nothing changes.
        """
        every = len(self._points)
        entered = dict.fromkeys(process.nodes, every)
        changed = True
        while changed:
            changed = False
            for node in process.nodes.values():
                number = self._entering(process, node, entered, before, calling)
                if number < entered[node.id]:
                    entered[node.id] = number
                    changed = True
        return entered

    def _entering(
        self, process: Process, node: Node, entered: Mapping[str, int], before: int, calling: tuple[str, ...]
    ) -> int:
        if node.kind is Kind.START:
            return before
        if node.kind is Kind.BOUNDARY and node.attached_to:
            return entered[node.attached_to]  # the task was entered, not done
        sources = [flow.source for flow in process.incoming(node.id)]
        numbers = [self._leaving(process.nodes[id], entered[id], calling) for id in sources]
        if not numbers:
            return len(self._points)
        return max(numbers) if node.kind is Kind.PARALLEL else min(numbers)

    def _leaving(self, node: Node, number: int, calling: tuple[str, ...]) -> int:
        if node.kind is Kind.CALL and node.calls in self._house.processes and node.calls not in calling:
            called = self._house.processes[node.calls or ""]
            passed = self.through(called, number, (*calling, called.id))
            ends = [passed[end.id] for end in called.nodes.values() if end.kind is Kind.END]
            return min(ends, default=number)
        if node.kind is Kind.USER_TASK:
            act = self._house.act(node)
            if act in self._points:
                place = self._points.index(act)
                if place == 0:
                    return 1
                return max(number, place + 1) if number >= place else number
        return number


def _waits(house: _House, node: Node, calling: tuple[str, ...]) -> bool:
    """Whether nobody gets past *node* without a person or a timer; a loop over a list may be empty."""
    if node.kind in PEOPLE:
        return node.loop is None
    if node.event == "timer":
        return True
    if node.kind is Kind.CALL and node.calls in house.processes and node.calls not in calling:
        process = house.processes[node.calls or ""]
        judge = _Judge(house, process)
        within = (*calling, process.id)
        waiting = {id for id, inner in process.nodes.items() if _waits(house, inner, within)}
        through = judge._reached([id for id in judge._starts if id not in waiting], stop=frozenset(waiting))
        return not any(process.nodes[id].kind is Kind.END for id in through - waiting)
    return False


def _depth(house: _House, process_id: str, calling: tuple[str, ...] = ()) -> int:
    """Return how many calls lie below *process_id*, itself counted as one."""
    if process_id in calling or process_id not in house.processes:
        return 1
    below = [node.calls for node in house.processes[process_id].nodes.values() if node.calls]
    return 1 + max((_depth(house, id, (*calling, process_id)) for id in below), default=0)


def _knots(after: Mapping[str, list[str]]) -> Iterator[frozenset[str]]:
    """Yield the sets of nodes that can reach each other (and so lie on a cycle)."""
    reach: dict[str, set[str]] = {}
    for id in after:
        found: set[str] = set()
        open_ids = list(after[id])
        while open_ids:
            one = open_ids.pop()
            if one not in found:
                found.add(one)
                open_ids += after[one]
        reach[id] = found
    told: set[str] = set()
    for id, found in reach.items():
        if id in found and id not in told:
            knot = frozenset({id} | {other for other in found if id in reach[other]})
            told |= knot
            yield knot


def _plain(name: str) -> bool:
    """Whether *name* reads as a name in our language, not as a key word."""
    try:
        return compile_expression(name).names == {name}
    except ExpressionRefused:
        return False
