"""Forms: a fixed subset of JSON Schema, so that an administrator can draw a new task and its page is there.

A form is one object of properties: text, whole and decimal numbers, truth values and lists of texts. Titles are
Chinese with ``x-title-en`` beside them; ``x-widget`` names the control, ``x-labels`` the words of a choice. Nothing
outside of the subset is accepted: what a page would not ask for must not look as if it were required.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cases.moments import DayOutOfRange, read_day
from cases.texts import unfit

Answer = str | int | float | bool | list[str] | None

LARGEST_FORM = 100_000  # bytes
MOST_FIELDS = 60
LONGEST_ANSWER = 20_000  # characters, where a form sets no limit of its own
MOST_CHOSEN = 500  # items of a list

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,59}\Z", re.ASCII)
_WIDGET = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z", re.ASCII)
_WORDS = frozenset({"title", "x-title-en", "description", "x-description-en"})
_TOP = _WORDS | {"$schema", "type", "properties", "required", "additionalProperties"}
_ANY_FIELD = _WORDS | {"type", "x-widget", "x-labels"}
_BY_TYPE: Mapping[str, frozenset[str]] = {
    "string": _ANY_FIELD | {"enum", "minLength", "maxLength", "format"},
    "integer": _ANY_FIELD | {"minimum", "maximum"},
    "number": _ANY_FIELD | {"minimum", "maximum"},
    "boolean": _ANY_FIELD,
    "array": _ANY_FIELD | {"items", "minItems", "maxItems", "uniqueItems"},
}
_ITEM = frozenset({"type", "enum", "minLength", "maxLength", "x-labels"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
_TRUE, _FALSE = frozenset({"true", "on", "1", "yes"}), frozenset({"false", "off", "0", "no", ""})


@dataclass(frozen=True)
class FormProblem:
    """One thing in a form that is outside of the subset; *code* has a sentence under ``checker``."""

    field: str
    code: str
    word: str = ""


class FormRefused(ValueError):
    """A form that cannot be read at all, or that is outside of the subset."""

    def __init__(self, problems: tuple[FormProblem, ...]) -> None:
        super().__init__(f"{problems[0].field}: {problems[0].code} {problems[0].word}".strip())
        self.problems = problems


def read_form(content: bytes) -> dict[str, Any]:
    """Return the form in *content*. Raises FormRefused."""
    if len(content) > LARGEST_FORM:
        raise FormRefused((FormProblem("", "form_too_large"),))
    try:
        schema = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as why:
        raise FormRefused((FormProblem("", "form_unreadable", str(why)[:80]),)) from why
    problems = check_form(schema)
    if problems:
        raise FormRefused(problems)
    return dict(schema)


def check_form(schema: object) -> tuple[FormProblem, ...]:
    """Return everything in *schema* that is outside of the subset."""
    if not isinstance(schema, dict) or schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        return (FormProblem("", "form_no_object"),)
    return tuple(_problems(schema))


def _problems(schema: dict[str, Any]) -> Iterator[FormProblem]:
    yield from _unknown_words("", schema, _TOP)
    if schema.get("additionalProperties", False) is not False:
        yield FormProblem("", "form_word", "additionalProperties")
    fields = schema["properties"]
    if len(fields) > MOST_FIELDS:
        yield FormProblem("", "form_too_large")

    for name, field in fields.items():
        if not _FIELD.match(name):
            yield FormProblem(name[:60], "form_field_name")
        if not isinstance(field, dict) or str(field.get("type")) not in _BY_TYPE:
            yield FormProblem(name[:60], "form_type")
            continue
        yield from _unknown_words(name, field, _BY_TYPE[str(field["type"])])
        yield from _wrong_values(name, field)
        if field["type"] == "array":
            item = field.get("items")
            if not isinstance(item, dict) or item.get("type") != "string":
                yield FormProblem(name, "form_items")
            else:
                yield from _unknown_words(name, item, _ITEM)
                yield from _wrong_values(name, item)

    required = schema.get("required", [])
    if not isinstance(required, list):
        yield FormProblem("", "form_word", "required")
        return
    for name in required:
        if not isinstance(name, str) or name not in fields:
            yield FormProblem(str(name)[:60], "form_required_unknown")


def _unknown_words(name: str, part: dict[str, Any], known: frozenset[str]) -> Iterator[FormProblem]:
    for word in part:
        if word not in known:
            yield FormProblem(name, "form_word", str(word)[:40])


def _wrong_values(name: str, field: dict[str, Any]) -> Iterator[FormProblem]:
    for word, value in field.items():
        whole = isinstance(value, int) and not isinstance(value, bool)
        fine = {
            "title": isinstance(value, str),
            "x-title-en": isinstance(value, str),
            "description": isinstance(value, str),
            "x-description-en": isinstance(value, str),
            "format": value == "date",
            "x-widget": isinstance(value, str) and bool(_WIDGET.match(value)),
            "enum": isinstance(value, list) and 0 < len(value) <= 200 and all(isinstance(v, str) for v in value),
            "minimum": whole or isinstance(value, float),
            "maximum": whole or isinstance(value, float),
            "uniqueItems": isinstance(value, bool),
            "x-labels": isinstance(value, dict)
            and all(isinstance(w, dict) and set(w) <= {"zh", "en"} for w in value.values()),
        }.get(word, whole and value >= 0 if word in _COUNTS else True)
        if not fine:
            yield FormProblem(name, "form_value", word)


def read_answers(schema: Mapping[str, Any], raw: Mapping[str, object]) -> tuple[dict[str, Answer], dict[str, str]]:
    """Return the answers in *raw* (a web form's lists of texts, or JSON values), and errors by field.

    Error codes: missing, unknown, too_short, too_long, too_small, too_large, too_few, too_many, not_a_choice,
    not_a_number, not_whole, not_a_date, day_out_of_range, not_a_truth_value, not_a_text. A field that was left empty is
    absent from the answers; a truth value that was left out is False. *schema* has been checked.
    """
    answers: dict[str, Answer] = {}
    errors = {name: "unknown" for name in raw if name not in schema["properties"]}
    for name, field in schema["properties"].items():
        try:
            answer = _READ[field["type"]](field, raw.get(name))
        except _Wrong as why:
            errors[name] = why.code
            continue
        if answer is None or answer == "" or answer == []:
            if name in schema.get("required", ()):
                errors[name] = "missing"
        elif answer is False and field.get("x-widget") == "confirm" and name in schema.get("required", ()):
            errors[name] = "missing"  # a pledge that was not given
        else:
            answers[name] = answer
    return answers, errors


class _Wrong(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _single(raw: object) -> object:
    """Return the one value of a field: a web form sends a list even for one."""
    if isinstance(raw, list | tuple):
        if len(raw) > 1:
            raise _Wrong("too_many")
        return raw[0] if raw else None
    return raw


def _text(field: Mapping[str, Any], raw: object) -> str | None:
    value = _single(raw)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _Wrong("not_a_text")
    value = value.replace("\r\n", "\n").strip()
    return _measured(field, value) if value else None


def _measured(field: Mapping[str, Any], value: str) -> str:
    if unfit(value):
        raise _Wrong("not_a_text")
    if len(value) < field.get("minLength", 0):
        raise _Wrong("too_short")
    if len(value) > field.get("maxLength", LONGEST_ANSWER):
        raise _Wrong("too_long")
    if "enum" in field and value not in field["enum"]:
        raise _Wrong("not_a_choice")
    if field.get("format") == "date":
        try:
            return read_day(value).isoformat()
        except DayOutOfRange as why:
            raise _Wrong("day_out_of_range") from why
        except ValueError as why:
            raise _Wrong("not_a_date") from why
    return value


def _number(field: Mapping[str, Any], raw: object) -> int | float | None:
    value = _single(raw)
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        # Python reads more as a number than people write: 1_000, nan, 1e9
        if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?", value, re.ASCII):
            raise _Wrong("not_a_number")
        value = float(value) if "." in value else int(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 10**15:
        raise _Wrong("not_a_number")
    if field["type"] == "integer":
        if value != int(value):
            raise _Wrong("not_whole")
        value = int(value)
    if "minimum" in field and value < field["minimum"]:
        raise _Wrong("too_small")
    if "maximum" in field and value > field["maximum"]:
        raise _Wrong("too_large")
    return value


def _truth(_field: Mapping[str, Any], raw: object) -> bool:
    value = _single(raw)
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
        return value.strip().lower() in _TRUE
    raise _Wrong("not_a_truth_value")


def _list(field: Mapping[str, Any], raw: object) -> list[str]:
    values = [] if raw is None else list(raw) if isinstance(raw, list | tuple) else [raw]
    if not all(isinstance(value, str) for value in values):
        raise _Wrong("not_a_text")
    texts = dict.fromkeys(text for text in (str(value).strip() for value in values) if text)
    chosen = [_measured(field["items"], text) for text in texts]
    if chosen and len(chosen) < field.get("minItems", 0):
        raise _Wrong("too_few")
    if len(chosen) > field.get("maxItems", MOST_CHOSEN):
        raise _Wrong("too_many")
    return chosen


_READ = {"string": _text, "integer": _number, "number": _number, "boolean": _truth, "array": _list}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: readers differ in which one counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
