"""Words of the trade: a 轮 is the inspection's round, a cycle is 第 N 次整改, what is proposed is a 处理建议."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
FOR_PEOPLE = (
    "config/messages/zh/*.toml", "notifications/templates/*/zh/*", "bpmn/processes/*.bpmn", "bpmn/forms/*.json",
    "bpmn/decisions/*.dmn", "web/templates/**/*.html", "docs/*.md", "README.zh.md",
)  # fmt: skip
OF_THE_INSPECTION = re.compile(r"轮次|轮巡察|轮流|整轮巡检")
WRONG = {"处置建议": "处理建议", "新一轮整改": "再次整改", "本轮整改": "本次整改"}


@pytest.mark.parametrize("pattern", FOR_PEOPLE)
def test_words_of_the_trade_are_used_for_what_they_mean(pattern: str) -> None:
    found = sorted(HOUSE.glob(pattern))

    assert found, pattern
    for file in found:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            place = f"{file.relative_to(HOUSE)}:{number}"
            assert not [word for word in WRONG if word in line], (place, WRONG)
            left = OF_THE_INSPECTION.sub("", line)
            assert "轮" not in left, f"{place}: {line.strip()[:80]}"
