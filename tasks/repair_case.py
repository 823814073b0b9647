"""修复流程: a damaged process is played again from the ledger, which kept everything that the engine was told."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from bpmn.engine import Engine, Process, Turn
from cases.events import Event
from cases.refusals import CaseError
from persistence import ledger
from persistence.case_store import TaskRow
from persistence.database import DatabaseBusy
from persistence.row_verification import faults_of
from persistence.tables import instances
from tasks.acts import act
from tasks.case import AnyCase, OfficeCase, Running
from tasks.form import Form
from tasks.work import Work

Step = Mapping[str, Any]


class NothingToRepair(CaseError):
    """The case has no damaged process."""

    code = "nothing_to_repair"


class CannotRepair(CaseError):
    """The ledger does not tell enough to play the process again; facts: why."""

    code = "cannot_repair"


@act(on="office", needs=("case",), task=False)
def repair_case(work: Work, office: OfficeCase, form: Form) -> None:
    """Rebuild every damaged process of the case from its ledger; tasks that were claimed stay so.

    For the system administrator, who needs no right to read the case. Raises NothingToRepair, CannotRepair.
    """
    case = work.any_case(form.number("case") or 0)
    faulted = [running for running in case.live if running.status == "faulted"]
    if not faulted:
        raise NothingToRepair()

    for running in faulted:
        _rebuild(work, case, running)
    _prove_anew(work, case, {str(running.id) for running in faulted})
    repaired = Event("CaseRepaired", {"case": case.id, "processes": [running.process_id for running in faulted]})
    work.record(case, repaired)
    work.record(office, repaired)


def _prove_anew(work: Work, case: AnyCase, rebuilt: set[str]) -> None:
    """Let the sum of the case begin anew, unless more than the damaged processes is not as the events left it."""
    scope = f"case/{case.id}"
    faults = faults_of(work.conn, work.office.keyring, scope)
    if faults and all(fault.table == "instances" and fault.row in rebuilt for fault in faults):
        work.stating = lambda writing: writing.begin_anew(scope)


def _rebuild(work: Work, case: AnyCase, running: Running) -> None:
    engine = work.office.engine(work.conn, running.release_id)
    running.process, turn = None, None
    path: dict[str, int] = {}
    try:
        for step in steps_of(work, case.id, running.id):
            turn = play(engine, running, step)
            running.process = turn.process
            for element in turn.path:
                path[element] = path.get(element, 0) + 1
    except (DatabaseBusy, SQLAlchemyError):
        raise
    except Exception as why:  # whatever the ledger or the release says, it is no way back
        raise CannotRepair(why=f"{type(why).__name__}: {why}") from why
    if turn is None:
        raise CannotRepair(why="no steps")
    running.path, running.turn, running.status = path, turn, "running"
    _write(work, case, running, turn)


def steps_of(work: Work, case_id: int, instance_id: int) -> Iterator[Step]:
    """Yield what the engine was told of one process, oldest first, each with the moment and the deadlines of then."""
    for recorded in ledger.of_case(work.conn, case_id):
        for step in recorded.body.get("engine", ()):
            if step["instance"] == instance_id:
                yield step


def play(engine: Engine, running: Running, step: Step) -> Turn:
    """Tell the engine once more what it was told then. Raises LookupError when the task is not open."""
    now = datetime.fromisoformat(step["at"])
    resolved = {key: datetime.fromisoformat(moment) for key, moment in step.get("deadlines", {}).items()}
    facts = step.get("facts", {})
    if step["do"] == "start":
        return engine.start(running.process_id, facts, deadlines=resolved.__getitem__, now=now)
    process = _begun(running)
    if step["do"] == "wake":
        return engine.wake(process, deadlines=resolved.__getitem__, now=now)
    if step["do"] == "rearm":
        return engine.rearm(process, step["key"], deadlines=resolved.__getitem__, now=now)
    if step["do"] == "tell":
        return engine.tell(process, step["message"], facts, deadlines=resolved.__getitem__, now=now)
    if step["do"] == "cancel":
        return engine.cancel(process)
    task = next(t for t in engine.look(process).open_tasks if (t.name, t.item) == (step["element"], step["item"]))
    return engine.complete(process, task.id, facts, deadlines=resolved.__getitem__, now=now)


def _begun(running: Running) -> Process:
    if running.process is None:
        raise LookupError("the ledger does not begin with the start of the process")
    return running.process


def _write(work: Work, case: AnyCase, running: Running, turn: Turn) -> None:
    """Put the rebuilt process and its tasks in the place of the damaged ones."""
    before = {(task.name, task.item): task for task in case.tasks if task.instance_id == running.id}
    work.write_later(
        update(instances).where(instances.c.id == running.id),
        {
            "state": work.office.seal(work.conn, running),
            "status": "done" if turn.done else "running",
            "path": running.path,
            "wake_at": turn.wake_at,
            "waits_for": ",".join(turn.waits_for),
            "fault": None,
        },
    )
    work.moves_tasks = True
    case.tasks_gone |= {task.id for task in before.values()}
    case.tasks_new += [
        _like(before.get((task.name, task.item)), work.task_row(case, running, task)) for task in turn.open_tasks
    ]


def _like(before: TaskRow | None, now: TaskRow) -> TaskRow:
    return (
        now if before is None else replace(now, claimed_by=before.claimed_by, since=before.since, holder=before.holder)
    )
