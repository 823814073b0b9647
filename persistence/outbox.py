"""Letters that are owed, from the act that owes them to the answer of the mail server.

A row is written in the transaction of its act, unique by what it is owed for. A worker claims a row for each of its
lines, sends outside any transaction, and settles it before it claims the next one. The Message-ID is made from the
row's id, so a letter of unknown fate may go again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, update

from persistence.columns import new_id
from persistence.insertion import insert_new
from persistence.rows import Writing
from persistence.tables import outbox


class State(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    SUPERSEDED = "superseded"
    HELD = "held"


class Fate(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    DEFERRED = "deferred"  # the server said later, or nothing at all
    REFUSED = "refused"  # the server said never
    UNKNOWN = "unknown"  # the connection broke after the text: it may have arrived


@dataclass(frozen=True)
class Owed:
    """A letter before it is written; *facts* are plain strings, *obligation* what makes it one and the same."""

    obligation: str
    letter: str
    role: str
    person_id: int | None
    facts: Mapping[str, Any]
    next_at: datetime
    case_id: int | None = None
    address: str = ""
    language: str = "zh"
    on_page_only: bool = False  # its reader has no address: it stands in his mailbox, and another one is written to
    held: bool = False  # not to go out by itself: it waits to be folded into a digest


@dataclass(frozen=True)
class Claimed:
    """A letter that is ours to send until the lease ends; *attempt* counts from 1."""

    id: int
    case_id: int | None
    letter: str
    role: str
    person_id: int | None
    address: str
    language: str
    facts: Mapping[str, Any]
    created_at: datetime
    attempt: int


SHOWN = tuple(field.name for field in fields(Claimed) if field.name != "attempt")


@dataclass(frozen=True)
class Outcome:
    """What became of a claimed letter; *next_at* is when to try again, *answer* the server's words."""

    id: int
    attempt: int
    fate: Fate
    answer: str = ""
    next_at: datetime | None = None


def owe(
    connection: Connection, letters: Sequence[Owed], *, now: datetime, writing: Writing | None = None
) -> tuple[int, ...]:
    """Write *letters* that are not owed yet, and return the ids of the new ones.

    *writing*: of the act that owes them, so that its event states them.
    """
    if not letters:
        return ()
    rows = [
        {
            "id": new_id(),
            "obligation": letter.obligation,
            "case_id": letter.case_id,
            "letter": letter.letter,
            "role": letter.role,
            "person_id": letter.person_id,
            "address": letter.address,
            "language": letter.language,
            "facts": letter.facts,
            "state": _first_state(letter),
            "attempts": 0,
            "next_at": letter.next_at,
            "created_at": now,
        }
        for letter in letters
    ]
    new = tuple(connection.scalars(insert_new(connection, outbox, "obligation").returning(outbox.c.id), rows))
    if writing is not None:
        writing.inserted(outbox, [row for row in rows if row["id"] in new])
    return new


def _first_state(letter: Owed) -> State:
    if letter.on_page_only:
        return State.SUPERSEDED
    return State.HELD if letter.held else State.WAITING


# Built once: they run for every few letters, and building one takes longer than running it.

_due = (
    select(outbox.c.id)
    .where(outbox.c.state == State.WAITING, outbox.c.next_at <= bindparam("now", type_=outbox.c.next_at.type))
    .order_by(outbox.c.next_at, outbox.c.id)
    .limit(bindparam("most"))
)
_due_count = select(func.count()).select_from(_due.subquery())
_next_due = _due.with_for_update(skip_locked=True)
_take = (
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(state=State.SENDING, attempts=outbox.c.attempts + 1, claimed_until=bindparam("until"))
    .returning(*(outbox.c[name] for name in SHOWN), outbox.c.attempts.label("attempt"))
)
_sent = (
    update(outbox)  # many at once take no IN
    .where(outbox.c.id == bindparam("of"), (outbox.c.state == State.SENDING) | (outbox.c.state == State.WAITING))
    .values(state=State.SENT, sent_at=bindparam("now"), claimed_until=None, last_answer=bindparam("answer"))
)
_not_sent = (
    update(outbox)
    .where(
        outbox.c.id == bindparam("of"),
        outbox.c.attempts == bindparam("attempt"),
        outbox.c.state == State.SENDING,
    )
    .values(state=bindparam("then"), next_at=bindparam("at"), claimed_until=None, last_answer=bindparam("answer"))
)


def due_count(connection: Connection, now: datetime, most: int) -> int:
    """Return how many letters are due, counting no further than *most*."""
    return connection.scalar(_due_count, {"now": now, "most": most}) or 0


def claim(connection: Connection, now: datetime, limit: int, until: datetime) -> tuple[Claimed, ...]:
    """Take up to *limit* letters that are due at *now*; other workers pass over them *until* then, by the real clock.

    Commit before sending: SQLite has one writer at a time, PostgreSQL skips rows that are locked.
    """
    ids = connection.scalars(_next_due, {"now": now, "most": limit}).all()
    if not ids:
        return ()
    rows = connection.execute(_take, {"ids": ids, "until": until})
    order = {id: place for place, id in enumerate(ids)}
    return tuple(sorted((Claimed(*row) for row in rows), key=lambda letter: order[letter.id]))


def settle(connection: Connection, outcomes: Sequence[Outcome], *, now: datetime, give_up_after: int) -> None:
    """Write down what became of claimed letters; one is dead when refused, or after *give_up_after* attempts.

    A worker that slept past its lease changes nothing any more, but that a letter was sent counts whoever says it.
    """
    sent = [outcome for outcome in outcomes if outcome.fate is Fate.SENT]
    other = [outcome for outcome in outcomes if outcome.fate is not Fate.SENT]
    if sent:
        connection.execute(_sent, [{"of": outcome.id, "answer": outcome.answer, "now": now} for outcome in sent])
    if other:
        connection.execute(_not_sent, [_next_of(outcome, now, give_up_after) for outcome in other])


def has_stale(connection: Connection, now: datetime) -> bool:
    """Whether a killed worker left letters behind whose claim has ended."""
    return connection.scalar(select(outbox.c.id).where(_stale(now)).limit(1)) is not None


def release_stale(connection: Connection, now: datetime) -> int:
    """Give back what a killed worker had claimed, and return how many: their fate is unknown, so they go out again.

    They go at once, also where letters of a rehearsed day are sent: an attempt that was due is due still.
    """
    again = update(outbox).where(_stale(now)).values(state=State.WAITING, claimed_until=None)
    return connection.execute(again).rowcount


def _stale(now: datetime) -> ColumnElement[bool]:
    return (outbox.c.state == State.SENDING) & (outbox.c.claimed_until < now)


def waiting_count(connection: Connection) -> int:
    """Return how many letters are not on their way yet, those just being sent included."""
    waiting = outbox.c.state.in_((State.WAITING, State.SENDING))
    return connection.scalar(select(func.count()).select_from(outbox).where(waiting)) or 0


def mailbox(
    connection: Connection,
    *,
    person_id: int | None = None,
    state: State | None = None,
    before: int | None = None,
    limit: int = 50,
) -> tuple[Row[Any], ...]:
    """Return letters, newest first, of one person or all, in one state or any; *before* is the last id seen."""
    query = select(outbox)
    if person_id is not None:
        query = query.where(outbox.c.person_id == person_id)
    if state is not None:
        query = query.where(outbox.c.state == state)
    if before is not None:
        query = query.where(outbox.c.id < before)
    return tuple(connection.execute(query.order_by(outbox.c.id.desc()).limit(limit)))


def mark_read(connection: Connection, person_id: int, letter_id: int, *, now: datetime) -> None:
    """Note that *person_id* opened a letter of his; the first time counts."""
    his = (outbox.c.id == letter_id) & (outbox.c.person_id == person_id) & outbox.c.read_at.is_(None)
    connection.execute(update(outbox).where(his).values(read_at=now))


def _next_of(outcome: Outcome, now: datetime, give_up_after: int) -> dict[str, Any]:
    over = outcome.fate is Fate.REFUSED or outcome.attempt >= give_up_after
    return {
        "of": outcome.id,
        "attempt": outcome.attempt,
        "then": State.DEAD if over else State.WAITING,
        "at": outcome.next_at or now,
        "answer": outcome.answer,
    }
