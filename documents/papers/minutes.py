"""会议纪要: what a meeting of the leading group decided, who voted how, and what became of each finding."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from documents.papers.values import day_in_words


@dataclass(frozen=True)
class ItemLine:
    """One finding of the agenda: its votes in words, and what became of it."""

    number: str
    title: str
    unit: str
    votes: str
    result: str


@dataclass(frozen=True)
class VoteLine:
    """What one member said."""

    name: str
    opinion: str
    reason: str


@dataclass(frozen=True)
class MeetingValues:
    """A meeting, for its minutes."""

    number: str
    held_on: date
    place: str
    chair: str
    present: tuple[str, ...]
    absent: tuple[str, ...]
    votes: tuple[VoteLine, ...]
    lines: tuple[ItemLine, ...]
    resolution: str
    checkpoint: str


def minutes_facts(values: MeetingValues) -> dict[str, Any]:
    """Return the names of 会议纪要."""
    words = {"held_on": day_in_words(values.held_on), "present": "、".join(values.present)}
    words |= {"absent": "、".join(values.absent) or "无", "today": day_in_words(values.held_on)}
    lists = {"votes": [asdict(one) for one in values.votes], "lines": [asdict(one) for one in values.lines]}
    return asdict(values) | words | lists


SAMPLE = MeetingValues(
    number="〔2026〕第3次", held_on=date(2026, 7, 1), place="市委第二会议室", chair="领导小组组长",
    present=("领导小组组长", "领导小组副组长"), absent=("领导小组成员",),
    votes=(VoteLine("领导小组副组长", "同意", ""), VoteLine("领导小组组长", "同意", "")),
    lines=(ItemLine("XC2026-001-001", "超标准发放津贴补贴", "示例单位", "同意 2，不同意 0", "通过，已销号"),),
    resolution="会议逐项核对缴款凭证和回头看记录，同意销号。",
    checkpoint="数据截至2026年7月1日",
)  # fmt: skip
