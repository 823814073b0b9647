"""Amounts as people write them (128.6万元, １，２００元, 叁万元整) -> yuan as ``Decimal`` with two decimals.

What is written counts before the unit of the column: 4500元 in a column 万元 is 4,500 yuan. The codes of *doubt* have
sentences in the catalogues under ``intake.<code>``.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise

CENT = Decimal("0.01")
MOST = Decimal(10) ** 15  # yuan; more is a slip

_SCALE = {
    "": Decimal(1), "十": Decimal(10), "百": Decimal(100), "千": Decimal(1000), "万": Decimal(10) ** 4,
    "十万": Decimal(10) ** 5, "百万": Decimal(10) ** 6, "千万": Decimal(10) ** 7, "亿": Decimal(10) ** 8,
    "百亿": Decimal(10) ** 10, "千亿": Decimal(10) ** 11, "万亿": Decimal(10) ** 12,
}  # fmt: skip
_CAPITALS = str.maketrans("零壹贰叁肆伍陆柒捌玖拾佰仟萬億圆〇两", "零一二三四五六七八九十百千万亿元零二")
LONGEST = 200  # characters that may stand for an amount; what is longer is none, and is not searched for one
_NOTHING = re.compile(r"[/\\\-—–―]*|无|暂无|不涉及|未涉及|无金额")
_NUMBER = re.compile(
    r"(?<![\d.])(-?\d+(?:\.\d+)?)((?:十|百|千)?万亿?|[百千]?亿|[十百千]?)(?:余|多|几|来)?(?:元人民币|元|块)?(?:人民币)?整?"
)
_ROUGHLY = re.compile(r"约|近|余|多|几|左右|上下|以上|不足|超过?|[^\d]来")


@dataclass(frozen=True)
class Amount:
    """What a cell says about money: *yuan* (two decimals), *doubt* for a person, or *impossible*."""

    yuan: Decimal | None = None
    doubt: str | None = None
    impossible: bool = False


def read_amount(text: str, *, unit: Decimal = Decimal(1)) -> Amount:
    """Understand *text*; *unit* is the yuan of one, where the text names none (10000 in a column 万元)."""
    if len(text) > LONGEST:
        return Amount(doubt="not_an_amount")
    plain = re.sub(r"[\s¥￥$,，]|人民币|RMB|CNY|\u200b|\ufeff", "", unicodedata.normalize("NFKC", text).strip())
    if _NOTHING.fullmatch(plain):
        return Amount()
    plain = re.sub(
        r"[零一二三四五六七八九十百千万亿]{1,20}元[零一二三四五六七八九角分整正]*",
        _in_digits,
        plain.translate(_CAPITALS),
    )
    if re.search(r"\d[元万亿千百十]*[-~—至到]\d", plain):
        return Amount(doubt="amount_range")

    roughly = _ROUGHLY.search(plain)
    plain = re.sub(r"(?<=\d)[余多几来](?=[百千万亿])", "", plain)  # 5380多亿元
    parts = [match for match in _NUMBER.finditer(plain) if match[0]]
    rest = _NUMBER.sub("", plain)
    if not parts:
        return Amount(doubt="not_an_amount")
    if len(parts) > 1 and not _descending(plain, parts):
        return _several(plain, parts)

    try:
        sum_ = sum((Decimal(number[1]) * _SCALE[number[2]] for number in parts), Decimal(0))
    except InvalidOperation:  # more digits than anybody owns
        return Amount(impossible=True)
    named = "元" in plain or "块" in plain or any(part[2] for part in parts)
    amount = in_yuan(sum_, unit=Decimal(1) if named else unit)
    if amount.impossible:
        return amount
    if roughly:
        return Amount(amount.yuan, doubt="amount_roughly")
    return Amount(amount.yuan, doubt="more_than_an_amount" if rest.strip("()。.;；、:") else None)


def in_yuan(number: Decimal, *, unit: Decimal = Decimal(1)) -> Amount:
    """Return *number* of *unit* yuan each, rounded half up to the cent; impossible below zero or beyond all measure."""
    if not number.is_finite() or number < 0 or number * unit > MOST:
        return Amount(impossible=True)
    return Amount((number * unit).quantize(CENT, ROUND_HALF_UP))


def unit_of(text: str) -> Decimal | None:
    """Return the yuan of one, as a heading or a unit column names it (万元 -> 10000), None where it names none."""
    match = re.search(
        r"(万亿|[百千]?亿|[十百千]?万|[千百]?)元|^(亿|万)$", unicodedata.normalize("NFKC", text[:LONGEST]).strip()
    )
    return _SCALE[match[1] or match[2] or ""] if match else None


def _several(plain: str, parts: list[re.Match[str]]) -> Amount:
    """共8万元（其中3万元、5万元） is the whole if its parts come to it; 3万元+5万元 is their sum, which is asked."""
    try:
        yuan = [Decimal(part[1]) * _SCALE[part[2]] for part in parts]
    except InvalidOperation:
        return Amount(impossible=True)
    between = [plain[before.end() : after.start()] for before, after in pairwise(parts)]
    if not all(part[0].endswith(("元", "整", "块")) for part in parts):
        return Amount(doubt="several_amounts")
    if re.search(r"其中|分别|包括|含", between[0]) and sum(yuan[1:]) == yuan[0]:
        return in_yuan(yuan[0])
    if all(sign in {"+", "加"} for sign in between):
        return replace(in_yuan(sum(yuan, Decimal(0))), doubt="amount_summed")
    return Amount(doubt="several_amounts")


def _descending(plain: str, parts: list[re.Match[str]]) -> bool:
    """1亿2000万元 is one amount in two steps; 3万元、5万元 are two amounts."""
    adjacent = all(a.end() == b.start() for a, b in pairwise(parts))
    scales = [_SCALE[part[2]] for part in parts]
    return adjacent and scales == sorted(set(scales), reverse=True) and "元" not in plain[: parts[-1].start()]


def _in_digits(match: re.Match[str]) -> str:
    """三万五千元整 -> 35000元; what is already a plain unit (万元 after digits) stays."""
    chinese, _, small = match[0].partition("元")
    if not re.search(r"[一二三四五六七八九]", chinese):
        return match[0]
    cents = sum(
        "零一二三四五六七八九".index(found[1]) * worth
        for mark, worth in (("角", 10), ("分", 1))
        if (found := re.search(rf"([一二三四五六七八九]){mark}", small))
    )
    return f"{_chinese_number(chinese)}.{cents:02d}元"


def _chinese_number(chinese: str) -> int:
    total = section = digit = 0
    for character in chinese:
        if character in "一二三四五六七八九":
            digit = "零一二三四五六七八九".index(character)
        elif character in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
        elif character in "万亿":
            total = (total + section + digit) * (10**4 if character == "万" else 10**8)
            section = digit = 0
    return total + section + digit
