"""One act under way: what it reads, what it changes, and the one write in which all of it becomes true."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Insert, Table, Update, bindparam, insert, update
from sqlalchemy.sql.base import Executable

from bpmn.engine import Fact, OpenTask, Process, Turn
from cases.calendar import WorkingCalendar
from cases.decided import Decided
from cases.events import Event
from cases.finding import State
from cases.moments import shanghai_date
from cases.refusals import CaseFaulted, NoSuchTask, NotYourTask, Unknown
from cases.rights import Actor, Subject, require
from persistence import case_store, outbox
from persistence.case_store import TaskRow, changed
from persistence.columns import new_id
from persistence.ledger import Entry
from persistence.outbox import Owed
from persistence.people import counts_as
from persistence.rows import Writing
from persistence.tables import findings, instances, issue_lists, messages
from tasks.case import OWN_DAY, AnyCase, Case, FindingCase, ListCase, OfficeCase, Running
from tasks.correcting.asked import Asked
from tasks.deadlines import CaseDeadlines
from tasks.operations import operate

if TYPE_CHECKING:
    from tasks.office import Office

CLOCK = Actor(person_id=0, account_id=None, name="系统时钟", language="zh", grants=())
FEW = 4  # cases whose sums are moved one by one; those of more are read and locked in one statement
WAITING_LONG = "9999-12-31"
LOOK_FOR_SIGNALS = "look_for_signals"  # message: see whether the case looks rectified on paper only
RECURRED = "recurred"  # message: what was signed off was found again; facts: number of the new finding
EVIDENCE_READ = "evidence_read"  # message: a file of the dossier was read
LOOK_AGAIN = "look_again"  # message: see whether what you wait for has happened


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was kept already, and what it is said to be."""

    sha256: str
    size: int
    media_type: str
    filename: str
    kind: str = "OTHER"
    purpose: str = "RESULT"
    measure_id: int | None = None
    effective_on: date | None = None
    locator: str = ""


class Work:
    """What an act sees of the house: it reads through *conn*, asks the rules, and says what is to be written."""

    def __init__(
        self,
        office: "Office",
        conn: Connection,
        actor: Actor,
        act: str,
        *,
        at: datetime,
        recorded_at: datetime,
        given: Mapping[str, Any],
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        self.office = office
        self.conn = conn
        self.actor = actor
        self.act = act
        self.at = at
        self.recorded_at = recorded_at
        self.given = given
        self.attachments = attachments
        self.named_task = ""  # id of the task that the caller named, for acts that complete none
        self.task: TaskRow | None = None  # the open task that the act completes
        self.answer: dict[str, Any] = {}  # what the caller is told beside success
        self.told = False  # whether another case is to hear of it
        self.correction: Asked | None = None  # the correction that the act asks for or decides
        self.kept_now: set[str] = set()  # files whose row this act puts down
        self.guard: Callable[[Connection], None] | None = None  # asked first in the write: may this still be done?
        self.stating: Callable[[Writing], None] | None = None  # asked last: sums that begin anew, with this event
        self.holds_sums = False  # sums of rows are read and locked in the write, not taken as they were read before
        self.moves_tasks = False  # its new tasks are known to their holders already
        self.holds_letters = False  # they wait to be folded into a digest
        self.decided: Decided | None = None  # the meeting or sheet that the act carries out
        self.confirmed = 0  # a decision that is to be carried out after the commit
        self._cases: dict[int, AnyCase] = {}
        self._creations: list[tuple[Table, list[dict[str, Any]]]] = []
        self._writes: list[tuple[Executable, Mapping[str, Any] | list[dict[str, Any]] | None]] = []

    # --- reading ----------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day of the act in Shanghai."""
        return shanghai_date(self.at)

    @property
    def calendar(self) -> WorkingCalendar:
        """The working days in force."""
        return self.office.calendar(self.conn)

    def finding(self, key: str | int) -> FindingCase:
        """Return the finding with this number or id. Raises Unknown."""
        found = case_store.find_finding(self.conn, key)
        if found is None:
            raise Unknown()
        head, finding = found
        if head.id not in self._cases:
            tasks, live = self._running(head.id)
            self._cases[head.id] = FindingCase(head, tasks, live, before=finding, finding=finding)
        case = self._cases[head.id]
        assert isinstance(case, FindingCase)
        return case

    def issue_list(self, key: str | int) -> ListCase:
        """Return the issue list with this number or id. Raises Unknown."""
        found = case_store.find_list(self.conn, key)
        if found is None:
            raise Unknown()
        head, issue_list = found
        if head.id not in self._cases:
            tasks, live = self._running(head.id)
            self._cases[head.id] = ListCase(head, tasks, live, before=issue_list, issue_list=issue_list)
        case = self._cases[head.id]
        assert isinstance(case, ListCase)
        return case

    def finding_or_list(self, number: str) -> FindingCase | ListCase:
        """Return the finding or the issue list with this number. Raises Unknown."""
        try:
            return self.finding(number)
        except Unknown:
            return self.issue_list(number)

    def any_case(self, case_id: int) -> AnyCase:
        """Return the case with this id, whatever its kind. Raises Unknown."""
        head = case_store.find_head(self.conn, case_id)
        if head is None:
            raise Unknown()
        if head.kind == "finding":
            return self.finding(case_id)
        return self.issue_list(case_id) if head.kind == "issue_list" else self.office_case()

    def office_case(self) -> OfficeCase:
        """Return the case that keeps what concerns no finding."""
        head = case_store.find_head(self.conn, case_store.OFFICE)
        assert head is not None, "an initialised database has an office"
        self._cases.setdefault(head.id, OfficeCase(head, [], []))
        case = self._cases[head.id]
        assert isinstance(case, OfficeCase)
        return case

    @property
    def case_at_hand(self) -> int:
        """Id of the case that was read first, the office where none was."""
        return next((case.id for case in self._cases.values() if not isinstance(case, OfficeCase)), case_store.OFFICE)

    def touched(self) -> list[AnyCase]:
        """Return the cases of which this act changes something."""
        return [case for case in self._cases.values() if self._has_news(case)]

    def add_case(self, case: AnyCase) -> None:
        """Take in a case that this act creates."""
        self._cases[case.id] = case

    def _running(self, case_id: int) -> tuple[list[TaskRow], list[Running]]:
        live = [
            Running(
                id=stored.id,
                process_id=stored.process,
                release_id=stored.release_id,
                cycle=stored.cycle,
                subject_id=stored.subject_id,
                path=dict(stored.path),
                stored=stored,
                status=stored.status,
            )
            for stored in case_store.live_instances(self.conn, case_id)
        ]
        return case_store.tasks_of(self.conn, case_id), live

    # --- rights -----------------------------------------------------------------------------------------------------

    def require(self, permission: str, subject: Subject) -> None:
        """Raise unless the actor has *permission* on *subject*; the clock has every right."""
        if self.actor is not CLOCK:
            require(self.actor, permission, subject)

    def is_same_person(self, person_id: int, at: datetime) -> bool:
        """Whether the actor counts as the one who acted *at* that moment: himself, or as deputy one for the other."""
        return bool(self.actor.persons & counts_as(self.conn, person_id, shanghai_date(at)))

    def take_task(self, case: Case, act: str, task_id: str | None) -> TaskRow:
        """Return the open task that *act* completes and the actor holds. Raises NoSuchTask, NotYourTask."""
        waiting = [task for task in case.tasks if task.act == act and task_id in (None, task.id)]
        if not waiting:
            raise NoSuchTask(act=act)
        for task in waiting:
            if self.holds(task):
                return task
        raise NotYourTask(holder=waiting[0].label)

    def holds(self, task: TaskRow) -> bool:
        """Whether the task is the actor's: claimed by him, or unclaimed and held by one of his posts."""
        if task.claimed_by is not None:
            return task.claimed_by == self.actor.person_id
        return task.holder in self.actor.holders

    # --- what becomes of it -----------------------------------------------------------------------------------------

    def record(self, case: Case, event: Event | None) -> None:
        """Keep an event for the ledger, the letters and the timeline."""
        if event is not None:
            case.events.append(event)

    def add(self, table: Table, **values: Any) -> int:
        """Put down a new row of *table* and return its id."""
        identity: int = values.setdefault("id", new_id()) if "id" in table.c else 0
        self._writes.append((_insertion(table), values))
        return identity

    def create(self, table: Table, rows: list[dict[str, Any]]) -> None:
        """Put down rows that have to be there before anything else is written: new cases and what they consist of."""
        self._creations.append((table, rows))

    def set(self, table: Table, row_id: int | str, **values: Any) -> None:
        """Put down a change of the row of *table* with this id."""
        self._writes.append((_change(table, tuple(values)), values | {"row_id": row_id}))

    def write_later(
        self, statement: Executable, values: Mapping[str, Any] | list[dict[str, Any]] | None = None
    ) -> None:
        """Put down any other statement for the write transaction."""
        self._writes.append((statement, values))

    def tell(self, case_id: int, message: str, facts: Mapping[str, Fact] | None = None) -> None:
        """Let another case know; it is taken up after the commit, in the order told."""
        self.told = True
        self.add(messages, case_id=case_id, name=message, facts=dict(facts or {}), told_at=self.at)

    # --- the engine -------------------------------------------------------------------------------------------------

    def start(
        self,
        case: AnyCase,
        process_id: str,
        facts: Mapping[str, Fact],
        *,
        subject_id: int | None = None,
        cycle: int = 1,
    ) -> Running:
        """Start a process of *case*: on the release that it follows where that has the process, else on the newest."""
        release_id = self.office.release_with(self.conn, case, process_id)
        running = Running(new_id(), process_id, release_id, cycle, subject_id, {})
        case.live.append(running)
        engine = self.office.engine_of(self.conn, running)
        self._turn(
            case, running, {"do": "start", "facts": dict(facts)},
            lambda deadlines: engine.start(process_id, facts, deadlines=deadlines, now=self.at),
        )  # fmt: skip
        return running

    def complete(self, case: AnyCase, **facts: Fact) -> None:
        """Complete the task that this act took, with the facts that the diagram asks about."""
        task = self.task
        assert task is not None, f"{self.act} completes no task"
        running = next(r for r in case.live if r.id == task.instance_id)
        engine = self.office.engine_of(self.conn, running)
        process = self.process(running)
        self._turn(
            case, running, {"do": "complete", "element": task.name, "item": task.item, "facts": facts},
            lambda deadlines: engine.complete(process, task.id, facts, deadlines=deadlines, now=self.at),
        )  # fmt: skip

    def wake(self, case: AnyCase, running: Running) -> None:
        """Let the timers of a process fire that are due."""
        engine, process = self.office.engine_of(self.conn, running), self.process(running)
        self._turn(
            case, running, {"do": "wake"},
            lambda deadlines: engine.wake(process, deadlines=deadlines, now=self.at),
        )  # fmt: skip

    def rearm(self, case: AnyCase, key: str) -> None:
        """Let the timers of *key* ask anew for their moment: the day behind it has moved."""
        for running in case.live:
            if running.status == "running" and running.subject_id is None:
                self._rearm(case, running, key)

    def _rearm(self, case: AnyCase, running: Running, key: str) -> None:
        engine, process = self.office.engine_of(self.conn, running), self.process(running)
        self._turn(
            case, running, {"do": "rearm", "key": key},
            lambda deadlines: engine.rearm(process, key, deadlines=deadlines, now=self.at),
        )  # fmt: skip

    def hear(self, case: AnyCase, running: Running, message: str, facts: Mapping[str, Fact]) -> None:
        """Hand a message to a process that waits for it."""
        engine, process = self.office.engine_of(self.conn, running), self.process(running)
        self._turn(
            case, running, {"do": "tell", "message": message, "facts": dict(facts)},
            lambda deadlines: engine.tell(process, message, facts, deadlines=deadlines, now=self.at),
        )  # fmt: skip

    def cancel(self, case: AnyCase, running: Running) -> None:
        """End a process before its end; its open tasks go."""
        running.status, running.outcome = "cancelled", "cancelled"
        running.steps.append({"do": "cancel"})
        self._retask(case, running, [])

    def process(self, running: Running) -> Process:
        """Return the living process. Raises CaseFaulted when it was found damaged before, SealBroken when it is now."""
        if running.status == "faulted":
            raise CaseFaulted()
        if running.process is None:
            assert running.stored is not None
            running.process = self.office.unseal(self.conn, running.stored)
        return running.process

    def _turn(
        self,
        case: AnyCase,
        running: Running,
        step: dict[str, Any],
        play: Callable[[CaseDeadlines], Turn],
    ) -> None:
        deadlines = CaseDeadlines(self, case)
        with self.office.faults(running):
            turn = play(deadlines)
            self._take_in(case, running, step | {"at": self.at, "deadlines": deadlines.resolved}, turn)

    def _take_in(self, case: AnyCase, running: Running, step: dict[str, Any], turn: Turn) -> None:
        """Let the case become what the turn made of it: tasks, stage, and what the diagram asked for."""
        running.turn, running.process = turn, turn.process
        running.steps.append(step)
        for element in turn.path:
            running.path[element] = running.path.get(element, 0) + 1
        tasks = [self.task_row(case, running, task, step["deadlines"]) for task in turn.open_tasks]
        self._retask(case, running, tasks)
        if turn.done:
            running.status, running.outcome = "done", turn.outcome
        self._show_stage(case, running, turn)
        if turn.waits_for:
            self.tell(case.id, LOOK_AGAIN)  # what it waits for may have happened before it began to wait
        for ask in turn.asked:
            operate(self, case, running, ask)

    def task_row(
        self, case: AnyCase, running: Running, task: OpenTask, moments: Mapping[str, datetime] = MappingProxyType({})
    ) -> TaskRow:
        """Return the row of an open task, as it is known or as it begins; *moments*: deadlines that the turn asked."""
        known = next((row for row in case.open_tasks() if row.id == task.id), None)
        if known is not None:
            return known
        own = moments.get(OWN_DAY.get(task.act, ""))
        due_on = shanghai_date(own) if own else self._due_on(case)
        return TaskRow(
            id=task.id,
            instance_id=running.id,
            case_id=case.id,
            name=task.name,
            act=task.act,
            form=task.form,
            stage=task.stage,
            role=task.role,
            label=task.label,
            item=task.item,
            holder=self.office.holder(self.conn, case, task.role, self.today),
            claimed_by=None,
            since=self.at,
            due_on=due_on,
            sort_on=due_on.isoformat() if due_on else WAITING_LONG,
        )

    @staticmethod
    def _due_on(case: AnyCase) -> date | None:
        if isinstance(case, FindingCase):
            return case.finding.due_on
        return case.issue_list.report_due_on if isinstance(case, ListCase) else None

    def _retask(self, case: Case, running: Running, now: list[TaskRow]) -> None:
        ids = {task.id for task in now}
        before = [task for task in case.open_tasks() if task.instance_id == running.id]
        for task in before:
            if task.id not in ids:
                case.tasks_gone.add(task.id)
        known = {task.id for task in before}
        case.tasks_new = [task for task in case.tasks_new if task.id not in case.tasks_gone]
        case.tasks_new += [task for task in now if task.id not in known]

    def _show_stage(self, case: AnyCase, running: Running, turn: Turn) -> None:
        if running.subject_id is not None:
            return  # beside the way: an extension does not move the finding
        stage = next(iter(turn.stages), "")
        if isinstance(case, FindingCase) and stage:
            case.finding = replace(case.finding, stage=stage)
        if isinstance(case, ListCase) and stage:
            case.issue_list = replace(case.issue_list, stage=stage)

    # --- the one write ----------------------------------------------------------------------------------------------

    def write(self, conn: Connection, letters: Sequence[Owed] = (), carrier: AnyCase | None = None) -> None:
        """Make everything true at once. Raises Stale when a case was changed since it was read.

        *carrier*: the case whose ledger states the rows where the act moves no other.
        """
        if self.guard is not None:
            self.guard(conn)
        touched = self.touched()
        writing = self._writing(conn, touched)
        for table, rows in self._creations:
            if rows:
                writing.execute(_insertion(table), rows)
        case_store.claim_heads(conn, [case.head for case in touched])
        for case in touched:
            self._write_case(conn, writing, case)
        for statement, values in self._writes:
            writing.execute(statement, values)
        outbox.owe(conn, letters, now=self.at, writing=writing)
        if self.stating is not None:
            self.stating(writing)
        stated = writing.state()
        if stated and not touched:
            assert carrier is not None, f"{self.act} writes proved rows and moves no case"
            touched = [carrier]
        for case in touched:
            self._move_head(conn, case, stated)
            stated = ""

    def _writing(self, conn: Connection, touched: Sequence[AnyCase]) -> Writing:
        if self.holds_sums or len(touched) > FEW:
            return Writing(conn, self.office.keyring)
        sums = [case.head.sum for case in touched if case.head.sum is not None]
        rows = {(findings.name, case.id): case.head.row for case in touched if isinstance(case, FindingCase)}
        rows |= {(issue_lists.name, case.id): case.head.row for case in touched if isinstance(case, ListCase)}
        stored = [running.stored for case in touched for running in case.live if running.stored is not None]
        rows |= {(instances.name, one.id): one.row for one in stored}
        return Writing(conn, self.office.keyring, at_hand=sums, rows={place: row for place, row in rows.items() if row})

    def _has_news(self, case: AnyCase) -> bool:
        return bool(case.events or any(running.steps for running in case.live) or self._changes(case))

    @staticmethod
    def _changes(case: AnyCase) -> dict[str, Any]:
        if isinstance(case, FindingCase):
            return changed(case.before, case.finding)
        return changed(case.before, case.issue_list) if isinstance(case, ListCase) else {}

    def entries(self, case: AnyCase) -> list[Entry]:
        """Return the ledger entries of *case*: the first one holds the whole input and what the engine was told."""
        events = case.events or [Event("CaseAdvanced")]
        steps = [{"instance": running.id, **step} for running in case.live for step in running.steps]
        bodies: list[dict[str, Any]] = [{"facts": dict(event.facts)} for event in events]
        bodies[0] |= {"input": dict(self.given), "engine": steps}
        if self.decided is not None:
            bodies[0]["decided"] = asdict(self.decided)
        if changes := self._changes(case):
            bodies[0]["changes"] = changes
        if self.recorded_at != self.at:
            bodies[0]["rehearsed_at"] = self.recorded_at
        subject = None if isinstance(case, OfficeCase) else self._subject(case)
        post = self.actor.title_for(self.permission, subject) if self.actor is not CLOCK else ""
        return [
            Entry(
                event=event.kind,
                act=self.act,
                at=self.at,
                person_id=self.actor.person_id or None,
                account_id=self.actor.account_id,
                who=self.actor.name,
                post=post,
                body=body,
            )
            for event, body in zip(events, bodies, strict=True)
        ]

    @property
    def permission(self) -> str:
        """Key of the right under which the act is done."""
        return self.office.permission_of(self.act)

    @staticmethod
    def _subject(case: FindingCase | ListCase) -> Subject:
        return case.finding.subject if isinstance(case, FindingCase) else case.issue_list.subject

    def _move_head(self, conn: Connection, case: AnyCase, stated: str) -> None:
        case_store.move_head(
            conn,
            case.head,
            self.entries(case),
            keyring=self.office.keyring,
            at=self.at,
            recorded_at=self.recorded_at,
            by=self.actor.name,
            act=self.act,
            stated=stated,
        )

    def _write_case(self, conn: Connection, writing: Writing, case: AnyCase) -> None:
        if changes := self._changes(case):
            table = findings if isinstance(case, FindingCase) else issue_lists
            writing.execute(_change(table, tuple(changes)), changes | {"row_id": case.id})
        for running in case.live:
            if running.steps:
                self._write_instance(writing, case, running)
        case_store.replace_tasks(conn, case.tasks_gone, case.tasks_new)

    def _write_instance(self, writing: Writing, case: AnyCase, running: Running) -> None:
        over = running.status in ("done", "cancelled")
        stands_still = isinstance(case, FindingCase) and case.finding.state is State.SUSPENDED
        values: dict[str, Any] = {
            "status": running.status,
            "outcome": running.outcome,
            "path": running.path,
            "wake_at": None if over or running.turn is None or stands_still else running.turn.wake_at,
            "waits_for": "" if over or running.turn is None else ",".join(running.turn.waits_for),
            "closed_at": self.at if over else None,
        }
        if running.process is not None:
            values["state"] = self.office.seal(self.conn, running)
        if running.stored is not None:
            writing.execute(_change(instances, tuple(values)), values | {"row_id": running.id})
            return
        writing.execute(
            _insertion(instances),
            values
            | {
                "id": running.id,
                "case_id": case.id,
                "process": running.process_id,
                "cycle": running.cycle,
                "subject_id": running.subject_id,
                "release_id": running.release_id,
                "fault": None,
                "opened_at": self.at,
            },
        )


# Statements are built once for each shape: building one anew takes longer than SQLite takes to run it.


@cache
def _insertion(table: Table) -> Insert:
    return insert(table)


@cache
def _change(table: Table, names: tuple[str, ...]) -> Update:
    """Return the change of the columns *names* of the row ``row_id``."""
    return update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam(name) for name in names})
