"""What was read in a piece of evidence, as its row on a page says it: facts with their places, and its likely kind."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from cases.evidence import EvidenceKind
from cases.evidence_facts import Fact, FactKind, ReadState
from cases.finding import State
from cases.moments import day_on_paper, on_paper
from config.messages import say
from persistence.evidence_facts import facts_of, states_of
from web.seeing import Seen

SHOWN: Final[Mapping[FactKind, int]] = {  # in this order, at most so many of a kind
    FactKind.DOC_NO: 1,
    FactKind.DOC_DATE: 1,
    FactKind.SIGNED_ON: 2,
    FactKind.MEETING_ON: 2,
    FactKind.STOP_ON: 2,
    FactKind.AMOUNT: 3,
    FactKind.PHOTO_TIME: 2,
    FactKind.PHOTO_GPS: 2,
    FactKind.FILE_CREATED: 1,
    FactKind.TRACKED_CHANGES: 1,
    FactKind.PLACEHOLDER: 2,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A fact in words; *written* and *place* say what stands where."""

    label: str
    value: str
    written: str
    place: str


@dataclass(frozen=True, slots=True)
class ReadingShown:
    """How far the reading of a file is, what it found, and the kind that the file looks like, where that differs."""

    state: ReadState
    reason: str = ""
    lines: Sequence[Line] = ()
    proposed: EvidenceKind | None = None
    to_answer: bool = False


def show_readings(seen: Seen, pieces: Iterable[dict[str, Any]]) -> None:
    """Put under ``reading`` of each piece what was read in it."""
    pieces = list(pieces)
    contents = {piece["sha256"] for piece in pieces}
    facts, states = facts_of(seen.conn, contents), states_of(seen.conn, contents)
    language, answers = seen.person.language, _may_answer(seen)
    for piece in pieces:
        state, reason = states.get(piece["sha256"], (ReadState.WAITING, ""))
        proposed = piece["kind_proposed"]
        differs = proposed is not None and (proposed != piece["kind"] or piece["kind_answer"] is not None)
        piece["reading"] = ReadingShown(
            state,
            say(language, f"reading.{reason}") if reason else "",
            tuple(_lines(language, facts[piece["sha256"]])),
            EvidenceKind(proposed) if differs else None,
            answers and differs and piece["kind_answer"] is None and piece["adopted"] is None,
        )


def _may_answer(seen: Seen) -> bool:
    return seen.value.state == State.OPEN and not seen.from_outside and seen.may("submit_rectification")


def _lines(language: str, facts: Sequence[Fact]) -> Iterable[Line]:
    for kind, most in SHOWN.items():
        own = [fact for fact in facts if fact.kind is kind]
        if kind is FactKind.AMOUNT:
            own = sorted(own, key=lambda fact: Decimal(fact.value), reverse=True)
        distinct = {fact.value: fact for fact in reversed(own)}
        for fact in [fact for fact in own if distinct[fact.value] is fact][:most]:
            label, value = say(language, f"fact.{kind}"), _value(language, fact)
            yield Line(label, value, fact.written, place_in_words(language, fact.place))


def _value(language: str, fact: Fact) -> str:
    match fact.kind:
        case FactKind.DOC_DATE | FactKind.SIGNED_ON | FactKind.MEETING_ON | FactKind.STOP_ON:
            return day_on_paper(date.fromisoformat(fact.value), language)
        case FactKind.FILE_CREATED:
            return on_paper(datetime.fromisoformat(fact.value), language)
        case FactKind.PHOTO_TIME:
            return fact.value.replace("T", " ")[:16]
        case FactKind.AMOUNT if not re.search("[元圆¥￥]", fact.written):  # a cell under 「金额（万元）」
            return f"¥{Decimal(fact.value):,.2f}"
        case FactKind.DOC_NO | FactKind.AMOUNT | FactKind.PLACEHOLDER:
            return fact.written
        case _:
            return fact.value


_PLACES: Final = (
    (re.compile(r"p\.(?P<n>\d+)"), "page"),
    (re.compile(r"¶(?P<n>\d+)"), "paragraph"),
    (re.compile(r"T(?P<table>\d+)R(?P<row>\d+)C(?P<column>\d+)"), "cell"),
    (re.compile(r"box(?P<n>\d+)"), "box"),
    (re.compile(r"header\d* "), "header"),
    (re.compile(r"footer\d* "), "footer"),
    (re.compile(r"\bEXIF$"), "exif"),
    (re.compile(r"\bproperties$"), "properties"),
)


def place_in_words(language: str, place: str) -> str:
    """Return the place of a fact as a person looks for it: ¶12 is paragraph 12."""
    for pattern, name in _PLACES:
        if match := pattern.search(place):
            place = place.replace(match[0], say(language, f"place.{name}", **match.groupdict()), 1)
    return place
