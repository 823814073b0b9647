"""What has to hold after any fault, asked of the tables themselves (SECURITY.md, Faults).

Each check is one question; a complaint names the first cases that break it. Nothing is repaired here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, and_, func, or_, select

from cases.finding import State
from cases.moments import shanghai_date
from cases.standing_in import who_acts
from persistence import failures, store_check, verification
from persistence.attachments import Attachments
from persistence.case_store import INSTANCE, StoredInstance
from persistence.closed_words import strange_words
from persistence.outbox import State as LetterState
from persistence.standing_in import seats_behind
from persistence.tables import (
    cases,
    checkpoints,
    cycles,
    evidence,
    findings,
    instances,
    ledger,
    look_backs,
    messages,
    open_tasks,
    outbox,
    paper_templates,
    patrol_runs,
    releases,
    reviews,
    submissions,
)
from tasks.between_cases import most_failures
from tasks.engine_room import InstanceFault
from tasks.kept_releases import ReleaseChanged, release_kept
from tasks.office import Office
from tasks.paper_templates import TemplateChanged, sound
from tasks.witness import Witness, WitnessUnreadable

NAMED = 20  # of what breaks a rule
LONGEST_UNSEEN = timedelta(minutes=15)  # of a checkpoint that a witness has not got


@dataclass(frozen=True, slots=True)
class Complaint:
    """A check that does not hold, and what breaks it."""

    check: str
    what: str


def examine(office: Office, attachments: Attachments, witness: Witness | None = None) -> tuple[Complaint, ...]:
    """Return everything that does not hold; empty means healthy."""
    found = [Complaint("store", what) for what in store_check.damage(office.database)]
    with office.read() as conn:
        found += [Complaint(check.__name__.lstrip("_"), what) for check in CHECKS for what in check(office, conn)]
        found += [Complaint("evidence_files", f"{one.sha256} {one.damage}") for one in attachments.missing(conn)]
    verdict = verification.verify(office.database, office.keyring)
    found += [Complaint("ledger", f"case {p.case_id} #{p.seq} {p.kind} {p.detail}") for p in verdict.problems]
    found += [Complaint("witness", what) for what in _witness_is_behind(office, witness)]
    return tuple(found)


def _witness_is_behind(office: Office, witness: Witness | None) -> Iterator[str]:
    """What was sealed a quarter of an hour ago has left the house."""
    if witness is None:
        return
    with office.read() as conn:
        old = select(func.max(checkpoints.c.size)).where(checkpoints.c.at < office.now() - LONGEST_UNSEEN)
        sealed = conn.scalar(old) or 0
    try:
        known = witness.known()
    except WitnessUnreadable as why:
        yield f"{why.facts['where']}: {why.facts['why']}"
        return
    if known < sealed:
        yield f"{witness.where}: {known} of {sealed}"


def _seals_open(office: Office, conn: Connection) -> Iterator[str]:
    """Every process opens under its own seal, and its tasks are those on the list."""
    live = instances.c.status == "running"
    for row in conn.execute(select(*INSTANCE).where(live), execution_options={"yield_per": 200}):
        stored = StoredInstance(*row)
        try:
            process = office.unseal(conn, stored)
            wanted = {task.id for task in office.engine(conn, stored.release_id).look(process).open_tasks}
        except InstanceFault as fault:
            yield f"instance {stored.id} of case {stored.case_id}: {fault.cause}"
            continue
        listed = set(conn.scalars(select(open_tasks.c.id).where(open_tasks.c.instance_id == stored.id)))
        if listed != wanted:
            yield f"instance {stored.id} of case {stored.case_id}: its open tasks are not those on the list"


def _releases_are_what_their_id_says(_: Office, conn: Connection) -> Iterator[str]:
    for release_id in conn.scalars(select(releases.c.id)).all():
        try:
            release_kept(conn, release_id)
        except ReleaseChanged:
            yield f"release {release_id[:12]}"


def _templates_are_what_was_released(_: Office, conn: Connection) -> Iterator[str]:
    for row in conn.execute(select(paper_templates.c.version, paper_templates.c.content, paper_templates.c.sha256)):
        try:
            sound(row)
        except TemplateChanged:
            yield f"template version {row.version}"


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
    """Every task stands on a desk that somebody can come to today: the holder's, or of whoever stands in for him."""
    today = shanghai_date(office.now())
    claimed, free = open_tasks.c.claimed_by.is_not(None), open_tasks.c.claimed_by.is_(None)
    for holder in conn.scalars(select(open_tasks.c.holder).where(free).distinct().order_by(open_tasks.c.holder)):
        if not who_acts(seats_behind(conn, holder, today)):
            yield holder
    for person in conn.scalars(select(open_tasks.c.claimed_by).where(claimed).distinct()):
        if not any(seat.person_id == person for seat in who_acts(seats_behind(conn, f"person:{person}", today))):
            yield f"person:{person}"


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


def _messages_are_heard(office: Office, conn: Connection) -> Iterator[str]:
    failed = and_(messages.c.taken_at.is_(None), messages.c.failures >= most_failures(office, conn))
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


def _nothing_fails(_: Office, conn: Connection) -> Iterator[str]:
    """What the clock and the patrols try case by case was done."""
    yield from (f"{row.work} {row.subject}: {row.cause}" for row in failures.at_present(conn)[:NAMED])


def _words_are_known(_: Office, conn: Connection) -> Iterator[str]:
    """Every word that the code reads as one of a closed set is one of it."""
    yield from (f"{one.column} = {one.word!r} in {one.rows} rows" for one in strange_words(conn))


CHECKS: tuple[Callable[[Office, Connection], Iterator[str]], ...] = (
    _words_are_known,
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
    _nothing_fails,
    _seals_open,
    _releases_are_what_their_id_says,
    _templates_are_what_was_released,
)
