"""Sentences from a small grammar: ``[a|b]`` is a choice (may be nested, a branch may be empty), ``{name}`` a value."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_NUMERALS = "〇一二三四五六七八九"
_COUNTED = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")


def expand(rng: Random, template: str, values: Mapping[str, object] = {}) -> str:
    """Return one sentence of *template*; values may hold grammar themselves."""
    text = template
    while "{" in text:
        text = text.format_map(values)
    while "[" in text:
        text = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), text)
    return text


def yuan(amount: Decimal) -> str:
    """Return *amount* as officials write it: 4500元, 4.32万元."""
    if amount < 10000:
        return f"{amount.normalize():f}元"
    return f"{(amount / 10000).normalize():f}万元"


def plain_yuan(amount: Decimal) -> str:
    """Return *amount* as a voucher has it: 43,200.00."""
    return f"{amount:,.2f}"


def day_of(day: date) -> str:
    """Return 2025年3月4日."""
    return f"{day.year}年{day.month}月{day.day}日"


def short_day(day: date) -> str:
    """Return 3月4日."""
    return f"{day.month}月{day.day}日"


def chinese_day(day: date) -> str:
    """Return 二〇二五年三月四日, as some documents are signed."""
    year = "".join(_NUMERALS[int(digit)] for digit in str(day.year))
    return f"{year}年{chinese(day.month)}月{chinese(day.day)}日"


def chinese(number: int) -> str:
    """Return 1-99 in numerals."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_COUNTED[tens - 1]}十")
    return head + (_COUNTED[ones - 1] if ones else "")


def ordinal(at: int) -> str:
    """Return 一是, 二是 ... for 0, 1 ..."""
    return f"{chinese(at + 1)}是"
