"""A case as its page shows it: where it stands, who holds it, what was done, which way it took in its diagram."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from cases.finding import Finding, State
from cases.issue_list import REPORTS_TO_COME
from cases.moments import shanghai_date
from cases.refusals import Unknown
from persistence import dossiers
from persistence.case_store import TaskRow
from persistence.ledger import Recorded
from persistence.tables import findings, instances, issue_lists, units
from persistence.visibility import visible_findings, visible_lists
from tasks.kept_releases import ReleaseChanged
from web.evidence_shown import show_readings
from web.seeing import Seen
from web.urgency import Shown

STEPS = ("issued", "plan", "rectifying", "unit_review", "verification", "look_back", "sign_off")
LIST_STEPS = (
    "registering",
    "consolidating",
    "feedback",
    "receipts",
    "planning",
    "joint_review",
    "midterm",
    "reporting",
    "evaluation",
    "publication",
    "closing",
    "archiving",
)
REACHED_BY = {
    "FindingAccepted": "issued",
    "PlanReleased": "plan",
    "RectificationSubmitted": "rectifying",
    "RectificationSigned": "unit_review",
    "RectificationVerified": "verification",
    "LookBackHeld": "look_back",
    "SignedOff": "sign_off",
    "RegistrationConfirmed": "registering",
    "ListConsolidated": "consolidating",
    "FeedbackGiven": "feedback",
    "ReceiptSigned": "receipts",
    "PlanSubmitted": "planning",
    "PlanApproved": "joint_review",
    "MidtermChecked": "midterm",
    "ProgressReportSigned": "reporting",
    "RectificationEvaluated": "evaluation",
    "ResultPublished": "publication",
    "ListArchived": "archiving",
}
"""Which event ends a stage; the last one of the present cycle is its date."""


_OF_VISITS = frozenset({"look_back", "durability_look_back"})  # processes: where they stand tells of visits to come


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way: *state* is done, now or ahead; *at* is when it was done."""

    stage: str
    state: str
    at: datetime | None = None
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One diagram with the way that was taken: element ids entered, and those that wait now."""

    process: str
    file: str
    taken: Mapping[str, int]  # element id -> times entered
    waiting: Sequence[str]


@dataclass(frozen=True, slots=True)
class Summary:
    """What every view of a case shows; *dossier* as `persistence.dossiers` gathers it."""

    room: str
    number: str
    title: str
    unit: str
    dossier: Mapping[str, Any]
    urgency: Shown | None
    due_on: date | None
    explained: str
    holders: Sequence[tuple[TaskRow, str]]
    steps: Sequence[Step]
    secret: bool


def summary_of(seen: Seen) -> Summary:
    """Return the case in short, with its dossier."""
    table = findings if seen.room == "findings" else issue_lists
    visible = (visible_findings if seen.room == "findings" else visible_lists)(seen.person.actor)
    row = dossiers.find_case(seen.conn, table, seen.case.number, visible)
    if row is None:
        raise Unknown()
    value, holders = seen.value, seen.holders()
    if isinstance(value, Finding):
        dossier = dossiers.finding_dossier(seen.conn, row, warned=seen.from_outside)
        show_readings(seen, dossier["evidence"])
        due_on, running = value.due_on, value.state is State.OPEN and value.submitted_at is None
        since = shanghai_date(value.issued_at) if value.issued_at else None
        near = seen.clockwork.of_finding(value.state, due_on, value.submitted_at)
    else:
        dossier = dossiers.list_dossier(seen.conn, row, warned=seen.from_outside)
        due_on, running, since = value.report_due_on, value.state in REPORTS_TO_COME, value.feedback_on
        near = seen.clockwork.show(due_on) if running else None
    unit = seen.conn.scalar(select(units.c.name).where(units.c.id == value.unit_id))
    return Summary(
        room=seen.room,
        number=seen.case.number,
        title=value.title,
        unit=str(unit),
        dossier=dossier,
        urgency=near,
        due_on=due_on,
        explained=seen.clockwork.explain(since, due_on) if running else "",
        holders=holders,
        steps=steps_of(seen, holders),
        secret=value.confidentiality > 1,
    )


def steps_of(seen: Seen, holders: Sequence[tuple[TaskRow, str]]) -> list[Step]:
    """Return the way of the case: done with dates, the present step with its holder, what lies ahead."""
    value = seen.value
    order = list(STEPS if isinstance(value, Finding) else LIST_STEPS)
    main = [task for task, _ in holders if task.stage in order or task.stage == value.stage]
    over = value.state in ("signed_off", "archived")
    if value.stage not in order and value.stage and not over and value.stage not in ("registered", "ended"):
        order.insert(order.index("rectifying") if "rectifying" in order else 0, value.stage)  # a stage drawn by others
    reached = _reached(seen)
    here = len(order) if over else order.index(value.stage) if value.stage in order else -1
    names = {task.id: words for task, words in holders}
    who = "、".join(dict.fromkeys(names[task.id] for task in main))
    return [
        Step(stage, "done" if place < here else "now" if place == here else "ahead",
             reached.get(stage) if place < here else None, who if place == here else "")
        for place, stage in enumerate(order)
    ]  # fmt: skip


def _reached(seen: Seen) -> dict[str, datetime]:
    reached: dict[str, datetime] = {}
    for event in events_of(seen):
        if event.event == "CycleOpened":
            reached.clear()
        stage = REACHED_BY.get(event.event)
        if stage:
            reached[stage] = event.at
    return reached


def events_of(seen: Seen) -> list[Recorded]:
    """Return the timeline as the person may know it."""
    return dossiers.timeline(seen.conn, seen.case.id, warned=seen.from_outside)


def drawings_of(seen: Seen) -> list[Drawing]:
    """Return the diagrams of the case with the way taken: the newest main process first, called ones after it."""
    query = (
        select(instances.c.id, instances.c.process, instances.c.path, instances.c.release_id)
        .where(instances.c.case_id == seen.case.id)
        .order_by(instances.c.opened_at.desc(), instances.c.id.desc())
    )
    drawings: dict[str, Drawing] = {}
    for instance_id, process, path, release_id in seen.conn.execute(query):
        try:
            files = seen.house.office.engine(seen.conn, release_id).release.files
        except ReleaseChanged:
            continue  # a drawing that nobody published is not shown
        waiting = [task.name for task in seen.case.tasks if task.instance_id == instance_id]
        for name in (process, "look_back"):
            file = f"processes/{name}.bpmn"
            if name in drawings or file not in files or (name in _OF_VISITS and not seen.from_outside):
                continue
            drawn = files[file].decode()
            taken = {element: times for element, times in path.items() if f'id="{element}"' in drawn}
            now = [element for element in waiting if f'id="{element}"' in drawn]
            if name == process or now or any(t not in ("look_back",) for t in taken if name == "look_back"):
                drawings[name] = Drawing(name, file, taken, now or _called(waiting, path, name))
    return list(drawings.values())


def _called(waiting: Sequence[str], path: Mapping[str, int], process: str) -> list[str]:
    """The call activity waits while something inside it does."""
    return ["look_back"] if waiting and process == "close_finding" and "look_back" in path else []
