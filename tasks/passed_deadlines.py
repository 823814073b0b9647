"""A deadline that has passed is marked once, by the clock, and never where it was kept.

A boundary timer is absolute and armed whenever its task is entered: a task that comes back after its deadline fires it
again at once, inside the act of whoever sent it back. So the diagram only asks; whether anything is marked is decided
here, and by nobody but the clock.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, select, type_coerce

from cases.events import Event
from cases.moments import shanghai_date
from persistence import ledger
from persistence.overdue import DAY_ENDS
from persistence.tables import findings, open_tasks, submissions
from tasks.case import AnyCase, FindingCase, Running

if TYPE_CHECKING:
    from bpmn.engine import Fact
    from tasks.work import Work

MARK = "mark_deadline"  # what the clock hears
RECTIFY = "rectify_due"  # a finding that passes it is overdue; any other deadline has only passed
F = findings.c


def ask_to_mark(work: "Work", case: AnyCase, running: Running) -> None:
    """Let the clock see whether the deadlines have passed whose timers fired in this turn."""
    path = running.turn.path if running.turn else ()
    for key, task in work.office.engine(work.conn, running.release_id).deadlines_at(running.process_id, path).items():
        facts: dict[str, Fact] = {"instance": running.id, "deadline": key, "task": task}
        if work.act == "wake":
            mark(work, case, facts)
        else:
            work.tell(case.id, MARK, facts)


def mark(work: "Work", case: AnyCase, facts: Mapping[str, Any]) -> None:
    """Mark a deadline that has passed, unless it was kept, was marked before, or somebody was faster than the clock."""
    key, task = str(facts["deadline"]), str(facts["task"])
    running = next((one for one in case.live if one.id == facts["instance"]), None)
    if running is None:
        return
    row = next((one for one in case.open_tasks() if (one.instance_id, one.name) == (running.id, task)), None)
    if row is None:
        return
    if isinstance(case, FindingCase) and key == RECTIFY:
        mark_finding(work, case)
        return
    recorded = ledger.of_case(work.conn, case.id)
    moment = _moment(recorded, running, key)
    if moment is None or moment > work.at or _was_kept(recorded, running, task, row.since, moment):
        return
    passed = {"process": running.process_id, "instance": running.id, "deadline": key, "due": str(shanghai_date(moment))}
    before = [one.body["facts"] for one in recorded if one.event == "DeadlinePassed"]
    if not any(all(said.get(name) == value for name, value in passed.items()) for said in before):
        work.record(case, Event("DeadlinePassed", passed))


def mark_finding(work: "Work", case: FindingCase) -> Event | None:
    """Mark a finding overdue unless its day was kept; return the event."""
    if work.conn.scalar(select(F.id).where(F.id == case.id, day_was_kept())) is not None:
        return None
    case.finding, event = case.finding.mark_overdue(work.today)
    work.record(case, event)
    return event


def day_was_kept() -> ColumnElement[bool]:
    """Whether a finding was handed in by its due day and came back to the unit only behind it."""
    ends = cast(F.due_on, String).concat(DAY_ENDS)
    handed_in = exists(
        select(submissions.c.id)
        .where(submissions.c.finding_id == F.id, submissions.c.cycle == F.cycle)
        .where(type_coerce(submissions.c.at, String) < ends)
        .correlate(findings)
    )
    came_back = exists(
        select(open_tasks.c.id)
        .where(open_tasks.c.case_id == F.id, open_tasks.c.act == "submit_rectification")
        .where(type_coerce(open_tasks.c.since, String) >= ends)
        .correlate(findings)
    )
    return and_(handed_in, came_back)


def _moment(recorded: tuple[ledger.Recorded, ...], running: Running, key: str) -> datetime | None:
    """Return the deadline as the process was last told it."""
    for one in reversed(recorded):
        for step in reversed(one.body.get("engine", ())):
            if step["instance"] == running.id and key in step.get("deadlines", {}):
                return datetime.fromisoformat(step["deadlines"][key])
    return None


def _was_kept(
    recorded: tuple[ledger.Recorded, ...], running: Running, task: str, since: datetime, moment: datetime
) -> bool:
    """Whether the task was done by its deadline and stands open again only since then."""
    done = (
        datetime.fromisoformat(step["at"])
        for one in recorded
        for step in one.body.get("engine", ())
        if (step["instance"], step["do"], step.get("element")) == (running.id, "complete", task)
    )
    return since > moment and any(at <= moment for at in done)
