"""``python -m tests.faults [--rounds N] [--seed S] [--only KIND ... | --command NAME] [--round I] [--json]``.

docs/faults.md says more.
"""

import argparse
import json
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from tests.faults.commands import COMMANDS
from tests.faults.forks import CHECKOUT, Forks
from tests.faults.kinds import KINDS
from tests.faults.rounds import Found, Ground, Kind, Skipped, Tally, chance, order
from tests.faults.table import Failure, as_document, as_text, keep

ROUNDS = 100


def main(words: list[str]) -> int:
    """Do the rounds, print the table, keep the document; 1 when something did not hold."""
    asked = _asked(words)
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    tallies: dict[str, Tally] = {}
    failures: list[Failure] = []
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us deaf to Ctrl-C, as nohup does
        signal.signal(ending, signal.default_int_handler)
    began, ended = time.monotonic(), "after all rounds"
    print(f"seed {seed}", file=sys.stderr, flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="xiaohao-faults-", ignore_cleanup_errors=True) as folder,
        Forks() as forks,
        Ground(forks, Path(folder), seed) as ground,
    ):
        try:
            for done, (kind, number) in enumerate(_rounds(asked), 1):
                _one(ground, kind, number, tallies, failures)
                _tell(done, asked.rounds, kind, failures, began)
        except KeyboardInterrupt:
            ended = "by a signal"
    print(file=sys.stderr)
    document = as_document(seed, tallies, failures, time.monotonic() - began, ended=ended)
    path = keep(document, CHECKOUT / "var" / "faults")
    print(json.dumps(document, ensure_ascii=False, indent=1) if asked.json else as_text(KINDS, tallies))
    print(f"\nseed {seed}, {ended}; {path}", file=sys.stderr)
    return 1 if failures else 0


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how many, of all kinds together; {ROUNDS}")
    parser.add_argument("--seed", type=int, help="the same seed gives the same faults; by default a new one")
    parser.add_argument(
        "--only", action="append", default=[], choices=list(KINDS), metavar="KIND", help=", ".join(KINDS)
    )
    parser.add_argument("--command", choices=[one.name for one in COMMANDS], metavar="NAME", help="only its kills")
    parser.add_argument("--round", type=int, help="only this one of the kind")
    parser.add_argument("--json", action="store_true", help="print the document instead of the table")
    asked = parser.parse_args(words)
    if asked.round is not None and len(asked.only) != 1:
        parser.error("--round needs one --only")
    return asked


def _rounds(asked: argparse.Namespace) -> Iterator[tuple[Kind, int]]:
    if asked.round is not None:
        return iter([(KINDS[asked.only[0]], asked.round)])
    if asked.command is not None:
        first = [one.name for one in COMMANDS].index(asked.command)
        return ((KINDS["killed-at-a-write"], number) for number in islice(count(first, len(COMMANDS)), asked.rounds))
    return islice(order(KINDS, asked.only), asked.rounds)


def _one(ground: Ground, kind: Kind, number: int, tallies: dict[str, Tally], failures: list[Failure]) -> None:
    tally = tallies.setdefault(kind.name, Tally())
    if tally.skipped:
        return
    began = time.monotonic()
    try:
        found = kind.attempt(ground, number, chance(ground.seed, kind.name, number))
    except Skipped as why:
        tally.skipped = str(why)
        return
    except Exception as broke:  # told as a round that did not hold: a night of rounds does not end with one
        found = Found((f"{type(broke).__name__}: {broke}",))
    tally.add(found, time.monotonic() - began)
    if not found.held:
        again = f"python -m tests.faults --seed {ground.seed} --only {kind.name} --round {number}"
        failures.append(Failure(kind.name, number, again, found.wrong))
        print(f"\r{again:78}", *(f"  {line}" for line in found.wrong), sep="\n", file=sys.stderr, flush=True)


def _tell(done: int, of: int, kind: Kind, failures: list[Failure], began: float) -> None:
    line = f"{done}/{of}  {time.monotonic() - began:.0f} s  not held {len(failures)}  {kind.name}"
    print(f"\r{line:78}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
