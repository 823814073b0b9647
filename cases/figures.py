"""Completion and its kin: what is counted, what is divided by what, and how the quotient is rounded.

Places mean different things by 完成率 (one counts 基本完成, one cuts decimals off), so a rate never stands alone: it
comes with numerator, denominator and the formula in words. A formula that was used once is never edited; a change is
a new version beside the old one. Where the counts come from: ``persistence.figures``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum

from config.messages import say


class Quantity(StrEnum):
    """What of a set of findings is counted; sums of money end in ``_yuan``."""

    TOTAL = "total"  # issued by the day; those signed off before they came here, split or merged away stand apart
    DONE = "done"  # signed off, and not revoked since
    BASIC = "basic"  # 基本完成: a milestone was held, the last one is still to come
    UNDONE = "undone"  # neither of the two
    ON_TIME = "on_time"  # done, and the submission that was accepted came by its due day
    OVERDUE = "overdue"  # not done, and marked overdue
    SUSPENDED = "suspended"  # not done, and its clock is stopped: in the total all the same
    EVER_DONE = "ever_done"  # signed off once, whatever happened since
    REVOKED = "revoked"  # of these, a sign-off was taken back
    RECURRED = "recurred"  # of these, because it did not last
    AMOUNT = "amount_yuan"
    AMOUNT_DONE = "amount_done_yuan"  # recovered or put right, as stated in submissions that were accepted
    HISTORIC = "historic"  # signed off before it came here: in no other quantity


@dataclass(frozen=True, slots=True)
class Tally:
    """The quantities of one set of findings; numbers of findings, and yuan."""

    total: int = 0
    done: int = 0
    basic: int = 0
    on_time: int = 0
    overdue: int = 0
    suspended: int = 0
    ever_done: int = 0
    revoked: int = 0
    recurred: int = 0
    amount_yuan: Decimal = Decimal(0)
    amount_done_yuan: Decimal = Decimal(0)
    historic: int = 0

    @property
    def undone(self) -> int:
        """Neither done nor basically done."""
        return self.total - self.done - self.basic

    @property
    def amount_left_yuan(self) -> Decimal:
        """What is still to be put right (未整改金额)."""
        return self.amount_yuan - self.amount_done_yuan

    def of(self, *quantities: Quantity) -> Decimal:
        """Return the sum of *quantities*."""
        return sum((Decimal(getattr(self, quantity)) for quantity in quantities), Decimal(0))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)})


class Rounding(StrEnum):
    """How the last decimal of a rate is found."""

    HALF_UP = "half_up"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Rate:
    """A percentage with what it is made of; *percent* is None where there is nothing to divide by."""

    numerator: Decimal
    denominator: Decimal
    percent: Decimal | None

    @property
    def text(self) -> str:
        """The percentage as it is printed."""
        return "—" if self.percent is None else f"{self.percent}%"

    @property
    def left(self) -> Decimal:
        """What the numerator leaves of the denominator."""
        return self.denominator - self.numerator


@dataclass(frozen=True, slots=True)
class Formula:
    """One way to make a percentage; *name* and *version* together never change their meaning."""

    name: str
    version: int
    numerator: tuple[Quantity, ...]
    denominator: Quantity
    decimals: int
    rounding: Rounding

    def rate(self, tally: Tally) -> Rate:
        """Return the rate of *tally*."""
        above, below = tally.of(*self.numerator), tally.of(self.denominator)
        if not below:
            return Rate(above, below, None)
        step = Decimal(1).scaleb(-self.decimals)
        mode = ROUND_HALF_UP if self.rounding is Rounding.HALF_UP else ROUND_DOWN
        return Rate(above, below, (above * 100 / below).quantize(step, mode))

    def title(self, language: str) -> str:
        """Return what the rate is called."""
        return say(language, f"figure.name_{self.name}")

    def sentence(self, language: str) -> str:
        """Return the formula as it is printed beside the rate."""
        plus = say(language, "figure.plus")
        return say(
            language,
            "figure.sentence",
            name=self.title(language),
            numerator=plus.join(say(language, f"quantity.{one}") for one in self.numerator),
            denominator=say(language, f"quantity.{self.denominator}"),
            rounding=say(language, f"figure.{self.rounding}", decimals=self.decimals),
            version=self.version,
        )

    def worked(self, tally: Tally, language: str) -> str:
        """Return the formula with the numbers of *tally* in it."""
        rate = self.rate(tally)
        above, below = plain(rate.numerator), plain(rate.denominator)
        if rate.percent is None:
            return say(language, "figure.nothing_to_divide", numerator=above)
        return say(language, "figure.worked", numerator=above, denominator=below, rate=rate.text)


def plain(number: Decimal) -> str:
    """Return *number* with thousands apart; decimals only where it has some."""
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,.2f}"


_Q = Quantity

FORMULAS: tuple[Formula, ...] = (
    # 昆明 2023: 688 of 697, 98.71 %; 基本完成 is not 完成
    Formula("done_only", 1, (_Q.DONE,), _Q.TOTAL, 2, Rounding.HALF_UP),
    # 安徽 2021: 132 of 156 已完成或基本完成; 徐庄 2023 counts long-term tasks with stage results among its 98 of 106
    Formula("done_or_basic", 1, (_Q.DONE, _Q.BASIC), _Q.TOTAL, 2, Rounding.HALF_UP),
    # national audit report 2024: 94.7 -> 94 %, 62.8 -> 62 %, one kind of rectification at a time
    Formula("done_cut", 1, (_Q.DONE,), _Q.TOTAL, 0, Rounding.CUT),
    # 瑞金 2021: 整改到位资金 of 问题资金
    Formula("money", 1, (_Q.AMOUNT_DONE,), _Q.AMOUNT, 2, Rounding.HALF_UP),
    Formula("on_time", 1, (_Q.ON_TIME,), _Q.DONE, 2, Rounding.HALF_UP),
    Formula("overdue", 1, (_Q.OVERDUE,), _Q.TOTAL, 2, Rounding.HALF_UP),
    Formula("revoked", 1, (_Q.REVOKED,), _Q.EVER_DONE, 2, Rounding.HALF_UP),
    Formula("recurred", 1, (_Q.RECURRED,), _Q.EVER_DONE, 2, Rounding.HALF_UP),
)

COMPLETION = ("done_only", "done_or_basic", "done_cut", "money")
"""What may stand for 完成率 in a report; the first one where nobody chose."""

RATES = ("on_time", "overdue", "revoked", "recurred")
"""What stands beside the completion that somebody chose."""


def formulas_of(completion: str | None = None, rounding: str | None = None) -> tuple[Formula, ...]:
    """Return what a report prints: the completion that was chosen and the rates, each cut or rounded as was chosen.

    What is not known chooses nothing.
    """
    chosen = [newest()[completion if completion in COMPLETION else COMPLETION[0]], *(newest()[name] for name in RATES)]
    return tuple(_rounded(one, rounding) for one in chosen)


def printed_of(completion: str | None = None, rounding: str | None = None) -> tuple[Formula, ...]:
    """Return what the papers of one list print: the completion that it chose, else both ways to count 基本完成."""
    first = (completion,) if completion in COMPLETION else COMPLETION[:2]
    chosen = [newest()[name] for name in dict.fromkeys((*first, "on_time", "money"))]
    return tuple(_rounded(one, rounding) for one in chosen)


def _rounded(one: Formula, rounding: str | None) -> Formula:
    return replace(one, rounding=Rounding(rounding)) if rounding in set(Rounding) else one


def newest(formulas: Iterable[Formula] = FORMULAS) -> Mapping[str, Formula]:
    """Return the newest version of each formula, by name."""
    return {one.name: one for one in sorted(formulas, key=lambda one: one.version)}


def formula(name: str, version: int | None = None) -> Formula:
    """Return the formula *name*, the newest version unless one is asked for. Raises KeyError."""
    if version is None:
        return newest()[name]
    return {(one.name, one.version): one for one in FORMULAS}[name, version]
