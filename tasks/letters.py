"""Which letters an act owes: one outbox row per recipient, found out when the act is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cases.events import Event
from cases.moments import shanghai_date, start_of_day
from cases.standing_in import Line, Seat, who_reads, without_address
from config.messages import say
from notifications.routing import DECIDING, OF_VERIFICATION, TASK_ROLE, Told, once_per_person, told_of
from persistence.case_store import TaskRow
from persistence.outbox import Owed
from persistence.people import (
    Recipient,
    administrators,
    recused_from,
    staff_of,
)
from persistence.standing_in import seats_behind
from tasks.asked import Desks, holder_in_words
from tasks.case import AnyCase, FindingCase, ListCase, SampleCase

SAID = ("rung", "reply_by", "since", "days", "times", "estimated")  # facts of an event that its letter says

if TYPE_CHECKING:
    from tasks.work import Work

ADMINISTRATORS = "system_administrator"  # in the table of letters
LEAVES_AT_ONCE = frozenset({"case_faulted"})  # the house itself is broken: whoever mends it is told on any day


@dataclass(frozen=True, slots=True)
class Due:
    """A letter that an act owes to one reader; *task*: the one that it is about, where it is about one."""

    letter: str
    reader: Recipient | None
    role: str
    facts: Mapping[str, str] = field(default_factory=dict)
    trigger: str = ""
    task: TaskRow | None = None

    @property
    def person(self) -> int:
        """Who reads it; 0 for nobody."""
        return self.reader.person_id if self.reader else 0


def owed(work: "Work") -> list[Owed]:
    """Return the outbox rows that the events and new tasks of this act owe; nobody is told twice by one act."""
    rows: list[Owed] = []
    desks = Desks(work)
    for case in work.touched():
        due: list[Due] = []
        for place, event in enumerate(case.events, case.head.ledger.seq + 1):
            trigger = str(event.facts.get("notice") or f"e{place}")
            due += [
                replace(one, trigger=trigger) for told in told_of(event.kind) for one in _to(desks, case, event, told)
            ]
        for task in case.tasks_new if not work.moves_tasks else ():
            due += _task_letters(desks, task)
        away = _recused(work, case) if due else set()
        concerned = _of_the_unit(work, case) if any(one.letter in DECIDING for one in due) else set()
        due = [one for one in due if one.person not in (away | concerned if one.letter in DECIDING else away)]
        keep = set(once_per_person((one.letter, one.person) for one in due))
        for one in due:
            pair = (one.letter, one.person)
            if pair in keep:
                keep.discard(pair)
                rows.append(_row(desks, case, one))
    return rows


def _to(desks: Desks, case: AnyCase, event: Event, told: Told) -> Iterator[Due]:
    extra = {name: str(event.facts[name]) for name in SAID if name in event.facts}
    shown = event.facts.get("shown")  # by an event of the office, which has neither title nor page
    extra |= {name: str(value) for name, value in shown.items()} if isinstance(shown, Mapping) else {}
    if told.letter in ("ladder_notice", "rung_proposed"):
        extra.setdefault("reply_by", "")
    named = event.facts.get("persons")
    if isinstance(event.facts.get("holders"), list):  # of task lists
        for task in case.open_tasks():
            for reader in _readers(desks, task.held_by, task.role):
                yield Due(told.letter, reader, task.role, extra, task=task)
        return
    for role in _roles(event, told):
        found: list[Recipient | None] = []
        found += (
            [one for person in named for one in _readers(desks, f"person:{person}", role)]
            if isinstance(named, list | tuple)
            else _recipients(desks, case, role)
        )
        for recipient in found or [None]:  # a case without a unit: seen on the mailbox page, not passed over
            yield Due(told.letter, recipient, role, extra)


def reached_by(work: "Work", case: FindingCase, role: str) -> bool:
    """Whether a letter to *role* would come to somebody who holds it: those who stand in are passed over."""
    away, holder = _recused(work, case), work.office.holder(work.conn, case, role, work.today)
    seats = seats_behind(work.conn, holder, work.today, role=role)
    return any(one.line is Line.HOLDER and one.reads and one.person_id not in away for one in seats)


def _recused(work: "Work", case: AnyCase) -> set[int]:
    """Return who reads nothing of a case because of a recusal (回避), letters included."""
    if not isinstance(case, FindingCase | ListCase):
        return set()
    value = case.finding if isinstance(case, FindingCase) else case.issue_list
    return recused_from(work.conn, case.id, value.unit_path, work.today)


def _of_the_unit(work: "Work", case: AnyCase) -> set[int]:
    """Return who is of the unit that a case concerns: nobody is asked to decide about his own."""
    if not isinstance(case, FindingCase | ListCase):
        return set()
    value = case.finding if isinstance(case, FindingCase) else case.issue_list
    return staff_of(work.conn, value.unit_path, work.today)


def _roles(event: Event, told: Told) -> tuple[str, ...]:
    given = event.facts.get("roles")
    if isinstance(given, list | tuple):
        return tuple(str(role) for role in given)
    return told.roles


def _task_letters(desks: Desks, task: TaskRow) -> Iterator[Due]:
    """A task is told to whoever has it: a person, the holders of a post, or all who hold a role; not to its author."""
    if TASK_ROLE not in told_of("TaskOpened")[0].roles:
        return
    letter = "receipt_waits" if task.act == "sign_receipt" else "task_waits"
    for reader in _readers(desks, task.held_by, task.role):
        if reader.person_id != desks.work.actor.person_id:
            yield Due(letter, reader, task.role, trigger=f"t{task.id}", task=task)


def _readers(desks: Desks, holder: str, role: str) -> list[Recipient]:
    """Return to whom a letter for *holder* goes: himself, or who stands in for him, and then on whose behalf."""
    seats = desks.seats(holder, role)
    found = [Recipient(one.person_id, one.name, "", one.language, one.title) for one in without_address(seats)]
    for one in who_reads(seats):
        title = title_before(desks.work.conn, one, holder, role)
        is_administrator, stands_in = one.line is Line.ADMINISTRATOR, one.line is not Line.HOLDER
        found.append(Recipient(one.person_id, one.name, one.email, one.language, title, is_administrator, stands_in))
    return found


def title_before(conn: Connection, reader: Seat, holder: str, role: str) -> str:
    """Return how a letter for *holder* addresses its reader: who stands in is told for whom."""
    if reader.line is Line.HOLDER:
        return reader.title
    behalf = holder_in_words(conn, holder, role, reader.language)
    return say(reader.language, "letter.stands_in", title=reader.title, behalf=behalf)


def _recipients(desks: Desks, case: AnyCase, role: str) -> list[Recipient]:
    """Return who holds *role* towards *case* on the day of the act."""
    work = desks.work
    if role == ADMINISTRATORS:
        return administrators(work.conn, work.today)
    if not isinstance(case, FindingCase | ListCase):
        return []
    return _readers(desks, work.office.holder(work.conn, case, role, work.today), role)


def _leaves_at(work: "Work", letter: str) -> datetime:
    """Return when a letter may leave: what a timer or a patrol says on a free day, on the next working day."""
    if letter in LEAVES_AT_ONCE or not (work.act == "wake" or work.act.startswith("patrol_")):
        return work.at
    day = work.calendar.first_working_day(work.today)
    return work.at if day == work.today else start_of_day(day)


def _row(desks: Desks, case: AnyCase, due: Due) -> Owed:
    work, letter, reader = desks.work, due.letter, due.reader
    cycle, title, due_on, place = 1, "", None, ""
    if isinstance(case, FindingCase):
        cycle, title, due_on = case.finding.cycle, case.finding.title, case.finding.due_on
        place = f"/findings/{case.number}"
    elif isinstance(case, ListCase):
        title, due_on, place = case.issue_list.title, case.issue_list.report_due_on, f"/lists/{case.number}"
    elif isinstance(case, SampleCase):
        place = f"/samples/{case.number}"
    facts = {
        "number": case.number,
        "title": title,
        "deadline": due_on.isoformat() if due_on else "",
        "link": "/incidents" if due.role == ADMINISTRATORS else place or "/incidents",  # who reads no findings
        "post": reader.post_title if reader else "",
        **due.facts,
    }
    if letter in OF_VERIFICATION or not desks.names_titles():
        facts["title"] = ""  # mail is not for contents: number, kind, day and link
    if reader and reader.is_administrator and due.role != ADMINISTRATORS:
        letter, facts = "nobody_reads", {"number": case.number, "link": "/outbox", "post": reader.post_title}
    if reader:
        facts |= desks.asked_of(case, letter, reader, due.task)
    who = f"person:{reader.person_id}" if reader else f"vacant:{due.role}"
    return Owed(
        obligation=f"{case.id}|{cycle}|{letter}|{due.trigger}|{shanghai_date(work.at)}|{who}",
        letter=letter,
        role=due.role,
        person_id=reader.person_id if reader else None,
        facts=facts,
        next_at=_leaves_at(work, letter),
        case_id=case.id,
        address=(reader.email or "") if reader else "",
        language=reader.language if reader else "zh",
        held=work.holds_letters,
        on_page_only=reader is not None and not reader.email,
    )
