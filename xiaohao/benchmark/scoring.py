"""How well the signals found what was planted, and how often they accused the honest."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, Final

from cases.signals import SIGNALS
from cases.signals.snapshot import Answer
from xiaohao.bench_format import Finding, Labels, World

BLOCKING: Final = frozenset({"HIGH", "CRITICAL"})
SIZES: Final = ((1, 9), (10, 19), (20, 39), (40, 10_000))
Raised = Mapping[str, Mapping[str, str]]  # number of a finding or list -> signal -> severity


@dataclass
class Tally:
    """Planted and found; raised rightly (*right*) and where nothing was planted (*false*)."""

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

    @property
    def f1(self) -> float | None:
        """Harmonic mean of recall and precision."""
        if not self.recall or not self.precision:
            return 0.0 if self.planted else None
        return 2 * self.recall * self.precision / (self.recall + self.precision)

    def add(self, other: "Tally") -> None:
        """Count what *other* counted too."""
        self.planted += other.planted
        self.found += other.found
        self.right += other.right
        self.false += other.false

    def document(self) -> dict[str, Any]:
        """Return everything as JSON knows it."""
        return asdict(self) | {"recall": self.recall, "precision": self.precision, "f1": self.f1}


@dataclass
class Share:
    """*hit* of *of*."""

    hit: int = 0
    of: int = 0

    def count(self, hit: bool) -> None:
        """Count one more."""
        self.hit += hit
        self.of += 1

    @property
    def per_thousand(self) -> float:
        """How many of each thousand."""
        return 1000 * self.hit / self.of if self.of else 0.0


@dataclass(frozen=True)
class Missed:
    """A manipulation that its own signal did not raise."""

    signal: str
    strength: str
    subjects: tuple[str, ...]
    how: str


@dataclass(frozen=True)
class WorldScore:
    """One world in short."""

    seed: int | None
    styles: tuple[str, ...]
    held_back: bool
    findings: int
    honest: int
    recall: float
    blocked: int
    late: tuple[str, ...]  # leak audit: what is dated after the moment when the signals look


@dataclass
class Score:
    """What `judge` found out of one world, or `together` of several."""

    worlds: list[WorldScore] = field(default_factory=list)
    findings: int = 0
    signals: dict[str, Tally] = field(default_factory=lambda: {signal: Tally() for signal in SIGNALS})
    strengths: dict[str, dict[str, Share]] = field(default_factory=dict)  # signal -> strength -> found of planted
    suspected: Share = field(default_factory=Share)  # manipulations whose subjects bear any signal at all
    accused: Share = field(default_factory=Share)  # honest findings with any hit
    blocked: Share = field(default_factory=Share)  # honest findings with a HIGH or CRITICAL hit
    blocked_by: Counter[str] = field(default_factory=Counter)
    by_size: dict[str, Share] = field(default_factory=dict)  # findings of the list -> honest ones blocked
    by_style: dict[str, Share] = field(default_factory=dict)
    look_alikes: dict[str, Share] = field(default_factory=dict)  # signal -> raised of its look-alikes
    alone: Counter[str] = field(default_factory=Counter)  # ablation: manipulations that no other signal raises
    missed: list[Missed] = field(default_factory=list)
    false: list[tuple[str, str]] = field(default_factory=list)  # signal, number

    @property
    def overall(self) -> Tally:
        """All signals together."""
        total = Tally()
        for tally in self.signals.values():
            total.add(tally)
        return total

    @property
    def recall(self) -> float:
        """Share of all planted manipulations that their own signal found."""
        return self.overall.recall or 0.0

    def document(self) -> dict[str, Any]:
        """Return everything as JSON knows it."""
        told: dict[str, Any] = _plain(self)
        return told | {
            "together": self.overall.document(),
            "accused_per_thousand": self.accused.per_thousand,
            "blocked_per_thousand": self.blocked.per_thousand,
            "signals": {name: tally.document() for name, tally in self.signals.items()},
        }


def _plain(value: Any) -> Any:
    """Return *value* as JSON knows it; `asdict` would build a Counter anew from pairs, which makes them its keys."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def judge(world: World, labels: Labels, answers: Mapping[str, Answer], late: tuple[str, ...] = ()) -> Score:
    """Compare what was raised with the truth. A finding that no label names is honest; *late*: of the leak audit."""
    raised = {number: {hit.signal: hit.severity for hit in answer.hits} for number, answer in answers.items()}
    dishonest = labels.dishonest()
    honest = [finding for finding in world.findings if finding.number not in dishonest]
    score = Score(findings=len(world.findings))
    _count_found(score, labels, raised)
    _count_right_and_false(score, world, labels, raised)
    _count_accusations(score, world, labels, honest, raised)
    for alike in labels.look_alikes:
        hit = any(alike.signal in raised.get(number, {}) for number in alike.subjects)
        score.look_alikes.setdefault(alike.signal, Share()).count(hit)
    score.worlds = [
        WorldScore(
            labels.seed, labels.styles, labels.held_back, len(world.findings), len(honest), score.recall,
            score.blocked.hit, late,
        )
    ]  # fmt: skip
    return score


def together(scores: Sequence[Score]) -> Score:
    """Return several worlds as if they were one."""
    total = Score()
    for score in scores:
        total.worlds += score.worlds
        total.findings += score.findings
        total.missed += score.missed
        total.false += score.false
        total.blocked_by.update(score.blocked_by)
        total.alone.update(score.alone)
        for signal, tally in score.signals.items():
            total.signals[signal].add(tally)
        for signal, shares in score.strengths.items():
            _add_shares(total.strengths.setdefault(signal, {}), shares)
        for name in ("by_size", "by_style", "look_alikes"):
            _add_shares(getattr(total, name), getattr(score, name))
        for name in ("suspected", "accused", "blocked"):
            _add_shares({name: getattr(total, name)}, {name: getattr(score, name)})
    return total


def _add_shares(total: dict[str, Share], more: Mapping[str, Share]) -> None:
    for name, share in more.items():
        kept = total.setdefault(name, Share())
        kept.hit += share.hit
        kept.of += share.of


def _count_found(score: Score, labels: Labels, raised: Raised) -> None:
    for each in labels.planted:
        found = any(each.signal in raised.get(number, {}) for number in each.subjects)
        score.signals[each.signal].planted += 1
        score.signals[each.signal].found += found
        score.strengths.setdefault(each.signal, {}).setdefault(each.strength, Share()).count(found)
        score.suspected.count(any(raised.get(number) for number in each.subjects))
        if found and all(set(raised.get(number, {})) <= {each.signal} for number in each.subjects):
            score.alone[each.signal] += 1
        if not found:
            score.missed.append(Missed(each.signal, each.strength, each.subjects, each.how))


def _count_right_and_false(score: Score, world: World, labels: Labels, raised: Raised) -> None:
    allowed: defaultdict[str, set[str]] = defaultdict(set)
    for each in labels.planted:
        for number in (*each.subjects, *each.also):
            allowed[number].update({each.signal, *each.implies})
    numbers = [*(finding.number for finding in world.findings), *(each.number for each in world.lists)]
    for number in numbers:
        for signal in raised.get(number, {}):
            right = signal in allowed[number]
            score.signals[signal].right += right
            score.signals[signal].false += not right
            if not right:
                score.false.append((signal, number))


def _count_accusations(score: Score, world: World, labels: Labels, honest: Iterable[Finding], raised: Raised) -> None:
    sizes = Counter(finding.list for finding in world.findings)
    style = "+".join(labels.styles)
    for finding in honest:
        hits = raised.get(finding.number, {})
        blocking = [signal for signal, severity in hits.items() if severity in BLOCKING]
        score.accused.count(bool(hits))
        score.blocked.count(bool(blocking))
        score.blocked_by.update(blocking)
        low, high = next(size for size in SIZES if size[0] <= sizes[finding.list] <= size[1])
        for shares, name in ((score.by_size, f"{low}-{high}"), (score.by_style, style)):
            shares.setdefault(name, Share()).count(bool(blocking))
