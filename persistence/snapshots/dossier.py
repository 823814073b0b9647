"""Measures and evidence of a finding, with what is the same or nearly the same elsewhere."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Row, bindparam, exists, select

from cases.boilerplate import without_boilerplate
from cases.evidence import EvidenceKind, Purpose
from cases.evidence_facts import Fact, FactKind
from cases.known_words import required
from cases.likeness import bare, likeness, longest_common, shingles
from cases.signals.snapshot import Elsewhere, Exhibit, PhotoNear, Planned, Quote, Similar
from persistence.columns import Moment
from persistence.evidence_facts import facts_of, numbers_of, texts_of
from persistence.sketches import LEAST_CHARACTERS, Sketch, near, phashes_of
from persistence.snapshots.course import brought_back
from persistence.snapshots.cycle import Cycle
from persistence.snapshots.reference import Reference
from persistence.tables import evidence, finding_links, findings, issue_lists, measures

LEAST_TEXT: Final = 45  # percent; the rules know the threshold, this only spares comparing what is far from it
LEAST_MEASURE: Final = 70
ESTIMATED: Final = 15  # percent: by so much the index may be wrong about two texts, which are compared then
MOST_COMPARED: Final = 4000  # characters of a text, to find a passage to quote
MOST_QUOTED: Final = 20  # likenesses of one text that are quoted, the nearest
MOST_BITS: Final = 6
SHORTEST_TEXT: Final = 80  # bare characters: shorter texts are like each other by chance

_JOINT: Final = re.compile(r"联合|会同|共同|牵头|配合|协同")


_planned = select(measures).where(measures.c.finding_id == bindparam("finding")).order_by(measures.c.seq)


def measures_of(
    conn: Connection, finding: Row[Any], partners: Set[int | None], told: Row[Any] | None, as_of: datetime
) -> tuple[Planned, ...]:
    """Return the measures with what the submission *told* says of each, and whose measures are like them."""
    done = told.measures_done if told else {}
    planned = conn.execute(_planned, {"finding": finding.id})
    return tuple(
        Planned(
            row.seq,
            row.text,
            done.get(str(row.id), ""),
            row.kind,
            row.due_on,
            _like_measures(conn, finding, partners, row, as_of),
        )
        for row in planned.all()
    )


_link, _ours = finding_links.c, bindparam("finding", type_=BigInteger)
_of_one_origin = (  # split off this finding or merged with it: both honestly have the same papers
    exists()
    .where(
        ((_link.from_id == _ours) & (_link.to_id == findings.c.id))
        | ((_link.to_id == _ours) & (_link.from_id == findings.c.id)),
        _link.relation.in_(("split", "merged")),
    )
    .correlate(findings)
)
_other_measures = (
    select(measures.c.id, measures.c.text, findings.c.id.label("finding_id"), findings.c.number, findings.c.unit_id)
    .add_columns(findings.c.lead_unit_id)
    .join(findings, findings.c.id == measures.c.finding_id)
    .join(issue_lists, issue_lists.c.id == findings.c.list_id)
    .where(
        measures.c.id.in_(bindparam("ids", expanding=True)),
        issue_lists.c.created_at <= bindparam("as_of", type_=Moment),
        ~_of_one_origin,
    )
    .order_by(measures.c.id)
)


def _like_measures(
    conn: Connection, finding: Row[Any], partners: Set[int | None], measure: Row[Any], as_of: datetime
) -> tuple[Similar, ...]:
    if len(bare(measure.text)) < LEAST_CHARACTERS:
        return ()
    found = near(conn, Sketch("measure", measure.id, text=measure.text), least=LEAST_MEASURE - ESTIMATED)
    others = {other.owner_id for other in found if other.finding_id != finding.id}
    if not others:
        return ()
    asked = {"ids": list(others), "as_of": as_of, "finding": finding.id}
    return tuple(
        Similar(
            finding_id=row.finding_id,
            number=row.number,
            unit_id=row.unit_id,
            percent=percent,
            ours=Quote(measure.text, str(measure.seq)),
            theirs=Quote(row.text, row.number),
            joint=_is_joint(finding, partners, row) and _JOINT.search(measure.text) is not None,
        )
        for row in conn.execute(_other_measures, asked)
        if (percent := likeness(measure.text, row.text)) >= LEAST_MEASURE
    )


def _is_joint(finding: Row[Any], partners: Set[int | None], other: Row[Any]) -> bool:
    """Whether another finding is rectified together with this one: its unit is a partner, or both have one leader."""
    leads = finding.lead_unit_id is not None and finding.lead_unit_id == other.lead_unit_id
    return leads or other.unit_id in partners or other.lead_unit_id == finding.unit_id


def exhibits_of(
    cycle: Cycle, finding: Row[Any], partners: Set[int | None], reference: Reference, as_of: datetime
) -> tuple[Exhibit, ...]:
    """Return the evidence of this cycle as it was at *as_of*, with its text, facts and likenesses."""
    theirs = {row.id for row in brought_back(cycle, as_of)}
    live = [
        row
        for row in cycle.evidence
        if row.id not in theirs and row.uploaded_at <= as_of and (row.withdrawn_at is None or row.withdrawn_at > as_of)
    ]
    return exhibits_from(cycle.conn, finding, partners, reference, live, as_of)


def exhibits_from(
    conn: Connection,
    finding: Row[Any],
    partners: Set[int | None],
    reference: Reference,
    live: Sequence[Any],
    as_of: datetime,
) -> tuple[Exhibit, ...]:
    """Return the exhibits of the rows *live*, which are evidence or have its columns."""
    contents = {row.sha256 for row in live}
    facts, texts, pictures = facts_of(conn, contents), texts_of(conn, contents), phashes_of(conn, contents)
    elsewhere = _elsewhere(conn, finding, contents, as_of)
    exhibits = []
    for row in live:
        exhibit = Exhibit(
            id=row.id,
            sha256=row.sha256,
            filename=row.filename,
            kind=required(EvidenceKind, row.kind),
            purpose=row.purpose,
            effective_on=row.effective_on,
            locator=row.locator,
            elsewhere=elsewhere.get(row.sha256, ()),
            uploaded_at=row.uploaded_at,
            measure=row.measure_id,
            text=texts.get(row.sha256),
            facts=facts.get(row.sha256) if row.sha256 in texts or facts.get(row.sha256) else None,
        )
        exhibit = replace(exhibit, exempt=reference.is_approved(exhibit))
        if row.sha256 in pictures:
            exhibit = replace(exhibit, photos_near=_near_pictures(conn, finding, exhibit, pictures[row.sha256], as_of))
        elif exhibit.text and not exhibit.exempt:
            exhibit = replace(exhibit, similar=_like_texts(conn, finding, partners, exhibit, reference.given, as_of))
        exhibits.append(exhibit)
    return tuple(exhibits)


_as_of = bindparam("as_of", type_=Moment)
_there = (  # in a dossier at that moment
    evidence.c.uploaded_at <= _as_of,
    evidence.c.withdrawn_at.is_(None) | (evidence.c.withdrawn_at > _as_of),
)
_same = (
    select(evidence.c.sha256, findings.c.id, findings.c.number, findings.c.unit_id, evidence.c.locator)
    .add_columns(findings.c.submitted_at)
    .join(findings, findings.c.id == evidence.c.finding_id)
    .where(
        evidence.c.sha256.in_(bindparam("contents", expanding=True)),
        evidence.c.finding_id != _ours,
        *_there,
        evidence.c.purpose != Purpose.BASELINE,
        ~_of_one_origin,
    )
)
_other_evidence = (
    select(evidence.c.id, evidence.c.sha256, evidence.c.filename, evidence.c.purpose, evidence.c.uploaded_at)
    .add_columns(findings.c.id.label("finding_id"), findings.c.number, findings.c.unit_id, findings.c.lead_unit_id)
    .join(findings, findings.c.id == evidence.c.finding_id)
    .where(evidence.c.id.in_(bindparam("ids", expanding=True)), *_there, ~_of_one_origin)
    .order_by(evidence.c.id)
)


def _elsewhere(
    conn: Connection, finding: Row[Any], contents: set[str], as_of: datetime
) -> Mapping[str, tuple[Elsewhere, ...]]:
    if not contents:
        return {}
    found = conn.execute(_same, {"contents": list(contents), "finding": finding.id, "as_of": as_of})
    shared: dict[str, tuple[Elsewhere, ...]] = {}
    for sha256, finding_id, number, unit_id, locator, submitted_at in found:
        other = Elsewhere(finding_id, number, unit_id, locator, submitted_at is not None and submitted_at <= as_of)
        shared[sha256] = (*shared.get(sha256, ()), other)
    return shared


def _others(conn: Connection, finding: Row[Any], ids: set[int], as_of: datetime) -> list[Row[Any]]:
    """Return evidence rows with their findings, those left out that came later or are this finding's by origin."""
    if not ids:
        return []
    return list(conn.execute(_other_evidence, {"ids": list(ids), "finding": finding.id, "as_of": as_of}).all())


def _like_texts(
    conn: Connection,
    finding: Row[Any],
    partners: Set[int | None],
    exhibit: Exhibit,
    given: frozenset[str],
    as_of: datetime,
) -> tuple[Similar, ...]:
    """Return the evidence of other findings that reads like *exhibit*; two copies of one numbered document do not."""
    own = without_boilerplate(exhibit.text or "")
    if len(bare(own)) < SHORTEST_TEXT:
        return ()
    found = near(conn, Sketch("evidence", exhibit.id, text=own), least=LEAST_TEXT - ESTIMATED)
    rows = _others(conn, finding, {other.owner_id for other in found if other.finding_id != finding.id}, as_of)
    rows = [row for row in rows if row.sha256 != exhibit.sha256]
    contents = {row.sha256 for row in rows}
    number = _number_of(exhibit.facts or ())
    texts, numbers = texts_of(conn, contents), numbers_of(conn, contents) if number else {}
    alike = []
    for row in rows:
        if number and number == numbers.get(row.sha256):
            continue  # one official document, filed twice
        theirs = without_boilerplate(texts.get(row.sha256, ""))
        percent = _likeness(own, theirs, given)
        if percent >= LEAST_TEXT:
            joint = _is_joint(finding, partners, row) and _JOINT.search(own) is not None
            alike.append((joint, percent, theirs, row))
    alike.sort(key=lambda other: (other[0], -other[1]))  # what is done together excuses nothing that is copied
    return tuple(_similar(exhibit, own, *other) for other in alike[:MOST_QUOTED])


def _similar(exhibit: Exhibit, own: str, joint: bool, percent: int, theirs: str, row: Row[Any]) -> Similar:
    run = longest_common(own[:MOST_COMPARED], theirs[:MOST_COMPARED])[:200]
    places = Quote(run, exhibit.filename), Quote(run, row.filename)
    later = exhibit.uploaded_at is not None and row.uploaded_at > exhibit.uploaded_at
    return Similar(row.finding_id, row.number, row.unit_id, percent, *places, joint=joint, later=later)


def _likeness(ours: str, theirs: str, given: frozenset[str]) -> int:
    """Return the likeness of two texts in percent, without what a template gave to both."""
    a, b = shingles(ours) - given, shingles(theirs) - given
    return 100 * len(a & b) // len(a | b) if len(a) >= SHORTEST_TEXT and b else 0


def _number_of(facts: tuple[Fact, ...]) -> str:
    return next((fact.value for fact in facts if fact.kind is FactKind.DOC_NO), "")


def _near_pictures(
    conn: Connection, finding: Row[Any], exhibit: Exhibit, phash: str, as_of: datetime
) -> tuple[PhotoNear, ...]:
    """Return pictures like *exhibit*: of other findings, and of this one where one shows before and one after."""
    found = {other.owner_id: other for other in near(conn, Sketch("photo", exhibit.id, phash=phash), least=MOST_BITS)}
    return tuple(
        PhotoNear(row.finding_id, row.number, row.id, row.filename, found[row.id].score)
        for row in _others(conn, finding, set(found), as_of)
        if row.finding_id != finding.id
        or (Purpose.BASELINE in (row.purpose, exhibit.purpose) and row.purpose != exhibit.purpose)
    )
