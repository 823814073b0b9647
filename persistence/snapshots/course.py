"""How a finding went: who told, reviewed, looked, and how long; and how its neighbours went."""

import re
from collections.abc import Iterable, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, func, select

from cases.likeness import common_runs, contained, likeness, longest_common
from cases.moments import shanghai_date
from cases.signals.snapshot import (
    Change,
    Complaint,
    Earlier,
    Extended,
    Opinion,
    Progress,
    Quote,
    Step,
    UnitPace,
    Visit,
)
from cases.wording import figures_in
from persistence import registers
from persistence.snapshots.registered import particulars
from persistence.tables import (
    evidence,
    extensions,
    file_openings,
    findings,
    look_backs,
    milestones,
    page_views,
    progress_reports,
    reviews,
    submissions,
)

_PASSING: Final = ("review_rectification", "sign_rectification", "verify_rectification")
"""Acts that let a submission on."""

_ROLES: Final = {
    "review_rectification": "reviewed",
    "sign_rectification": "signed",
    "verify_rectification": "verified",
}
_PICTURES: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".heic")
_AROUND: Final = timedelta(minutes=10)
_BEFORE: Final = timedelta(days=7)
LEAST_EARLIER: Final = 30  # percent; the rule knows the threshold, this only spares telling of what is far from it
_DATES: Final = re.compile(r"\d+年?(?:至|以来)?")
LEAST_PASSAGE: Final = 4  # characters: the name of a place or of a thing
MOST_EARLIER: Final = 2000  # closed findings of one unit that a new one is compared with


def _of_cycle(conn: Connection, table: Table, finding: Row[Any]) -> list[Row[Any]]:
    query = select(table).where(table.c.finding_id == finding.id, table.c.cycle == finding.cycle)
    return list(conn.execute(query.order_by(table.c.id)).all())


def progress_of(conn: Connection, finding: Row[Any], as_of: datetime) -> tuple[Progress, ...]:
    """Return the entries of progress of this cycle."""
    return tuple(Progress(row.at, row.text) for row in _of_cycle(conn, progress_reports, finding) if row.at <= as_of)


def extended_of(conn: Connection, finding: Row[Any], as_of: datetime) -> tuple[Extended, ...]:
    """Return the asked extensions of this cycle; a verdict of later is not known yet."""
    return tuple(
        Extended(row.asked_at, row.decided_at, row.verdict or "", row.reason)
        if row.decided_at and row.decided_at <= as_of
        else Extended(row.asked_at, None, "", row.reason)
        for row in _of_cycle(conn, extensions, finding)
        if row.asked_at <= as_of
    )


def last_submission(conn: Connection, finding: Row[Any], as_of: datetime) -> Row[Any] | None:
    """Return the last submission of this cycle."""
    told = [row for row in _of_cycle(conn, submissions, finding) if row.at <= as_of]
    return max(told, key=lambda row: row.at, default=None)


def brought_back(conn: Connection, finding: Row[Any], as_of: datetime) -> list[Row[Any]]:
    """Return the evidence that the people of the look-backs put down: it is theirs, not the unit's."""
    inspectors = {person for row in _of_cycle(conn, look_backs, finding) for person in row.inspectors}
    rows = _of_cycle(conn, evidence, finding)
    return [row for row in rows if row.uploaded_by in inspectors and row.uploaded_at <= as_of]


def visits_of(conn: Connection, finding: Row[Any], staff: set[int], as_of: datetime) -> tuple[Visit, ...]:
    """Return the look-backs that were confirmed, with the pictures that their people brought back."""
    photos = sum(row.filename.lower().endswith(_PICTURES) for row in brought_back(conn, finding, as_of))
    return tuple(
        Visit(
            id=row.id,
            inspectors=len(row.inspectors),
            from_outside=not staff & {*row.inspectors, row.recorded_by, row.confirmed_by},
            place=row.place,
            on=row.ended_on or row.started_on,
            method=row.method,
            photos=photos,
        )
        for row in _of_cycle(conn, look_backs, finding)
        if row.confirmed_at and row.confirmed_at <= as_of and not row.durability
    )


def opinions_of(conn: Connection, finding: Row[Any], as_of: datetime) -> tuple[Opinion, ...]:
    """Return the opinions that let the last submission on, with how they were come by."""
    since = finding.submitted_at
    if since is None or since > as_of:
        return ()
    given = select(reviews).where(
        reviews.c.case_id == finding.id,
        reviews.c.cycle == finding.cycle,
        reviews.c.act.in_(_PASSING),
        reviews.c.verdict.in_(("agreed", "confirmed")),
        reviews.c.at.between(since, as_of),
    )
    live = select(evidence.c.id).where(evidence.c.finding_id == finding.id, evidence.c.cycle == finding.cycle)
    files = set(conn.scalars(live))
    return tuple(
        _opinion(conn, finding, row, files, since)
        for row in conn.execute(given.order_by(reviews.c.at, reviews.c.id)).all()
    )


def _opinion(conn: Connection, finding: Row[Any], row: Row[Any], files: set[int], since: datetime) -> Opinion:
    near = select(func.count(reviews.c.case_id.distinct())).where(
        reviews.c.person_id == row.person_id,
        reviews.c.act == row.act,
        reviews.c.at.between(row.at - _AROUND, row.at + _AROUND),
    )
    seen = select(func.count(), func.sum(page_views.c.seconds)).where(
        page_views.c.person_id == row.person_id,
        page_views.c.case_id == finding.id,
        page_views.c.opened_at.between(since, row.at),
    )
    views, seconds = conn.execute(seen).one()
    opened = select(func.count(file_openings.c.evidence_id.distinct())).where(
        file_openings.c.person_id == row.person_id, file_openings.c.evidence_id.in_(files), file_openings.c.at <= row.at
    )
    return Opinion(
        id=row.id,
        act=row.act,
        person=row.person_name,
        comment=row.comment,
        in_a_row=conn.scalar(near) or 1,
        person_id=row.person_id,
        at=row.at,
        seconds=int(seconds or 0) if views else None,  # by another door than the page nobody counted
        files=len(files),
        opened=conn.scalar(opened) if views else None,
        meeting=bool(row.decision_id or row.sheet_number),
    )


def participants_of(
    conn: Connection, finding: Row[Any], told: Row[Any] | None, as_of: datetime
) -> tuple[tuple[str, int], ...]:
    """Return who did what about the last submission."""
    if told is None:
        return ()
    found = {("submitted", told.person_id)}
    given = select(reviews.c.act, reviews.c.person_id).where(
        reviews.c.case_id == finding.id, reviews.c.cycle == finding.cycle, reviews.c.at.between(told.at, as_of)
    )
    found |= {(_ROLES[row.act], row.person_id) for row in conn.execute(given) if row.act in _ROLES}
    for row in _of_cycle(conn, look_backs, finding):
        if row.confirmed_at and row.confirmed_at <= as_of:
            found |= {("looked_back", person) for person in row.inspectors}
    return tuple(sorted(found))


def milestones_of(conn: Connection, finding: Row[Any]) -> tuple[Step, ...]:
    """Return the dated steps of a CONTINUOUS finding."""
    steps = conn.execute(select(milestones).where(milestones.c.finding_id == finding.id).order_by(milestones.c.seq))
    return tuple(Step(row.due_on, row.held_at is not None) for row in steps)


def changes_of(conn: Connection, finding: Row[Any], as_of: datetime) -> tuple[Change, ...]:
    """Return what happened to its evidence after the sign-off; what a later look-back brings is the inspectors' own."""
    closed = finding.signed_off_at
    if closed is None:
        return ()
    again = {person for row in _of_cycle(conn, look_backs, finding) if row.durability for person in row.inspectors}
    changes = []
    for row in _of_cycle(conn, evidence, finding):
        brought = row.uploaded_by in again and not row.replaces_id
        if closed < row.uploaded_at <= as_of and not brought:
            changes.append(Change(row.id, row.filename, "replaced" if row.replaces_id else "added", row.uploaded_at))
        if row.withdrawn_at and closed < row.withdrawn_at <= as_of:
            changes.append(Change(row.id, row.filename, "withdrawn", row.withdrawn_at))
    return tuple(changes)


def pace_of(conn: Connection, finding: Row[Any], as_of: datetime) -> UnitPace:
    """Return how the findings of the unit in the same list were submitted."""
    rows = conn.execute(
        select(findings.c.id, findings.c.submitted_at).where(
            findings.c.list_id == finding.list_id, findings.c.unit_id == finding.unit_id
        )
    ).all()
    done = {row.id: row.submitted_at for row in rows if row.submitted_at and row.submitted_at <= as_of}
    first = _first_signs(conn, done)
    prepared = sum(1 for key, at in done.items() if key in first and first[key] <= at - _BEFORE)
    return UnitPace(len(rows), tuple(sorted(done.values())), prepared)


def _first_signs(conn: Connection, ids: Iterable[int]) -> dict[int, datetime]:
    """Return when each finding first showed progress, by word or by paper."""
    wanted, first = list(ids), dict[int, datetime]()
    for table, moment in ((progress_reports, progress_reports.c.at), (evidence, evidence.c.uploaded_at)):
        query = select(table.c.finding_id, func.min(moment)).where(table.c.finding_id.in_(wanted))
        for finding_id, at in conn.execute(query.group_by(table.c.finding_id)):
            first[finding_id] = min(at, first.get(finding_id, at))
    return first


def earlier_of(
    conn: Connection, finding: Row[Any], text: str, things: Sequence[str], as_of: datetime
) -> tuple[Earlier, ...]:
    """Return closed findings of the unit that are somewhat like this one, from before it was found."""
    begun = finding.feedback_on or shanghai_date(finding.issued_at or as_of)
    query = (
        select(findings.c.id, findings.c.number, findings.c.category, findings.c.title, findings.c.detail)
        .add_columns(findings.c.signed_off_at)
        .where(
            findings.c.unit_path == finding.unit_path,
            findings.c.signed_off_at.is_not(None),
            findings.c.id != finding.id,
        )
        .order_by(findings.c.signed_off_at.desc())
        .limit(MOST_EARLIER)
    )
    found = []
    for row in conn.execute(query).all():
        closed = shanghai_date(row.signed_off_at)
        if closed >= begun:
            continue
        other = f"{row.title}。{row.detail}" if row.detail and row.detail != row.title else row.title
        percent = likeness(text, other)
        theirs = particulars(registers.of_finding(conn, row.id, as_of=as_of)).objects if things else ()
        same = bool(set(things) & set(theirs))
        if percent >= LEAST_EARLIER or same:
            run = longest_common(text, other)
            found.append(
                Earlier(
                    row.id,
                    row.number,
                    row.category,
                    closed,
                    percent,
                    same,
                    Quote(run, finding.number),
                    Quote(run, row.number),
                    tuple(sorted(figures_in(text) & figures_in(other))),
                )
            )
    return tuple(found)


def _of_the_thing(names: Set[str], text: str) -> str:
    """Return *text* without *names* and years: whoever speaks of the unit does not yet speak of the finding."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "，")
    return _DATES.sub("，", text)


def complaints_of(
    conn: Connection, finding: Row[Any], text: str, things: Sequence[str], own: Set[str], as_of: datetime
) -> tuple[Complaint, ...]:
    """Return what people said about the unit, compared with the finding; *own* are the names of the unit."""
    rows = registers.of_units(conn, "complaint", [finding.unit_id], as_of=as_of, since=finding.signed_off_at)
    rows += registers.of_office(conn, ("complaint",), as_of=as_of).get("complaint", [])  # nobody knew which unit
    found = []
    for row in rows:
        said = str(row.fields["text"])
        percent = max(likeness(text, said), contained(finding.title, said), contained(said, text))
        named = str(row.fields.get("object") or "").split("、")
        same = any(thing in named or thing in said for thing in things)
        passages = common_runs(_of_the_thing(own, said), _of_the_thing(own, text), LEAST_PASSAGE) if row.unit_id else ()
        source = str(row.fields["source"])
        found.append(Complaint(row.id, source, shanghai_date(row.at), said, percent, same, tuple(passages)))
    return tuple(found)
