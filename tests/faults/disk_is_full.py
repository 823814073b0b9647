"""The disk fills up under a command: it says so in a sentence, keeps nothing by halves, and goes on when there is room.

The house lies on a small file system in memory, which only root may mount.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.faults.commands import COMMANDS
from tests.faults.houses import House
from tests.faults.killed_at_a_write import prepared, whole_of, words_of
from tests.faults.people import Served, acts, count, send_all, serve
from tests.faults.rounds import Found, Ground, Kind, Skipped, Verdict

CHOSEN = [one for one in COMMANDS if one.name not in ("audit export", "init", "demo")]


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[None]:
    """Let *place* be a file system of that size. Raises Skipped where it may not be mounted."""
    if os.geteuid() != 0:
        raise Skipped("a small file system needs root")
    place.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", place], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Skipped(f"no small file system: {done.stderr.strip()[:60]}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Fill the disk, give a command, make room, give it again; by turns people act instead."""
    command = CHOSEN[number % len(CHOSEN)]
    whole = whole_of(ground, command, "sqlite")
    source, verdict = prepared(ground, command, "sqlite"), Verdict()
    place = source.folder.with_name(source.folder.name + "-disk")
    room = rng.choice((0, 4, 16, 64, 200))
    when = f"{command.name} with {room} kB left"
    with small_disk(place, 48_000):
        shutil.copytree(source.folder, place / "house")
        house = House(ground.forks, place / "house", more=command.environment(place / "house"))
        acting = number % 3 == 0 and command.template in ("read", "demo")
        served = serve(house) if acting else None
        if served:
            served.wait()
        ballast = _fill(place, room)
        full = house.run(*words_of(ground, house, command))
        verdict.spoke(full, when)
        verdict.expect(full.status in (0, 1, 2, 3), f"{when}: {full.said}")
        if served:
            _act(house, served, number, verdict, when, ballast)
        ballast.unlink(missing_ok=True)
        house.let_time_pass_if_there()
        if command.done_once and house.census() == whole.census:
            again = full
        else:
            again = house.run(*words_of(ground, house, command))
        begun = command.template == "" and again.status == 1 and house.is_begun()
        verdict.expect(again.status == 0 or begun, f"{when}: with room again: {again.said}")
        verdict.acknowledged += again.status == 0
        if not acting:
            verdict.compare(house.census(), whole.census, when)
        verdict.examine(house, when)
    ground.drop(place)
    ground.done_with(source)
    return verdict.found()


def _fill(place: Path, left: int) -> Path:
    """Take all room but *left* kilobytes and return what takes it."""
    ballast = place / "ballast"
    free = os.statvfs(place)
    ballast.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - left * 1024)))
    return ballast


def _act(house: House, served: Served, number: int, verdict: Verdict, when: str, ballast: Path) -> None:
    """People act while the disk is full: busy, try again; with room again each act is done once."""
    wanted = acts(f"f{number}", 6)
    try:
        send_all(wanted, [served.port], once=True)
        ballast.unlink()
        send_all([act for act in wanted if act.acknowledged is None], [served.port])
        verdict.expect(served.child.runs(), f"{when}: serve has ended: {served.child.said()[-300:]}")
    finally:
        served.child.kill()
        served.child.wait(30)
    count(house, wanted, verdict, when)


KIND = Kind("disk-is-full", "no room left under a command, or while people act", attempt, 4)
