"""The one door for files that come in: a ledger or a document, told apart by name and content."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from documents.delimited import read_delimited
from documents.feedback import read_feedback
from documents.headings import find_headings
from documents.intake import read_ledger
from documents.limited import LIMITS, Limits, kind_of
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
) -> Intake:
    """Understand any file that is let in, as ``read_ledger`` or ``read_feedback`` do, with their refusals."""
    kind = kind_of(name, content, limits)
    text = Path(name).suffix.lower() == ".txt"
    if kind == "docx" or (text and not find_headings(read_delimited(name, content, limits), mapping)):
        return read_feedback(name, content, unit=unit, feedback_on=feedback_on, mapping=mapping, limits=limits)
    return read_ledger(name, content, unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=mapping, limits=limits)
