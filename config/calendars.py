"""Which days are worked in China: the published notices of the State Council, and an office's own table above them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chinese_calendar import constants as published


class Kind(StrEnum):
    """Why a day is worked or not, where the day of the week alone does not say it."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    IN_LIEU = "in_lieu"  # 调休放假: free, and worked off on a weekend
    MAKE_UP = "make_up"  # 调休上班: a day that is worked although it looks free


@dataclass(frozen=True, slots=True)
class DayKind:
    """What a day is; *note* is a holiday's code (``calendar.<code>`` in the catalogues) or an officer's own words."""

    kind: Kind
    note: str = ""

    @property
    def is_worked(self) -> bool:
        return self.kind is Kind.MAKE_UP


def published_days() -> dict[date, DayKind]:
    """Return every day that the known notices of the State Council change, weekends inside a holiday included.

    Source: ``chinesecalendar``, which types the yearly notices off from 2004 on; a later year may be absent.
    """
    codes = {holiday.value: holiday.name for holiday in published.Holiday}
    days = {day: DayKind(Kind.HOLIDAY, codes[name]) for day, name in published.holidays.items()}
    days |= {day: DayKind(Kind.IN_LIEU, codes[name]) for day, name in published.in_lieu_days.items()}
    days |= {day: DayKind(Kind.MAKE_UP, codes[name]) for day, name in published.workdays.items()}
    return days


def days_with(edited: Mapping[date, DayKind]) -> dict[date, DayKind]:
    """Return the published days with an office's *edited* table laid above them."""
    return published_days() | dict(edited)
