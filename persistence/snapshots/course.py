"""How a finding went: who told, reviewed, looked, and how long; and how its neighbours went."""

import re
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Row, bindparam, func, select

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
from persistence.columns import Moment
from persistence.snapshots.cycle import Cycle
from persistence.snapshots.reference import Reference
from persistence.snapshots.registered import particulars
from persistence.tables import (
    evidence,
    file_openings,
    findings,
    milestones,
    page_views,
    progress_reports,
    reviews,
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


def progress_of(cycle: Cycle, as_of: datetime) -> tuple[Progress, ...]:
    """Return the entries of progress of this cycle."""
    return tuple(Progress(row.at, row.text) for row in cycle.progress if row.at <= as_of)


def extended_of(cycle: Cycle, as_of: datetime) -> tuple[Extended, ...]:
    """Return the asked extensions of this cycle; a verdict of later is not known yet."""
    return tuple(
        Extended(row.asked_at, row.decided_at, row.verdict or "", row.reason)
        if row.decided_at and row.decided_at <= as_of
        else Extended(row.asked_at, None, "", row.reason)
        for row in cycle.extensions
        if row.asked_at <= as_of
    )


def last_submission(cycle: Cycle, as_of: datetime) -> Row[Any] | None:
    """Return the last submission of this cycle."""
    told = [row for row in cycle.submissions if row.at <= as_of]
    return max(told, key=lambda row: row.at, default=None)


def brought_back(cycle: Cycle, as_of: datetime) -> list[Row[Any]]:
    """Return the evidence that the people of the look-backs put down: it is theirs, not the unit's."""
    inspectors = {person for row in cycle.look_backs for person in row.inspectors}
    return [row for row in cycle.evidence if row.uploaded_by in inspectors and row.uploaded_at <= as_of]


def visits_of(cycle: Cycle, staff: Set[int], as_of: datetime) -> tuple[Visit, ...]:
    """Return the look-backs that were confirmed, with the pictures that their people brought back."""
    photos = sum(row.filename.lower().endswith(_PICTURES) for row in brought_back(cycle, as_of))
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
        for row in cycle.look_backs
        if row.confirmed_at and row.confirmed_at <= as_of and not row.durability
    )


def opinions_of(cycle: Cycle, since: datetime | None, as_of: datetime) -> tuple[Opinion, ...]:
    """Return the opinions that let the submission of *since* on, with how they were come by."""
    if since is None or since > as_of:
        return ()
    passing = [
        row
        for row in cycle.reviews
        if row.act in _PASSING and row.verdict in ("agreed", "confirmed") and since <= row.at <= as_of
    ]
    return tuple(_opinion(cycle, row, since) for row in sorted(passing, key=lambda row: (row.at, row.id)))


_person, _given_at = bindparam("person", type_=BigInteger), bindparam("at", type_=Moment)
_near = select(func.count(reviews.c.case_id.distinct())).where(
    reviews.c.person_id == _person,
    reviews.c.act == bindparam("act"),
    reviews.c.at.between(bindparam("from", type_=Moment), bindparam("until", type_=Moment)),
)
_viewed = (
    page_views.c.person_id == _person,
    page_views.c.case_id == bindparam("finding"),
    page_views.c.opened_at.between(bindparam("since", type_=Moment), _given_at),
)
_opened = select(func.count(file_openings.c.evidence_id.distinct())).where(
    file_openings.c.person_id == _person,
    file_openings.c.evidence_id.in_(bindparam("files", expanding=True)),
    file_openings.c.at <= _given_at,
)
_come_by = select(
    _near.scalar_subquery().label("near"),
    select(func.count()).where(*_viewed).scalar_subquery().label("views"),
    select(func.sum(page_views.c.seconds)).where(*_viewed).scalar_subquery().label("seconds"),
    _opened.scalar_subquery().label("opened"),
)


def _opinion(cycle: Cycle, row: Row[Any], since: datetime) -> Opinion:
    files = {each.id for each in cycle.evidence}
    asked = {"person": row.person_id, "act": row.act, "at": row.at, "since": since, "finding": cycle.finding_id}
    around = {"from": row.at - _AROUND, "until": row.at + _AROUND}
    how = cycle.conn.execute(_come_by, {**asked, **around, "files": list(files)}).one()
    return Opinion(
        id=row.id,
        act=row.act,
        person=row.person_name,
        comment=row.comment,
        in_a_row=how.near or 1,
        person_id=row.person_id,
        at=row.at,
        seconds=int(how.seconds or 0) if how.views else None,  # by another door than the page nobody counted
        files=len(files),
        opened=how.opened if how.views else None,
        meeting=bool(row.decision_id or row.sheet_number),
    )


def participants_of(cycle: Cycle, told: Row[Any] | None, as_of: datetime) -> tuple[tuple[str, int], ...]:
    """Return who did what about the last submission."""
    if told is None:
        return ()
    found = {("submitted", told.person_id)}
    given = [row for row in cycle.reviews if row.act in _ROLES and told.at <= row.at <= as_of]
    found |= {(_ROLES[row.act], row.person_id) for row in given}
    for row in cycle.look_backs:
        if row.confirmed_at and row.confirmed_at <= as_of:
            found |= {("looked_back", person) for person in row.inspectors}
    return tuple(sorted(found))


_steps = (
    select(milestones.c.due_on, milestones.c.held_at)
    .where(milestones.c.finding_id == bindparam("finding"))
    .order_by(milestones.c.seq)
)


def milestones_of(conn: Connection, finding: Row[Any]) -> tuple[Step, ...]:
    """Return the dated steps of a CONTINUOUS finding."""
    return tuple(Step(row.due_on, row.held_at is not None) for row in conn.execute(_steps, {"finding": finding.id}))


def changes_of(cycle: Cycle, closed: datetime | None, as_of: datetime) -> tuple[Change, ...]:
    """Return what happened to its evidence after the sign-off; what a later look-back brings is the inspectors' own."""
    if closed is None:
        return ()
    again = {person for row in cycle.look_backs if row.durability for person in row.inspectors}
    changes = []
    for row in cycle.evidence:
        brought = row.uploaded_by in again and not row.replaces_id
        if closed < row.uploaded_at <= as_of and not brought:
            changes.append(Change(row.id, row.filename, "replaced" if row.replaces_id else "added", row.uploaded_at))
        if row.withdrawn_at and closed < row.withdrawn_at <= as_of:
            changes.append(Change(row.id, row.filename, "withdrawn", row.withdrawn_at))
    return tuple(changes)


_of_unit_in_list = (findings.c.list_id == bindparam("list"), findings.c.unit_id == bindparam("unit"))
_submitted = select(findings.c.id, findings.c.submitted_at).where(*_of_unit_in_list)
_signs = [
    select(findings.c.id, func.min(moment))
    .join(table, table.c.finding_id == findings.c.id)
    .where(*_of_unit_in_list)
    .group_by(findings.c.id)
    for table, moment in ((progress_reports, progress_reports.c.at), (evidence, evidence.c.uploaded_at))
]


def pace_of(conn: Connection, finding: Row[Any], reference: Reference, as_of: datetime) -> UnitPace:
    """Return how the findings of the unit in the same list were submitted."""
    among = {"list": finding.list_id, "unit": finding.unit_id}
    sent, first = reference.once(("pace", *among.values()), lambda: _pace(conn, among))
    done = {key: at for key, at in sent.items() if at and at <= as_of}
    prepared = sum(1 for key, at in done.items() if key in first and first[key] <= at - _BEFORE)
    return UnitPace(len(sent), tuple(sorted(done.values())), prepared)


def _pace(conn: Connection, among: Mapping[str, int]) -> tuple[Mapping[int, datetime | None], Mapping[int, datetime]]:
    """Return when each finding was submitted, and when it first showed progress, by word or by paper."""
    sent = dict(conn.execute(_submitted, among).tuples().all())
    first = dict[int, datetime]()
    for query in _signs if any(sent.values()) else ():
        for finding_id, at in conn.execute(query, among):
            first[finding_id] = min(at, first.get(finding_id, at))
    return sent, first


_closed = (
    select(findings.c.id, findings.c.number, findings.c.category, findings.c.title, findings.c.detail)
    .add_columns(findings.c.signed_off_at)
    .where(findings.c.unit_path == bindparam("path"), findings.c.signed_off_at.is_not(None))
    .order_by(findings.c.signed_off_at.desc())
    .limit(MOST_EARLIER + 1)  # itself may be one of them
)


def earlier_of(
    conn: Connection, finding: Row[Any], text: str, things: Sequence[str], reference: Reference, as_of: datetime
) -> tuple[Earlier, ...]:
    """Return closed findings of the unit that are somewhat like this one, from before it was found."""
    begun = finding.feedback_on or shanghai_date(finding.issued_at or as_of)
    path = finding.unit_path
    closed_ones = reference.once(("closed", path), lambda: conn.execute(_closed, {"path": path}).all())
    others = [row for row in closed_ones if row.id != finding.id][:MOST_EARLIER]
    told = registers.of_closed(conn, "particulars", path, as_of=as_of) if things and others else {}
    found = []
    for row in others:
        closed = shanghai_date(row.signed_off_at)
        if closed >= begun:
            continue
        other = f"{row.title}。{row.detail}" if row.detail and row.detail != row.title else row.title
        percent = likeness(text, other)
        theirs = particulars({"particulars": told.get(row.id, ())}).objects
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
    since = finding.signed_off_at
    found = []
    for row in registers.of_unit_or_nobody(conn, "complaint", finding.unit_id, as_of=as_of, since=since):
        said = str(row.fields["text"])
        percent = max(likeness(text, said), contained(finding.title, said), contained(said, text))
        named = str(row.fields.get("object") or "").split("、")
        same = any(thing in named or thing in said for thing in things)
        passages = common_runs(_of_the_thing(own, said), _of_the_thing(own, text), LEAST_PASSAGE) if row.unit_id else ()
        source = str(row.fields["source"])
        found.append(Complaint(row.id, source, shanghai_date(row.at), said, percent, same, tuple(passages)))
    return tuple(found)
