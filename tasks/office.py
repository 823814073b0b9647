"""Where every transaction begins and ends: an act is thought through on a snapshot, then written whole or not."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from bpmn.codec import StoredStateUnreadable
from bpmn.decisions import DecisionFailed, evaluate
from bpmn.engine import Engine, EngineError, Fact, Process, TaskNotOpen
from bpmn.expressions import ExpressionFailed
from bpmn.forms import read_answers
from bpmn.release import Release
from cases.calendar import WorkingCalendar
from cases.deadlines import Period, PeriodUnit, due
from cases.decided import Decided
from cases.events import Event
from cases.finding import State
from cases.look_back import UNANNOUNCED
from cases.refusals import (
    CaseChanged,
    CaseError,
    CaseFaulted,
    CaseSuspended,
    FindingEnded,
    FormIncomplete,
    KeyUsedOtherwise,
    NoSuchTask,
    RehearsalOnly,
    Unknown,
)
from cases.rights import Actor, outside, require_office
from config.calendars import DayKind, Kind, days_with
from config.policy import NUMBERS
from persistence import case_store, outbox
from persistence.case_store import StoredInstance, TaskRow
from persistence.columns import canonical
from persistence.database import Database
from persistence.seal import Keyring, SealBroken
from persistence.tables import (
    calendar_days,
    decision_items,
    idempotency,
    instances,
    posts,
    release_files,
    releases,
    settings,
    units,
)
from tasks.acts import ACTS, Act
from tasks.case import AnyCase, FindingCase, ListCase, OfficeCase, Running
from tasks.form import Form
from tasks.letters import owed
from tasks.work import CLOCK, Attachment, Work

OFFICE_NUMBER = "office"
TRIES = 4  # an act is thought through again when somebody else was faster
_WAKES_UP = frozenset({"resume_finding", "confirm_correction", "decide_correction"})  # done to a suspended finding
POST_OF_ROLE = {"handler": "handler_post_id", "responsible_leader": "leader_post_id", "chief": "chief_post_id"}


class InstanceFault(Exception):
    """A stored process can't be read or played on."""

    def __init__(self, instance_id: int, case_id: int, cause: str) -> None:
        super().__init__(f"instance {instance_id}: {cause}")
        self.instance_id, self.case_id, self.cause = instance_id, case_id, cause


class NoRelease(CaseError):
    """Nothing was published yet, so no case can start."""

    code = "no_release"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an act brought about, as it is told to the caller; the same for the same idempotency key."""

    number: str
    act: str
    version: int
    state: str
    stage: str
    events: tuple[str, ...]
    open_acts: tuple[str, ...]
    more: Mapping[str, Any]


class Office:
    """The only place where acts begin and end; safe to share between threads."""

    def __init__(
        self, database: Database, keyring: Keyring, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.database = database
        self.keyring = keyring
        self.now = now
        self._engines: dict[str, Engine] = {}
        self._calendars: dict[frozenset[tuple[date, str]], WorkingCalendar] = {}
        self._lock = threading.Lock()

    # --- acts of people ---------------------------------------------------------------------------------------------

    def perform(
        self,
        actor: Actor,
        act_name: str,
        number: str,
        given: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        version: int | None = None,
        attachments: tuple[Attachment, ...] = (),
        at: datetime | None = None,
        task: str | None = None,
        decided: Decided | None = None,
    ) -> Answer:
        """Do one act as *actor* on the case *number* and return what came of it.

        *key*: the same key with the same body gives the same answer and no second effect; *version*: the version that
        the person looked at, refused as CaseChanged when it is not the present one; *at*: rehearsals only;
        *decided*: the meeting or sheet on which *actor* decided, where somebody else wrote it down.
        Raises a CaseError that names the refusal.
        """
        act = ACTS.get(act_name)
        if act is None:
            raise Unknown()
        given = dict(given or {})

        told, confirmed = False, 0

        def body(work: Work) -> AnyCase:
            nonlocal told, confirmed
            work.decided = decided
            case = self._do(work, act, number, version, task)
            told, confirmed = work.told, work.confirmed
            return case

        answer = self.transact(
            actor, act_name, body, given=given, key=key, attachments=attachments, at=at,
            identity=[act_name, number, task, given, [asdict(attachment) for attachment in attachments]],
        )  # fmt: skip
        if told:  # what others told is heard by the clock
            self.settle()
        if confirmed:
            from tasks.carry_out import carry_out  # it performs acts in its turn

            carry_out(self, confirmed)
        return answer

    def try_act(
        self, conn: Connection, actor: Actor, act_name: str, number: str, given: Mapping[str, Any], *, at: datetime
    ) -> TaskRow | None:
        """Think an act through on the snapshot of *conn* and write nothing; return the task that it would complete.

        Raises the CaseError that would refuse it.
        """
        work = Work(self, conn, actor, act_name, at=at, recorded_at=at, given=given)
        self._do(work, ACTS[act_name], number, None, None)
        return work.task

    def _do(self, work: Work, act: Act, number: str, version: int | None, task: str | None) -> AnyCase:
        case = self._case(work, act, number)
        self._guard(work, act, case, version)
        if act.task:
            work.task = work.take_task(case, act.name, task)
        act.run(work, case, self._form(work, act, case))
        if work.decided is not None:
            work.set(decision_items, work.decided.item_id, state="done", done_at=work.at)
        return case

    def _case(self, work: Work, act: Act, number: str) -> AnyCase:
        if act.on == "finding":
            return work.finding(number)
        if act.on == "any" or (act.on == "anywhere" and number != OFFICE_NUMBER):
            return work.finding_or_list(number)
        return work.issue_list(number) if act.on == "issue_list" else work.office_case()

    def _guard(self, work: Work, act: Act, case: AnyCase, version: int | None) -> None:
        if isinstance(case, OfficeCase):
            if work.actor is not CLOCK:
                require_office(work.actor, act.permission)
        else:
            work.require(act.permission, _subject(case))
        if version is not None and case.head.version != version and not self._is_hidden_change(work, case):
            raise self._changed(case)
        if isinstance(case, FindingCase) and case.finding.state is State.SUSPENDED and act.name not in _WAKES_UP:
            raise CaseSuspended()
        if isinstance(case, FindingCase) and case.finding.state is State.ENDED:
            raise FindingEnded(number=case.number)

    @staticmethod
    def _is_hidden_change(work: Work, case: AnyCase) -> bool:
        """Whether only those outside know of the last change: a refusal would warn the unit of a visit."""
        if not isinstance(case, FindingCase) or case.head.changed_act not in UNANNOUNCED:
            return False
        return not outside(work.actor, case.finding.unit_path)

    def _form(self, work: Work, act: Act, case: AnyCase) -> Form:
        answers: dict[str, Any] = dict(work.given)
        errors: dict[str, str] = {}
        release = self.release_of(work.conn, case)
        name = f"forms/{work.task.form if work.task else act.name}.json"
        if release is not None and name in release.files:
            read, errors = read_answers(_schema(release[name]), self._raw(work))
            answers |= read
        form = Form(answers)
        errors = {**{field: "required" for field in act.needs if field not in form}, **errors}
        if errors:
            raise FormIncomplete(errors)
        return form

    @staticmethod
    def _raw(work: Work) -> Mapping[str, Any]:
        return dict(work.given) | ({"attachments": [a.sha256 for a in work.attachments]} if work.attachments else {})

    @staticmethod
    def _changed(case: AnyCase) -> CaseChanged:
        return CaseChanged(who=case.head.changed_by, when=case.head.changed_at, what=case.head.changed_act)

    # --- the transaction --------------------------------------------------------------------------------------------

    def transact(
        self,
        actor: Actor,
        act: str,
        body: Callable[[Work], AnyCase],
        *,
        given: Mapping[str, Any] | None = None,
        key: str | None = None,
        attachments: tuple[Attachment, ...] = (),
        at: datetime | None = None,
        identity: Any = None,
    ) -> Answer:
        body_hash = hashlib.sha256(canonical(identity).encode()).hexdigest() if key else ""
        for tries_left in reversed(range(TRIES)):
            recorded_at = self.now()
            try:
                with self.database.reading() as conn:
                    if key and (earlier := _earlier(conn, actor, key, body_hash)):
                        return earlier
                    if at is not None and actor is not CLOCK and not self.is_rehearsal(conn):
                        raise RehearsalOnly()
                    work = Work(
                        self, conn, actor, act,
                        at=at or recorded_at, recorded_at=recorded_at, given=given or {}, attachments=attachments,
                    )  # fmt: skip
                    case = body(work)
                    letters = owed(work)
                    answer = self._answer(work, case)
                with self.database.writing() as conn:
                    work.write(conn)
                    if letters:
                        outbox.owe(conn, letters, now=work.at)
                    if key:
                        conn.execute(
                            _keep_answer,
                            {
                                "person_id": actor.person_id,
                                "key": key,
                                "body_hash": body_hash,
                                "answer": asdict(answer),
                                "at": recorded_at,
                            },
                        )
                return answer
            except InstanceFault as fault:
                self.mark_faulted(fault)
                raise CaseFaulted() from fault
            except (case_store.Stale, IntegrityError):
                if not tries_left:  # else once more: its key may be answered by now, its version is judged anew
                    with self.database.reading() as conn:
                        head = case_store.find_head(conn, case.id)
                    if head is None or head.version == case.head.version:
                        raise
                    raise CaseChanged(who=head.changed_by, when=head.changed_at, what=head.changed_act) from None
        raise AssertionError("unreachable")

    def _answer(self, work: Work, case: AnyCase) -> Answer:
        value = (
            case.finding if isinstance(case, FindingCase) else case.issue_list if isinstance(case, ListCase) else None
        )
        return Answer(
            number=case.number,
            act=work.act,
            version=case.head.version + 1,
            state=str(value.state) if value else "",
            stage=value.stage if value else "",
            events=tuple(event.kind for event in case.events),
            open_acts=tuple(task.act for task in case.open_tasks()),
            more=work.answer,
        )

    def as_clock(self, act: str, body: Callable[[Work], AnyCase], *, at: datetime | None = None) -> Answer:
        """Do something that no person asked for: a timer, a message between cases, a patrol."""
        return self.transact(CLOCK, act, body, at=at)

    def read(self) -> Any:
        """Return a context that gives a read-only connection."""
        return self.database.reading()

    # --- between cases ----------------------------------------------------------------------------------------------

    def settle(self, limit: int = 20) -> int:
        """Let cases hear what others told them, at most *limit* messages; return how many were heard."""
        from tasks.between_cases import hear_messages  # the acts that it starts register with this room

        return hear_messages(self, limit)

    # --- releases and engines ---------------------------------------------------------------------------------------

    def release_in_force(self, conn: Connection) -> str:
        """Return the id of the release on which new cases start. Raises NoRelease."""
        release_id = conn.execute(_release_in_force).scalar_one_or_none()
        if release_id is None:
            raise NoRelease()
        return str(release_id)

    def engine(self, conn: Connection, release_id: str) -> Engine:
        """Return the engine of a release; it is built once and kept."""
        engine = self._engines.get(release_id)
        if engine is None:
            files = conn.execute(
                select(release_files.c.path, release_files.c.content).where(release_files.c.release_id == release_id)
            )
            engine = Engine(Release(dict(files.tuples().all())), acts=frozenset(ACTS))
            with self._lock:
                self._engines[release_id] = engine
        return engine

    def release_of(self, conn: Connection, case: AnyCase) -> Release | None:
        """Return the release to which *case* is pinned: that of its running process, or the one in force."""
        live = [running for running in case.live if running.subject_id is None] or case.live
        try:
            release_id = live[0].release_id if live else self.release_in_force(conn)
        except NoRelease:
            return None
        return self.engine(conn, release_id).release

    def release_with(self, conn: Connection, case: AnyCase, process_id: str) -> str:
        """Return the id of the release on which *case* starts *process_id*; an old one may not know it."""
        release = self.release_of(conn, case)
        if release is not None and process_id in self.engine(conn, release.id).processes:
            return release.id
        return self.release_in_force(conn)

    def decide(self, work: Work, case: AnyCase, table: str) -> dict[str, Any]:
        """Return what the decision table *table* of the case's release says about its facts."""
        release = self.release_of(work.conn, case)
        assert release is not None
        answer = evaluate(self.engine(work.conn, release.id).decisions[table], start_facts(case))
        assert isinstance(answer, dict), f"{table} collects"
        return answer

    def cycle_due(self, work: Work, case: FindingCase) -> date:
        """Return until when a new cycle has to be rectified: the decision table's period from today."""
        rule = self.decide(work, case, "deadlines_by_kind")
        period = Period(int(rule["rectify_amount"]), PeriodUnit(rule["rectify_unit"]))
        return due(work.today, period, work.calendar).day

    # --- stored processes -------------------------------------------------------------------------------------------

    def unseal(self, conn: Connection, stored: StoredInstance) -> Process:
        """Return the living process. Raises InstanceFault."""
        try:
            payload = self.keyring.open_sealed(stored.state, f"instance:{stored.id}")
            return self.engine(conn, stored.release_id).load(payload)
        except (SealBroken, StoredStateUnreadable) as why:
            raise InstanceFault(stored.id, stored.case_id, f"{type(why).__name__}: {why}") from why

    def seal(self, conn: Connection, running: Running) -> bytes:
        """Return the process as it is stored."""
        assert running.process is not None
        payload = self.engine(conn, running.release_id).dump(running.process)
        return self.keyring.seal(payload, f"instance:{running.id}")

    @contextmanager
    def faults(self, running: Running) -> Iterator[None]:
        """Turn what goes wrong in the engine into a fault of this process."""
        try:
            yield
        except TaskNotOpen as why:
            raise NoSuchTask(act="") from why
        except (EngineError, ExpressionFailed, DecisionFailed) as why:
            case_id = running.stored.case_id if running.stored else 0
            raise InstanceFault(running.id, case_id, f"{type(why).__name__}: {why}") from why

    def mark_faulted(self, fault: InstanceFault) -> None:
        """Put a case on the incident list; others go on. A process that never began leaves nothing to mark."""
        if not fault.case_id:
            return

        def body(work: Work) -> AnyCase:
            case = work.any_case(fault.case_id)
            already = any(running.id == fault.instance_id and running.status == "faulted" for running in case.live)
            if not already:
                cause = {"cause": fault.cause, "at": work.at.isoformat()}
                work.write_later(
                    update(instances)
                    .where(instances.c.id == fault.instance_id)
                    .values(status="faulted", fault=cause, wake_at=None)
                )
                work.record(case, Event("CaseFaulted", {"cause": fault.cause}))
            return case

        self.as_clock("mark_faulted", body)

    # --- who, until when, how many ----------------------------------------------------------------------------------

    def holder(self, conn: Connection, case: AnyCase, role: str, day: date) -> str:
        """Return whose task list a task of *role* stands on: a post of the unit, or a role on the inspecting side."""
        value = (
            case.finding if isinstance(case, FindingCase) else case.issue_list if isinstance(case, ListCase) else None
        )
        assert value is not None
        if isinstance(case, FindingCase) and role in POST_OF_ROLE:
            post_id = getattr(case.finding, POST_OF_ROLE[role])
            if post_id is not None:
                return f"post:{post_id}"
        if role == "superior_leader":
            post_id = conn.execute(_superior_post, {"unit": value.unit_id}).scalar_one()
            return f"post:{post_id}" if post_id else f"role:leading_group@{value.office_unit_id}"
        if role == "chief":
            post_id = conn.execute(_chief_post, {"unit": value.unit_id, "day": day}).scalar_one_or_none()
            return f"post:{post_id}" if post_id else f"role:chief@{value.unit_id}"
        if role in ("handler", "responsible_leader", "leadership_team"):
            return f"role:{role}@{value.unit_id}"
        return f"role:{role}@{value.office_unit_id}"

    def calendar(self, conn: Connection) -> WorkingCalendar:
        """Return the working days in force: the published ones under the days that were entered by hand."""
        entered = conn.execute(_days_entered).all()
        key = frozenset((day, kind) for day, kind, _ in entered)
        if key not in self._calendars:
            days = {day: DayKind(Kind(kind), note) for day, kind, note in entered}
            self._calendars[key] = WorkingCalendar(days_with(days))
        return self._calendars[key]

    def number_setting(self, conn: Connection, name: str, day: date) -> int:
        """Return the number *name* in force on *day*: the newest setting, or the default of config.policy."""
        body = conn.execute(_setting, {"name": name, "day": day}).scalar_one_or_none()
        return NUMBERS[name] if body is None else int(body)

    def is_rehearsal(self, conn: Connection) -> bool:
        """Whether the database was made for rehearsals, where an act may name its moment."""
        return conn.execute(_rehearsal).scalar() is True

    @staticmethod
    def permission_of(act: str) -> str:
        """Return the right under which *act* is done."""
        return ACTS[act].permission if act in ACTS else "view"


def start_facts(case: AnyCase) -> dict[str, Fact]:
    """Return what the diagrams and decision tables know of a case before anybody has acted."""
    assert isinstance(case, FindingCase)
    finding = case.finding
    return {
        "number": finding.number,
        "kind": str(finding.kind),
        "category": finding.category,
        "amount_yuan": int(finding.amount_yuan or 0),
        "headcount": finding.headcount or 0,
        "is_key": finding.is_key,
        "is_systemic": finding.is_systemic,
    }


def _subject(case: FindingCase | ListCase) -> Any:
    return case.finding.subject if isinstance(case, FindingCase) else case.issue_list.subject


def _earlier(conn: Connection, actor: Actor, key: str, body_hash: str) -> Answer | None:
    row = conn.execute(_answer_kept, {"person": actor.person_id, "of": key}).one_or_none()
    if row is None:
        return None
    if row.body_hash != body_hash:
        raise KeyUsedOtherwise()
    stored = row.answer
    return Answer(**{**stored, "events": tuple(stored["events"]), "open_acts": tuple(stored["open_acts"])})


@lru_cache(maxsize=256)
def _schema(content: bytes) -> dict[str, Any]:
    """Return a form of a release as it was judged when the release was published; nobody changes it."""
    schema: dict[str, Any] = json.loads(content)
    return schema


# Statements are built once: building one anew takes longer than SQLite takes to run it.

_answer_kept = select(idempotency.c.body_hash, idempotency.c.answer).where(
    idempotency.c.person_id == bindparam("person"), idempotency.c.key == bindparam("of")
)
_keep_answer = insert(idempotency)
_release_in_force = (
    select(releases.c.id)
    .where(releases.c.state == "published")
    .order_by(releases.c.published_at.desc(), releases.c.id)
    .limit(1)
)
_superior_post = select(units.c.superior_post_id).where(units.c.id == bindparam("unit"))
_chief_post = (
    select(posts.c.id)
    .where(
        posts.c.unit_id == bindparam("unit"),
        posts.c.role == "chief",
        posts.c.valid_from <= bindparam("day"),
        (posts.c.valid_until.is_(None)) | (posts.c.valid_until >= bindparam("day")),
    )
    .order_by(posts.c.id)
    .limit(1)
)
_days_entered = select(calendar_days.c.day, calendar_days.c.kind, calendar_days.c.note)
_setting = (
    select(settings.c.body)
    .where(settings.c.name == bindparam("name"), settings.c.valid_from <= bindparam("day"))
    .order_by(settings.c.version.desc())
    .limit(1)
)
_rehearsal = select(settings.c.body).where(settings.c.name == "rehearsal")
