"""Which letters an act owes: one outbox row per recipient, found out when the act is written."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cases.events import Event
from cases.moments import shanghai_date
from cases.rights import Role
from notifications.routing import TASK_ROLE, Told, once_per_person, told_of
from persistence.case_store import TaskRow
from persistence.outbox import Owed
from persistence.people import (
    Recipient,
    administrators,
    holders_of_post,
    holders_of_role,
    holders_or_chief,
    recipients_among,
    recused_from,
)
from tasks.case import AnyCase, FindingCase, ListCase, SampleCase

if TYPE_CHECKING:
    from tasks.work import Work


def owed(work: "Work") -> list[Owed]:
    """Return the outbox rows that the events and new tasks of this act owe; nobody is told twice by one act."""
    rows: list[Owed] = []
    for case in work.touched():
        due: list[tuple[str, Recipient | None, str, Mapping[str, str], str]] = []
        for place, event in enumerate(case.events, case.head.ledger.seq + 1):
            for told in told_of(event.kind):
                trigger = str(event.facts.get("notice") or f"e{place}")
                due += [(told.letter, *rest, trigger) for rest in _to(work, case, event, told)]
        for task in case.tasks_new if not work.moves_tasks else ():
            due += [(*rest, f"t{task.id}") for rest in _task_letters(work, task)]
        away = _recused(work, case) if due else set()
        due = [row for row in due if _person(row[1]) not in away]
        keep = set(once_per_person((letter, _person(recipient)) for letter, recipient, *_ in due))
        for letter, recipient, role, facts, trigger in due:
            pair = (letter, _person(recipient))
            if pair in keep:
                keep.discard(pair)
                rows.append(_row(work, case, letter, recipient, role, facts, trigger))
    return rows


def _person(recipient: Recipient | None) -> int:
    return recipient.person_id if recipient else 0


def _to(
    work: "Work", case: AnyCase, event: Event, told: Told
) -> Iterator[tuple[Recipient | None, str, Mapping[str, str]]]:
    extra = {name: str(event.facts[name]) for name in ("rung", "reply_by") if name in event.facts}
    shown = event.facts.get("shown")  # by an event of the office, which has neither title nor page
    extra |= {name: str(value) for name, value in shown.items()} if isinstance(shown, Mapping) else {}
    if told.letter == "ladder_notice":
        extra.setdefault("reply_by", "")
    named = event.facts.get("persons")
    for role in _roles(event, told):
        found: list[Recipient | None] = []
        found += (
            recipients_among(work.conn, named, work.today)
            if isinstance(named, list | tuple)
            else recipients(work, case, role)
        )
        for recipient in found or [None]:  # a vacant post is seen on the mailbox page, not passed over
            yield recipient, role, extra


def _recused(work: "Work", case: AnyCase) -> set[int]:
    """Return who reads nothing of a case because of a recusal (回避), letters included."""
    if not isinstance(case, FindingCase | ListCase):
        return set()
    value = case.finding if isinstance(case, FindingCase) else case.issue_list
    return recused_from(work.conn, case.id, value.unit_path, work.today)


def _roles(event: Event, told: Told) -> tuple[str, ...]:
    given = event.facts.get("roles")
    if isinstance(given, list | tuple):
        return tuple(str(role) for role in given)
    return told.roles


def _task_letters(work: "Work", task: TaskRow) -> Iterator[tuple[str, Recipient | None, str, Mapping[str, str]]]:
    """A task on one post is told to its holder; one that a whole office may take stands on its list only."""
    letter = "receipt_waits" if task.act == "sign_receipt" else "task_waits"
    if task.holder.startswith("post:") and TASK_ROLE in told_of("TaskOpened")[0].roles:
        for recipient in holders_or_chief(work.conn, int(task.holder[5:]), work.today):
            if recipient.person_id != work.actor.person_id:
                yield letter, recipient, task.role, {}


def recipients(work: "Work", case: AnyCase, role: str) -> list[Recipient]:
    """Return who holds *role* towards *case* on the day of the act."""
    if role == "system_administrator":
        return administrators(work.conn, work.today)
    if not isinstance(case, FindingCase | ListCase):
        return []
    holder = work.office.holder(work.conn, case, role, work.today)
    kind, _, rest = holder.partition(":")
    if kind == "post":
        return holders_of_post(work.conn, int(rest), work.today)
    name, _, unit = rest.partition("@")
    return holders_of_role(work.conn, Role(name), int(unit), work.today)


def _row(
    work: "Work",
    case: AnyCase,
    letter: str,
    recipient: Recipient | None,
    role: str,
    extra: Mapping[str, str],
    trigger: str,
) -> Owed:
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
        "link": place or "/incidents",
        "post": recipient.post_title if recipient else "",
        **extra,
    }
    who = f"person:{recipient.person_id}" if recipient else f"vacant:{role}"
    return Owed(
        obligation=f"{case.id}|{cycle}|{letter}|{trigger}|{shanghai_date(work.at)}|{who}",
        letter=letter,
        role=role,
        person_id=recipient.person_id if recipient else None,
        facts=facts,
        next_at=work.at,
        case_id=case.id,
        address=(recipient.email or "") if recipient else "",
        language=recipient.language if recipient else "zh",
        held=work.holds_letters,
    )
