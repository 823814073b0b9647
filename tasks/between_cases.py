"""What one case told another, and what a timer woke: taken up by the clock, each in a transaction of its own."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from cases.finding import State
from cases.moments import shanghai_date
from cases.refusals import CaseChanged, CaseFaulted
from persistence import failures
from persistence.columns import Moment
from persistence.database import DatabaseBusy
from persistence.failures import mending, rests
from persistence.tables import criteria, cycles, findings, instances, issue_lists, messages, milestones
from tasks.attempts import Attempts, cause_of, pauses_in_force
from tasks.carry_out import carry_out
from tasks.case import AnyCase, FindingCase, ListCase
from tasks.engine_room import start_facts
from tasks.evidence_facts import note_reading
from tasks.passed_deadlines import MARK, mark
from tasks.signals import look_for_signals, note_recurrence
from tasks.work import EVIDENCE_READ, LOOK_AGAIN, LOOK_FOR_SIGNALS, RECURRED, Work

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
WORK = "message"  # under which a message that could not be heard stands among the failures


def hear_messages(office: "Office", limit: int, *, at: datetime | None = None) -> int:
    """Take up at most *limit* messages that wait at a moment, oldest first; return how many were heard.

    A message that fails holds up no other case: it rests, longer each time, and after ``messages.attempts`` of
    config.policy it waits on the incident page for a hand. A database that cannot be reached is no failure of a
    message, nor is a case that stands still: what it is told waits for its repair.
    """
    heard, passed = 0, set[int]()
    now = at or office.now()
    try:
        while heard < limit:
            with office.database.reading() as conn:
                values = {"now": now, "tries": most_failures(office, conn, now)}
                most = min(limit - heard, 50) + len(passed)
                found = conn.execute(_waiting, values | {"most": most}).all()
            waiting = [message for message in found if message.id not in passed]
            if not waiting:
                break
            for message in waiting:
                passed.add(message.id)
                heard += _hear(office, message, now)
    except DatabaseBusy:
        log.warning("the database could not be reached: messages between cases wait")
    return heard


def most_failures(office: "Office", conn: Connection, at: datetime | None = None) -> int:
    """Return how often a message may fail before it waits for a hand."""
    return office.number_setting(conn, "messages.attempts", shanghai_date(at or office.now()))


_stands_still = exists().where(instances.c.case_id == messages.c.case_id, instances.c.status == "faulted")
_waiting = (
    select(messages)
    .where(
        messages.c.taken_at.is_(None),
        messages.c.failures < bindparam("tries"),
        ~rests(WORK, messages.c.id, bindparam("now", type_=Moment)),
        ~_stands_still,
    )
    .order_by(messages.c.id)
    .limit(bindparam("most"))
)


def _hear(office: "Office", message: Any, now: datetime) -> bool:
    def body(work: Work) -> AnyCase:
        case = work.any_case(message.case_id)
        taken = update(messages).where(messages.c.id == message.id, messages.c.taken_at.is_(None))
        work.write_later(taken.values(taken_at=work.recorded_at))
        if message.failures:
            work.write_later(mending(WORK, [str(message.id)], work.recorded_at))
        _HEARD[message.name](work, case, message.facts)
        return case

    try:
        office.as_clock(f"hear_{message.name}", body, at=message.told_at if _rehearsed(office) else None)
    except DatabaseBusy:
        raise
    except (CaseChanged, CaseFaulted) as why:  # somebody was faster, or it is told again when the case is repaired
        log.info("message %s for case %s waits: %s", message.name, message.case_id, why.code)
        return False
    except Exception as why:
        log.exception("message %s for case %s was not heard", message.name, message.case_id)
        _count(office, message, why, now)
        return False
    return True


def _count(office: "Office", message: Any, why: Exception, now: datetime) -> None:
    """Count the failure of one attempt, whoever else attempted the same at that time."""
    ours = update(messages).where(
        messages.c.id == message.id, messages.c.taken_at.is_(None), messages.c.failures == message.failures
    )
    with office.database.writing() as conn:
        if not conn.execute(ours.values(failures=message.failures + 1)).rowcount:
            return
        pauses = pauses_in_force(office, conn, now)
        failures.put_down(conn, WORK, str(message.id), cause_of(why), now, pauses, case_id=message.case_id)


def _rehearsed(office: "Office") -> bool:
    with office.database.reading() as conn:
        return office.is_rehearsal(conn)


def wake_due(office: "Office", *, at: datetime | None = None, limit: int = 200) -> int:
    """Let the timers fire that are due: an index range, one transaction per case; return how many cases were woken."""
    now = at or office.now()
    with office.database.reading() as conn:
        due = conn.execute(
            select(instances.c.id, instances.c.case_id)
            .where(instances.c.status == "running", instances.c.wake_at <= now, ~rests("wake", instances.c.id, now))
            .order_by(instances.c.wake_at)
            .limit(limit)
        ).all()
    if due:
        attempts = Attempts(office, "wake", now)
        for instance_id, case_id in due:
            attempts.of(instance_id, partial(_wake, office, instance_id, case_id, now), case_id=case_id)
    carry_out(office, at=now)
    office.settle(at=now)
    return len(due)


def _wake(office: "Office", instance_id: int, case_id: int, now: datetime) -> None:
    def body(work: Work) -> AnyCase:
        case = work.any_case(case_id)
        for running in case.live:
            still_due = running.stored and running.stored.wake_at and running.stored.wake_at <= now
            if running.id == instance_id and running.status == "running" and still_due:
                work.wake(case, running)
        return case

    try:
        office.as_clock("wake", body, at=now)
    except CaseChanged:
        log.info("case %s was moved by somebody else while it was woken", case_id)
    except CaseFaulted:
        log.warning("case %s could not be woken: it stands on the incident list", case_id)


# --- what a case hears ----------------------------------------------------------------------------------------------


def issue(work: Work, case: AnyCase, _facts: Mapping[str, Any]) -> None:
    """Issue a finding with the feedback: fix its closure criteria, open its first cycle, start its process."""
    assert isinstance(case, FindingCase)
    if case.finding.state is not State.REGISTERED:
        return
    case.finding, issued = case.finding.issue(work.at, milestones=milestones_left(work, case))
    work.record(case, issued)
    work.write_later(update(criteria).where(criteria.c.finding_id == case.id).values(fixed_at=work.at))
    work.write_later(
        insert(cycles),
        {
            "finding_id": case.id,
            "cycle": case.finding.cycle,
            "opened_at": work.at,
            "because": "issued",
            "reason": "",
            "due_on": case.finding.due_on,
        },
    )
    begin_cycle(work, case, {})


def begin_cycle(work: Work, case: AnyCase, _facts: Mapping[str, Any]) -> None:
    """Start the process of the finding's present cycle, unless it runs already."""
    assert isinstance(case, FindingCase)
    if any(running.subject_id is None and running.cycle == case.finding.cycle for running in case.live):
        return
    facts = start_facts(case) | {
        "plan_approved": plan_approved(work, case),
        "milestones_left": milestones_left(work, case),
    }
    work.start(case, "close_finding", facts, cycle=case.finding.cycle)


def milestones_left(work: Work, case: FindingCase) -> int:
    """Return how many dated steps of the finding are still to be held."""
    left = select(func.count()).where(milestones.c.finding_id == case.id, milestones.c.held_at.is_(None))
    return int(work.conn.execute(left).scalar_one())


def keep_as_history(work: Work, case: AnyCase, _facts: Mapping[str, Any]) -> None:
    """The office has settled the list: what its ledger calls signed off is kept as history, without a case."""
    assert isinstance(case, FindingCase)
    if case.finding.state is State.REGISTERED and case.finding.historic:
        case.finding, kept = case.finding.keep_as_history()
        work.record(case, kept)
        work.tell(case.finding.list_id, LOOK_AGAIN)


def plan_approved(work: Work, case: FindingCase) -> bool:
    """Whether the joint review has agreed to the plan of the finding's list."""
    approved = select(issue_lists.c.plan_approved_at).where(issue_lists.c.id == case.finding.list_id)
    return work.conn.execute(approved).scalar_one() is not None


def look_again(work: Work, case: AnyCase, _facts: Mapping[str, Any]) -> None:
    """See whether what the case waits for has happened, and let its process know."""
    happened: dict[str, Callable[[], bool]] = {}
    if isinstance(case, FindingCase):
        if case.finding.state is State.SUSPENDED:
            return  # it looks again when it is resumed
        finding_case = case
        happened["plan_approved"] = lambda: plan_approved(work, finding_case)
    if isinstance(case, ListCase):
        happened["every_finding_closed"] = lambda: not findings_open(work, case.id)
    for running in case.live:
        if running.status != "running" or running.stored is None:
            continue
        for name in filter(None, running.stored.waits_for.split(",")):
            if name in happened and happened[name]():
                facts = {"plan_approved": True} if name == "plan_approved" else {}
                work.hear(case, running, name, facts)


def findings_open(work: Work, list_id: int) -> int:
    """Return how many findings are neither signed off nor in an approved long-term plan with one step held."""
    query = select(func.count()).where(findings.c.list_id == list_id, *still_open())
    return int(work.conn.execute(query).scalar_one())


def still_open() -> tuple[Any, ...]:
    """Return the conditions under which a finding keeps its list from being archived."""
    long_term = (findings.c.kind == "CONTINUOUS") & findings.c.basic_done
    return (findings.c.state.not_in((State.SIGNED_OFF, State.ENDED)), ~long_term)


def mark_deadline(work: Work, case: AnyCase, facts: Mapping[str, Any]) -> None:
    """See whether a deadline has passed whose timer fired inside somebody's act."""
    mark(work, case, facts)


_HEARD: Mapping[str, Callable[[Work, AnyCase, Mapping[str, Any]], object]] = {
    "issue": issue,
    "keep_as_history": keep_as_history,
    "begin_cycle": begin_cycle,
    "look_again": look_again,
    MARK: mark_deadline,
    LOOK_FOR_SIGNALS: look_for_signals,
    EVIDENCE_READ: note_reading,
    RECURRED: note_recurrence,
}
