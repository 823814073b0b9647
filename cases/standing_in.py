"""Who stands in for a post: one order for the desk, the task lists, the letters, the ladder and the doctor.

First whoever holds the post (deputies too), then the chief of the unit, the nearest one above first; a letter goes on
to the inspection office and at last to the system administrators. Nobody counts whose account was closed, and nobody
is written to who has no address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Line(IntEnum):
    """In which row somebody stands behind a post."""

    HOLDER = 0
    CHIEF = 1  # of the unit, who hands its tasks out meanwhile
    OFFICE = 2  # sees to it that somebody is appointed
    ADMINISTRATOR = 3


ACTING = (Line.HOLDER, Line.CHIEF)


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who may stand behind a post; *nearness* is larger for a unit that is nearer to it."""

    line: Line
    person_id: int
    name: str
    email: str
    language: str
    title: str = ""
    tenure_id: int | None = None
    nearness: int = 0
    can_sign_in: bool = True  # has an account that is open
    is_shut_out: bool = False  # has accounts, all of them closed

    @property
    def can_act(self) -> bool:
        """Whether he can come to his desk."""
        return self.can_sign_in

    @property
    def reads(self) -> bool:
        """Whether a letter reaches him."""
        return bool(self.email) and not self.is_shut_out


def who_acts(seats: Iterable[Seat]) -> tuple[Seat, ...]:
    """Return on whose desks a task stands: those of the first row in which anybody can act; empty for nobody."""
    able = [seat for seat in seats if seat.can_act and seat.line in ACTING]
    first = min((seat.line for seat in able), default=None)
    return _once(seat for seat in able if seat.line is first)


def who_reads(seats: Iterable[Seat]) -> tuple[Seat, ...]:
    """Return to whom a letter goes: those of the first row, and of the nearest unit, in which it reaches anybody."""
    reached = [seat for seat in seats if seat.reads]
    best = min(((seat.line, -seat.nearness) for seat in reached), default=None)
    return _once(seat for seat in reached if (seat.line, -seat.nearness) == best)


def without_address(seats: Iterable[Seat]) -> tuple[Seat, ...]:
    """Return the holders who can come in and have no address: they read the letter on the page alone."""
    return _once(seat for seat in seats if seat.line is Line.HOLDER and seat.can_sign_in and not seat.email)


def _once(seats: Iterable[Seat]) -> tuple[Seat, ...]:
    return tuple({seat.person_id: seat for seat in seats}.values())
