"""How well the signals found what was planted, and how often they accused the honest."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cases.signals import SIGNALS
from cases.signals.snapshot import Answer
from xiaohao.bench_format import Finding, Labels, World

BLOCKING: Final = frozenset({"HIGH", "CRITICAL"})
SIZES: Final = ((1, 9), (10, 19), (20, 39), (40, 10_000))


@dataclass
class Tally:
    """Planted and found; raised rightly (*right*) and on the honest (*false*)."""

    planted: int = 0
    found: int = 0
    right: int = 0
    false: int = 0

    @property
    def recall(self) -> float | None:
        """Share of what was planted that was found."""
        return self.found / self.planted if self.planted else None

    @property
    def precision(self) -> float | None:
        """Share of what was raised that was planted, or rightly implied by it."""
        raised = self.right + self.false
        return self.right / raised if raised else None


@dataclass
class Score:
    """What `judge` found out."""

    seed: int | None
    held_back: bool
    styles: tuple[str, ...]
    findings: int
    honest: int
    dishonest: int
    signals: dict[str, Tally] = field(default_factory=dict)
    strengths: dict[str, dict[str, Tally]] = field(default_factory=dict)  # signal -> strength -> tally
    suspected: Tally = field(default_factory=Tally)  # a manipulated finding with any signal at all
    accused: int = 0  # honest findings with any hit
    blocked: int = 0  # honest findings with a HIGH or CRITICAL hit
    blocked_by: dict[str, int] = field(default_factory=dict)
    by_size: dict[str, tuple[int, int]] = field(default_factory=dict)  # size of unit -> (blocked, honest)
    look_alikes: dict[str, tuple[int, int]] = field(default_factory=dict)  # signal -> (raised, look-alikes)
    alone: dict[str, int] = field(default_factory=dict)  # ablation: manipulations that nothing else raises
    missed: list[tuple[str, str, tuple[str, ...], str]] = field(default_factory=list)
    false: list[tuple[str, str]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of all planted manipulations that their own signal found."""
        planted = sum(tally.planted for tally in self.signals.values())
        return sum(tally.found for tally in self.signals.values()) / planted if planted else 0.0

    @property
    def blocked_per_thousand(self) -> float:
        """Honest findings blocked, of each thousand."""
        return 1000 * self.blocked / self.honest if self.honest else 0.0

    def document(self) -> dict[str, Any]:
        """Return everything as JSON knows it."""
        return {
            **asdict(self),
            "recall": self.recall,
            "blocked_per_thousand": self.blocked_per_thousand,
            "signals": {
                name: asdict(tally) | {"recall": tally.recall, "precision": tally.precision}
                for name, tally in self.signals.items()
            },
        }


def judge(world: World, labels: Labels, answers: Mapping[str, Answer]) -> Score:
    """Compare what was raised with the truth. A finding that no label names is honest."""
    raised = {number: {hit.signal: hit.severity for hit in answer.hits} for number, answer in answers.items()}
    dishonest = labels.dishonest()
    honest = [finding for finding in world.findings if finding.number not in dishonest]
    score = Score(
        labels.seed,
        labels.held_back,
        labels.styles,
        len(world.findings),
        len(honest),
        len(world.findings) - len(honest),
    )
    score.signals = {signal: Tally() for signal in SIGNALS}
    _recall(score, labels, raised)
    _precision(score, world, labels, raised)
    _accusations(score, world, honest, raised)
    for alike in labels.look_alikes:
        hit = any(alike.signal in raised.get(number, {}) for number in alike.subjects)
        before = score.look_alikes.get(alike.signal, (0, 0))
        score.look_alikes[alike.signal] = (before[0] + hit, before[1] + 1)
    return score


def _recall(score: Score, labels: Labels, raised: Mapping[str, Mapping[str, str]]) -> None:
    for each in labels.planted:
        found = any(each.signal in raised.get(number, {}) for number in each.subjects)
        tallies = score.strengths.setdefault(each.signal, {})
        for tally in (score.signals[each.signal], tallies.setdefault(each.strength, Tally())):
            tally.planted += 1
            tally.found += found
        any_hit = any(raised.get(number) for number in each.subjects)
        score.suspected.planted += 1
        score.suspected.found += any_hit
        if found and all(set(raised.get(number, {})) <= {each.signal} for number in each.subjects):
            score.alone[each.signal] = score.alone.get(each.signal, 0) + 1
        if not found:
            score.missed.append((each.signal, each.strength, each.subjects, each.how))


def _precision(score: Score, world: World, labels: Labels, raised: Mapping[str, Mapping[str, str]]) -> None:
    allowed: dict[str, set[str]] = {}
    for each in labels.planted:
        for number in each.subjects:
            allowed.setdefault(number, set()).update({each.signal, *each.implies})
        for number in each.also:
            allowed.setdefault(number, set()).add(each.signal)
    numbers = [*(finding.number for finding in world.findings), *(each.number for each in world.lists)]
    for number in numbers:
        for signal in raised.get(number, {}):
            right = signal in allowed.get(number, ())
            score.signals[signal].right += right
            score.signals[signal].false += not right
            if not right:
                score.false.append((signal, number))


def _accusations(
    score: Score, world: World, honest: Iterable[Finding], raised: Mapping[str, Mapping[str, str]]
) -> None:
    sizes = Counter(finding.list for finding in world.findings)
    by = Counter[str]()
    for finding in honest:
        hits = raised.get(finding.number, {})
        blocking = [signal for signal, severity in hits.items() if severity in BLOCKING]
        score.accused += bool(hits)
        score.blocked += bool(blocking)
        by.update(blocking)
        size = next(f"{low}-{high}" for low, high in SIZES if low <= sizes[finding.list] <= high)
        blocked, of = score.by_size.get(size, (0, 0))
        score.by_size[size] = (blocked + bool(blocking), of + 1)
    score.blocked_by = dict(by.most_common())
