"""What a diagram asks of the house between two tasks: done in the same transaction as the turn that asked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import insert, not_, select, update

from cases.events import Event
from cases.finding import State
from persistence.tables import cycles, findings
from tasks.case import AnyCase, FindingCase, ListCase, Running
from tasks.correcting.apply import apply_correction
from tasks.passed_deadlines import ask_to_mark

if TYPE_CHECKING:
    from bpmn.engine import Ask
    from tasks.work import Work


OUTLASTING = frozenset({"propose_measures"})
"""Processes that neither a new cycle nor a sign-off ends: what was proposed is decided all the same."""


def operate(work: "Work", case: AnyCase, running: Running, ask: "Ask") -> None:
    """Do what the diagram asked. Raises KeyError for an operation that the checker would have refused."""
    OPERATIONS[ask.operation](work, case, running)


def mark_overdue(work: "Work", case: AnyCase, running: Running) -> None:
    """Let the clock mark a deadline that has passed; who is told is the ladder's affair."""
    ask_to_mark(work, case, running)


def issue_findings(work: "Work", case: AnyCase, _running: Running) -> None:
    """Start an instance for every finding of the list but history; each takes its turn after the commit."""
    assert isinstance(case, ListCase)
    waiting = select(findings.c.id).where(
        findings.c.list_id == case.id, findings.c.state == State.REGISTERED, not_(findings.c.historic)
    )
    for (finding_id,) in work.conn.execute(waiting.order_by(findings.c.id)):
        work.tell(finding_id, "issue")


def release_plan(work: "Work", case: AnyCase, _running: Running) -> None:
    """The joint review agreed: every finding of the list may go on."""
    assert isinstance(case, ListCase)
    case.issue_list, event = case.issue_list.approve_plan(work.at)
    work.record(case, event)
    for (finding_id,) in work.conn.execute(select(findings.c.id).where(findings.c.list_id == case.id)):
        work.tell(finding_id, "look_again")


def tell_list(work: "Work", case: AnyCase, _running: Running) -> None:
    """Let the list know that one of its findings was signed off."""
    assert isinstance(case, FindingCase)
    work.tell(case.finding.list_id, "look_again")


def open_new_cycle(work: "Work", case: AnyCase, running: Running) -> None:
    """Found false: the cycle ends without a sign-off and the finding begins again."""
    assert isinstance(case, FindingCase)
    begin_cycle(work, case, running, because="found_false")


def revoke_sign_off(work: "Work", case: AnyCase, running: Running) -> None:
    """It did not last: the sign-off is taken back and the finding begins again (撤销销号, 再通报)."""
    assert isinstance(case, FindingCase)
    from tasks.hearing import said  # it stands above the engine

    proposed = said(work, case, running, "revoke_sign_off")
    begin_cycle(work, case, running, because=proposed[0].verdict if proposed else "revoked")
    work.record(case, Event("SignOffRevoked", {"cycle": case.finding.cycle}))


def close_extension(work: "Work", case: AnyCase, running: Running) -> None:
    """The decision on an extension stands; its act has moved the due date already."""
    work.record(case, Event("ExtensionClosed", {"process": running.process_id}))


def note_silence(work: "Work", case: AnyCase, running: Running) -> None:
    """The unit was asked and its day has passed: that is noted, and admits nothing."""
    work.record(case, Event("UnitSilent", {"process": running.process_id}))


def tell_suspicion_overdue(work: "Work", case: AnyCase, running: Running) -> None:
    """The time of a verification has run out: it is marked, nothing else; who hears of it says the ladder."""
    work.record(case, Event("SuspicionOverdue", {"process": running.process_id}))


def follow_suspicion(work: "Work", case: AnyCase, running: Running) -> None:
    """A suspicion was found established: the proposals and the new cycle follow."""
    from tasks.hearing import FINDING, keep_established  # they stand above the engine
    from tasks.suspicion import follow_confirmation

    assert isinstance(case, FindingCase)
    assert running.subject_id is not None
    if FINDING in work.office.engine_of(work.conn, running).declared(running.process_id):
        keep_established(work, case, running)
    follow_confirmation(work, case, running.subject_id)


def begin_cycle(work: "Work", case: FindingCase, running: Running | None, *, because: str) -> None:
    """Start the next cycle of the same number; one that was closed by a sign-off stays as it was."""
    finding = case.finding
    due_on = work.office.cycle_due(work, case)
    work.write_later(
        update(cycles)
        .where(cycles.c.finding_id == finding.id, cycles.c.cycle == finding.cycle, cycles.c.closed_at.is_(None))
        .values(closed_at=work.at, result="found_false")
    )
    for other in case.live:
        if other is not running and other.status == "running" and other.process_id not in OUTLASTING:
            work.cancel(case, other)
    case.finding = replace(finding.open_cycle(due_on), issued_at=work.at)
    work.write_later(
        insert(cycles),
        {
            "finding_id": finding.id,
            "cycle": case.finding.cycle,
            "opened_at": work.at,
            "because": because,
            "reason": str(work.given.get("comment") or work.given.get("record") or ""),
            "due_on": due_on,
        },
    )
    work.record(case, Event("CycleOpened", {"cycle": case.finding.cycle, "because": because, "due_on": str(due_on)}))
    work.tell(finding.id, "begin_cycle")


OPERATIONS: Mapping[str, Callable[["Work", AnyCase, Running], None]] = {
    "mark_overdue": mark_overdue,
    "issue_findings": issue_findings,
    "release_plan": release_plan,
    "tell_list": tell_list,
    "open_new_cycle": open_new_cycle,
    "close_extension": close_extension,
    "revoke_sign_off": revoke_sign_off,
    "apply_correction": apply_correction,
    "tell_suspicion_overdue": tell_suspicion_overdue,
    "follow_suspicion": follow_suspicion,
    "note_silence": note_silence,
}
