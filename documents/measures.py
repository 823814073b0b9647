"""Several measures in one cell -> one text each: 1. 2. / （1）/ ① / 一是 / 第一， / a line each; and their own days."""

import re
from collections.abc import Callable, Iterator, Sequence

from cases.dirty_text import clean
from cases.written_dates import read_date

MOST = 20  # measures of one finding that are told apart by their numbers


def _chinese(number: int) -> str:
    ones = "零一二三四五六七八九十"
    return ones[number] if number <= 10 else "十" + ones[number - 10] if number < 20 else "二十"


_BEFORE = r"(?:^|(?<=[\s;；。,，、:：!！?？）)》”]))"
_MARKS: tuple[Callable[[int], str], ...] = (  # how measure n is marked; outermost numbering first
    lambda n: rf"^[ \t]*{_chinese(n)}、",
    lambda n: rf"{_BEFORE}[（(]{_chinese(n)}[）)]",
    lambda n: rf"{_BEFORE}{n}(?:[.．](?!\d(?!\d?月|\d{{3}}年))|[、)）])",
    lambda n: rf"{_BEFORE}[（(]{n}[）)]",
    lambda n: chr(0x2460 + n - 1) + r"[.、]?",
    lambda n: rf"{_BEFORE}{_chinese(n)}是(?!否)[,，:：]?",
    lambda n: rf"{_BEFORE}第{_chinese(n)}[,，、:：]",
)
_STYLES = tuple(
    (signs, tuple(re.compile(mark(number), re.MULTILINE) for number in range(1, MOST + 1)))
    for signs, mark in zip(("一、", "一", "1", "1", "①", "一是", "第一"), _MARKS, strict=True)
)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def split_measures(text: str) -> tuple[str, ...]:
    """Return the measures in *text*, without their numbers, first to last; without numbers, its lines.

    Numbers count only in order from one on, so that 2.5万元 and 2025.3.31 split nothing.
    """
    text = clean(text)
    if not text:
        return ()
    numbered = text if text.isascii() else text.translate(_FULL_WIDTH)  # same length: places hold for both
    for signs, style in _STYLES:
        if signs not in numbered:
            continue
        marks = list(_found(numbered, style))
        if len(marks) < 2 and not (marks and marks[0][0] == 0):
            continue
        lead = text[: marks[0][0]].strip(" \n:：")
        ends = [start for start, _ in marks[1:]] + [len(text)]
        parts = [_tidy(text[begin:end]) for (_, begin), end in zip(marks, ends, strict=True)]
        if lead:
            parts[0] = f"{lead}：{parts[0]}"
        return tuple(part for part in parts if part)
    return tuple(part for line in text.split("\n") if (part := _tidy(line)))


def deadlines_in(measures: Sequence[str]) -> tuple[str, ...]:
    """Return the days by which *measures* promise something, as they are written: 2025年6月底前完成 -> 2025年6月底前.

    2018年12月31日前发放的补贴 is none: nothing is promised for that day.
    """
    candidates = (found[1].strip() for text in measures for found in _PROMISED.finditer(text))
    return tuple(dict.fromkeys(written for written in candidates if read_date(written).doubt != "not_a_date"))


_PROMISE = (
    "完成|整改|到位|办结|落实|建立|建成|健全|修订|出台|印发|制定|制订|清退|清理|清缴|收回|追回|追缴|上缴|缴入|退还|归还|退回|拆除|"
    "开展|组织|召开|公开|公示|报送|移交|处置|处理|整治|补办|补齐|补签|验收|投用|启用|规范|核销|盘点|销号|结清|偿还|兑付|实现|形成"
)
_PROMISED = re.compile(
    r"(?:^|[^\d年月日号.．/\-零〇一二三四五六七八九十])"
    r"([\d０-９一二三四五六七八九十零〇○年月日号底末季度份第个上中下半旬今本当.．/\-]{2,20}(?:之前|以前|前|之内|以内|内))"
    rf"(?=[，,]?[^，,。；;\n]{{0,30}}?(?:{_PROMISE})(?![^，,。；;\n]{{0,6}}的))"
)


def _found(text: str, style: Sequence[re.Pattern[str]]) -> Iterator[tuple[int, int]]:
    """Yield where mark 1, 2, 3 … begin and end, as long as the next one is found behind the last."""
    position = 0
    for mark in style:
        found = mark.search(text, position)
        if found is None:
            return
        yield found.span()
        position = found.end()


def _tidy(part: str) -> str:
    return part.strip(" \t\n;；")
