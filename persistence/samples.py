"""抽样核查 as it is kept: what may be drawn from, samples with what was found, and units due for 回头看."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, or_, select, union

from cases.finding import State
from cases.known_words import required
from cases.moments import end_of_day, start_of_day
from cases.rights import Actor
from cases.sampling import Candidate, Drawing, Exported, Rate, Result, Stratum, rate
from persistence.columns import Moment
from persistence.tables import (
    checkpoints,
    evidence,
    findings,
    instances,
    issue_lists,
    look_backs,
    papers,
    people,
    progress_reports,
    reviews,
    sampled,
    samples,
    submissions,
    suspicions,
    units,
)
from persistence.visibility import below, visible_findings

F = findings.c
CAMPAIGN, SPOT_CHECK = "campaign", "spot_check"
UNDER_WAY = "under_way"
MOST = 200


@dataclass(frozen=True, slots=True)
class Frame:
    """What is drawn from: signed-off findings of a unit and everything below it; None does not narrow."""

    unit_path: str
    signed_from: date | None = None
    signed_until: date | None = None
    category: str | None = None
    kind: str | None = None
    round_id: int | None = None
    for_campaign: bool = False  # leaves out what is looked back on already

    def holds(self) -> ColumnElement[bool]:
        """Return the condition over ``findings``."""
        parts = [F.state == State.SIGNED_OFF, below(self.unit_path)]
        if self.signed_from is not None:
            parts.append(F.signed_off_at >= start_of_day(self.signed_from))
        if self.signed_until is not None:
            parts.append(F.signed_off_at <= end_of_day(self.signed_until))
        if self.category:
            parts.append(F.category == self.category)
        if self.kind:
            parts.append(F.kind == self.kind)
        if self.round_id is not None:
            of_round = select(issue_lists.c.id).where(issue_lists.c.round_id == self.round_id)
            parts.append(F.list_id.in_(of_round))
        if self.for_campaign:
            parts.append(F.id.not_in(select(instances.c.case_id).where(*_LOOKED_BACK_ON)))
        return and_(*parts)


_LOOKED_BACK_ON = (instances.c.process == "durability_look_back", instances.c.status == "running")


def count(conn: Connection, actor: Actor, frame: Frame) -> int:
    """Return how many findings *actor* may draw from."""
    query = select(func.count()).select_from(findings).where(visible_findings(actor, "draw_sample"), frame.holds())
    return int(conn.scalar(query) or 0)


def candidates(conn: Connection, actor: Actor, frame: Frame) -> tuple[Candidate, ...]:
    """Return the findings that *actor* may draw from, sorted by number as the published frame is."""
    query = (
        select(F.number, F.unit_path, func.coalesce(suspicions.c.score, 0), F.historic)
        .select_from(findings)
        .outerjoin(suspicions, suspicions.c.case_id == F.id)
        .where(visible_findings(actor, "draw_sample"), frame.holds())
    )
    return tuple(sorted((Candidate(*row) for row in conn.execute(query)), key=lambda one: one.number))


def categories(conn: Connection, actor: Actor) -> list[str]:
    """Return the categories of what *actor* may draw from."""
    seen = (visible_findings(actor, "draw_sample"), F.state == State.SIGNED_OFF, F.category != "")
    return list(conn.scalars(select(F.category).where(*seen).distinct().order_by(F.category)))


def drawable_units(conn: Connection, actor: Actor) -> Sequence[Row[tuple[int, str, str]]]:
    """Return (id, name, path) of the units on which *actor* may draw, superiors first."""
    paths = [grant.path for grant in actor.grants if grant.allows("draw_sample")]
    within = or_(false(), *(and_(units.c.path >= path, units.c.path < path[:-1] + "0") for path in paths))
    query = select(units.c.id, units.c.name, units.c.path).where(within).order_by(units.c.path)
    return conn.execute(query).all()


def newest_checkpoint(conn: Connection) -> tuple[int, str] | None:
    """Return size and root of the newest published checkpoint of the log: a seed that nobody chose."""
    row = conn.execute(
        select(checkpoints.c.size, checkpoints.c.root).order_by(checkpoints.c.size.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (int(row.size), str(row.root))


# --- a sample -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn finding as the reader may see it; *row* of ``sampled``."""

    row: Row[Any]
    number: str
    title: str
    unit_name: str
    unit_path: str
    confidentiality: int
    historic: bool
    score: int
    state: str

    @property
    def is_done(self) -> bool:
        """Whether somebody has said what was found, or why nothing could be."""
        return self.row.result is not None


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, what of it the reader may see, and how much was drawn that he may not."""

    row: Row[Any]
    unit_name: str
    unit_path: str
    drawn: Sequence[Drawn]
    hidden: int

    def of(self, stratum: Stratum) -> list[Drawn]:
        """Return the findings of one stratum in their order."""
        return [one for one in self.drawn if one.row.stratum == stratum]


def find_sample(conn: Connection, actor: Actor, number: str) -> Sample | None:
    """Return the sample *number*: whole for who may draw on its unit, else what the reader was assigned."""
    row = conn.execute(
        select(samples, units.c.name.label("unit_name"), units.c.path.label("unit_path"))
        .join(units, units.c.id == samples.c.unit_id)
        .where(samples.c.number == number)
    ).one_or_none()
    if row is None:
        return None
    there = _drawn(conn, actor, row.id)
    total = int(conn.scalar(select(func.count()).where(sampled.c.sample_id == row.id)) or 0)
    if not may_draw_on(actor, row.unit_path):
        there = [one for one in there if actor.person_id in (one.row.assigned_to or [])]
        return Sample(row, row.unit_name, row.unit_path, there, 0) if there else None
    return Sample(row, row.unit_name, row.unit_path, there, total - len(there))


def may_draw_on(actor: Actor, unit_path: str) -> bool:
    """Whether *actor* draws samples on the unit at *unit_path*."""
    return any(grant.allows("draw_sample") and unit_path.startswith(grant.path) for grant in actor.grants)


def _drawn(conn: Connection, actor: Actor, sample_id: int) -> list[Drawn]:
    extra = [F.number, F.title, units.c.short_name, F.unit_path, F.confidentiality, F.historic, F.state]
    query = (
        select(sampled, *(column.label(f"f_{column.name}") for column in extra))
        .add_columns(func.coalesce(suspicions.c.score, 0).label("f_score"))
        .join(findings, F.id == sampled.c.finding_id)
        .join(units, units.c.id == F.unit_id)
        .outerjoin(suspicions, suspicions.c.case_id == F.id)
        .where(sampled.c.sample_id == sample_id, visible_findings(actor))
        .order_by(sampled.c.stratum, sampled.c.rank)
    )
    return [
        Drawn(
            row, row.f_number, row.f_title, row.f_short_name, row.f_unit_path,
            row.f_confidentiality, row.f_historic, row.f_score, row.f_state,
        )
        for row in conn.execute(query)
    ]  # fmt: skip


def samples_of(conn: Connection, actor: Actor) -> list[tuple[Row[Any], Mapping[str, int]]]:
    """Return the samples that *actor* draws on or goes out for, newest first, with how many were drawn and done."""
    query = (
        select(samples, units.c.name.label("unit_name"), units.c.path.label("unit_path"))
        .join(units, units.c.id == samples.c.unit_id)
        .order_by(samples.c.drawn_at.desc(), samples.c.id.desc())
        .limit(MOST)
    )
    rows = conn.execute(query).all()
    tallies = {row.id: _tally(conn, row.id) for row in rows}
    return [
        (row, tallies[row.id][0])
        for row in rows
        if may_draw_on(actor, row.unit_path) or actor.person_id in tallies[row.id][1]
    ]


def _tally(conn: Connection, sample_id: int) -> tuple[Mapping[str, int], set[int]]:
    query = select(sampled.c.result, sampled.c.assigned_to).where(sampled.c.sample_id == sample_id)
    rows = conn.execute(query).all()
    said = {
        "drawn": len(rows),
        "done": sum(row.result is not None for row in rows),
        "disagrees": sum(row.result == "disagrees" for row in rows),
    }
    return said, {person for row in rows for person in row.assigned_to or []}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found at one drawn finding, for counts: says neither which finding nor what."""

    unit_name: str
    stratum: str
    result: str | None


def results_of(conn: Connection, sample: Row[Any]) -> list[Found]:
    """Return the results of a whole sample, also where the reader may not see the finding; of a campaign those of the
    look-backs that it opened.
    """
    query = (
        select(units.c.short_name, sampled.c.stratum, sampled.c.result, F.id)
        .join(findings, F.id == sampled.c.finding_id)
        .join(units, units.c.id == F.unit_id)
        .where(sampled.c.sample_id == sample.id)
        .order_by(units.c.path, sampled.c.rank)
    )
    rows = conn.execute(query).all()
    became = durability_of(conn, sample) if sample.kind == CAMPAIGN else {}
    return [
        Found(unit, stratum, result or _RESULT_OF_LOOK_BACK.get(became.get(finding, UNDER_WAY)))
        for unit, stratum, result, finding in rows
    ]


_RESULT_OF_LOOK_BACK = {"held": Result.AGREES, "revoked": Result.DISAGREES, "cancelled": Result.UNKNOWN}


def rate_of(sample: Row[Any], results: Sequence[Found]) -> Rate:
    """Return the rate of a sample with its exact interval: of the random stratum alone."""
    by_chance = [one.result for one in results if one.stratum == Stratum.RANDOM]
    return rate(
        len(sample.frame),
        len(by_chance),
        by_chance.count(Result.DISAGREES),
        unknown=by_chance.count(Result.UNKNOWN),
        confidence_percent=sample.confidence_percent,
    )


def exported_sample(conn: Connection, number: str) -> Exported | None:
    """Return what anybody needs to draw the sample *number* again, and what was drawn then."""
    row = conn.execute(select(samples).where(samples.c.number == number)).one_or_none()
    if row is None:
        return None
    kept = select(sampled.c.stratum, F.number).join(findings, F.id == sampled.c.finding_id)
    drawn: dict[Stratum, list[str]] = {stratum: [] for stratum in Stratum}
    for stratum, finding in conn.execute(kept.where(sampled.c.sample_id == row.id).order_by(sampled.c.rank)):
        drawn[required(Stratum, stratum)].append(finding)
    drawing = Drawing(
        row.seed, tuple(Candidate(*one) for one in row.candidates), row.random_size, row.risk_size, row.method
    )
    return Exported(row.number, drawing, row.frame_sha256, {stratum: tuple(n) for stratum, n in drawn.items()})


def files_of(conn: Connection, sample_id: int) -> dict[int, Row[Any]]:
    """Return what was brought home from the visits of a sample: id -> file."""
    rows = conn.execute(select(papers).where(papers.c.case_id == sample_id).order_by(papers.c.id))
    return {row.id: row for row in rows}


def names_of(conn: Connection, person_ids: set[int]) -> dict[int, str]:
    """Return the names of people."""
    rows = conn.execute(select(people.c.id, people.c.name).where(people.c.id.in_(person_ids)))
    return dict(rows.tuples().all())


def had_a_hand(conn: Connection, finding_id: int) -> set[int]:
    """Return who rectified, checked, looked back at or signed a finding, in whatever cycle."""
    of_finding = (
        select(submissions.c.person_id).where(submissions.c.finding_id == finding_id),
        select(progress_reports.c.person_id).where(progress_reports.c.finding_id == finding_id),
        select(evidence.c.uploaded_by).where(evidence.c.finding_id == finding_id),
        select(reviews.c.person_id).where(reviews.c.case_id == finding_id),
    )
    visits = select(look_backs.c.inspectors, look_backs.c.recorded_by, look_backs.c.confirmed_by)
    found = set(conn.scalars(union(*of_finding)))
    for inspectors, *others in conn.execute(visits.where(look_backs.c.finding_id == finding_id)):
        found |= {*inspectors, *(person for person in others if person)}
    return found


# --- campaigns ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DueUnit:
    """A unit whose signed-off findings have waited long enough for a 回头看."""

    unit_id: int
    name: str
    path: str
    office_unit_id: int
    waiting: int  # signed off before the day, or before they came here
    since: datetime | None  # the oldest sign-off


def due_for_campaign(conn: Connection, *, signed_until: date, none_since: date) -> list[DueUnit]:
    """Return the units with findings signed off up to *signed_until* and no campaign drawn after *none_since*."""
    waits = or_(F.historic, F.signed_off_at <= end_of_day(signed_until))
    query = (
        select(
            F.unit_id, units.c.name, units.c.path, func.max(F.office_unit_id), func.count(),
            func.min(F.signed_off_at, type_=Moment),
        )
        .join(units, units.c.id == F.unit_id)
        .where(F.state == State.SIGNED_OFF, waits)
        .group_by(F.unit_id, units.c.name, units.c.path)
        .order_by(units.c.path)
    )  # fmt: skip
    recent = conn.scalars(
        select(units.c.path)
        .join(samples, samples.c.unit_id == units.c.id)
        .where(samples.c.kind == CAMPAIGN, samples.c.drawn_at >= start_of_day(none_since))
    ).all()
    return [
        unit
        for unit in (DueUnit(*row) for row in conn.execute(query))
        if not any(unit.path.startswith(path) for path in recent)
    ]


def durability_of(conn: Connection, sample: Row[Any]) -> dict[int, str]:
    """Return what became of the look-backs that a campaign opened: finding -> under_way, held, revoked, cancelled."""
    query = (
        select(instances.c.case_id, instances.c.outcome)
        .join(sampled, sampled.c.finding_id == instances.c.case_id)
        .where(
            sampled.c.sample_id == sample.id,
            instances.c.process == "durability_look_back",
            instances.c.opened_at >= sample.drawn_at,
        )
        .order_by(instances.c.opened_at.desc(), instances.c.id.desc())  # the first one, which it opened, is kept
    )
    return {case: str(outcome or UNDER_WAY) for case, outcome in conn.execute(query)}
