"""``xiaohao signals bench``: the score of the signals on labelled worlds, as a table or as JSON."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from cases.refusals import CaseError
from cases.signals.snapshot import Answer
from config.signal_words import signal_sentence
from xiaohao.bench_format import Unreadable, read_labels, read_world
from xiaohao.benchmark.leaks import too_late
from xiaohao.benchmark.looking import look_at
from xiaohao.benchmark.scoring import Score, Share, judge, together
from xiaohao.speech import AsJson, fail, language, sentence, tell

_CHECKOUT = Path(__file__).parents[2]
_STRENGTHS = ("weak", "medium", "strong", "real")


class NothingToScore(CaseError):
    """Neither a directory nor the published cases were named."""

    code = "nothing_to_score"


class NoPublishedCases(CaseError):
    """The published cases are written by the source tree, which is not here."""

    code = "no_published_cases"


def bench(
    directories: Annotated[list[Path] | None, typer.Argument(exists=True, file_okay=False, metavar="[DIR]...")] = None,
    real: Annotated[bool, typer.Option("--real", help="the published cases, written by the source tree")] = False,
    errors: Annotated[int, typer.Option("--errors", min=0, help="show so many misses and false alarms")] = 0,
    as_json: AsJson = False,
) -> None:
    """Score the signals on labelled worlds (docs/benchmark.md); no label is read before all were looked at."""
    if not directories and not real:
        raise NothingToScore()
    scores: list[Score] = []
    shown: list[str] = []
    with TemporaryDirectory() as scratch:
        places = list(directories or ())
        if real:
            places.append(_published(Path(scratch) / "real"))
        for place in places:
            try:
                score, answers = score_of(place)
            except Unreadable as why:
                fail(f"{place}: {why}", as_json)
            scores.append(score)
            shown += _errors(score, answers, errors)
    total = together(scores)
    tell(as_json, total.document() | {"errors": shown}, [*as_table(total), *shown])


def score_of(directory: Path) -> tuple[Score, dict[str, Answer]]:
    """Return the score of one world, and what was raised. Raises Unreadable."""
    world = read_world(directory)
    with TemporaryDirectory() as folder:
        answers = look_at(world, directory, Path(folder), _tell_progress)
    return judge(world, read_labels(directory), answers, tuple(too_late(world))), answers


def _published(directory: Path) -> Path:
    """Have the source tree write the published cases; return where. Raises NoPublishedCases."""
    if not (_CHECKOUT / "tests" / "bench" / "paper_world").is_dir():
        raise NoPublishedCases()
    asked = [sys.executable, "-m", "tests.bench.paper_world", str(directory), "--real-cases"]
    subprocess.run(asked, cwd=_CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    return directory


def _tell_progress(what: str, done: int, of: int) -> None:
    print(f"{sentence(f'bench_{what}')} {done}/{of}", file=sys.stderr, flush=True)


# --- for people -------------------------------------------------------------------------------------------------------


def as_table(score: Score) -> Iterator[str]:
    """Yield the lines of the table."""
    for world in score.worlds:
        yield sentence(
            "bench_world", seed="-" if world.seed is None else world.seed, styles="+".join(world.styles),
            held=sentence("bench_held_back") if world.held_back else "", findings=world.findings, honest=world.honest,
            recall=_percent(world.recall), blocked=world.blocked,
        )  # fmt: skip
        yield from (sentence("bench_leak", what=late) for late in world.late)
    yield f"{'':6} {'weak':>7} {'medium':>7} {'strong':>7} {'real':>7} {'recall':>7} {'prec.':>7} {'F1':>6} " + (
        f"{'false':>5} {'alike':>7} {'alone':>5}"
    )
    for signal, tally in score.signals.items():
        strengths = " ".join(f"{_of(score.strengths.get(signal, {}).get(name)):>7}" for name in _STRENGTHS)
        yield (
            f"{signal:6} {strengths} {_percent(tally.recall):>7} {_percent(tally.precision):>7} {_percent(tally.f1):>6}"
            f" {tally.false:5} {_of(score.look_alikes.get(signal)):>7} {score.alone[signal]:5}"
        )
    overall = score.overall
    yield sentence(
        "bench_together", found=overall.found, planted=overall.planted, recall=_percent(overall.recall),
        precision=_percent(overall.precision), f1=_percent(overall.f1), suspected=_of(score.suspected),
    )  # fmt: skip
    yield sentence(
        "bench_honest", honest=score.blocked.of, accused=score.accused.hit, blocked=score.blocked.hit,
        accused_rate=f"{score.accused.per_thousand:.1f}", blocked_rate=f"{score.blocked.per_thousand:.1f}",
    )  # fmt: skip
    if score.blocked_by:
        yield sentence("bench_by_signal") + "  ".join(
            f"{name} {count}" for name, count in score.blocked_by.most_common()
        )
    yield sentence("bench_by_size") + _shares(score.by_size)
    yield sentence("bench_by_style") + _shares(score.by_style)
    yield sentence("bench_alone_means")


def _shares(shares: dict[str, Share]) -> str:
    return "  ".join(f"{name}: {_of(share)} ({share.per_thousand:.1f} ‰)" for name, share in sorted(shares.items()))


def _of(share: Share | None) -> str:
    return f"{share.hit}/{share.of}" if share else "-"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _errors(score: Score, answers: dict[str, Answer], most: int) -> Iterator[str]:
    """Yield misses and false alarms, of each so many at most."""
    for miss in score.missed[:most]:
        yield f"- {miss.signal} {miss.strength} {', '.join(miss.subjects)}: {miss.how}"
    for signal, number in score.false[:most]:
        hit = next(hit for hit in answers[number].hits if hit.signal == signal)
        quotes = " | ".join(f"{quote.text[:60]} ({quote.place[:40]})" for quote in hit.quotes[:3])
        yield f"+ {signal} {hit.severity} {number}: {signal_sentence(language(), signal, hit.facts)} {quotes}"
