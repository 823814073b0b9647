"""What failed: pauses grow with each failure in a row, success ends it, and what fails again begins anew."""

from datetime import UTC, datetime, timedelta

import pytest

from persistence import failures
from persistence.database import Database
from persistence.failures import Pauses

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
PAUSES = Pauses(timedelta(seconds=60), 4, timedelta(hours=12))


def fail(database: Database, now: datetime = NOW, subject: str = "7") -> int:
    with database.writing() as connection:
        return failures.put_down(connection, "deadlines", subject, "KeyError: 'x'", now, PAUSES)


@pytest.mark.parametrize(
    ("times", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 64), (5, 256), (6, 720), (40, 720), (10_000, 720)]
)
def test_pauses_grow_up_to_a_limit(times: int, minutes: int) -> None:
    assert PAUSES.after(times) == timedelta(minutes=minutes)


def test_each_failure_in_a_row_makes_the_pause_longer(database: Database) -> None:
    assert [fail(database), fail(database, NOW + timedelta(minutes=1))] == [1, 2]

    with database.reading() as connection:
        known = failures.standing(connection, "deadlines")
        (row,) = failures.at_present(connection)
    assert known["7"].next_at == NOW + timedelta(minutes=5)
    assert (row.first_at, row.times, row.cause) == (NOW, 2, "KeyError: 'x'")


def test_success_ends_it_and_what_fails_again_begins_with_the_shortest_pause(database: Database) -> None:
    fail(database)
    fail(database)
    with database.writing() as connection:
        failures.mend(connection, "deadlines", ["7"], NOW)
    with database.reading() as connection:
        assert failures.count_at_present(connection) == 0

    later = NOW + timedelta(days=1)

    assert fail(database, later) == 1
    with database.reading() as connection:
        (row,) = failures.at_present(connection)
    assert (row.first_at, row.next_at) == (later, later + timedelta(minutes=1))
