"""Where every transaction begins and ends: an act is thought through on a snapshot, then written whole or not."""

import hashlib
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from bpmn.forms import read_answers
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
    RehearsalOnly,
    RuleFailed,
    Unknown,
)
from cases.rights import Actor, outside, require_office
from cases.texts import unfit_fields
from persistence import case_store, failures
from persistence.case_store import TaskRow
from persistence.columns import canonical
from persistence.database import Database
from persistence.rows import SumMoved
from persistence.seal import Keyring
from persistence.tables import (
    decision_items,
    idempotency,
    instances,
)
from tasks.acts import ACTS, Act
from tasks.case import AnyCase, FindingCase, ListCase, OfficeCase
from tasks.engine_room import EngineRoom, InstanceFault
from tasks.form import Form
from tasks.in_force import InForce
from tasks.letters import owed
from tasks.work import CLOCK, Attachment, Work

log = logging.getLogger(__name__)
OFFICE_NUMBER = "office"
TRIES = 4  # an act is thought through again when somebody else was faster
_WAKES_UP = frozenset({"resume_finding", "confirm_correction", "decide_correction"})  # done to a suspended finding


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


class Office(EngineRoom, InForce):
    """The only place where acts begin and end; safe to share between threads."""

    def __init__(
        self, database: Database, keyring: Keyring, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        EngineRoom.__init__(self, keyring)
        InForce.__init__(self)
        self.database = database
        self.now = now

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
        if unfit := dict.fromkeys(unfit_fields(given), "unfit_text"):
            raise FormIncomplete(unfit)
        if any(unfit_fields([number, key, task])):
            raise Unknown()

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
            self.settle(at=at)
        if confirmed:
            from tasks.carry_out import carry_out  # it performs acts in its turn

            carry_out(self, confirmed, at=at)
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
        work.named_task = task or ""
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
            recorded_at, work = self.now(), None
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
                    work.holds_sums = tries_left < TRIES - 1  # somebody was faster: now nobody else may
                    case = body(work)
                    letters = owed(work)
                    answer = self._answer(work, case)
                    failed_before = actor is not CLOCK and self._failed_before(conn, act, case)
                with self.database.writing() as conn:
                    work.write(conn, letters, case)
                    if failed_before:
                        failures.mend(conn, failures.FAILED_ACT, [_subject_of(act, case.id)], recorded_at)
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
            except (case_store.Stale, SumMoved, IntegrityError):
                if not tries_left:  # else once more: its key may be answered by now, its version is judged anew
                    with self.database.reading() as conn:
                        head = case_store.find_head(conn, case.id)
                    if head is None or head.version == case.head.version:
                        raise
                    raise CaseChanged(who=head.changed_by, when=head.changed_at, what=head.changed_act) from None
            except CaseError:
                raise
            except Exception as why:
                if actor is CLOCK:  # whoever woke it puts it down and tries again
                    raise
                raise self._incident(work, act, why) from why
        raise AssertionError("unreachable")

    def _incident(self, work: Work | None, act: str, why: Exception) -> RuleFailed:
        """Put down that something broke in the act of a person, and return what he is told; the log has the rest."""
        from tasks.attempts import cause_of, pauses_in_force  # they know this room

        trace = secrets.token_hex(6)
        log.error("act %s failed, id %s", act, trace, exc_info=why)
        case_id = work.case_at_hand if work is not None else case_store.OFFICE
        cause, now = f"{trace} {act}: {cause_of(why)}", self.now()
        with self.database.writing() as conn:
            pauses = pauses_in_force(self, conn, now)
            failures.put_down(conn, failures.FAILED_ACT, _subject_of(act, case_id), cause, now, pauses, case_id=case_id)
        return RuleFailed(act=act, id=trace)

    @staticmethod
    def _failed_before(conn: Connection, act: str, case: AnyCase) -> bool:
        if not case.head.some_act_fails:
            return False
        return failures.next_try(conn, failures.FAILED_ACT, _subject_of(act, case.id)) is not None

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

    def settle(self, limit: int = 20, *, at: datetime | None = None) -> int:
        """Let cases hear what others told them, at most *limit* messages; return how many were heard.

        *at*: the moment of a round, by which what failed rests.
        """
        from tasks.between_cases import hear_messages  # the acts that it starts register with this room

        return hear_messages(self, limit, at=at)

    def mark_faulted(self, fault: InstanceFault) -> None:
        """Put a case on the incident list; others go on."""

        def body(work: Work) -> AnyCase:
            case = work.any_case(fault.case_id)
            already = any(running.id == fault.instance_id and running.status == "faulted" for running in case.live)
            if not already:
                cause = {"cause": fault.cause, "element": fault.element, "at": work.at.isoformat()}
                work.write_later(
                    update(instances)
                    .where(instances.c.id == fault.instance_id)
                    .values(status="faulted", fault=cause, wake_at=None)
                )
                work.record(case, Event("CaseFaulted", {"cause": fault.cause, "element": fault.element}))
            return case

        self.as_clock("mark_faulted", body)

    @staticmethod
    def permission_of(act: str) -> str:
        """Return the right under which *act* is done."""
        return ACTS[act].permission if act in ACTS else "view"


def _subject_of(act: str, case_id: int) -> str:
    """Return under what a failed act stands among the failures."""
    return f"{act} {case_id}"


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
