"""Overdue, asked of the database: the same as `cases.finding.is_overdue`, computed from the date, never from a flag.

So it does not matter whether a patrol ran; a test compares the two. What a patrol sets (``overdue_since``) says when
the clock marked it and who was told, and nothing is counted or shown by it.
"""

from datetime import date

from sqlalchemy import ColumnElement, String, and_, cast, or_, type_coerce

from cases.finding import State
from persistence.tables import findings

F = findings.c
DAY_ENDS = "T16:00:00.000000Z"  # in UTC, behind a day of Shanghai: moments are kept as text and compare as text


def overdue_on(day: date) -> ColumnElement[bool]:
    """Whether a finding, as it is now, is overdue on *day*."""
    came_late = type_coerce(F.submitted_at, String) >= cast(F.due_on, String).concat(DAY_ENDS)
    return and_(F.state == State.OPEN, F.due_on < day, or_(F.submitted_at.is_(None), came_late))
