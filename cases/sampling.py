"""抽样核查: how many to draw, which ones, and what the result says of all; everything in whole numbers.

Whoever has the frame and the seed draws the same sample again, with nothing but sha256sum (docs/sampling.md). The size
and the interval are those of drawing without putting back (hypergeometric distribution), exact, not approximated.
"""

import hashlib
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import Any, Final

from cases.refusals import CaseError

METHOD: Final = "sha256-rank-1"  # rank of a finding: sha256 of "<seed>|<number>", hexadecimal; the lowest are drawn
PERCENT, PERMILLE = 100, 1000


class EmptyFrame(CaseError):
    """The filter leaves nothing to draw from."""

    code = "empty_frame"


class UnknownMethod(CaseError):
    """The sample was drawn by a method that this version does not know; facts: method."""

    code = "unknown_drawing_method"


class NotADrawing(CaseError):
    """A file does not hold an exported sample."""

    code = "not_a_drawing"


class Stratum(StrEnum):
    """Why a finding was drawn: by chance, for the rate; or because it is suspect, never for the rate."""

    RANDOM = "random"
    RISK = "risk"


class Result(StrEnum):
    """What going there showed."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    UNKNOWN = "unknown"  # nobody and nothing could be reached; says why


# --- how many -------------------------------------------------------------------------------------------------------


def false_ones(frame: int, permille: int) -> int:
    """Return how many of *frame* findings are at least *permille* of them, one at least."""
    return max(1, -(-frame * permille // PERMILLE))


def share_of(frame: int, percent: int) -> int:
    """Return *percent* of *frame*, rounded up, never more than there are."""
    return min(frame, -(-frame * percent // PERCENT))


def size_needed(frame: int, confidence_percent: int, excluded_permille: int) -> int:
    """Return the smallest sample that would show a false one, were there *excluded_permille* of them.

    The smallest n with P(no false one among n | K of the frame are false) <= 1 - confidence, K = ceil(share * frame).
    """
    return _least(frame, false_ones(frame, excluded_permille), confidence_percent)


def still_excluded(frame: int, drawn: int, confidence_percent: int) -> int:
    """Return the smallest number of false ones in the frame that *drawn* without any false one exclude."""
    return _least(frame, drawn, confidence_percent)


def _least(frame: int, others: int, confidence_percent: int) -> int:
    """Return the least m with C(frame - others, m) / C(frame, m) <= 1 - confidence: that m miss all the *others*.

    The same whether m are drawn and the others false, or the other way round.
    """
    missed, all_ways = 1, 1  # the quotient as a growing product
    for m in range(1, frame + 1):
        missed *= max(0, frame - others - m + 1)
        all_ways *= frame - m + 1
        if PERCENT * missed <= (PERCENT - confidence_percent) * all_ways:
            return m
    return frame


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the first of low…high-1 for which *holds*, which stays true once it is; *high* where it never does."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


# --- what it says of all --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the frame are false: *found* of *drawn*, so between *low* and *high* of all of them.

    Those that could not be checked count as true for *low* and as false for *high*: the interval never flatters.
    """

    frame: int
    drawn: int
    found: int
    unknown: int
    low: int
    high: int
    confidence_percent: int

    @property
    def checked(self) -> int:
        """How many were looked at."""
        return self.drawn - self.unknown


def percent_of(count: int, of: int) -> str:
    """Return *count* of *of* in percent with one decimal, as people read it; of nothing 0.0."""
    tenths = round(Fraction(count * PERMILLE, of)) if of else 0
    return f"{tenths // 10}.{tenths % 10}"


@lru_cache(maxsize=512)  # seconds where thousands were drawn, and every view of the page asks
def rate(frame: int, drawn: int, found: int, *, unknown: int = 0, confidence_percent: int = 95) -> Rate:
    """Return the exact interval (Clopper and Pearson 1934, for drawing without putting back) by searching integers."""
    low = _lowest(frame, drawn, found, confidence_percent)
    high = _highest(frame, drawn, found + unknown, confidence_percent)
    return Rate(frame, drawn, found, unknown, low, high, confidence_percent)


def _lowest(frame: int, drawn: int, found: int, confidence_percent: int) -> int:
    """Return the least K with P(X >= found | K) > alpha / 2."""

    def is_possible(false: int) -> bool:
        ways, of = _at_most(found - 1, frame, false, drawn)
        return 2 * PERCENT * (of - ways) > (PERCENT - confidence_percent) * of

    return _first(found, frame - drawn + found, is_possible)


def _highest(frame: int, drawn: int, found: int, confidence_percent: int) -> int:
    """Return the greatest K with P(X <= found | K) > alpha / 2."""

    def is_too_many(false: int) -> bool:
        ways, of = _at_most(found, frame, false, drawn)
        return 2 * PERCENT * ways <= (PERCENT - confidence_percent) * of

    return _first(found, frame - drawn + found + 1, is_too_many) - 1


def _at_most(most: int, frame: int, false: int, drawn: int) -> tuple[int, int]:
    """Return P(X <= *most*) as a quotient; false and drawn may change places, and the fewer make smaller numbers."""
    fewer, more = sorted((false, drawn))
    return ways_up_to(most, frame, more, fewer), comb(frame, fewer)


def ways_up_to(most: int, frame: int, false: int, drawn: int) -> int:
    """Return in how many of the C(frame, drawn) samples at most *most* are of the *false* ones."""
    first = max(0, drawn - (frame - false))
    if most < first:
        return 0
    ways = comb(false, first) * comb(frame - false, drawn - first)
    total = ways
    for k in range(first, min(most, false, drawn)):  # each from the one before: exact, and faster than two binomials
        ways = ways * (false - k) * (drawn - k) // ((k + 1) * (frame - false - drawn + k + 1))
        total += ways
    return total


# --- which ones -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finding of the frame, and what speaks for looking at it: its score, and whether it was ever checked here."""

    number: str
    unit: str  # its path or number: what the drawing takes turns between
    score: int
    historic: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that a sample follows from; *candidates* sorted by number."""

    seed: str
    candidates: tuple[Candidate, ...]
    random_size: int
    risk_size: int
    method: str = METHOD

    @property
    def frame(self) -> tuple[str, ...]:
        """The numbers that are drawn from."""
        return tuple(candidate.number for candidate in self.candidates)

    def draw(self) -> Mapping[Stratum, tuple[str, ...]]:
        """Return the numbers of both strata in the order of their rank. Raises UnknownMethod."""
        if self.method != METHOD:
            raise UnknownMethod(method=self.method)
        by_chance = draw_by_chance(self.frame, self.seed, self.random_size)
        rest = [one for one in self.candidates if one.number not in set(by_chance)]
        return {Stratum.RANDOM: by_chance, Stratum.RISK: draw_by_risk(rest, self.risk_size)}


def frame_text(frame: Iterable[str]) -> str:
    """Return the frame as it is published: one number a line, sorted by code points."""
    return "".join(f"{number}\n" for number in sorted(frame))


def frame_sha256(frame: Iterable[str]) -> str:
    """Return what ``sha256sum`` prints for the published frame."""
    return hashlib.sha256(frame_text(frame).encode()).hexdigest()


def rank_of(seed: str, number: str) -> str:
    """Return the rank of a finding: lowest first."""
    return hashlib.sha256(f"{seed}|{number}".encode()).hexdigest()


def draw_by_chance(frame: Sequence[str], seed: str, size: int) -> tuple[str, ...]:
    """Return the *size* findings of lowest rank."""
    return tuple(sorted(frame, key=lambda number: rank_of(seed, number))[:size])


def draw_by_risk(candidates: Iterable[Candidate], size: int) -> tuple[str, ...]:
    """Return *size* findings: units take turns; in each, what was signed off before it came here, then by score."""
    turns: Counter[str] = Counter()
    in_turn: list[tuple[int, Candidate]] = []
    for one in sorted(candidates, key=_by_risk):
        in_turn.append((turns[one.unit], one))
        turns[one.unit] += 1
    in_turn.sort(key=lambda pair: pair[0])  # stable: within a turn the most suspect first
    return tuple(one.number for _, one in in_turn[:size])


def _by_risk(one: Candidate) -> tuple[bool, int, str]:
    return (not one.historic, -one.score, one.number)


def months_before(day: date, months: int) -> date:
    """Return the day *months* earlier; the last of its month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


# --- taken along, and done again elsewhere ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exported:
    """A drawing with what came of it, as it goes out for anybody to draw again."""

    number: str
    drawing: Drawing
    frame_sha256: str
    drawn: Mapping[Stratum, tuple[str, ...]]

    def same_again(self) -> bool:
        """Whether frame and seed give this very sample. Raises UnknownMethod."""
        return frame_sha256(self.drawing.frame) == self.frame_sha256 and self.drawing.draw() == dict(self.drawn)

    def as_json(self) -> dict[str, Any]:
        """Return what `exported` reads."""
        drawing = self.drawing
        return {
            "number": self.number,
            "method": drawing.method,
            "seed": drawing.seed,
            "frame": list(drawing.frame),
            "frame_sha256": self.frame_sha256,
            "random_size": drawing.random_size,
            "risk_size": drawing.risk_size,
            "candidates": [asdict(one) for one in drawing.candidates],
            "random": list(self.drawn[Stratum.RANDOM]),
            "risk": list(self.drawn[Stratum.RISK]),
        }


def exported(given: Any) -> Exported:
    """Read an exported sample. Raises NotADrawing."""
    try:
        candidates = tuple(
            Candidate(str(one["number"]), str(one["unit"]), int(one["score"]), bool(one["historic"]))
            for one in given["candidates"]
        )
        sizes = int(given["random_size"]), int(given["risk_size"])
        drawing = Drawing(str(given["seed"]), candidates, *sizes, method=str(given["method"]))
        drawn = {stratum: tuple(str(number) for number in given[stratum.value]) for stratum in Stratum}
        same_frame = list(drawing.frame) == sorted(str(number) for number in given["frame"])
        kept = Exported(str(given["number"]), drawing, str(given["frame_sha256"]), drawn)
    except (KeyError, TypeError, ValueError) as why:
        raise NotADrawing() from why
    if not same_frame:
        raise NotADrawing()
    return kept
