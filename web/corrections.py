"""更正与交接: what waits for consent, tasks that nobody holds, findings that went to another unit, deputies."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Connection, select

from cases.refusals import Unknown
from cases.rights import scopes
from config.messages import say
from persistence import dossiers
from persistence.corrections import (
    corrections_of,
    deputies,
    links_of,
    names_of_posts,
    tasks_without_holder,
    transferred_from,
    waiting,
)
from persistence.tables import findings, people, units
from persistence.visibility import visible_findings
from tasks.acts import ACTS
from tasks.correcting.asking import PROCESS
from tasks.name_deputy import colleagues
from tasks.work import Work
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, was_done
from web.house import House, TheHouse
from web.seeing import Seen
from web.signed_in import Filled, Person, SignedIn, page_router

router = page_router()
MOST_PEOPLE = 1_000
POSTS = ("leader_post_id", "handler_post_id", "chief_post_id")


@router.get("/corrections")
def corrections_page(request: Request, house: TheHouse, person: SignedIn) -> Response:
    actor = person.actor
    with house.office.read() as conn:
        visible = visible_findings(actor)
        rows = waiting(conn, visible)
        own = select(findings).where(findings.c.id.in_([row["finding_id"] for row in rows]))
        now = {row["id"]: dict(row) for row in conn.execute(own).mappings()}
        facts: dict[str, Any] = {
            "rows": [
                (row, lines(conn, person.language, row, now[row["finding_id"]]), _is_his(person, row)) for row in rows
            ],
            "vacant": tasks_without_holder(conn, visible, person.today),
            "transferred": transferred_from(conn, _own_paths(person)),
        }
    return pages.show(request, "corrections.html", **facts)


def shown_beside(seen: Seen) -> dict[str, Any]:
    """Return what the page of a finding says about corrections and linked findings."""
    row = dict(seen.conn.execute(select(findings).where(findings.c.id == seen.case.id)).mappings().one())
    asked = corrections_of(seen.conn, seen.case.id)
    return {
        "corrections": [(one, lines(seen.conn, seen.person.language, one, row)) for one in asked],
        "links": links_of(seen.conn, seen.case.id, visible_findings(seen.person.actor)),
        "closed_as": row["closed_as"],
        "correction_waits": any(running.process_id == PROCESS for running in seen.case.live),
    }


def lines(
    conn: Connection, language: str, correction: Mapping[str, Any], finding: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Return (what, as it stands, as it is to be) of a correction; what stands is empty once it was decided."""
    body, is_open = correction["body"], correction["verdict"] is None
    if "parts" in body:
        return [_part(language, n, part) for n, part in enumerate(body["parts"], 1)]
    if "unit" in body:
        name = conn.scalar(select(units.c.name).where(units.c.id == body["unit"]))
        return [(say(language, "correction_field.unit"), "", str(name))]
    ids = [post for field in POSTS if field in body for post in (body[field], finding[field]) if post]
    titles = names_of_posts(conn, ids)
    return [
        (
            say(language, f"correction_field.{field}"),
            _word(language, field, finding.get(field), titles) if is_open and field in finding else "",
            _word(language, field, value, titles),
        )
        for field, value in body.items()
    ]


def _part(language: str, number: int, part: Mapping[str, Any]) -> tuple[str, str, str]:
    amount = f" · {Decimal(part['amount_yuan']):,} 元" if part.get("amount_yuan") else ""
    held = " · ".join(
        say(language, f"corrections.{what}_of", count=len(part[f"{what}"])) for what in ("measures", "evidence")
    )
    return say(language, "corrections.part", number=number), "", f"{part['title']}{amount} · {held}"


def _word(language: str, field: str, value: Any, titles: Mapping[int, str]) -> str:
    if value is None or value == "":
        return say(language, "correction_field.nobody")
    if field in POSTS:
        return titles.get(int(value), "")
    if field == "kind":
        return say(language, f"kind.{value}")
    if field == "because":
        return say(language, f"verdict.{value}")
    if field == "amount_yuan":
        return f"{Decimal(str(value)):,.2f}"
    return say(language, "web.list_comma").join(value) if isinstance(value, list) else str(value)


def _is_his(person: Person, row: Mapping[str, Any]) -> bool:
    """Whether the person is to decide: the task is on his list, and he did not ask for it himself."""
    held = row["claimed_by"] == person.actor.person_id if row["claimed_by"] else row["holder"] in person.actor.holders
    return bool(held) and row["asked_by"] not in person.actor.persons and person.may(ACTS[row["act"]].permission)


# --- findings that went to another unit -----------------------------------------------------------------------------


def transferred_page(request: Request, house: House, person: Person, number: str) -> Response:
    """Show a finding to the unit that had it before, as it was when it left. Raises Unknown."""
    with house.office.read() as conn:
        found = transferred_from(conn, _own_paths(person), number)
        if not found or not _cleared(person, found[0]):
            raise Unknown()
        left = found[0]
        events = dossiers.timeline(conn, left["finding_id"], warned=False)
        known = [event for event in events if event.seq <= left["seen_until"]]
    return pages.show(request, "transferred.html", left=left, was=left["snapshot"], events=list(reversed(known)))


def _own_paths(person: Person) -> list[str]:
    """Return the units for which the person may read what they had."""
    return [scope.path for scope in scopes(person.actor)]


def _cleared(person: Person, left: Mapping[str, Any]) -> bool:
    return any(
        left["from_unit_path"].startswith(scope.path) and scope.clearance >= left["confidentiality"]
        for scope in scopes(person.actor)
    )


# --- deputies -------------------------------------------------------------------------------------------------------


@router.get("/deputies")
def deputies_page(request: Request, house: TheHouse, person: SignedIn, done: str | None = None) -> Response:
    return _deputies(request, house, person, done=done)


@router.post("/deputies")
def change_deputies(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, "name_deputy", "end_deputy")
    if tried.answer is None:
        return _deputies(request, house, person, tried=tried)
    return back_to("/deputies", tried.act)


def _deputies(
    request: Request, house: House, person: Person, *, tried: Attempt = NOTHING, done: str | None = None
) -> Response:
    everybody = person.may("edit_people")
    now = house.office.now()
    with house.office.read() as conn:
        rows = deputies(conn, person.today, None if everybody else person.actor.person_id)
        if everybody:
            query = select(people.c.id, people.c.name, people.c.staff_number).where(people.c.left_on.is_(None))
            found = conn.execute(query.order_by(people.c.id).limit(MOST_PEOPLE))
            known = [(row.id, f"{row.name} {row.staff_number}") for row in found]
        else:
            work = Work(house.office, conn, person.actor, "view", at=now, recorded_at=now, given={})
            known = list(colleagues(work, person.actor.person_id).items())
    status = 422 if tried.act and tried.answer is None else 200
    return pages.show(
        request, "office/deputies.html", status=status, rows=rows, known=known, everybody=everybody, tried=tried,
        done=was_done(done), today=person.today, own=person.actor.person_id,
    )  # fmt: skip
