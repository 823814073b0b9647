"""What was written into a row of a register becomes values, or the reason why not, field by field.

A form writes texts, a workbook texts, numbers and days, a program any of them: all are read alike.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cases.dirty_text import clean, same_text
from cases.moments import SHANGHAI, shanghai_date
from cases.registers import Field, FieldKind, Register

MOST: Final = 10**13  # yuan, or anything that is counted
FIRST_YEAR: Final = 1990
_EXACT: Final = 10**15  # a workbook keeps 15 digits of a number

Words = Mapping[str, Mapping[str, str]]
"""Name of a field -> how people write a word of its choice, as `same_text` gives it -> the word."""

_DAY = re.compile(r"(\d{4})(?:[-./年](\d{1,2})[-./月](\d{1,2})日?|(\d{2})(\d{2}))")
_CLOCK = re.compile(r"[T\s]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})(?:\.\d+)?)?[分秒]?\s*(Z|[+-]\d{2}:\d{2})?")
_MONEY = re.compile(r"[¥￥]?\s*(-?(?:[\d,，]*\d(?:\.\d+)?|\.\d+))\s*(万元|万|元)?")
_ROUNDED = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2,3}")  # what a workbook makes of a long account number
_YES = frozenset({"是", "有", "已", "√", "yes", "true", "1", "on", "y"})
_NO = frozenset({"否", "无", "未", "×", "no", "false", "0", "off", "n"})
_FARTHEST = {"latitude": 90, "longitude": 180}
_PARTS = (("answered", "asked"), ("mismatches", "asked"), ("found", "checked"), ("done", "total"))
"""(part, whole): the part is not larger."""


class _Wrong(Exception):
    """A field can't be read; the argument is the code of the sentence."""


def read_values(
    register: Register, written: Mapping[str, Any], *, now: datetime, words: Words | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return (values, errors) of a row: values by name as `FieldKind` says, errors as codes under ``field_error``.

    A moment *name* gets ``<name>_timed`` beside it: whether the time of day was said. What is empty has no value.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in register.fields:
        told = written.get(field.name)
        if isinstance(told, str) and len(told) > field.longest:
            errors[field.name] = "too_long"
            continue
        if told is None or (isinstance(told, str) and not clean(told)):
            if field.required:
                errors[field.name] = "required"
            continue
        try:
            values |= _READ[field.kind](field, told, (words or {}).get(field.name, {}))
        except _Wrong as why:
            errors[field.name] = str(why)
    return values, _conflicts(register, values, now) | errors


def happened_at(register: Register, values: Mapping[str, Any], now: datetime) -> datetime:
    """Return when the row happened, as UTC: a day alone is noon in Shanghai, today's not later than *now*."""
    told = str(values[register.dated])
    at = datetime.fromisoformat(told) if "T" in told else _noon(date.fromisoformat(told))
    return min(at, now) if shanghai_date(at) == shanghai_date(now) else at


def _conflicts(register: Register, values: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Return what the values of a row say against each other, or against the calendar."""
    errors = {}
    dated = values.get(register.dated)
    if dated is not None and shanghai_date(happened_at(register, values, now)) > shanghai_date(now):
        errors[register.dated] = "in_future"
    for later in ("until", "copied_on", "again"):
        if later in values and dated is not None and values[later] < str(dated)[:10]:
            errors[later] = "same_day_or_later"
    for part, whole in _PARTS:
        if part in values and whole in values and values[part] > values[whole]:
            errors[part] = "more_than_whole"
    for one, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if one in values and other not in values:
            errors[other] = "required"
    return errors


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)


# --- one kind of field each -----------------------------------------------------------------------------------------


def _text(field: Field, told: Any, words: Mapping[str, str]) -> dict[str, Any]:
    text = clean(_plain(told))
    if _ROUNDED.fullmatch(text):
        raise _Wrong("digits_lost")
    if len(text) > field.longest:
        raise _Wrong("too_long")
    return {field.name: words.get(same_text(text), text)}


def _day(field: Field, told: Any, _words: Mapping[str, str]) -> dict[str, Any]:
    return {field.name: _date(told).isoformat()}


def _moment(field: Field, told: Any, _words: Mapping[str, str]) -> dict[str, Any]:
    at = told if isinstance(told, datetime) else None
    if at is None:
        text = clean(_plain(told))
        day = _date(told, whole=False)
        clock = _CLOCK.fullmatch(text[_day_of(text).end() :]) if not isinstance(told, date) else None
        if clock is None:
            if not isinstance(told, date) and text[_day_of(text).end() :].strip():
                raise _Wrong("not_a_moment")
            return {field.name: _noon(day).isoformat(), f"{field.name}_timed": False}
        at = _at(day, clock)
    at = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    return {field.name: at.astimezone(UTC).isoformat(), f"{field.name}_timed": True}


def _at(day: date, clock: re.Match[str]) -> datetime:
    try:
        told = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
        zone = datetime.fromisoformat(f"2000-01-01T00:00:00{clock[4]}").tzinfo if clock[4] else SHANGHAI
    except ValueError:
        raise _Wrong("not_a_moment") from None
    return datetime.combine(day, told, zone)


def _money(field: Field, told: Any, _words: Mapping[str, str]) -> dict[str, Any]:
    written = _MONEY.fullmatch(clean(_plain(told)))
    if written is None:
        raise _Wrong("not_an_amount")
    amount = _decimal(written[1], "not_an_amount") * (10_000 if (written[2] or "").startswith("万") else 1)
    if amount < 0 or amount >= MOST or amount != round(amount, 2):
        raise _Wrong("not_an_amount")
    return {field.name: f"{amount:.2f}"}


def _count(field: Field, told: Any, _words: Mapping[str, str]) -> dict[str, Any]:
    number = _decimal(clean(_plain(told)), "not_a_number")
    if number != int(number) or not 0 <= number < MOST:
        raise _Wrong("not_a_number")
    return {field.name: int(number)}


def _number(field: Field, told: Any, _words: Mapping[str, str]) -> dict[str, Any]:
    number = _decimal(clean(_plain(told)).rstrip("%％°"), "not_a_number")
    if abs(number) > _FARTHEST.get(field.name, MOST):
        raise _Wrong("not_a_number")
    return {field.name: f"{number:f}"}


def _percent(field: Field, told: Any, _words: Mapping[str, str]) -> dict[str, Any]:
    number = _decimal(clean(_plain(told)).rstrip("%％"), "not_a_percentage")
    if not 0 <= number <= 100:
        raise _Wrong("not_a_percentage")
    return {field.name: int(number) if number == int(number) else float(number)}


def _yes_no(field: Field, told: Any, _words: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(told, bool):
        return {field.name: told}
    text = same_text(_plain(told))
    if text not in _YES | _NO:
        raise _Wrong("not_a_choice")
    return {field.name: text in _YES}


def _choice(field: Field, told: Any, words: Mapping[str, str]) -> dict[str, Any]:
    text = clean(_plain(told))
    word = text if text in field.choices else words.get(same_text(text))
    if word is None:
        raise _Wrong("not_a_choice")
    return {field.name: word}


_READ: Mapping[FieldKind, Callable[[Field, Any, Mapping[str, str]], dict[str, Any]]] = {
    FieldKind.TEXT: _text,
    FieldKind.DAY: _day,
    FieldKind.MOMENT: _moment,
    FieldKind.MONEY: _money,
    FieldKind.COUNT: _count,
    FieldKind.NUMBER: _number,
    FieldKind.PERCENT: _percent,
    FieldKind.YES_NO: _yes_no,
    FieldKind.CHOICE: _choice,
}


def _plain(told: Any) -> str:
    """Return a cell as text: a whole number has no fraction, however a workbook keeps it, where no digit is lost."""
    if isinstance(told, float) and told.is_integer():
        return str(int(told)) if abs(told) < _EXACT else f"{told:e}"
    return str(told)


def _decimal(text: str, otherwise: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        raise _Wrong(otherwise) from None
    if not number.is_finite():
        raise _Wrong(otherwise)
    return number


def _day_of(text: str) -> re.Match[str]:
    found = _DAY.match(text)
    if found is None:
        raise _Wrong("not_a_date")
    return found


def _date(told: Any, *, whole: bool = True) -> date:
    """Return the day that *told* is or, unless it has to be the *whole* of it, begins with."""
    if isinstance(told, datetime):
        return shanghai_date(told) if told.tzinfo else told.date()
    if isinstance(told, date):
        return told
    text = clean(_plain(told))
    found = _day_of(text)
    if whole and found.end() != len(text):
        raise _Wrong("not_a_date")
    try:
        day = date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    except ValueError:
        raise _Wrong("not_a_date") from None
    if day.year < FIRST_YEAR:
        raise _Wrong("not_a_date")
    return day
