"""会议: the leading group's agenda, who has said what, and what became of each finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection, select
from starlette.datastructures import FormData

from cases.meeting import Opinion
from cases.refusals import CaseError, Unknown
from cases.rights import Role
from config.messages import say
from documents.papers import words
from documents.papers.minutes import ItemLine, MeetingValues, VoteLine
from documents.papers.pdf import as_pdf
from persistence.meetings import (
    Meeting,
    find_decision,
    find_meeting,
    meetings_of,
    offices_of,
    titles_of,
    waiting_for_sign_off,
)
from persistence.people import Recipient, holders_of_role
from persistence.tables import decisions, people
from tasks.case import FindingCase
from tasks.meeting import ready_for_meeting, without_vote
from tasks.paper_templates import in_force
from tasks.papers_out import checkpoint_sentence
from tasks.sign_off import dossier_to_sign
from tasks.work import Work
from web import pages
from web.administration import NOTHING, Attempt, back_to, office_router, was_done
from web.deciding import attempt_with_scan, scan_of
from web.exporting import answer
from web.exports import Job
from web.house import House, TheHouse
from web.refusals import kept_sentence, sentence
from web.signed_in import Filled, Person, SignedIn
from web.typed import Id

router = office_router("call_meeting")
ACTS = ("note_attendance", "exclude_finding", "cast_vote", "record_vote", "close_meeting")


@dataclass(frozen=True, slots=True)
class Item:
    """One finding of the agenda, as the person may see it."""

    number: str
    title: str
    unit: str
    excluded: str
    result: str
    why: str
    votes: dict[str, int] | None
    away: str  # names of the members who have no vote on it
    carried_out: str  # state of the item of the decision
    not_done: str


@router.get("/meetings")
def meetings_page(request: Request, house: TheHouse, person: SignedIn) -> Response:
    return _meetings(request, house, person)


@router.post("/meetings")
def call(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    given = _plain(form) | {name: _texts(form, name) for name in ("numbers", "present")}
    tried = attempt_with_scan(house, person, form, "call_meeting", given)
    if tried.answer is None:
        return _meetings(request, house, person, tried=tried)
    skipped = ",".join(tried.answer.more["skipped"])  # numbers only: the page says why, in words of its own
    return back_to(f"/meetings/{tried.answer.more['meeting']}", tried.act, skipped=skipped)


def _plain(form: FormData) -> dict[str, Any]:
    besides = ("csrf", "act", "upload", "file")
    return {name: value for name, value in form.items() if isinstance(value, str) and name not in besides}


def _texts(form: FormData, name: str) -> list[str]:
    return [str(value) for value in form.getlist(name)]


def _meetings(request: Request, house: House, person: Person, *, tried: Attempt = NOTHING) -> Response:
    with house.office.read() as conn:
        offices = offices_of(conn, person.actor, "call_meeting")
        facts = {
            "rows": meetings_of(conn, offices),
            "ready": waiting_for_sign_off(conn, person.actor),
            "members": _members(conn, offices, person),
            "names": _names(conn, [row.chair_id for row in meetings_of(conn, offices)]),
        }
    return pages.show(
        request, "office/meetings.html", status=_status(tried), tried=tried, done="", today=person.today, **facts
    )


def _members(conn: Connection, offices: Sequence[int], person: Person) -> list[Recipient]:
    found = [one for office in offices for one in holders_of_role(conn, Role.LEADING_GROUP, office, person.today)]
    return list({one.person_id: one for one in found}.values())


def _names(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    return dict(conn.execute(select(people.c.id, people.c.name).where(people.c.id.in_(set(ids)))).tuples().all())


@router.get("/meetings/{meeting_id}")
def meeting_page(
    request: Request, house: TheHouse, person: SignedIn, meeting_id: Id, done: str = "", skipped: str = ""
) -> Response:
    return _meeting(request, house, person, meeting_id, done=done, skipped=skipped)


@router.post("/meetings/{meeting_id}")
def act_in_meeting(request: Request, house: TheHouse, person: SignedIn, form: Filled, meeting_id: Id) -> Response:
    act = str(form.get("act", ""))
    if act not in ACTS:
        raise Unknown()
    given = _plain(form) | {"meeting": str(meeting_id), "exceptions": _exceptions(form)}
    given |= {"present": _texts(form, "present")} if act == "note_attendance" else {}
    tried = attempt_with_scan(house, person, form, act, given)
    if tried.answer is None:
        return _meeting(request, house, person, meeting_id, tried=tried, form=form)
    return back_to(f"/meetings/{meeting_id}", act)


def _exceptions(form: FormData) -> list[str]:
    """Return «number opinion reason» of every row in which another opinion was chosen."""
    chosen = [(key.partition(".")[2], str(value)) for key, value in form.multi_items() if key.startswith("opinion.")]
    return [f"{number} {opinion} {form.get(f'reason.{number}', '')}".strip() for number, opinion in chosen if opinion]


def _meeting(
    request: Request,
    house: House,
    person: Person,
    meeting_id: int,
    *,
    done: str = "",
    skipped: str = "",
    tried: Attempt = NOTHING,
    form: FormData | None = None,
) -> Response:
    scan = scan_of(house, person, form)
    with house.office.read() as conn:
        meeting = find_meeting(conn, person.actor, meeting_id)
        if meeting is None:
            raise Unknown()
        facts = _facts(house, conn, person, meeting)
        facts["skipped"] = _skipped(house, conn, person, skipped.split(","))
    return pages.show(
        request, "office/meeting.html", status=_status(tried), tried=tried, done=was_done(done), m=meeting, sheet=scan,
        opinions=list(Opinion), today=person.today, me=person.actor.person_id, **facts,
    )  # fmt: skip


def _skipped(house: House, conn: Connection, person: Person, numbers: Sequence[str]) -> list[tuple[str, str]]:
    """Return (number, why it is on no agenda) of those of *numbers* that the person sees."""
    work = _looking(house, conn, person)
    return [(number, _against(work, number, person)) for number in titles_of(conn, person.actor, numbers)]


def _against(work: Work, number: str, person: Person) -> str:
    try:
        ready_for_meeting(work, work.finding(number))
    except CaseError as why:
        return sentence(person.language, why)
    return say(person.language, "meeting.ready_now")


def _looking(house: House, conn: Connection, person: Person) -> Work:
    now = house.office.now()
    return Work(house.office, conn, person.actor, "view", at=now, recorded_at=now, given={})


def _facts(house: House, conn: Connection, person: Person, meeting: Meeting) -> dict[str, Any]:
    items = _items(house, conn, person, meeting)
    names = {seat.person_id: seat.name for seat in meeting.seats} | _names(conn, list(meeting.recorded_by.values()))
    spoken = {ballot.person_id: ballot for ballot in meeting.ballots}
    silent = [seat for seat in meeting.seats if seat.present and seat.person_id not in spoken]
    mine = any(seat.person_id == person.actor.person_id for seat in silent)
    waits = [seat.name for seat in silent if seat.person_id != meeting.row.chair_id]
    is_chair = person.actor.person_id == meeting.row.chair_id
    decision = conn.execute(select(decisions).where(decisions.c.meeting_id == meeting.row.id)).one_or_none()
    return {
        "items": items,
        "hidden": len(meeting.items) - len(items),
        "names": names,
        "spoken": spoken,
        "silent": silent,
        "my_turn": mine and not (is_chair and waits),
        "waits": waits if is_chair else [],
        "decision": decision,
        "secretary": person.may("record_vote"),
    }


def _items(house: House, conn: Connection, person: Person, meeting: Meeting) -> list[Item]:
    seen = titles_of(conn, person.actor, [item.number for item in meeting.items])
    decision = conn.scalar(select(decisions.c.id).where(decisions.c.meeting_id == meeting.row.id))
    kept = find_decision(conn, person.actor, decision) if decision else None
    fates = {one.number: one for one in kept.items} if kept else {}
    work = _looking(house, conn, person)
    items = []
    for item in meeting.items:
        if item.number not in seen:
            continue
        fate = fates.get(item.number)
        items.append(Item(
            item.number, *seen[item.number], excluded=item.excluded_because or "", result=item.result or "",
            why=kept_sentence(person.language, item.why), votes=item.votes,
            away="" if item.result else _away(work, meeting, work.finding(item.number), person.language),
            carried_out=fate.state if fate else "", not_done=kept_sentence(person.language, fate.why) if fate else "",
        ))  # fmt: skip
    return items


def _away(work: Work, meeting: Meeting, case: FindingCase, language: str) -> str:
    """Return the names of the members who have no vote on a finding."""
    away = without_vote(work, meeting, case, dossier_to_sign(work, case))
    return say(language, "web.list_comma").join(seat.name for seat in meeting.seats if seat.person_id in away)


@router.get("/meetings/{meeting_id}/minutes.{form}")
def minutes(house: TheHouse, person: SignedIn, meeting_id: Id, form: str) -> Response:
    """Send the minutes of a meeting that has decided. Raises Unknown, OfficeMissing."""
    if form not in ("docx", "pdf"):
        raise Unknown()
    with house.office.read() as conn:
        meeting = find_meeting(conn, person.actor, meeting_id)
        if meeting is None or meeting.row.state != "decided":
            raise Unknown()
        values = _minutes(conn, meeting, _items(house, conn, person, meeting), person)
        template = in_force(conn, "minutes", person.today)

    def make(_: Job) -> bytes:
        made = words.make("minutes", values, template)
        return made if form == "docx" else as_pdf(made, "docx")

    name = f"{say('zh', 'paper.minutes')}{meeting.row.number}.{form}"
    return answer(house, person, name, f"/meetings/{meeting_id}", make)


def _minutes(conn: Connection, meeting: Meeting, items: Sequence[Item], person: Person) -> MeetingValues:
    names = {seat.person_id: seat.name for seat in meeting.seats}
    spoken = [
        VoteLine(names[b.person_id], say("zh", f"opinion.{b.opinion}"), _reasons(b.reason, b.exceptions))
        for b in meeting.ballots
    ]
    return MeetingValues(
        number=meeting.row.number,
        held_on=meeting.row.held_on,
        place=meeting.row.place,
        chair=names[meeting.row.chair_id],
        present=tuple(seat.name for seat in meeting.seats if seat.present),
        absent=tuple(seat.name for seat in meeting.seats if not seat.present),
        votes=tuple(spoken),
        lines=tuple(_line(item) for item in items),
        resolution=meeting.row.resolution,
        checkpoint=checkpoint_sentence(conn, person.today),
    )


def _reasons(reason: str, exceptions: Mapping[str, tuple[Opinion, str]]) -> str:
    """Return the reason of a vote and every other opinion on a single finding."""
    others = [f"{number}{say('zh', f'opinion.{opinion}')}：{why}" for number, (opinion, why) in exceptions.items()]
    return "；".join(part for part in (reason, *others) if part)


def _line(item: Item) -> ItemLine:
    votes = say("zh", "meeting.tally", **item.votes) if item.votes else ""
    done = say("zh", f"meeting.item_{item.carried_out}") if item.carried_out else item.why or item.excluded
    result = "，".join(part for part in (say("zh", f"meeting.result_{item.result}"), done) if part)
    return ItemLine(item.number, item.title, item.unit, votes, result)


def _status(tried: Attempt) -> int:
    return 422 if tried.act and tried.answer is None else 200
