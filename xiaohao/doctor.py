"""What has to hold after any fault, asked of the tables themselves (SECURITY.md, Faults).

Each check is one question; a complaint names the first cases that break it. Nothing is repaired here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select

from cases.finding import State
from cases.moments import shanghai_date
from persistence import verification
from persistence.attachments import Attachments
from persistence.outbox import State as LetterState
from persistence.people import holders_of_post, holders_of_role
from persistence.tables import (
    cases,
    cycles,
    evidence,
    findings,
    instances,
    ledger,
    look_backs,
    messages,
    open_tasks,
    outbox,
    patrol_runs,
    reviews,
    submissions,
)
from tasks.between_cases import MOST_FAILURES
from tasks.office import Office

NAMED = 20  # of what breaks a rule


@dataclass(frozen=True, slots=True)
class Complaint:
    """A check that does not hold, and what breaks it."""

    check: str
    what: str


def examine(office: Office, attachments: Attachments) -> tuple[Complaint, ...]:
    """Return everything that does not hold; empty means healthy."""
    with office.read() as conn:
        found = [Complaint(check.__name__.lstrip("_"), what) for check in CHECKS for what in check(office, conn)]
        found += [Complaint("evidence_files", f"{one.sha256} {one.damage}") for one in attachments.missing(conn)]
    verdict = verification.verify(office.database, office.keyring)
    found += [Complaint("ledger", f"case {p.case_id} #{p.seq} {p.kind} {p.detail}") for p in verdict.problems]
    return tuple(found)


def _open_findings_have_a_process(_: Office, conn: Connection) -> Iterator[str]:
    """An open finding has a living process of its cycle, or a message that will start it."""
    living = select(instances.c.id).where(
        instances.c.case_id == findings.c.id,
        instances.c.cycle == findings.c.cycle,
        instances.c.subject_id.is_(None),
        instances.c.status.in_(("running", "faulted")),
    )
    told = select(messages.c.id).where(messages.c.case_id == findings.c.id, messages.c.taken_at.is_(None))
    lost = and_(findings.c.state == State.OPEN, ~living.exists(), ~told.exists())
    yield from conn.scalars(select(findings.c.number).where(lost).limit(NAMED))


def _running_processes_wait_for_something(_: Office, conn: Connection) -> Iterator[str]:
    """A running process has an open task, a timer or a message that it waits for."""
    task = select(open_tasks.c.id).where(open_tasks.c.instance_id == instances.c.id)
    stuck = and_(
        instances.c.status == "running", instances.c.wake_at.is_(None), instances.c.waits_for == "", ~task.exists()
    )
    yield from (f"instance {found}" for found in conn.scalars(select(instances.c.id).where(stuck).limit(NAMED)))


def _tasks_belong_to_running_processes(_: Office, conn: Connection) -> Iterator[str]:
    over = instances.c.status.in_(("done", "cancelled"))
    query = select(open_tasks.c.id).join(instances, instances.c.id == open_tasks.c.instance_id).where(over)
    yield from conn.scalars(query.limit(NAMED))


def _tasks_have_somebody_who_may_do_them(office: Office, conn: Connection) -> Iterator[str]:
    """Every task stands on a list that somebody holds today."""
    today = shanghai_date(office.now())
    for holder in conn.scalars(select(open_tasks.c.holder).where(open_tasks.c.claimed_by.is_(None)).distinct()):
        kind, _, rest = holder.partition(":")
        role, _, unit = rest.partition("@")
        if kind == "post" and not holders_of_post(conn, int(rest), today):
            yield holder
        if kind == "role" and not holders_of_role(conn, role, int(unit), today):
            yield holder


def _every_version_has_an_event(_: Office, conn: Connection) -> Iterator[str]:
    """The head of a case names its last event, and no event is missing before it."""
    counted = select(func.count()).where(ledger.c.case_id == cases.c.id).scalar_subquery()
    query = select(cases.c.id).where(or_(counted != cases.c.ledger_seq, cases.c.version > cases.c.ledger_seq))
    yield from (f"case {found}" for found in conn.scalars(query.limit(NAMED)))


def _signed_off_through_different_people(_: Office, conn: Connection) -> Iterator[str]:
    """Who signed neither submitted, nor uploaded, nor verified, nor looked back in that cycle."""
    signed = select(findings.c.number, findings.c.id, reviews.c.cycle, reviews.c.person_id).join(
        reviews, reviews.c.case_id == findings.c.id
    )
    signed = signed.where(reviews.c.act == "sign_off", reviews.c.verdict == "signed")
    for number, finding, cycle, signer in conn.execute(signed):
        in_cycle = [
            set(conn.scalars(select(column).where(table.c.finding_id == finding, table.c.cycle == cycle)))
            for table, column in ((submissions, submissions.c.person_id), (evidence, evidence.c.uploaded_by))
        ]
        verified = select(reviews.c.person_id).where(
            reviews.c.case_id == finding, reviews.c.cycle == cycle, reviews.c.act == "verify_rectification"
        )
        visited = select(look_backs.c.inspectors).where(
            look_backs.c.finding_id == finding, look_backs.c.cycle == cycle, look_backs.c.durability.is_(False)
        )
        went = {person for people in conn.scalars(visited) for person in people}
        if signer in set().union(*in_cycle, conn.scalars(verified), went):
            yield str(number)


def _signed_off_cycles_are_closed(_: Office, conn: Connection) -> Iterator[str]:
    still_open = select(findings.c.number).join(
        cycles, (cycles.c.finding_id == findings.c.id) & (cycles.c.cycle == findings.c.cycle)
    )
    query = still_open.where(findings.c.state == State.SIGNED_OFF, cycles.c.closed_at.is_(None))
    yield from conn.scalars(query.limit(NAMED))


def _letters_end(office: Office, conn: Connection) -> Iterator[str]:
    """No claim is older than its lease by an hour: a worker that died gave back what it held."""
    stale = and_(outbox.c.state == LetterState.SENDING, outbox.c.claimed_until < office.now())
    yield from (f"letter {found}" for found in conn.scalars(select(outbox.c.id).where(stale).limit(NAMED)))


def _messages_are_heard(_: Office, conn: Connection) -> Iterator[str]:
    failed = and_(messages.c.taken_at.is_(None), messages.c.failures >= MOST_FAILURES)
    query = select(messages.c.name, messages.c.case_id).where(failed).limit(NAMED)
    yield from (f"{name} for case {case}" for name, case in conn.execute(query))


def _no_process_is_faulted(_: Office, conn: Connection) -> Iterator[str]:
    query = select(instances.c.id).where(instances.c.status == "faulted").limit(NAMED)
    yield from (f"instance {found}" for found in conn.scalars(query))


def _patrols_succeed(_: Office, conn: Connection) -> Iterator[str]:
    """The last run of each patrol did not fail."""
    newest = select(patrol_runs.c.name, func.max(patrol_runs.c.started_at).label("at")).group_by(patrol_runs.c.name)
    last = newest.subquery()
    query = select(patrol_runs.c.name, patrol_runs.c.error).join(
        last, (last.c.name == patrol_runs.c.name) & (last.c.at == patrol_runs.c.started_at)
    )
    for name, error in conn.execute(query.where(patrol_runs.c.error.is_not(None))):
        yield f"{name}: {error}"


CHECKS: tuple[Callable[[Office, Connection], Iterator[str]], ...] = (
    _open_findings_have_a_process,
    _running_processes_wait_for_something,
    _tasks_belong_to_running_processes,
    _tasks_have_somebody_who_may_do_them,
    _every_version_has_an_event,
    _signed_off_through_different_people,
    _signed_off_cycles_are_closed,
    _letters_end,
    _messages_are_heard,
    _no_process_is_faulted,
    _patrols_succeed,
)
