"""Letters that are owed, from the act that owes them to the answer of the mail server.

A row is written in the transaction of its act, unique by what it is owed for. A worker claims rows for a while, sends
outside any transaction and settles. The Message-ID is made from the row's id, so a letter of unknown fate may go again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from persistence.columns import new_id
from persistence.insertion import insert_new
from persistence.tables import outbox

SHOWN = ("id", "case_id", "letter", "role", "person_id", "address", "language", "facts", "created_at")


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
    held: bool = False  # not to go out by itself: it waits to be folded into a digest


@dataclass(frozen=True)
class Claimed:
    """A letter that is ours to send until the lease ends; *attempt* counts from 1."""

    id: int
    attempt: int
    case_id: int | None
    letter: str
    role: str
    person_id: int | None
    address: str
    language: str
    facts: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of a claimed letter; *next_at* is when to try again, *answer* the server's words."""

    id: int
    attempt: int
    fate: Fate
    answer: str = ""
    next_at: datetime | None = None


def owe(connection: Connection, letters: Sequence[Owed], *, now: datetime) -> tuple[int, ...]:
    """Write *letters* that are not owed yet, and return the ids of the new ones."""
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
            "state": State.HELD if letter.held else State.WAITING,
            "attempts": 0,
            "next_at": letter.next_at,
            "created_at": now,
        }
        for letter in letters
    ]
    return tuple(connection.scalars(insert_new(connection, outbox, "obligation").returning(outbox.c.id), rows))


def claim(connection: Connection, now: datetime, limit: int, lease_seconds: int) -> tuple[Claimed, ...]:
    """Take up to *limit* letters that are due; other workers pass over them until the lease ends.

    Commit before sending: SQLite has one writer at a time, PostgreSQL skips rows that are locked.
    """
    due = (
        select(outbox.c.id)
        .where(outbox.c.state == State.WAITING, outbox.c.next_at <= now)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = connection.scalars(due).all()
    if not ids:
        return ()
    until = now + timedelta(seconds=lease_seconds)
    taken = update(outbox).where(outbox.c.id.in_(ids)).values(
        state=State.SENDING, attempts=outbox.c.attempts + 1, claimed_until=until
    )  # fmt: skip
    rows = connection.execute(taken.returning(*(outbox.c[name] for name in SHOWN), outbox.c.attempts.label("attempt")))
    order = {id: place for place, id in enumerate(ids)}
    return tuple(sorted((Claimed(**row._mapping) for row in rows), key=lambda letter: order[letter.id]))


def settle(connection: Connection, outcomes: Sequence[Outcome], *, now: datetime, give_up_after: int) -> None:
    """Write down what became of claimed letters; one is dead when refused, or after *give_up_after* attempts.

    A worker that slept past its lease changes nothing any more, but that a letter was sent counts whoever says it.
    """
    sent = [outcome for outcome in outcomes if outcome.fate is Fate.SENT]
    other = [outcome for outcome in outcomes if outcome.fate is not Fate.SENT]
    if sent:
        still_open = (outbox.c.state == State.SENDING) | (outbox.c.state == State.WAITING)  # many at once take no IN
        done = update(outbox).where(outbox.c.id == bindparam("of"), still_open)
        done = done.values(state=State.SENT, sent_at=now, claimed_until=None, last_answer=bindparam("answer"))
        connection.execute(done, [{"of": outcome.id, "answer": outcome.answer} for outcome in sent])
    if other:
        ours = (outbox.c.id == bindparam("of")) & (outbox.c.attempts == bindparam("attempt"))
        again = update(outbox).where(ours, outbox.c.state == State.SENDING)
        again = again.values(
            state=bindparam("then"), next_at=bindparam("at"), claimed_until=None, last_answer=bindparam("answer")
        )
        connection.execute(again, [_next_of(outcome, now, give_up_after) for outcome in other])


def release_stale(connection: Connection, now: datetime) -> int:
    """Give back what a killed worker had claimed, and return how many: their fate is unknown, so they go out again."""
    stale = (outbox.c.state == State.SENDING) & (outbox.c.claimed_until < now)
    return connection.execute(
        update(outbox).where(stale).values(state=State.WAITING, next_at=now, claimed_until=None)
    ).rowcount


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
