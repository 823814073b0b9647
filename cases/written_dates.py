"""Dates as people write them in ledgers: what is clear is understood, what is not is asked, nothing is invented.

「2025年6月底前」 is the last day of June; 「2025年6月」 is a month and no day; 「立行立改」 and 「长期坚持」 are kinds
and no dates at all. The codes of *doubt* have sentences in the catalogues under ``intake.<code>``.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from cases.finding import Kind

LONGEST = 200  # characters that may stand for a day or a kind; what is longer is no day, and is not searched for one
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)  # outside of it a number or a year is a slip, not a deadline

_KINDS = (  # first match wins: 「立行立改并长期坚持」 is kept up, so it stays open longest
    (
        Kind.CONTINUOUS,
        r"长期坚持|长期整改|持续整改|持续坚持|持续推进|长期推进|常态化?长效|常态化(?:坚持|推进|整改)?|长期|持续|长效坚持",
    ),
    (Kind.IMMEDIATE, r"立行立改|立整立改|即知即改|即行即改|立即整改|即时整改|马上改|立改|短期攻坚"),
    (Kind.PHASED, r"分阶段整改|阶段性整改|分步整改|限期整改|限时整改|分阶段|分期整改|中期推进"),
)
_NOTHING = frozenset("/-—–―\\无") | {"", "——", "--", "//", "无期限"}


@dataclass(frozen=True)
class WrittenDate:
    """What a cell says about a day.

    *on* the day, where one is certain enough to show; *kind* a kind of rectification written instead or beside;
    *doubt* the code of what a person must look at; *impossible* when it names a day that does not exist.
    """

    on: date | None = None
    kind: Kind | None = None
    doubt: str | None = None
    impossible: bool = False


@lru_cache(maxsize=4096)  # a ledger says the same few days over and over
def read_date(text: str, *, feedback_on: date | None = None) -> WrittenDate:
    """Understand *text*. A year that is not written is taken from *feedback_on* for ends of periods only, and asked."""
    if len(text) > LONGEST:
        return WrittenDate(doubt="not_a_date")
    plain = _plain(text)
    if plain in _NOTHING:
        return WrittenDate()
    if re.fullmatch(r"\d{5}(?:\.\d+)?", plain):
        serial = read_serial(float(plain))
        return replace(serial, doubt=serial.doubt or "serial_as_text") if serial.on else serial

    kind, rest = _without_kind(plain)
    found = tuple(_days(rest, feedback_on))
    left = _WORDS.sub("", _ANY.sub("", rest))
    if not found:
        return WrittenDate(kind=kind, doubt="not_a_date" if left or not kind else None)
    if any(day.impossible for _, _, day in found):
        return WrittenDate(kind=kind, impossible=True)

    day = _one_of(rest, found)
    if day.doubt is None and left:
        day = replace(day, doubt="more_than_a_date")
    return replace(day, kind=kind)


def read_serial(number: float, *, since_1904: bool = False) -> WrittenDate:
    """Understand a number in a date column: a workbook serial, or 20250630, 202506 and 2025 typed as numbers.

    Serial 60 of the 1900 calendar is 29 February 1900, a day that never was.
    """
    whole = int(number)
    if whole == number and 19900101 <= whole <= 21001231:
        return read_date(str(whole))
    if (whole == number and 199001 <= whole <= 210012) or (whole != number and 1990 < number < 2101):
        return WrittenDate(doubt="month_without_day")
    if whole == number and EARLIEST.year <= whole <= LATEST.year:
        return WrittenDate(doubt="year_without_day")
    try:
        return plausible(_SINCE_1904 + timedelta(whole) if since_1904 else _SINCE_1900 + timedelta(whole))
    except OverflowError:
        return WrittenDate(impossible=True)


def plausible(on: date) -> WrittenDate:
    """Return *on* as understood, or as impossible where no deadline can lie there."""
    return WrittenDate(on) if EARLIEST <= on <= LATEST else WrittenDate(impossible=True)


@lru_cache(maxsize=1024)
def read_kind(text: str) -> Kind | None:
    """Return the kind of rectification that *text* names, None if it names none. Source: DOMAIN 2.3."""
    return _without_kind(_plain(text[:LONGEST]))[0]


_SINCE_1900, _SINCE_1904 = date(1899, 12, 30), date(1904, 1, 1)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_ZERO = "〇○零OoОо"
_DIGIT = {**dict(zip("一二三四五六七八九", "123456789", strict=True)), "两": "2", **dict.fromkeys(_ZERO, "0")}


def _plain(text: str) -> str:
    """Half-width, Arabic, without blanks, times of day and weekdays."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    text = re.sub(r"(?<=\d)[T\s]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", "", text)
    text = re.sub(r"\(?(?:星期|周)[一二三四五六日天]\)?", "", text)
    text = re.sub(r"(?<=\d)\s+(?=\d)", ".", text)
    text = re.sub(r"\s+", "", text)
    text = re.sub(rf"[一二三四五六七八九{_ZERO}]{{2,4}}(?=年)", lambda m: "".join(_DIGIT[c] for c in m[0]), text)
    return re.sub(
        r"[一二两三四五六七八九十廿卅]{1,4}(?=个|月|日|号|季|天|周|年内)", lambda m: _small_number(m[0]), text
    )


def _small_number(chinese: str) -> str:
    chinese = chinese.replace("廿", "二十").replace("卅", "三十")
    if "十" not in chinese:
        return "".join(_DIGIT[c] for c in chinese)
    tens, _, ones = chinese.partition("十")
    return str(int(_DIGIT.get(tens, "1")) * 10 + int(_DIGIT.get(ones, "0")))


def _without_kind(plain: str) -> tuple[Kind | None, str]:
    kind = next((kind for kind, words in _KINDS if re.search(words, plain)), None)
    for _, words in _KINDS:
        plain = re.sub(rf"[并且和及,;、。(]*(?:{words})[),;、。]*", " ", plain)
    return kind, plain.strip()


# --- the shapes of a day --------------------------------------------------

Found = tuple[int, int, WrittenDate]


def _day(year: int, month: int, day: int) -> WrittenDate:
    try:
        return plausible(date(year, month, day))
    except ValueError:
        return WrittenDate(impossible=True)


def _end_of(year: int, month: int) -> WrittenDate:
    return _day(year, month, monthrange(year, month)[1] if 1 <= month <= 12 and 1 <= year <= 9999 else 0)


def _vague(year: int, month: int, doubt: str) -> WrittenDate:
    """A period without a day; a month 13 is impossible all the same."""
    return WrittenDate(doubt=doubt) if _end_of(year, month).on else WrittenDate(impossible=True)


def _either_way(first: int, second: int, year: int) -> WrittenDate:
    """05/03/2024: day first or month first; only one of them possible, or both the same day, is clear."""
    ways = {way.on for way in (_day(year, first, second), _day(year, second, first)) if way.on}
    if len(ways) == 1:
        return WrittenDate(ways.pop())
    return WrittenDate(doubt="day_or_month_first") if ways else WrittenDate(impossible=True)


def _next_end(month: int, feedback_on: date | None) -> WrittenDate:
    """The first end of *month* after *feedback_on*: likely, so it is shown, but it is asked."""
    if not 1 <= month <= 12:
        return WrittenDate(impossible=True)
    if feedback_on is None:
        return WrittenDate(doubt="year_missing")
    end = _end_of(feedback_on.year, month)
    if end.on and end.on <= feedback_on:
        end = _end_of(feedback_on.year + 1, month)
    return replace(end, doubt="year_from_feedback")


def _after_feedback(count: int, unit: str, feedback_on: date | None) -> WrittenDate:
    if feedback_on is None or unit in {"工作日", "季度"} or count > 3650:
        return WrittenDate(doubt="term_without_start")
    if unit in {"日", "天", "周", "星期"}:
        return plausible(feedback_on + timedelta(count * (7 if unit in {"周", "星期"} else 1)))
    months = feedback_on.month - 1 + count * (12 if unit == "年" else 1)
    year, month = feedback_on.year + months // 12, months % 12 + 1
    return _day(year, month, min(feedback_on.day, monthrange(year, month)[1]))


_TERM = r"(\d{1,4})个?(?:自然)?(工作日|季度|星期|月|日|天|周|年)"
_YEAR, _STOP = r"(?<!\d)(\d{4})", r"(?!\d)"
_END = r"(?:月?份?的?(?:月?底|月?末|最后1[日天]))"

Shape = Callable[[re.Match[str], date | None], WrittenDate]


def _asked(doubt: str) -> Shape:
    return lambda _match, _feedback_on: WrittenDate(doubt=doubt)


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(group) for group in match.groups() if group]


_SHAPES: tuple[tuple[str, Shape], ...] = (  # in order: the fuller a shape the earlier
    (_YEAR + r"[年./\-](\d{1,2})[月./\-](\d{1,2})[日号]?" + _STOP, lambda m, _: _day(*_numbers(m))),
    (_YEAR + r"(\d{2})(\d{2})日?" + _STOP, lambda m, _: _day(*_numbers(m))),
    (
        r"(?<!\d)(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})" + _STOP,
        lambda m, _: _either_way(*_numbers(m)),
    ),
    (
        r"(?<!\d)(\d{2})[年.](\d{1,2})[月.](\d{1,2})[日号]?" + _STOP,
        lambda m, _: replace(_day(2000 + int(m[1]), int(m[2]), int(m[3])), doubt="two_digit_year"),
    ),
    (_YEAR + r"[年./\-](\d{1,2})" + _END, lambda m, _: _end_of(*_numbers(m))),
    (_YEAR + r"[年./\-](\d{1,2})月?(?:份)?[上中下]旬", lambda m, _: _vague(int(m[1]), int(m[2]), "month_without_day")),
    (_YEAR + r"(?:年第?|\.?[Qq])([1-4])(?:季度?)?(?:末|底)", lambda m, _: _end_of(int(m[1]), int(m[2]) * 3)),
    (_YEAR + r"(?:年第?([1-4])季度?|\.?[Qq]([1-4]))", _asked("quarter_without_day")),
    (_YEAR + r"年?上半年(?:末|底)", lambda m, _: _end_of(int(m[1]), 6)),
    (_YEAR + r"年?[上下]半年", _asked("half_year_without_day")),
    (_YEAR + r"[年./\-](\d{1,2})月?份?" + _STOP, lambda m, _: _vague(int(m[1]), int(m[2]), "month_without_day")),
    (_YEAR + r"(\d{2})" + _STOP, lambda m, _: _vague(int(m[1]), int(m[2]), "month_without_day")),
    (_YEAR + r"年?度?年?(?:底|末|内)", lambda m, _: _end_of(int(m[1]), 12)),
    (_YEAR + r"(?:年度?|" + _STOP + ")", lambda m, _: _vague(int(m[1]), 12, "year_without_day")),
    (
        r"反馈(?:意见)?(?:之?[日后])*(?:起|后)?" + _TERM + r"(?:之?内|以内)?",
        lambda m, feedback_on: _after_feedback(int(m[1]), m[2], feedback_on),
    ),
    (_TERM + r"(?:之?内|以内|后)", _asked("term_without_start")),
    (r"(?<!\d)(\d{1,2})月(\d{1,2})[日号]?" + _STOP, lambda m, _: _day_of_some_year(*_numbers(m))),
    (r"(?<!\d)(\d{1,2})月份?(?:底|末)", lambda m, feedback_on: _next_end(int(m[1]), feedback_on)),
    (r"第?([1-4])季度?(?:末|底)", lambda m, feedback_on: _next_end(int(m[1]) * 3, feedback_on)),
    (r"(?:今|本|当)?年度?(?:底|末|内)", lambda _, feedback_on: _next_end(12, feedback_on)),
    (r"(?<!\d)(\d{1,2})月份?|第?[1-4]季度?|[上下]半年|年中", _asked("year_missing")),
)
_ANY = re.compile("|".join(f"(?:{shape})" for shape, _ in _SHAPES))
_COMPILED = tuple((re.compile(shape), understood) for shape, understood in _SHAPES)
_WORDS = re.compile(
    r"之前|以前|前|完成|整改到位|整改|全部|到位|截止|截至|时限|期限|于|在|起|止|至|到|力争|争取|确保|并|[\s\-~—–―,.;:。、()（）]+"
)
_RANGE = re.compile(r"(?:起|开始)?(?:至|到|-+|~|—+|–|―)")


def _day_of_some_year(month: int, day: int) -> WrittenDate:
    return WrittenDate(doubt="year_missing") if _day(2000, month, day).on else WrittenDate(impossible=True)


def _days(text: str, feedback_on: date | None) -> Iterator[Found]:
    for match in _ANY.finditer(text):
        for shape, understood in _COMPILED:
            if exact := shape.match(text, match.start()):
                yield exact.start(), exact.end(), understood(exact, feedback_on)
                break


def _one_of(text: str, found: tuple[Found, ...]) -> WrittenDate:
    """The end of a range, the only day, or the question which."""
    if len({day for _, _, day in found}) == 1:
        return found[0][2]
    if all(_RANGE.fullmatch(text[before[1] : after[0]]) for before, after in pairwise(found)):
        start, end = found[0], found[-1]
        year = re.match(r"\d{4}", text[start[0] :])
        if end[2].doubt in {"year_missing", "year_from_feedback"} and year:
            return read_date(f"{year[0]}年{text[end[0] : end[1]]}")
        return end[2]
    return WrittenDate(doubt="several_dates")
