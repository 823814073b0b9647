"""Every table says what the ledger proves of it."""

import pytest

from persistence.declared import DECLARED, PROVED, Derived, Volatile
from persistence.row_images import imaged
from persistence.tables import metadata


def test_every_table_declares_what_is_proved_of_it() -> None:
    assert set(DECLARED) == set(metadata.tables)


@pytest.mark.parametrize("name", sorted(PROVED))
def test_what_a_proved_table_leaves_out_is_there_and_has_a_reason(name: str) -> None:
    proved, table = PROVED[name], metadata.tables[name]

    assert set(proved.uncovered) <= set(table.c.keys())
    assert all(proved.uncovered.values())
    assert bool(proved.left_out) == bool(proved.why_left_out)
    assert imaged(table).key, "its rows can be told apart"


@pytest.mark.parametrize("name", sorted(set(DECLARED) - set(PROVED)))
def test_what_is_not_proved_says_why(name: str) -> None:
    declared = DECLARED[name]

    assert not isinstance(declared, Derived) or declared.out_of
    assert not isinstance(declared, Volatile) or declared.because


@pytest.mark.parametrize("name", sorted(PROVED))
def test_who_may_do_what_and_by_when_is_covered_in_every_row(name: str) -> None:
    """Columns that decide something never slip out of the proof."""
    deciding = {"verdict", "due_on", "role", "password_hash", "valid_from", "valid_until", "state", "clearance"}
    left_out = deciding & set(PROVED[name].uncovered)

    assert left_out == ({"state"} if name == "outbox" else set())
