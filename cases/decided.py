"""Decisions that were taken elsewhere, in a meeting or on a sheet of paper, and what has to be true of them here."""

import unicodedata
from dataclasses import dataclass
from datetime import date

from cases.refusals import CaseError


class SheetKnown(CaseError):
    """A sheet is recorded once; facts: sheet."""

    code = "sheet_known"
    field = "sheet_number"


class SheetTooEarly(CaseError):
    """The sheet was signed before the case waited for this decision; facts: number, since."""

    code = "sheet_too_early"
    field = "decided_on"


class SheetInFuture(CaseError):
    """Nothing is signed tomorrow."""

    code = "sheet_in_future"
    field = "decided_on"


class ScanMissing(CaseError):
    """A decision on paper comes with the scan of its sheet."""

    code = "scan_missing"
    field = "attachments"


class ScanNotOpened(CaseError):
    """The second person has not looked at the scan."""

    code = "scan_not_opened"


class SecondPersonNeeded(CaseError):
    """Who recorded a decision does not confirm it, under whatever account."""

    code = "second_person_of_sheet"


class NotWaiting(CaseError):
    """The decision was confirmed or rejected already."""

    code = "decision_not_waiting"


class DossierChanged(CaseError):
    """The facts are not those that were decided on; facts: number."""

    code = "dossier_changed"


class OnAnotherAgenda(CaseError):
    """The finding waits for another meeting; facts: number, meeting."""

    code = "on_another_agenda"


@dataclass(frozen=True, slots=True)
class Decided:
    """Where an act comes from that is done in somebody's name: goes into its ledger entry and its opinion."""

    decision_id: int
    item_id: int
    sheet_number: str
    decided_on: date
    recorded_by: str
    confirmed_by: str
    meeting: str = ""
    basis: str = ""  # hash of the facts that were decided on


def sheet_in_order(written: str) -> str:
    """Return a sheet number as it is compared: full-width signs narrowed, no blanks, brackets of one kind."""
    narrow = "".join(unicodedata.normalize("NFKC", written).split())
    return narrow.translate(str.maketrans("[]【】()", "〔〕〔〕〔〕"))


def require_order(decided_on: date, today: date, waits_since: date, number: str) -> None:
    """Raise unless a sheet of *decided_on* can decide what waits since *waits_since*."""
    if decided_on > today:
        raise SheetInFuture()
    if decided_on < waits_since:
        raise SheetTooEarly(number=number, since=waits_since)
