"""A case as one person sees it: found by number, or unknown; with the acts that are his to do now."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, select

from bpmn.release import Release
from cases.finding import Finding, State
from cases.issue_list import IssueList
from cases.look_back import STAGE
from cases.rights import Subject, may, outside, require
from cases.sign_off import BLOCKING
from cases.signals.own_view import TOLD
from persistence.case_store import TaskRow
from persistence.roles import names_of_roles
from persistence.tables import evidence, people, posts, signal_hits, tenures, units
from tasks.acts import ACTS
from tasks.case import FindingCase, ListCase
from tasks.correcting.asking import CORRECTING, correctable
from tasks.engine_room import InstanceFault
from tasks.hearing import HEARD
from tasks.work import Work
from web.house import House
from web.signed_in import Person
from web.urgency import Clockwork

Room = Literal["findings", "lists"]


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that a person may do now; *task* is the open task that it completes, None for an act beside the way."""

    act: str
    task: TaskRow | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A case before a person, on one read-only snapshot."""

    house: House
    person: Person
    conn: Connection
    work: Work
    case: FindingCase | ListCase
    release: Release | None
    clockwork: Clockwork

    @property
    def room(self) -> Room:
        """Under which path the case stands."""
        return "findings" if isinstance(self.case, FindingCase) else "lists"

    @property
    def value(self) -> Finding | IssueList:
        """What the rules know of it."""
        return self.case.finding if isinstance(self.case, FindingCase) else self.case.issue_list

    @property
    def subject(self) -> Subject:
        """What rights are asked about."""
        return self.value.subject

    @property
    def from_outside(self) -> bool:
        """Whether the person does not belong to the inspected unit."""
        return outside(self.person.actor, self.value.unit_path)

    def may(self, permission: str) -> bool:
        """Whether the person has *permission* on this case."""
        return may(self.person.actor, permission, self.subject)

    def mine(self) -> list[Offer]:
        """Return the open tasks that the person may complete."""
        return [
            Offer(task.act, task)
            for task in self.case.tasks
            if task.act in ACTS and self.work.holds(task) and self.may(ACTS[task.act].permission)
        ]

    def beside(self) -> list[Offer]:
        """Return the acts beside the way that the person may do now."""
        if not isinstance(self.case, FindingCase):
            registering = any(task.act == "register_findings" for task in self.case.tasks)
            fitting = {"add_finding", "set_reporting"} if registering else {"set_reporting"}
            hits = select(signal_hits.c.id).where(
                signal_hits.c.list_id == self.case.id, signal_hits.c.decision.is_(None)
            )
            if self.from_outside and self.conn.execute(hits.limit(1)).first():
                fitting |= {"decide_signal"}
            return [Offer(name) for name in sorted(fitting) if self.may(ACTS[name].permission)]
        fitting = _fitting(self, self.case)
        return [Offer(name) for name in BESIDE if name in fitting and self.may(ACTS[name].permission)]

    def offer(self, act: str, task_id: str | None) -> Offer | None:
        """Return the offer of *act*, the one of the task *task_id* when several wait."""
        offers = [o for o in self.mine() + self.beside() if o.act == act]
        named = [o for o in offers if o.task is not None and o.task.id == task_id]
        return next(iter(named or offers), None)

    def holders(self) -> list[tuple[TaskRow, str]]:
        """Return the open tasks with the words of who holds them; the unit is not told who prepares to visit it."""
        told = [task for task in self.case.tasks if self.from_outside or task.stage != STAGE]
        return [(task, holder_in_words(self, task)) for task in told]


BESIDE = (
    "report_progress",
    "ask_extension",
    "claim_task",
    "release_task",
    "hand_over",
    "reply_to_signal",
    "decide_signal",
    "adopt_evidence",
    "decide_waiver",
    "urge",
    *CORRECTING,
    "revoke_sign_off",
    "open_durability",
)


@contextmanager
def seeing(house: House, person: Person, room: Room, number: str) -> Iterator[Seen]:
    """Give the case *number* as *person* sees it. Raises Unknown for one that he may not see or that does not exist."""
    now = house.office.now()
    with house.office.read() as conn:
        work = Work(house.office, conn, person.actor, "view", at=now, recorded_at=now, given={})
        case = work.finding(number) if room == "findings" else work.issue_list(number)
        subject = case.finding.subject if isinstance(case, FindingCase) else case.issue_list.subject
        require(person.actor, "view", subject)
        release = _release_shown(house, conn, case)
        yield Seen(house, person, conn, work, case, release, clockwork_of(house, conn, person))


def _release_shown(house: House, conn: Connection, case: FindingCase | ListCase) -> Release | None:
    """Return what the case follows; None where that was changed: the case is shown, and each act is refused."""
    try:
        return house.office.release_of(conn, case)
    except InstanceFault:
        return None


def clockwork_of(house: House, conn: Connection, person: Person) -> Clockwork:
    """Return what says how urgent something is to *person*."""
    near = house.office.number_setting(conn, "near.working_days", person.today)
    return Clockwork(house.office.calendar(conn), person.today, near, person.language)


def holder_in_words(seen: Seen, task: TaskRow) -> str:
    """Return who holds *task*: the person who claimed it, the post with its holders, or the role."""
    if task.claimed_by is not None:
        name = seen.conn.scalar(select(people.c.name).where(people.c.id == task.claimed_by))
        return str(name or "")
    kind, _, rest = task.holder.partition(":")
    if kind == "post":
        query = (
            select(posts.c.title, units.c.short_name, people.c.name)
            .select_from(posts)
            .join(units, units.c.id == posts.c.unit_id)
            .outerjoin(tenures, (tenures.c.post_id == posts.c.id) & (tenures.c.valid_until.is_(None)))
            .outerjoin(people, people.c.id == tenures.c.person_id)
            .where(posts.c.id == int(rest))
        )
        row = seen.conn.execute(query.limit(1)).one_or_none()
        return f"{row.short_name} {row.title}" if row else ""
    role = rest.partition("@")[0]
    return names_of_roles(seen.conn, seen.person.language).get(role, role)


def _fitting(seen: Seen, case: FindingCase) -> set[str]:
    """Return the acts beside the way for which the finding is in a fit state; rights are asked apart."""
    finding, found = case.finding, set()
    held = [task for task in case.tasks if seen.work.holds(task)]
    if finding.state is State.OPEN:
        if case.tasks:
            found |= {"urge"}
        if finding.accepted_at and not finding.submitted_at:
            found |= {"report_progress"}
            if finding.due_on and finding.due_on >= seen.person.today:
                found |= {"ask_extension"}
        if seen.from_outside and finding.submitted_at:
            found |= {"decide_waiver"}
            if seen.conn.scalar(select(func.count()).where(evidence.c.finding_id == case.id)):
                found |= {"adopt_evidence"}
    if held:
        found |= {"hand_over"}
        found |= {"release_task" if any(task.claimed_by for task in held) else "claim_task"}
    found |= correctable(seen.work, case)
    if finding.state is State.SIGNED_OFF and not case.tasks:
        found |= {"revoke_sign_off", "open_durability"}
    grave_apart = any(task.act in HEARD for task in case.tasks)
    waiting = select(signal_hits.c.severity, signal_hits.c.signal).where(
        signal_hits.c.finding_id == case.id,
        signal_hits.c.cycle == finding.cycle,
        signal_hits.c.decision.is_(None),
    )
    undecided = seen.conn.execute(waiting).tuples().all()
    if any(signal in TOLD for _, signal in undecided) and not seen.from_outside:
        found |= {"reply_to_signal"}
    if seen.from_outside and any(not (grave_apart and severity in BLOCKING) for severity, _ in undecided):
        found |= {"decide_signal"}
    return found
