"""Going back to see whether it held: at least two people from outside, with place, time, method, sample and record."""

from collections.abc import Collection
from datetime import date

from cases.refusals import CaseError

LEAST_INSPECTORS = 2

# What the inspected unit does not learn before the visit is on record (不打招呼).
STAGE = "look_back"  # of the tasks: who prepares, who goes
UNANNOUNCED = frozenset({"prepare_look_back", "open_durability", "start_durability", "open_campaign", "record_sampled"})
OF_A_VISIT = UNANNOUNCED | {"record_look_back", "confirm_look_back", "record_durability"}


class TooFewInspectors(CaseError):
    """A look-back is made by at least two people from outside the unit; facts: least."""

    code = "too_few_inspectors"
    field = "inspectors"


class InspectorNotFromOutside(CaseError):
    """An inspector belongs to the unit or rectified the finding; facts: name."""

    code = "inspector_not_from_outside"
    field = "inspectors"


class VisitMustBeOnSite(CaseError):
    """The score asks that somebody goes and sees; facts: score."""

    code = "visit_must_be_on_site"
    field = "method"


class NotAnInspector(CaseError):
    """Only somebody who was there records the look-back."""

    code = "not_an_inspector"


class SecondPersonNeeded(CaseError):
    """The record is confirmed by another inspector than the one who wrote it."""

    code = "second_person_needed"


class LookBackTimes(CaseError):
    """The time of the look-back lies in the future, ends before it begins, or before the submission."""

    code = "look_back_times"
    field = "ended_on"


def require_inspectors(inspectors: Collection[int], least: int, insiders: Collection[int]) -> None:
    """Raise unless at least *least* different persons are named and none is of *insiders* (unit staff, rectifiers)."""
    if len(set(inspectors)) < max(least, LEAST_INSPECTORS):
        raise TooFewInspectors(least=max(least, LEAST_INSPECTORS))
    if set(inspectors) & set(insiders):
        raise InspectorNotFromOutside()


def require_times(started_on: date, ended_on: date, *, today: date, submitted_on: date | None) -> None:
    """Raise LookBackTimes unless submission <= start <= end <= today."""
    if not started_on <= ended_on <= today or (submitted_on is not None and started_on < submitted_on):
        raise LookBackTimes()
