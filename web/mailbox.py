"""邮箱: everybody's own letters as they were written; of other people's an administrator sees the envelope only."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select

from cases.refusals import Unknown
from notifications.letters import Letter, LetterError
from persistence import outbox
from persistence.incidents import letter_counts
from persistence.meetings import signed_for
from persistence.outbox import Claimed, State
from persistence.tables import outbox as letters
from persistence.tables import people
from tasks.deliver import House as Sender
from tasks.deliver import written
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, was_done
from web.house import House, TheHouse
from web.signed_in import Filled, SignedIn, page_router
from web.typed import AskedId, Id

router = page_router()
everybodys = office_router("repair_case")
PAGE = 50


@router.get("/mailbox")
def own_letters(request: Request, house: TheHouse, person: SignedIn, before: AskedId = None) -> Response:
    with house.office.read() as conn:
        rows = outbox.mailbox(conn, person_id=person.actor.person_id, before=before, limit=PAGE)
    return _letters(request, house, rows, None)


@router.get("/mailbox/{letter_id}")
def own_letter(request: Request, house: TheHouse, person: SignedIn, letter_id: Id) -> Response:
    with house.office.database.writing() as conn:
        outbox.mark_read(conn, person.actor.person_id, letter_id, now=house.office.now())
    with house.office.read() as conn:
        his = (letters.c.id == letter_id) & (letters.c.person_id == person.actor.person_id)
        row = conn.execute(select(letters).where(his)).one_or_none()
        if row is None:
            raise Unknown()
        rows = outbox.mailbox(conn, person_id=person.actor.person_id, limit=PAGE)
        letter = _as_written(house, conn, row)
    return _letters(request, house, rows, {"row": row, "letter": letter})


@everybodys.get("/outbox")
def every_letter(
    request: Request,
    house: TheHouse,
    state: State | None = None,
    before: AskedId = None,
    done: str | None = None,
) -> Response:
    return _outbox(request, house, state, before, done=done)


@everybodys.post("/outbox")
def resend(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, "resend_letter")
    if tried.answer is None:
        return _outbox(request, house, None, None, tried=tried)
    return back_to("/outbox", tried.act)


def _letters(request: Request, house: House, rows: tuple[Any, ...], opened: dict[str, Any] | None) -> Response:
    with house.office.read() as conn:
        on_paper = signed_for(conn, [row.id for row in rows])
    return pages.show(request, "office/letters.html", rows=rows, opened=opened, page=PAGE, on_paper=on_paper)


def _outbox(
    request: Request,
    house: House,
    state: State | None,
    before: int | None,
    *,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    with house.office.read() as conn:
        rows = outbox.mailbox(conn, state=state, before=before, limit=PAGE)
        names = dict(
            conn.execute(
                select(people.c.id, people.c.name).where(people.c.id.in_([row.person_id for row in rows]))
            ).tuples().all()
        )  # fmt: skip
        counts = letter_counts(conn)
    return pages.show(
        request, "office/outbox.html", status=422 if tried.text else 200, rows=rows, names=names, counts=counts,
        states=list(State), state=state, page=PAGE, tried=tried, done=was_done(done),
    )  # fmt: skip


def _as_written(house: House, conn: Any, row: Any) -> Letter | None:
    """Return the letter as it goes out; None where a release no longer has its text."""
    claimed = Claimed(
        row.id, row.case_id, row.letter, row.role, row.person_id,
        row.address or "nobody@localhost", row.language, row.facts, row.created_at, row.attempts,
    )  # fmt: skip
    try:
        return written(house.office, conn, claimed, Sender(base=house.settings.base_url))
    except LetterError:
        return None
