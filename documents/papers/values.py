"""What the papers say, as plain values: texts as they are to be read, days as days, nothing to be looked up."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date

from cases.figures import Formula, Tally, printed_of

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")  # XML has no place for them
LONGEST_CELL = 32_000  # characters; Excel ends at 32,767


def printable(text: str) -> str:
    """Return *text* without characters that no office file can hold; line breaks and tabs stay."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def numbered(texts: Sequence[str]) -> str:
    """Return *texts* as the lines of one cell: "1.…", "2.…"; a single one bears no number."""
    if len(texts) < 2:
        return "".join(texts)
    return "\n".join(f"{place}.{text}" for place, text in enumerate(texts, 1))


def day_in_words(day: date | None) -> str:
    """Return *day* as Chinese papers write it, or room to write one."""
    return f"{day.year}年{day.month}月{day.day}日" if day else "　　　年　　月　　日"


@dataclass(frozen=True)
class LedgerLine:
    """One finding as the 32 columns of a 整改台账 say it, in their order; money is in 万元."""

    seq: str
    number: str
    aspect: str
    category: str
    title: str
    detail: str
    amount: str
    headcount: str
    kind: str
    target: str
    measures: tuple[str, ...]
    responsible_leader: str
    lead_org: str
    responsible_org: str
    responsible_person: str
    phone: str
    starts_on: str
    due: str
    progress: str
    status: str
    done_on: str
    result: str
    recovered: str
    person_actions: str
    regulations: tuple[str, ...]
    evidence_refs: tuple[str, ...]
    unfinished_reason: str
    next_steps: str
    extensions: str
    review_opinion: str
    sign_off: str
    remark: str

    def texts(self) -> list[str]:
        """Return the cells, left to right."""
        cells = (getattr(self, one.name) for one in fields(self))
        return [numbered(cell) if isinstance(cell, tuple) else cell for cell in cells]


@dataclass(frozen=True)
class ListValues:
    """One issue list with its findings, as of a day."""

    number: str
    title: str
    unit: str
    office: str  # to whom the unit reports
    round_name: str
    feedback_on: date | None
    as_of: date
    chief: str  # post of the first responsible person
    plan_adopted_on: date | None
    plan_summary: str
    report_summary: str
    lines: tuple[LedgerLine, ...]
    tally: Tally
    checkpoint: str  # sentence about the log, to be checked against it later
    superior: str = ""  # post of the leader above who looks after the unit
    formulas: tuple[Formula, ...] = field(default_factory=printed_of)  # as the list reports
    places: Mapping[str, str] = field(default_factory=dict)  # number of a finding -> where it stood in the file


@dataclass(frozen=True)
class FigureLine:
    """One line of a 统计表."""

    label: str
    tally: Tally


@dataclass(frozen=True)
class FigureValues:
    """A table of figures: lines, their sum, and the formulas that are printed under it."""

    title: str
    scope: str  # what was counted, in words
    as_of: date
    grouped_by: str
    lines: tuple[FigureLine, ...]
    whole: Tally
    formulas: tuple[Formula, ...]
    language: str = "zh"
    office: str = ""  # who publishes it
    checkpoint: str = ""


@dataclass(frozen=True)
class Opinion:
    """What somebody decided, with post, name and day; *seal* is the sheet number where it was on paper."""

    text: str
    who: str
    on: date
    seal: str = ""


@dataclass(frozen=True)
class FindingValues:
    """One finding in its present cycle, for the papers about it; no opinion leaves room for a signature."""

    number: str
    unit: str
    office: str
    round_name: str
    feedback_on: date | None
    kind: str
    due_on: date | None
    leader: str
    handler: str
    amount: str
    recovered: str
    title: str
    detail: str
    criteria: tuple[str, ...]
    measures: tuple[str, ...]  # with what was done
    completion: str
    evidence: tuple[str, ...]
    unit_opinions: tuple[Opinion, ...] = ()
    verifications: tuple[Opinion, ...] = ()
    look_backs: tuple[Opinion, ...] = ()
    decisions: tuple[Opinion, ...] = ()
    signed_off_on: date | None = None
    checkpoint: str = ""
    submitted_on: date | None = None
    conclusions: tuple[str, ...] = ()  # criterion by criterion, as verified
    adopted: tuple[str, ...] = ()  # 采信情况: each piece of evidence that was looked at, with the verdict
    later_visits: tuple[Opinion, ...] = ()  # 再检查, after the sign-off
    new_facts: tuple[str, ...] = ()  # 再了解: findings that were opened while looking back
    taken_back: tuple[str, ...] = ()  # 再通报: sign-offs that did not last
