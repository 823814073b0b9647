"""The one door for files that come in: a ledger or a document, told apart by name and content."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from documents.delimited import read_delimited
from documents.feedback import read_feedback
from documents.headings import find_headings
from documents.intake import read_ledger
from documents.limited import DOCUMENTS, LIMITS, Limits, kind_of
from documents.readings import Intake


def read_file(
    name: str,
    content: bytes,
    *,
    unit: str | None = None,
    feedback_on: date | None = None,
    sheet: str | None = None,
    mapping: Mapping[str, str | None] | None = None,
    limits: Limits = LIMITS,
    converted: bool = False,
) -> Intake:
    """Understand any file that is let in, as ``read_ledger`` or ``read_feedback`` do, with their refusals.

    *converted*: *content* was made a .docx of an older document already, *name* is still its own.
    """
    if converted:
        return read_feedback(
            name, content, unit=unit, feedback_on=feedback_on, mapping=mapping, limits=limits, converted=True
        )
    kind = kind_of(name, content, limits)
    if kind in DOCUMENTS or (Path(name).suffix.lower() == ".txt" and not _is_table(name, content, mapping, limits)):
        return read_feedback(name, content, unit=unit, feedback_on=feedback_on, mapping=mapping, limits=limits)
    return read_ledger(name, content, unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=mapping, limits=limits)


def _is_table(name: str, content: bytes, mapping: Mapping[str, str | None] | None, limits: Limits) -> bool:
    """Whether a text file is a ledger: two known words may stand in any sentence, three side by side are headings."""
    headings = find_headings(read_delimited(name, content, limits), mapping)
    return headings is not None and len(headings.by_field) >= 3
