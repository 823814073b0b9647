"""What failed and is tried again: one row for each thing that could not be done, with its cause and the next try.

A thing is named by its *work* (``deadlines``, ``signals``, ``wake``, ...) and its *subject* within it (a case, a unit,
or the whole round). Every failure in a row makes the pause longer, up to a limit; success ends the row, and what fails
again begins with the shortest pause. Nothing here is proof of anything: the table can be emptied, and is filled again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, String, Update, cast, delete, exists, func, select, update

from cases.moments import start_of_day
from persistence.columns import new_id
from persistence.insertion import insert_new
from persistence.tables import failures

WHOLE_ROUND = "round"
FAILED_ACT = "act"  # the work under which acts of people stand
LONGEST_CAUSE = 2_000  # characters
MOST = 200  # rows of a page
KEPT_FOR = timedelta(days=30)  # after it was mended: a daily letter may still have to know of it
X = failures.c


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long a thing rests after its first, second, ... failure in a row."""

    first: timedelta = timedelta(seconds=60)
    grows: int = 4  # times as long after each further failure
    longest: timedelta = timedelta(hours=12)

    def after(self, count: int) -> timedelta:
        """Return the pause after *count* failures in a row."""
        if count > 20:  # a power of it could not be held by a timedelta any more
            return self.longest
        grown: timedelta = self.first * self.grows ** (count - 1)
        return min(grown, self.longest)


@dataclass(frozen=True, slots=True)
class Failed:
    """A thing that fails at present."""

    times: int
    next_at: datetime


def standing(conn: Connection, work: str) -> dict[str, Failed]:
    """Return what fails at present of a *work*, by subject."""
    rows = conn.execute(select(X.subject, X.times, X.next_at).where(X.work == work, X.mended_at.is_(None)))
    return {row.subject: Failed(row.times, row.next_at) for row in rows}


def put_down(
    conn: Connection,
    work: str,
    subject: str,
    cause: str,
    now: datetime,
    pauses: Pauses,
    *,
    case_id: int | None = None,
    seen: int | None = None,
) -> int:
    """Put down one more failure of a thing and return how many there were in a row.

    *seen*: how many were known when the attempt began; where others counted meanwhile, their attempt was this one.
    """
    own = (X.work == work, X.subject == subject)
    fresh = {"id": new_id(), "work": work, "subject": subject, "times": 0, "first_at": now, "mended_at": now}
    conn.execute(insert_new(conn, failures, "work", "subject"), fresh | {"cause": "", "last_at": now, "next_at": now})
    row = conn.execute(select(X.times, X.mended_at, X.first_at).where(*own).with_for_update()).one()
    before = 0 if row.mended_at is not None else row.times
    if seen is not None and seen != before:
        return int(before)
    count = before + 1
    values = {
        "case_id": case_id,
        "cause": cause[:LONGEST_CAUSE],
        "times": count,
        "first_at": row.first_at if before else now,
        "last_at": now,
        "next_at": now + pauses.after(count),
        "mended_at": None,
    }
    conn.execute(update(failures).where(*own).values(values))
    return count


def mend(conn: Connection, work: str, subjects: Collection[str], now: datetime) -> None:
    """Put down that these things were done after all."""
    conn.execute(mending(work, subjects, now))


def mending(work: str, subjects: Collection[str], now: datetime) -> Update:
    """Return the statement of `mend`, for an act that writes it with the rest."""
    own = (X.work == work, X.subject.in_(subjects), X.mended_at.is_(None))
    return update(failures).where(*own).values(mended_at=now, times=0)


def rests(work: str, subject: ColumnElement[Any], now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the thing *subject* (a column of an outer query) is not to be tried yet."""
    own = (X.work == work, X.subject == cast(subject, String), X.mended_at.is_(None), X.next_at > now)
    return exists(select(X.id).where(*own))


def works_to_try(conn: Connection, now: datetime, *, but_for: str) -> set[str]:
    """Return the works of which something, other than the subject *but_for*, is to be tried again by now."""
    due = (X.mended_at.is_(None), X.next_at <= now, X.subject != but_for)
    return set(conn.scalars(select(X.work).where(*due).distinct()))


def next_try(conn: Connection, work: str, subject: str) -> datetime | None:
    """Return when a thing that fails is tried again, None where it does not fail."""
    own = (X.work == work, X.subject == subject, X.mended_at.is_(None))
    moment: datetime | None = conn.scalar(select(X.next_at).where(*own))
    return moment


def at_present(conn: Connection) -> list[Row[Any]]:
    """Return what fails at present, longest first."""
    query = select(failures).where(X.mended_at.is_(None)).order_by(X.first_at, X.id)
    return list(conn.execute(query.limit(MOST)).all())


def count_at_present(conn: Connection) -> int:
    """Return how many things fail at present."""
    return int(conn.scalar(select(func.count()).select_from(failures).where(X.mended_at.is_(None))) or 0)


def were_told(conn: Connection, day: date) -> bool:
    """Whether a letter of *day* spoke of failures already."""
    return conn.execute(select(X.id).where(X.told_on == day).limit(1)).first() is not None


def note_told(conn: Connection, day: date) -> None:
    """Put down that the letter of *day* was written, and drop what was mended long ago."""
    conn.execute(update(failures).where(X.mended_at.is_(None)).values(told_on=day))
    conn.execute(delete(failures).where(X.mended_at < start_of_day(day) - KEPT_FOR))
