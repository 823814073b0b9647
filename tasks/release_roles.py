"""Whether the roles that a release names exist in the house: of drawn tasks, and of those whom the ladder tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from bpmn.checker import Problem
from bpmn.decisions import DecisionFailed, evaluate, read_decision
from bpmn.expressions import ExpressionFailed
from bpmn.reading import DiagramRefused, read_diagram
from bpmn.release import Release
from cases.ladder import Rung, Trigger, ladder
from cases.reporting import ListSource
from cases.rights import SIDES, Role, Side
from persistence.roles import roles_held, sides_of_roles

LADDER = "decisions/escalation_ladder.dmn"


@dataclass(frozen=True, slots=True)
class KnownRoles:
    """The roles of a house by their side, and which of them somebody holds (None: nobody asked)."""

    sides: Mapping[str, Side]
    held: frozenset[str] | None = None

    @property
    def codes(self) -> frozenset[str]:
        """Their codes."""
        return frozenset(self.sides)


SHIPPED = KnownRoles(SIDES)


def roles_of_house(conn: Connection, day: date) -> KnownRoles:
    """Return the roles that are entered, and which are held on *day*."""
    return KnownRoles(sides_of_roles(conn), roles_held(conn, day))


def role_problems(release: Release, known: KnownRoles) -> Iterator[Problem]:
    """Yield what is wrong with the roles of *release* beside what the checker of diagrams says."""
    yield from _without_holder(release, known)
    yield from _told_by_the_ladder(release, known)


def _without_holder(release: Release, known: KnownRoles) -> Iterator[Problem]:
    """A task of a role that the office entered itself waits for ever while nobody holds a post of it."""
    if known.held is None:
        return
    for name in release.names("processes", ".bpmn"):
        try:
            diagram = read_diagram(name, release[name])
        except DiagramRefused:
            continue  # the checker says so
        for process in diagram.processes:
            for node in process.nodes.values():
                role = node.properties.get("role", "")
                if role in known.codes - known.held - set(Role):
                    yield Problem(name, node.id, "role_without_holder", {"role": role})


def _told_by_the_ladder(release: Release, known: KnownRoles) -> Iterator[Problem]:
    if LADDER not in release.files:
        return
    try:
        table = read_decision(LADDER, release[LADDER])
    except DiagramRefused:
        return  # the checker says so
    for source in ListSource:
        try:
            rows = evaluate(table, {"source": str(source)})
            rungs = ladder(rows)  # type: ignore[arg-type]  # cells of a decision table are wider than texts and numbers
        except (DecisionFailed, ExpressionFailed, ValueError) as why:
            yield Problem(LADDER, table.id, "ladder_refused", {"why": str(why)[:200]})
            continue
        for rung in rungs:
            yield from _addressees(rung, table.id, known)


def _addressees(rung: Rung, element: str, known: KnownRoles) -> Iterator[Problem]:
    for role in rung.addressees:
        if role not in known.sides:
            yield Problem(LADDER, element, "ladder_role_unknown", {"rung": rung.code, "role": role})
        elif rung.trigger is Trigger.SUSPICION_UNDECIDED and known.sides[role] is not Side.INSPECTING:
            yield Problem(LADDER, element, "ladder_tells_outside", {"rung": rung.code, "role": role})
