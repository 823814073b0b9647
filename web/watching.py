"""What the pages tell of those who must decide: how long a case was before them, which files they opened (PR-22).

Nothing is put down of a unit's own handler, nor of anybody who only reads. One statement each, after the answer.
"""

from typing import Annotated

from fastapi import Form
from fastapi.responses import PlainTextResponse, Response

from persistence import watching
from web.house import House, TheHouse
from web.seeing import Room, Seen, seeing
from web.signed_in import Person, SignedIn, page_router
from web.typed import whole

router = page_router()
LONGEST = 24 * 3600  # seconds of one view


def watched(seen: Seen) -> str:
    """Return where the page of *seen* tells how long it is looked at; empty where nobody asks."""
    is_deciding = watching.decides_on(seen.conn, seen.person.actor, seen.case.id)
    return f"/{seen.room}/{seen.case.number}/views" if is_deciding else ""


@router.post("/{room}/{number}/views")
def begin(house: TheHouse, person: SignedIn, room: Room, number: str) -> Response:
    """Begin a view of a case; answer its address, or nothing to somebody who has nothing to decide."""
    with seeing(house, person, room, number) as seen:
        case_id, is_deciding = seen.case.id, bool(watched(seen))
    if not is_deciding:
        return Response(status_code=204)
    with house.office.database.writing() as conn:
        view = watching.begin_view(conn, case_id, person.actor.person_id, house.office.now())
    return PlainTextResponse(f"/views/{view}")


@router.post("/views/{view}")
def go_on(house: TheHouse, person: SignedIn, view: str, seconds: Annotated[str, Form()] = "") -> Response:
    """Keep how long a view lasted so far."""
    key, lasted = whole(view), whole(seconds)
    if key is not None and lasted is not None:
        with house.office.database.writing() as conn:
            watching.keep_view(conn, key, person.actor.person_id, min(lasted, LONGEST), house.office.now())
    return Response(status_code=204)


def note_opening(house: House, person: Person, evidence_id: int) -> None:
    """Put down that *person* opened a file of a case on which he decides."""
    now, own = house.office.now(), person.actor.person_id
    with house.office.read() as conn:
        case_id = watching.case_of_evidence(conn, evidence_id)
        if case_id is None or not watching.decides_on(conn, person.actor, case_id):
            return
        if watching.was_just_opened(conn, evidence_id, own, now):
            return
    with house.office.database.writing() as conn:
        watching.note_opening(conn, evidence_id, own, now)
