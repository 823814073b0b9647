"""``python -m tests.bench.paper_world DIR --seed N --findings N --style NAME --manipulation PR-07:strong``."""

import argparse
import sys
import time
from pathlib import Path

from tests.bench.paper_world.composing import Wish, compose, styles_of
from tests.bench.paper_world.real_cases import real_cases
from tests.bench.paper_world.styles import FIRST_HELD_BACK_SEED, HELD_BACK, STYLES
from tests.bench.paper_world.tricks import TRICKS
from tests.bench.paper_world.writing import write
from xiaohao.bench_format import Strength

MOST_FINDINGS = 7000  # there are no more names of units


def main(arguments: list[str]) -> int:
    """Write a world and say what is in it."""
    asked = _parser().parse_args(arguments)
    try:
        wish = Wish(asked.seed, asked.findings, styles_of(asked.style), tuple(map(_manipulation, asked.manipulation)))
        _refuse_too_many(wish)
        _refuse_held_back(wish, allowed=asked.held_back)
        _refuse_occupied(asked.directory)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    began = time.monotonic()
    if asked.real_cases:
        write(real_cases(), asked.directory, seed=None, styles=("plain",), held_back=False)
        print(f"{asked.directory}: the published cases")
        return 0
    world = compose(wish)
    write(world, asked.directory, seed=wish.seed, styles=wish.styles, held_back=asked.held_back)
    findings = sum(len(listed.findings) for listed in world.lists)
    touched = {number for each in world.planted for number in (*each.subjects, *each.also)}
    honest = sum(draft.number not in touched for listed in world.lists for draft in listed.findings)
    print(
        f"{asked.directory}: seed {wish.seed}, styles {', '.join(wish.styles)}, {len(world.lists)} lists, "
        f"{findings} findings, {honest} honest ({honest / findings:.1%}), {len(world.planted)} manipulations, "
        f"{len(world.look_alikes)} look-alikes, {time.monotonic() - began:.0f} s"
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.paper_world", description="Write a labelled benchmark."
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=int, default=600)
    parser.add_argument("--style", action="append", default=[], help=f"one of {', '.join(STYLES)}; repeat for more")
    parser.add_argument(
        "--manipulation", action="append", default=[], metavar="PR-07:strong", help="only these; repeat for more"
    )
    parser.add_argument("--real-cases", action="store_true", help="the published cases instead of a made-up city")
    parser.add_argument("--held-back", action="store_true", help="allow the seeds and styles kept for the final report")
    return parser


def _manipulation(text: str) -> tuple[str, Strength]:
    signal, _, strength = text.partition(":")
    if signal not in TRICKS or strength not in (Strength.WEAK, Strength.MEDIUM, Strength.STRONG):
        raise ValueError(f"{text}: write a signal and weak, medium or strong, for example PR-07:strong")
    return signal, Strength(strength)


def _refuse_too_many(wish: Wish) -> None:
    if not 1 <= wish.findings <= MOST_FINDINGS:
        raise ValueError(
            f"--findings {wish.findings}: the city has room for 1 to {MOST_FINDINGS}; write several worlds"
        )


def _refuse_held_back(wish: Wish, *, allowed: bool) -> None:
    held = sorted(HELD_BACK & set(wish.styles))
    if not allowed and (wish.seed >= FIRST_HELD_BACK_SEED or held):
        raise ValueError(
            f"seeds from {FIRST_HELD_BACK_SEED} and the styles {', '.join(sorted(HELD_BACK))} are kept for the final "
            "report; say --held-back if this is it"
        )


def _refuse_occupied(directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()):
        raise ValueError(f"{directory} is not empty: give a new directory")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
