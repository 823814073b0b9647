"""A short round of faults in every `make test`; `make faults` does many, with a new seed each time."""

import pytest

from tests.faults.commands import COMMANDS
from tests.faults.killed_at_a_write import telling_points
from tests.faults.kinds import KINDS
from tests.faults.prefect_is_killed import WAYS
from tests.faults.rounds import Ground, chance, order

SEED = 8  # as the ground has it
SHORT = [
    ("killed-at-a-write", 0),  # import
    ("killed-at-a-write", 1),  # register
    ("killed-at-a-write", 4),  # an act with a file
    ("killed-at-a-write", 8),  # a patrol
    ("killed-at-a-write", 13),  # init; test_killed_archives has backup and restore
    ("killed-at-a-write", 16),  # the upgrade of an old house
    ("killed-at-a-write", 21),  # new keys
    ("killed-while-people-act", 0),
    ("mail-server-misbehaves", 0),
    ("killed-while-sending", 0),
    ("several-at-once", 5),  # three senders
]
LONG = {"killed-at-a-write": len(COMMANDS), "prefect-is-killed": len(WAYS)}  # rounds; each once


@pytest.mark.slow
@pytest.mark.parametrize(("name", "number"), SHORT, ids=lambda value: str(value))
def test_a_fault_neither_loses_nor_doubles_anything(ground: Ground, name: str, number: int) -> None:
    found = KINDS[name].attempt(ground, number, chance(SEED, name, number))

    assert found.held, "\n".join(found.wrong)


@pytest.mark.long
@pytest.mark.parametrize("name", list(KINDS))
def test_many_faults_of_each_kind_neither_lose_nor_double_anything(ground: Ground, name: str) -> None:
    for number in range(LONG.get(name, 12)):
        found = KINDS[name].attempt(ground, number, chance(SEED, name, number))

        assert found.held, f"round {number}: " + "\n".join(found.wrong)


def test_what_tells_most_of_a_command_is_killed_first() -> None:
    statements = [f"INSERT INTO findings VALUES ({n})" for n in range(50)]
    files = [f"open /data/evidence/{n:02x}/0123456789ab{n:04x}" for n in range(50)]

    points = telling_points([*files, *statements, "COMMIT", "committed", *statements, "COMMIT", "committed"])

    assert points == [1, 50, 51, 100, 101, 102, 103, 152, 153, 154]


def test_seed_and_number_of_a_round_decide_everything() -> None:
    once = [(kind.name, number) for (kind, number), _ in zip(order(KINDS), range(300), strict=False)]
    again = [(kind.name, number) for (kind, number), _ in zip(order(KINDS), range(300), strict=False)]

    assert once == again
    assert {name for name, _ in once} == set(KINDS)
    assert chance(1, "killed-at-a-write", 7).random() == chance(1, "killed-at-a-write", 7).random()
    assert chance(1, "killed-at-a-write", 7).random() != chance(1, "killed-at-a-write", 8).random()
