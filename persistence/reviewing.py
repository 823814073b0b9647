"""审核质量: how each reviewer's opinions came about, and what became of them; figures of one person over time.

The same numbers that PR-22 (一签了之) reads, told per person and month. They are for those who watch over reviews and
for the reviewer himself; they are no ranking and stand in no paper. An opinion that was given in a meeting or on paper
has no time on a page and is left out of the times.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from cases.comments import has_substance
from cases.moments import shanghai_date, start_of_day
from cases.rights import Actor
from persistence.tables import (
    cycles,
    evidence,
    file_openings,
    findings,
    look_backs,
    page_views,
    reviews,
    signal_hits,
    submissions,
)
from persistence.visibility import visible_findings

ACTS: Final = ("review_rectification", "sign_rectification", "verify_rectification", "sign_off")
PASSING: Final = ("agreed", "confirmed", "signed")
FEW: Final = 10  # opinions; below that a share says little
R = reviews.c


@dataclass(frozen=True, slots=True)
class Given:
    """One opinion: how it came about, and what became of it.

    *seconds* and *opened* are None where nobody counted: by another door than the page, in a meeting, on paper.
    *overturned* says what contradicted an agreement later: returned, look_back, signal, new_cycle; empty where nothing.
    """

    id: int
    person_id: int
    person: str
    finding_id: int
    number: str
    act: str
    verdict: str
    at: datetime
    comment: str
    seconds: int | None
    opened: int | None
    files: int
    overturned: str

    @property
    def month(self) -> str:
        """The month in Shanghai, as 2026-03."""
        return f"{shanghai_date(self.at):%Y-%m}"

    @property
    def passed(self) -> bool:
        """Whether it let the finding on."""
        return self.verdict in PASSING


@dataclass(frozen=True, slots=True)
class Share:
    """Some of many; *is_small* warns that the many are few."""

    some: int
    of: int

    @property
    def percent(self) -> int | None:
        """Rounded percent, None of nothing."""
        return (200 * self.some + self.of) // (2 * self.of) if self.of else None

    @property
    def is_small(self) -> bool:
        """Whether the share rests on too few to say much."""
        return self.of < FEW


@dataclass(frozen=True, slots=True)
class Figures:
    """What the opinions of one person in one period come to."""

    decisions: int
    seconds: int | None  # median of those that were counted
    timed: int
    quick: Share  # fewer seconds than a dossier of several files takes
    opened: Share  # attachments opened of attachments there
    comment: int | None  # median of characters
    empty: Share  # opinions without substance
    overturned: Share  # of agreements

    @property
    def is_small(self) -> bool:
        """Whether there are too few opinions to say much."""
        return self.decisions < FEW


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One person: the whole period, and its months in order."""

    person_id: int
    name: str
    whole: Figures
    months: tuple[tuple[str, Figures], ...]


def reviewers(given: Sequence[Given], *, least_seconds: int) -> list[Reviewer]:
    """Return the figures of everybody in *given*, by name: there is no best and no worst."""
    by_person: dict[int, list[Given]] = defaultdict(list)
    for one in given:
        by_person[one.person_id].append(one)
    months = sorted({one.month for one in given})
    return sorted(
        (_reviewer(person_id, own, months, least_seconds) for person_id, own in by_person.items()),
        key=lambda one: (one.name, one.person_id),
    )


def _reviewer(person_id: int, own: Sequence[Given], months: Iterable[str], least_seconds: int) -> Reviewer:
    told = tuple((month, figures_of([one for one in own if one.month == month], least_seconds)) for month in months)
    return Reviewer(person_id, own[-1].person, figures_of(own, least_seconds), told)


def figures_of(given: Sequence[Given], least_seconds: int) -> Figures:
    """Return what some opinions come to."""
    seconds = [one.seconds for one in given if one.seconds is not None]
    looked = [one for one in given if one.opened is not None]
    passed = [one for one in given if one.passed]
    return Figures(
        decisions=len(given),
        seconds=round(median(seconds)) if seconds else None,
        timed=len(seconds),
        quick=Share(sum(one < least_seconds for one in seconds), len(seconds)),
        opened=Share(sum(one.opened or 0 for one in looked), sum(one.files for one in looked)),
        comment=round(median(len(one.comment) for one in given)) if given else None,
        empty=Share(sum(not has_substance(one.comment) for one in given), len(given)),
        overturned=Share(sum(bool(one.overturned) for one in passed), len(passed)),
    )


# --- out of the tables ----------------------------------------------------------------------------------------------


def opinions_given(
    conn: Connection, actor: Actor, since: date, until: date, *, person_id: int | None = None
) -> list[Given]:
    """Return the opinions on findings that *actor* may see, oldest first; *person_id*: of one person alone."""
    conditions = [
        R.act.in_(ACTS),
        R.at >= start_of_day(since),
        R.at < start_of_day(date.fromordinal(until.toordinal() + 1)),
        visible_findings(actor),
    ]
    if person_id is not None:
        conditions.append(R.person_id == person_id)
    query = select(reviews, findings.c.number).join(findings, findings.c.id == R.case_id).where(*conditions)
    rows = conn.execute(query.order_by(R.at, R.id)).all()
    course = _Course(conn, {row.case_id for row in rows})
    return [course.given(row) for row in rows]


class _Course:
    """What happened to some findings, read once for all of their opinions."""

    def __init__(self, conn: Connection, ids: set[int]) -> None:
        self._sent = _by_cycle(conn, ids, submissions.c.finding_id, submissions.c.cycle, submissions.c.at)
        self._returned = _by_cycle(conn, ids, R.case_id, R.cycle, R.at, R.verdict.in_(("returned", "false")))
        failed = look_backs.c.result.in_(("returned", "false", "revoked"))
        self._failed = _by_cycle(
            conn, ids, look_backs.c.finding_id, look_backs.c.cycle, look_backs.c.confirmed_at, failed
        )
        hit = signal_hits.c
        self._hits = _by_cycle(conn, ids, hit.finding_id, hit.cycle, hit.decided_at, hit.decision == "confirmed")
        self._opened = _by_cycle(conn, ids, cycles.c.finding_id, cycles.c.cycle - 1, cycles.c.opened_at)
        self._files = _files(conn, ids)
        self._views = _views(conn, ids)
        self._openings = _openings(conn, ids)

    def given(self, row: Row[Any]) -> Given:
        """Return one opinion with what stands about it here."""
        key = (row.case_id, row.cycle)
        since = max((at for at in self._sent.get(key, ()) if at <= row.at), default=None)
        views = [s for at, s in self._views.get((row.person_id, row.case_id), ()) if (since or at) <= at <= row.at]
        files = {id for id, at, gone in self._files.get(key, ()) if at <= row.at and (gone is None or gone > row.at)}
        opened = {id for id, at in self._openings.get((row.person_id, row.case_id), ()) if at <= row.at} & files
        counted = bool(views) and row.decision_id is None
        return Given(
            id=row.id, person_id=row.person_id, person=row.person_name, finding_id=row.case_id, number=row.number,
            act=row.act, verdict=row.verdict, at=row.at, comment=row.comment,
            seconds=sum(views) if counted else None, opened=len(opened) if counted else None, files=len(files),
            overturned=self._overturned(key, row) if row.verdict in PASSING else "",
        )  # fmt: skip

    def _overturned(self, key: tuple[int, int], row: Row[Any]) -> str:
        """Return what contradicted an agreement: what was returned counts only until it was submitted anew."""
        anew = min((at for at in self._sent.get(key, ()) if at > row.at), default=None)
        if any(at > row.at and (anew is None or at <= anew) for at in self._returned.get(key, ())):
            return "returned"
        for name, moments in (("signal", self._hits), ("look_back", self._failed), ("new_cycle", self._opened)):
            if any(at > row.at for at in moments.get(key, ())):
                return name
        return ""


Moments = Mapping[tuple[int, int], list[datetime]]


def _by_cycle(conn: Connection, ids: set[int], finding: Any, cycle: Any, at: Any, *conditions: Any) -> Moments:
    """Return (finding, cycle) -> moments in order."""
    found: dict[tuple[int, int], list[datetime]] = defaultdict(list)
    for portion in _portions(ids):
        query = select(finding, cycle, at).where(finding.in_(portion), at.is_not(None), *conditions).order_by(at)
        for finding_id, number, moment in conn.execute(query):
            found[finding_id, number].append(moment)
    return found


def _files(conn: Connection, ids: set[int]) -> dict[tuple[int, int], list[tuple[int, datetime, datetime | None]]]:
    found = defaultdict(list)
    own = evidence.c
    for portion in _portions(ids):
        query = select(own.finding_id, own.cycle, own.id, own.uploaded_at, own.withdrawn_at)
        for finding_id, cycle, id, at, gone in conn.execute(query.where(own.finding_id.in_(portion))):
            found[finding_id, cycle].append((id, at, gone))
    return found


def _views(conn: Connection, ids: set[int]) -> dict[tuple[int, int], list[tuple[datetime, int]]]:
    found = defaultdict(list)
    own = page_views.c
    for portion in _portions(ids):
        query = select(own.person_id, own.case_id, own.opened_at, own.seconds).where(own.case_id.in_(portion))
        for person_id, case_id, at, seconds in conn.execute(query):
            found[person_id, case_id].append((at, seconds))
    return found


def _openings(conn: Connection, ids: set[int]) -> dict[tuple[int, int], list[tuple[int, datetime]]]:
    found = defaultdict(list)
    own = file_openings.c
    for portion in _portions(ids):
        query = (
            select(own.person_id, evidence.c.finding_id, own.evidence_id, own.at)
            .join(evidence, evidence.c.id == own.evidence_id)
            .where(evidence.c.finding_id.in_(portion))
        )
        for person_id, finding_id, id, at in conn.execute(query):
            found[person_id, finding_id].append((id, at))
    return found


def _portions(ids: set[int]) -> Iterable[list[int]]:
    """Return *ids* in portions that a statement can name."""
    ordered = sorted(ids)
    return (ordered[start : start + 900] for start in range(0, len(ordered), 900))
