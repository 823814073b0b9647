"""Ids, numbers and days as addresses and forms hold them: one bounded type of each, used by every route.

A route says ``letter_id: Id``, ``before: AskedId = None``, ``as_of: AskedDay = None``; a test walks the routes and
finds any other. What does not fit is answered by `web.refusals`: an address that is none, or a sentence.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from annotated_types import Ge, Le, Lt
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from cases.moments import DayOutOfRange, known_day, read_day
from cases.refusals import CaseError
from tasks.form import LARGEST_ID

MOST_LINES = 200  # of a page of the API


@dataclass(frozen=True, slots=True)
class Bounded:
    """Marks a type of this module: nothing else may stand for a number or a day in an address."""


class DayUnclear(CaseError):
    """An address or a form names a day that cannot be read, or that no case is about."""

    code = "day_unclear"


def _blank_is_nothing(given: object) -> object:
    return None if isinstance(given, str) and not given.strip() else given


def _no_truth(given: object) -> object:
    if isinstance(given, bool):
        raise PydanticCustomError("int_type", "a truth value is no number")
    return given


Id = Annotated[int, BeforeValidator(_no_truth), Ge(0), Le(LARGEST_ID), Bounded()]
AskedId = Annotated[Id | None, BeforeValidator(_blank_is_nothing)]
Day = Annotated[date, AfterValidator(known_day), Bounded()]
AskedDay = Annotated[Day | None, BeforeValidator(_blank_is_nothing)]
YEARS = (2004, 2101)  # that the calendar shows: the first, and the one after the last
Year = Annotated[int, Ge(YEARS[0]), Lt(YEARS[1]), Bounded()]
AskedYear = Annotated[Year | None, BeforeValidator(_blank_is_nothing)]
Place = Annotated[int, Ge(0), Le(2**31 - 1), Bounded()]  # of an event in its case: the column is no longer
Limit = Annotated[int, Ge(1), Le(MOST_LINES), Bounded()]


def whole(text: object) -> int | None:
    """Return the number in *text*, None for anything else, and for one that no column of a database holds."""
    if not isinstance(text, str) or not text.isdecimal() or len(text) > len(str(LARGEST_ID)):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


def day_of(text: str | None) -> date | None:
    """Return the day in *text*, None where nothing was written. Raises DayUnclear."""
    if not (written := (text or "").strip()):
        return None
    try:
        return read_day(written)
    except ValueError:
        raise DayUnclear() from None


def asked_day(text: str | None) -> date | None:
    """Return the day in a field of an address; no day narrows nothing. Raises DayUnclear for one out of range."""
    try:
        return known_day(date.fromisoformat((text or "").strip()))
    except DayOutOfRange:
        raise DayUnclear() from None
    except ValueError:
        return None


def moment_of(text: str) -> datetime | None:
    """Return the moment in *text*, as a place of a page holds it; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        known_day(moment.date())
    except ValueError:
        return None
    return moment if moment.tzinfo else None
