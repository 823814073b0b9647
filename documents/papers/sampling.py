"""抽样核查附录: from what and how a sample was drawn, what was found at each finding, and what it says of all."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from documents.papers.values import day_in_words


@dataclass(frozen=True)
class DrawnLine:
    """One drawn finding: its stratum and what was found, in words."""

    stratum: str
    number: str
    title: str
    unit: str
    result: str


@dataclass(frozen=True)
class SampleValues:
    """A sample, for the appendix; *sentences* say the rate of the random stratum, and the risk stratum apart."""

    number: str
    purpose: str
    unit: str
    drawn_on: date
    frame: str
    frame_sha256: str
    seed: str
    method: str
    lines: Sequence[DrawnLine]
    sentences: Sequence[str]
    conclusion: str
    checkpoint: str


def sample_facts(values: SampleValues) -> dict[str, Any]:
    """Return the names of 抽样核查附录."""
    lists = {"lines": [asdict(one) for one in values.lines], "sentences": list(values.sentences)}
    return asdict(values) | {"drawn_on": day_in_words(values.drawn_on)} | lists


SAMPLE = SampleValues(
    number="CY2026-001", purpose="2026年上半年销号抽样核查", unit="中共示例市委员会", drawn_on=date(2026, 7, 1),
    frame="60个已销号问题", frame_sha256="0" * 64, seed="f" * 64, method="sha256-rank-1",
    lines=(DrawnLine("随机层", "XC2026-001-001", "超标准发放津贴补贴", "示例单位", "相符（核对3项）"),),
    sentences=("随机抽取6个，核实6个，不符0个。", "以95%的把握，60个已销号问题中不实的有0至22个。"),
    conclusion="抽查问题整改属实。", checkpoint="数据截至2026年7月1日",
)  # fmt: skip
