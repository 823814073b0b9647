"""What was read out of a piece of evidence: dates, numbers, names and pictures, each with its place in the document.

Source: DOMAIN.md 3.3.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cases.evidence import EvidenceKind
from cases.known_words import known


class FactKind(StrEnum):
    """What a fact says of its document; the shape of ``Fact.value`` stands behind each."""

    DOC_DATE = "DOC_DATE"  # ISO date, 落款/成文日期
    DOC_NO = "DOC_NO"  # organ|year|sequence, 发文字号
    SIGNED_ON = "SIGNED_ON"  # ISO date
    MEETING_ON = "MEETING_ON"  # ISO date
    STOP_ON = "STOP_ON"  # ISO date
    FILE_CREATED = "FILE_CREATED"  # ISO moment, UTC
    FILE_MODIFIED = "FILE_MODIFIED"  # ISO moment, UTC
    MODIFIED_BY = "MODIFIED_BY"  # name that the program kept
    TRACKED_CHANGES = "TRACKED_CHANGES"  # how many stand in it
    AMOUNT = "AMOUNT"  # yuan with two decimals
    COUNT = "COUNT"  # number|unit word
    ORGANISATION = "ORGANISATION"
    PERSON_POST = "PERSON_POST"
    PLACE = "PLACE"
    DOCUMENT_TITLE = "DOCUMENT_TITLE"  # without 《》
    PHOTO_TIME = "PHOTO_TIME"  # ISO local time of the camera
    PHOTO_GPS = "PHOTO_GPS"  # latitude,longitude
    PHASH = "PHASH"  # 16 hex digits
    ADOPTED_BY = "ADOPTED_BY"
    DISTRIBUTION = "DISTRIBUTION"
    PLACEHOLDER = "PLACEHOLDER"
    SERIES = "SERIES"  # JSON: {"header": [...], "rows": [[...], ...]}
    KIND_PROPOSED = "KIND_PROPOSED"  # cases.evidence.EvidenceKind


class ReadState(StrEnum):
    """How far the reading of a file is."""

    WAITING = "waiting"
    READ = "read"
    UNREADABLE = "unreadable"  # damaged, encrypted, of a kind that is not read, or a picture of text
    REFUSED = "refused"  # it costs more than reading may


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: *value* as understood, *written* as it stands at *place*.

    *written* equals ``text[start:end]`` of the file's text; what comes from the file's properties has *start* and *end*
    0. *place*: ``p.3`` (page), ``¶12`` (paragraph), ``T1R2C3`` (table, row, column), ``Sheet!B4``, ``EXIF``,
    ``properties``; behind ``name.docx » `` where the file is one of an archive.
    """

    kind: FactKind
    value: str
    written: str
    place: str
    start: int = 0
    end: int = 0


def document_date(facts: Iterable[Fact]) -> Fact | None:
    """Return the day that a document states of itself, None where it states none."""
    return next((fact for fact in facts if fact.kind is FactKind.DOC_DATE), None)


def proposed_kind(facts: Iterable[Fact]) -> EvidenceKind | None:
    """Return what kind of evidence a file looks like, None where nothing speaks for any."""
    return next((known(EvidenceKind, fact.value) for fact in facts if fact.kind is FactKind.KIND_PROPOSED), None)


def day_of(fact: Fact) -> date:
    """Return the day of a fact whose value is a date or a moment."""
    return date.fromisoformat(fact.value[:10])
