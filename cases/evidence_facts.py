"""What was read out of a piece of evidence: dates, numbers, names and pictures, each with its place in the document.

Source: DOMAIN.md 3.3.
"""

from dataclasses import dataclass
from enum import StrEnum


class FactKind(StrEnum):
    """What a fact says of its document; the shape of ``Fact.value`` stands behind each."""

    DOC_DATE = "DOC_DATE"  # ISO date, 落款/成文日期
    DOC_NO = "DOC_NO"  # organ|year|sequence, 发文字号
    SIGNED_ON = "SIGNED_ON"  # ISO date
    MEETING_ON = "MEETING_ON"  # ISO date
    STOP_ON = "STOP_ON"  # ISO date
    FILE_CREATED = "FILE_CREATED"  # ISO moment, UTC
    FILE_MODIFIED = "FILE_MODIFIED"  # ISO moment, UTC
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


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: *value* as understood, *written* as it stands at *place* (part, page, paragraph or cell)."""

    kind: FactKind
    value: str
    written: str
    place: str
    start: int = 0
    end: int = 0
