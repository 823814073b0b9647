"""Meetings of the leading group, decisions on paper and paper receipts, as pages and acts read them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from cases.finding import State
from cases.known_words import required
from cases.meeting import Ballot, Opinion, Seat
from cases.rights import Actor, may_in_office
from persistence.tables import (
    decision_items,
    decision_openings,
    decisions,
    findings,
    meeting_items,
    meeting_seats,
    meeting_votes,
    meetings,
    open_tasks,
    outbox,
    paper_receipts,
    people,
    units,
)
from persistence.visibility import visible_findings

MOST = 200


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting with its members, agenda and votes, each in the order of their entry."""

    row: Row[Any]
    office_path: str
    seats: Sequence[Seat]
    posts: Mapping[int, str]  # person -> post
    items: Sequence[Row[Any]]
    ballots: Sequence[Ballot]
    recorded_by: Mapping[int, int]  # voter -> who wrote it down

    @property
    def voted(self) -> frozenset[int]:
        """Who has spoken."""
        return frozenset(ballot.person_id for ballot in self.ballots)

    @property
    def written_down(self) -> bool:
        """Whether somebody else wrote down a vote: then a second person confirms the whole."""
        return any(person != writer for person, writer in self.recorded_by.items())


def find_meeting(conn: Connection, actor: Actor, meeting_id: int) -> Meeting | None:
    """Return a meeting of an office that *actor* works for."""
    row = conn.execute(select(meetings).where(meetings.c.id == meeting_id)).one_or_none()
    if row is None:
        return None
    path = path_of(conn, row.office_unit_id)
    if not may_in_office(actor, "call_meeting", path):
        return None

    def own(table: Any) -> Sequence[Row[Any]]:
        return conn.execute(select(table).where(table.c.meeting_id == meeting_id).order_by(table.c.id)).all()

    seats, votes = own(meeting_seats), own(meeting_votes)
    return Meeting(
        row,
        path,
        seats=[Seat(seat.person_id, seat.name, seat.present) for seat in seats],
        posts={seat.person_id: seat.post_title for seat in seats},
        items=own(meeting_items),
        ballots=[_ballot(vote) for vote in votes],
        recorded_by={vote.person_id: vote.recorded_by for vote in votes},
    )


def _ballot(vote: Row[Any]) -> Ballot:
    others = {number: (required(Opinion, opinion), reason) for number, (opinion, reason) in vote.exceptions.items()}
    return Ballot(vote.person_id, required(Opinion, vote.opinion), vote.reason, others)


def path_of(conn: Connection, unit_id: int) -> str:
    """Return the path of a unit."""
    return str(conn.execute(select(units.c.path).where(units.c.id == unit_id)).scalar_one())


def offices_of(conn: Connection, actor: Actor, permission: str) -> list[int]:
    """Return the inspecting sides for which *actor* has *permission*."""
    rows = conn.execute(select(findings.c.office_unit_id, units.c.path).join_from(
        findings, units, units.c.id == findings.c.office_unit_id
    ).distinct())  # fmt: skip
    return [office for office, path in rows if may_in_office(actor, permission, path)]


def meetings_of(conn: Connection, offices: Iterable[int]) -> Sequence[Row[Any]]:
    """Return the meetings of *offices*, newest first."""
    query = select(meetings).where(meetings.c.office_unit_id.in_(list(offices)))
    return conn.execute(query.order_by(meetings.c.held_on.desc(), meetings.c.id.desc()).limit(MOST)).all()


def on_open_agenda(conn: Connection, finding_id: int) -> str | None:
    """Return the number of the meeting that a finding waits for already."""
    query = (
        select(meetings.c.number)
        .join(meeting_items, meeting_items.c.meeting_id == meetings.c.id)
        .where(meeting_items.c.finding_id == finding_id, meetings.c.state == "open")
        .where(meeting_items.c.excluded_because.is_(None))
    )
    return conn.scalar(query.limit(1))


def waiting_for_sign_off(conn: Connection, actor: Actor) -> Sequence[Any]:
    """Return (number, title, unit, due_on) of the findings that wait for the leading group and *actor* sees."""
    query = (
        select(findings.c.number, findings.c.title, units.c.short_name, findings.c.due_on)
        .join(open_tasks, open_tasks.c.case_id == findings.c.id)
        .join(units, units.c.id == findings.c.unit_id)
        .where(open_tasks.c.act == "sign_off", findings.c.state == State.OPEN, visible_findings(actor))
    )
    return conn.execute(query.order_by(findings.c.number).limit(MOST)).all()


def titles_of(conn: Connection, actor: Actor, numbers: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return number -> (title, unit) of the findings among *numbers* that *actor* sees."""
    query = (
        select(findings.c.number, findings.c.title, units.c.short_name)
        .join(units, units.c.id == findings.c.unit_id)
        .where(findings.c.number.in_(list(numbers)), visible_findings(actor))
    )
    return {number: (title, unit) for number, title, unit in conn.execute(query)}


# --- decisions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of a meeting or on paper, with the cases that it decides."""

    row: Row[Any]
    office_path: str
    items: Sequence[Row[Any]]
    opened_by: frozenset[int]


def find_decision(conn: Connection, actor: Actor, decision_id: int) -> Decision | None:
    """Return a decision of an office that *actor* works for."""
    row = conn.execute(select(decisions).where(decisions.c.id == decision_id)).one_or_none()
    if row is None:
        return None
    path = path_of(conn, row.office_unit_id)
    if not may_in_office(actor, "confirm_paper_decision", path):
        return None
    items = select(decision_items).where(decision_items.c.decision_id == decision_id).order_by(decision_items.c.id)
    opened = select(decision_openings.c.person_id).where(decision_openings.c.decision_id == decision_id)
    return Decision(row, path, conn.execute(items).all(), frozenset(conn.scalars(opened)))


def decisions_of(conn: Connection, offices: Iterable[int]) -> Sequence[Row[Any]]:
    """Return the decisions of *offices*: those that wait first, then the newest."""
    query = select(decisions, people.c.name.label("recorder")).join(people, people.c.id == decisions.c.recorded_by)
    order = (decisions.c.state != "waiting", decisions.c.id.desc())
    return conn.execute(query.where(decisions.c.office_unit_id.in_(list(offices))).order_by(*order).limit(MOST)).all()


def sheet_is_known(conn: Connection, office_unit_id: int, sheet_number: str) -> bool:
    """Whether a sheet or a meeting of this number stands already."""
    known = select(decisions.c.id).where(
        decisions.c.office_unit_id == office_unit_id, decisions.c.sheet_number == sheet_number
    )
    called = select(meetings.c.id).where(meetings.c.office_unit_id == office_unit_id, meetings.c.number == sheet_number)
    return conn.execute(known.union(called).limit(1)).first() is not None


# --- receipts -------------------------------------------------------------------------------------------------------


def paper_receipts_of(conn: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return what was signed for on paper in a case, with the names of who signed and who registered it."""
    signer, officer = people.alias("signer"), people.alias("officer")
    query = (
        select(paper_receipts, signer.c.name.label("signer"), officer.c.name.label("officer"), outbox.c.letter)
        .join(signer, signer.c.id == paper_receipts.c.person_id)
        .join(officer, officer.c.id == paper_receipts.c.registered_by)
        .outerjoin(outbox, outbox.c.id == paper_receipts.c.letter_id)
        .where(paper_receipts.c.case_id == case_id)
    )
    return conn.execute(query.order_by(paper_receipts.c.id)).all()


def letters_without_receipt(conn: Connection, case_id: int) -> Sequence[Any]:
    """Return (id, letter, person_id, name, created_at) of the letters of a case that nobody signed for on paper."""
    query = (
        select(outbox.c.id, outbox.c.letter, outbox.c.person_id, people.c.name, outbox.c.created_at)
        .join(people, people.c.id == outbox.c.person_id)
        .outerjoin(paper_receipts, paper_receipts.c.letter_id == outbox.c.id)
        .where(outbox.c.case_id == case_id, paper_receipts.c.id.is_(None))
    )
    return conn.execute(query.order_by(outbox.c.id.desc()).limit(MOST)).all()


def signed_for(conn: Connection, letter_ids: Iterable[int]) -> dict[int, date]:
    """Return letter -> day on which it was signed for on paper."""
    query = select(paper_receipts.c.letter_id, paper_receipts.c.signed_on).where(
        paper_receipts.c.letter_id.in_(list(letter_ids))
    )
    return dict(conn.execute(query).tuples().all())
