"""Letters: owed once, claimed by one worker, settled by their fate."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from persistence import outbox
from persistence.database import Database
from persistence.outbox import Claimed, Fate, Outcome, Owed, State

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


def owed(obligation: str = "1|1|1|due|2026-03|7", **facts: Any) -> Owed:
    given: dict[str, Any] = {
        "letter": "due_soon",
        "role": "responsible_leader",
        "person_id": 7,
        "facts": {"number": "A-1"},
        "next_at": NOW,
    }
    return Owed(obligation, **given | facts)


def owe(database: Database, *letters: Owed) -> tuple[int, ...]:
    with database.writing() as connection:
        return outbox.owe(connection, letters, now=NOW)


def claim(database: Database, now: datetime = NOW, limit: int = 10, lease_seconds: int = 60) -> tuple[Claimed, ...]:
    with database.writing() as connection:
        return outbox.claim(connection, now, limit, now + timedelta(seconds=lease_seconds))


def settle(database: Database, *outcomes: Outcome, give_up_after: int = 5) -> None:
    with database.writing() as connection:
        outbox.settle(connection, outcomes, now=NOW, give_up_after=give_up_after)


def states(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row.state for row in outbox.mailbox(connection)]


def test_what_is_owed_twice_is_one_letter(database: Database) -> None:
    first = owe(database, owed(), owed("other"))
    second = owe(database, owed(), owed("third"))

    assert (len(first), len(second)) == (2, 1)
    assert owe(database) == ()
    assert len(states(database)) == 3


def test_an_act_that_fails_owes_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            outbox.owe(connection, [owed()], now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert states(database) == []


def test_only_what_is_due_is_claimed_and_the_oldest_first(database: Database) -> None:
    late, early, _future = owe(
        database,
        owed("late", next_at=NOW),
        owed("early", next_at=NOW - timedelta(hours=1)),
        owed("future", next_at=NOW + timedelta(seconds=1)),
    )

    assert [letter.id for letter in claim(database)] == [early, late]
    assert claim(database) == ()


def test_two_workers_never_hold_the_same_letter(database: Database) -> None:
    owe(database, *(owed(f"letter {n}") for n in range(60)))
    start = threading.Barrier(4)
    taken: list[int] = []

    def work() -> None:
        start.wait()
        while letters := claim(database, limit=7):
            taken.extend(letter.id for letter in letters)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 60
    assert len(set(taken)) == 60


def test_a_second_worker_passes_over_what_the_first_is_just_claiming(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    owe(database, owed("a"), owed("b"))

    with database.writing() as one, database.writing() as other:
        first, second = outbox.claim(one, NOW, 1, LATER), outbox.claim(other, NOW, 2, LATER)

    assert len(first) == len(second) == 1
    assert first[0].id != second[0].id


@pytest.mark.parametrize(
    ("fate", "attempts_allowed", "then"),
    [
        (Fate.SENT, 5, State.SENT),
        (Fate.DEFERRED, 5, State.WAITING),
        (Fate.UNKNOWN, 5, State.WAITING),
        (Fate.DEFERRED, 1, State.DEAD),
        (Fate.UNKNOWN, 1, State.DEAD),
        (Fate.REFUSED, 5, State.DEAD),
    ],
)
def test_a_letter_ends_by_its_fate(database: Database, fate: Fate, attempts_allowed: int, then: State) -> None:
    owe(database, owed())
    (letter,) = claim(database)

    settle(database, Outcome(letter.id, letter.attempt, fate, "450 later", LATER), give_up_after=attempts_allowed)

    assert states(database) == [then]
    again = claim(database, LATER)
    assert [(a.id, a.attempt) for a in again] == ([(letter.id, 2)] if then is State.WAITING else [])


def test_the_letters_of_a_killed_worker_go_out_again_when_its_lease_ends(database: Database) -> None:
    owe(database, owed())
    claim(database, lease_seconds=60)

    with database.writing() as connection:
        assert outbox.release_stale(connection, NOW + timedelta(seconds=59)) == 0
        assert outbox.release_stale(connection, NOW + timedelta(seconds=61)) == 1

    assert [letter.attempt for letter in claim(database, LATER)] == [2]


def test_a_worker_that_slept_settles_nothing_but_that_it_sent(database: Database) -> None:
    owe(database, owed())
    (slept,) = claim(database, lease_seconds=1)
    with database.writing() as connection:
        outbox.release_stale(connection, LATER)
    claim(database, LATER)

    settle(database, Outcome(slept.id, slept.attempt, Fate.REFUSED))
    assert states(database) == [State.SENDING]

    settle(database, Outcome(slept.id, slept.attempt, Fate.SENT))
    assert states(database) == [State.SENT]


def test_the_count_of_what_waits_includes_what_is_just_being_sent(database: Database) -> None:
    owe(database, owed("a"), owed("b"), owed("c"))
    (letter,) = claim(database, limit=1)
    with database.reading() as connection:
        assert outbox.waiting_count(connection) == 3

    settle(database, Outcome(letter.id, letter.attempt, Fate.SENT))

    with database.reading() as connection:
        assert outbox.waiting_count(connection) == 2


def test_a_mailbox_is_read_page_by_page_newest_first(database: Database) -> None:
    ids = owe(database, *(owed(f"letter {n}", person_id=7 if n % 2 else 8) for n in range(10)))

    with database.reading() as connection:
        first = outbox.mailbox(connection, person_id=7, limit=3)
        rest = outbox.mailbox(connection, person_id=7, before=first[-1].id, limit=3)
        dead = outbox.mailbox(connection, state=State.DEAD)

    assert [row.id for row in first + rest] == sorted((i for n, i in enumerate(ids) if n % 2), reverse=True)
    assert dead == ()


def test_only_the_addressee_marks_a_letter_as_read(database: Database) -> None:
    (letter,) = owe(database, owed())

    with database.writing() as connection:
        outbox.mark_read(connection, 8, letter, now=NOW)
        assert outbox.mailbox(connection)[0].read_at is None
        outbox.mark_read(connection, 7, letter, now=NOW)
        outbox.mark_read(connection, 7, letter, now=LATER)
        assert outbox.mailbox(connection)[0].read_at == NOW


def test_several_letters_are_settled_at_once(database: Database) -> None:
    owe(database, owed(), owed("other"))
    claimed = claim(database)

    settle(database, *(Outcome(letter.id, letter.attempt, Fate.SENT, "250 kept") for letter in claimed))

    assert states(database) == ["sent", "sent"]
