"""Several measures in one cell -> one text each: 1. 2. / （1）/ ① / 一是 / 第一， / a line each."""

import re
from collections.abc import Callable, Iterator

from cases.dirty_text import clean

_CHINESE = "一二三四五六七八九十"


def _chinese(number: int) -> str:
    return _CHINESE[number - 1] if number <= 10 else "十" + _CHINESE[number - 11]


_BEFORE = r"(?:^|(?<=[\s;；。,，、:：!！?？）)》”]))"
_STYLES: tuple[Callable[[int], str], ...] = (  # the mark of measure n; outermost numbering first
    lambda n: rf"^[ \t]*{_chinese(n)}、",
    lambda n: rf"{_BEFORE}[（(]{_chinese(n)}[）)]",
    lambda n: rf"{_BEFORE}{n}(?:[.．](?!\d)|[、)）])",
    lambda n: rf"{_BEFORE}[（(]{n}[）)]",
    lambda n: chr(0x2460 + n - 1) + r"[.、]?",
    lambda n: rf"{_BEFORE}{_chinese(n)}是(?!否)[,，:：]?",
    lambda n: rf"{_BEFORE}第{_chinese(n)}[,，、:：]",
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def split_measures(text: str) -> tuple[str, ...]:
    """Return the measures in *text*, without their numbers, first to last; without numbers, its lines.

    Numbers count only in order from one on, so that 2.5万元 and 2025.3.31 split nothing.
    """
    text = clean(text)
    numbered = text.translate(_FULL_WIDTH)  # same length: places hold for both
    for style in _STYLES:
        marks = list(_marks(numbered, style))
        if len(marks) < 2 and not (marks and marks[0][0] == 0):
            continue
        lead = text[: marks[0][0]].strip(" \n:：")
        ends = [start for start, _ in marks[1:]] + [len(text)]
        parts = [_tidy(text[begin:end]) for (_, begin), end in zip(marks, ends, strict=True)]
        if lead and marks[0][0] > 0:
            parts[0] = f"{lead}：{parts[0]}"
        return tuple(part for part in parts if part)
    return tuple(part for line in text.split("\n") if (part := _tidy(line)))


def _marks(text: str, style: Callable[[int], str]) -> Iterator[tuple[int, int]]:
    """Yield where mark 1, 2, 3 … begin and end, as long as the next one is found behind the last."""
    position = 0
    for number in range(1, 20):
        mark = re.compile(style(number), re.MULTILINE).search(text, position)
        if mark is None:
            return
        yield mark.start(), mark.end()
        position = mark.end()


def _tidy(part: str) -> str:
    return part.strip(" \t\n;；")
