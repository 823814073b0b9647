"""A command is killed at one of its writes, then given again: everything is there once, or it was never begun.

Round n walks through the commands; on each database a command takes its kill points in an order that the seed shuffles,
and when all were taken, a moment by chance. Those that tell most come first: each commit, the ends of each transaction
(what lies between ends alike), the first and the last file of each shape.
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.commands import COMMANDS, Command
from tests.faults.forks import Ended, Kill
from tests.faults.houses import House
from tests.faults.rounds import Found, Ground, Kind, Verdict, chance

VARYING = re.compile(r"/[0-9a-f]{2}\b|[0-9a-f]{8,}|\d+|tmp\w+|\w+\.jsonl")  # of names of files
COMMITS = ("COMMIT", "committed")
STATEMENTS = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")


@dataclass(frozen=True)
class Whole:
    """How a command goes when nobody kills it: its steps, how long it takes, and what stands there afterwards."""

    steps: Sequence[str]
    seconds: float
    census: Counter[str]


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Kill the command whose turn it is."""
    command = COMMANDS[number % len(COMMANDS)]
    turn = number // len(COMMANDS)
    on = command.on[turn % len(command.on)]
    place = [command.on[earlier % len(command.on)] for earlier in range(turn)].count(on)
    return kill(ground, command, on, place, rng)


def kill(ground: Ground, command: Command, on: str, place: int, rng: Random) -> Found:
    """Kill *command* at the point that stands in that *place* of their order, look, give it again, look."""
    whole = whole_of(ground, command, on)
    points = points_of(ground, command, whole)
    house, verdict = prepared(ground, command, on), Verdict()
    note, when = house.folder / "steps", f"{command.name} on {on}"
    if place < len(points):
        killed = _run(ground, house, command, kill=Kill(note, points[place]))
        when += f", killed at step {points[place]} of {len(points)} ({_last(note)})"
    else:
        after = rng.uniform(0, whole.seconds)
        child = house.start(*words_of(ground, house, command))
        time.sleep(after)
        child.kill()
        killed = child.wait(60)
        when += f", killed after {after:.3f} s"
    verdict.spoke(killed, when)
    _look_after_kill(house, command, verdict, when)
    if command.done_once and house.census() == whole.census:
        verdict.acknowledged += 1
        again = killed
    else:
        again = _give_again(ground, house, command, verdict, when)
    if command.name != "demo" or again.status == 0:  # half a demonstration is healthy, is refused, and is thrown away
        verdict.compare(house.census(), whole.census, when)
    verdict.examine(house, f"{when}, given again")
    if command.then:
        gone_on = house.run(*command.then)
        verdict.expect(gone_on.status == 0, f"{when}: afterwards: {gone_on.said}")
        verdict.examine(house, f"{when}, gone on")
    ground.done_with(house)
    return verdict.found()


def points_of(ground: Ground, command: Command, whole: Whole) -> list[int]:
    """Return all steps of a command in the order in which they are tried."""
    points = list(range(1, len(whole.steps) + 1))
    telling = set(telling_points(whole.steps))
    chance(ground.seed, f"points of {command.name}", 0).shuffle(points)
    return sorted(points, key=lambda point: (point not in telling, whole.steps[point - 1].startswith(STATEMENTS)))


def telling_points(steps: Sequence[str]) -> list[int]:
    """Return each commit, the first and the last statement of each transaction, and those of files of one shape."""
    shapes: dict[str, list[int]] = {}
    commits = 0
    for place, step in enumerate(steps, 1):
        commits += step in COMMITS
        inside = step in COMMITS or step.startswith(STATEMENTS)
        shape = f"{step in COMMITS} {commits}" if inside else VARYING.sub("*", step)
        shapes.setdefault(shape, []).append(place)
    return sorted({place for places in shapes.values() for place in (places[0], places[-1])})


def _look_after_kill(house: House, command: Command, verdict: Verdict, when: str) -> None:
    """A place that was empty may still be; every other must be healthy at once."""
    if command.template:
        verdict.examine(house, when)
    kept = house.folder / "kept.tar.gz"
    if command.verb == "backup" and kept.exists():
        verdict.acknowledged += 1
        _restores(house, kept, verdict, when)
    others = [
        f"{path.name} {path.stat().st_mode & 0o777:o}"
        for path in house.folder.glob(".*kept*")
        if path.stat().st_mode & 0o077
    ]
    verdict.expect(not others, f"{when}: others may read what is left: {others}")


def _give_again(ground: Ground, house: House, command: Command, verdict: Verdict, when: str) -> Ended:
    house.let_time_pass_if_there()
    again = _run(ground, house, command)
    verdict.spoke(again, f"{when}, given again")
    refused_because_done = command.template == "" and again.status == 1 and house.is_begun()
    if again.status == 0:
        verdict.acknowledged += 1
    else:
        verdict.expect(refused_because_done, f"{when}: given again: {again.said}")
    if command.verb == "backup":
        _restores(house, house.folder / "kept.tar.gz", verdict, f"{when}, given again")
        left = sorted(path.name for path in house.folder.iterdir() if path.name not in EXPECTED)
        verdict.expect(not left, f"{when}, given again: left behind {left}")
    if command.verb == "restore":
        left = sorted(path.name for path in house.data.iterdir() if path.name.startswith(("tmp", ".")))
        verdict.expect(not left, f"{when}, given again: left behind {left}")
    return again


EXPECTED = {"data", "tmp", "steps", "kept.tar.gz", "ledger.csv", "accounts.csv", "data.json", "evidence.pdf"}


def _restores(house: House, archive: Path, verdict: Verdict, when: str) -> None:
    """An archive that is there can be restored, and the house in it is healthy."""
    if not archive.exists():
        verdict.expect(False, f"{when}: no archive")
        return
    other = House(house.forks, house.folder / "tmp" / f"restored-{time.monotonic_ns()}", more=house.more)
    ended = other.run("restore", str(archive), "--json")
    verdict.expect(ended.status == 0, f"{when}: its archive: {ended.said}")
    if ended.status == 0:
        verdict.compare(other.census(), house.census(), f"{when}, restored")


# --- how it goes when nobody kills it -------------------------------------------------------------------------------


def whole_of(ground: Ground, command: Command, on: str) -> Whole:
    """Return how *command* goes when nobody disturbs it."""
    whole = ground.once(f"whole {command.name} {on}", lambda: _whole(ground, command, on))
    assert isinstance(whole, Whole)
    return whole


def prepared(ground: Ground, command: Command, on: str) -> House:
    """Return a house in which *command* can be given."""
    house = ground.house(command.template, on=on) if command.template else ground.empty(on=on)
    for name, content in command.files.items():
        (house.folder / name).write_bytes(content)
    house.more = command.environment(house.folder)
    if command.archive:
        (house.folder / "kept.tar.gz").write_bytes(ground.archive(command.archive))
    return house


def _whole(ground: Ground, command: Command, on: str) -> Whole:
    house = prepared(ground, command, on)
    note, began = house.folder / "steps", time.monotonic()
    ended = _run(ground, house, command, kill=Kill(note))
    seconds = time.monotonic() - began
    if ended.status != 0:
        raise RuntimeError(f"{command.name} fails without any fault: {ended.said}\n{ended.out}")
    whole = Whole(note.read_text().splitlines(), seconds, house.census())
    ground.done_with(house)
    return whole


def words_of(ground: Ground, house: House, command: Command) -> tuple[str, ...]:
    """Return *command* as it is given in that house."""
    return tuple(word.replace("{here}", str(house.folder)) for word in command.words(ground))


def _run(ground: Ground, house: House, command: Command, kill: Kill | None = None) -> Ended:
    return house.run(*words_of(ground, house, command), kill=kill)


def _last(note: Path) -> str:
    lines = note.read_text().splitlines() if note.exists() else []
    return lines[-1][:60] if lines else "nothing"


KIND = Kind("killed-at-a-write", "kill -9 at a write of a command, then the command again", attempt, 50)
