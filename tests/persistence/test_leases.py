"""Leases: one holder at a time, and whoever slept past his finds out before he writes."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from persistence import leases
from persistence.database import Database
from persistence.leases import LostLease

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def take(database: Database, holder: str, now: datetime = NOW) -> int | None:
    with database.writing() as connection:
        return leases.take(connection, "patrol", holder, now, 60)


def test_a_lease_is_taken_once_until_it_ends(database: Database) -> None:
    assert take(database, "one") == 1
    assert take(database, "two") is None
    assert take(database, "one") is None
    assert take(database, "two", NOW + timedelta(seconds=60)) == 2


def test_of_many_who_ask_at_once_one_gets_it(database: Database) -> None:
    start, got = threading.Barrier(6), []

    def ask(name: str) -> None:
        start.wait()
        got.append(take(database, name))

    threads = [threading.Thread(target=ask, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got, key=str) == [1, None, None, None, None, None]


def test_a_worker_that_slept_finds_a_newer_fence(database: Database) -> None:
    slept = take(database, "one")
    newer = take(database, "two", NOW + timedelta(minutes=5))
    assert slept is not None
    assert newer is not None

    with pytest.raises(LostLease), database.writing() as connection:
        leases.hold(connection, "patrol", slept)
    with pytest.raises(LostLease), database.writing() as connection:
        leases.renew(connection, "patrol", slept, NOW, 60)
    with database.writing() as connection:
        leases.release(connection, "patrol", slept)
        leases.hold(connection, "patrol", newer)

    assert take(database, "three", NOW + timedelta(minutes=5)) is None


def test_a_lease_that_was_let_go_is_free_at_once(database: Database) -> None:
    fence = take(database, "one")
    assert fence is not None
    with database.writing() as connection:
        leases.release(connection, "patrol", fence)

    assert take(database, "two") == 2


def test_a_renewed_lease_lasts_longer_under_the_same_fence(database: Database) -> None:
    fence = take(database, "one")
    assert fence is not None
    with database.writing() as connection:
        leases.renew(connection, "patrol", fence, NOW + timedelta(seconds=50), 60)

    assert take(database, "two", NOW + timedelta(seconds=70)) is None
    with database.writing() as connection:
        leases.hold(connection, "patrol", fence)
