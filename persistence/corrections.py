"""Corrections, links and transfers of findings, as pages show them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, cast, exists, literal, or_, select

from cases.rights import Side
from persistence.roles import codes_on
from persistence.tables import (
    corrections,
    finding_links,
    findings,
    open_tasks,
    people,
    posts,
    tenures,
    transfers,
    units,
)

DECIDED_BY = ("confirm_correction", "decide_correction")
MOST_SHOWN = 200


def corrections_of(conn: Connection, finding_id: int) -> list[dict[str, Any]]:
    """Return the corrections of a finding with names, newest first."""
    asker, decider = people.alias("asker"), people.alias("decider")
    query = (
        select(corrections, asker.c.name.label("asked_by_name"), decider.c.name.label("decided_by_name"))
        .outerjoin(asker, asker.c.id == corrections.c.asked_by)
        .outerjoin(decider, decider.c.id == corrections.c.decided_by)
        .where(corrections.c.finding_id == finding_id)
        .order_by(corrections.c.asked_at.desc(), corrections.c.id.desc())
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def waiting(conn: Connection, visible: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Return the corrections that wait for consent, oldest first, with the finding and the open task."""
    query = (
        select(
            corrections,
            findings.c.number,
            findings.c.title,
            units.c.short_name.label("unit"),
            people.c.name.label("asked_by_name"),
            open_tasks.c.id.label("task"),
            open_tasks.c.act,
            open_tasks.c.holder,
            open_tasks.c.claimed_by,
        )
        .join(findings, findings.c.id == corrections.c.finding_id)
        .join(units, units.c.id == findings.c.unit_id)
        .join(open_tasks, and_(open_tasks.c.case_id == findings.c.id, open_tasks.c.act.in_(DECIDED_BY)))
        .outerjoin(people, people.c.id == corrections.c.asked_by)
        .where(corrections.c.verdict.is_(None), corrections.c.cycle == findings.c.cycle, visible)
        .order_by(corrections.c.asked_at, corrections.c.id)
        .limit(MOST_SHOWN)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def links_of(conn: Connection, finding_id: int, visible: ColumnElement[bool]) -> list[dict[str, Any]]:
    """Return what the finding went into and what it came from; *is_back*: the other one was there first."""
    found: list[dict[str, Any]] = []
    for own, other, is_back in (
        (finding_links.c.from_id, finding_links.c.to_id, False),
        (finding_links.c.to_id, finding_links.c.from_id, True),
    ):
        query = (
            select(finding_links.c.relation, finding_links.c.at, findings.c.number, findings.c.title, findings.c.state)
            .join(findings, findings.c.id == other)
            .where(own == finding_id, visible)
            .order_by(findings.c.number)
        )
        found += [dict(row) | {"is_back": is_back} for row in conn.execute(query).mappings()]
    return found


def tasks_without_holder(conn: Connection, visible: ColumnElement[bool], day: date) -> list[dict[str, Any]]:
    """Return the open tasks of findings that stand on a post of the unit which nobody holds on *day*."""
    holds = (tenures.c.valid_from <= day, or_(tenures.c.valid_until.is_(None), tenures.c.valid_until >= day))
    query = (
        select(
            findings.c.number,
            findings.c.title,
            open_tasks.c.label,
            open_tasks.c.act,
            open_tasks.c.due_on,
            posts.c.title.label("post"),
            units.c.short_name.label("unit"),
        )
        .join(findings, findings.c.id == open_tasks.c.case_id)
        .join(posts, open_tasks.c.holder == literal("post:").concat(cast(posts.c.id, String)))
        .join(units, units.c.id == posts.c.unit_id)
        .where(
            posts.c.role.in_(codes_on(conn, Side.UNIT)),
            open_tasks.c.claimed_by.is_(None),
            ~exists().where(tenures.c.post_id == posts.c.id, *holds),
            visible,
        )
        .order_by(open_tasks.c.sort_on, findings.c.number)
        .limit(MOST_SHOWN)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def transferred_from(conn: Connection, paths: Sequence[str], number: str | None = None) -> list[dict[str, Any]]:
    """Return the transfers away from the units at *paths* and below them, newest first; of one finding or of all."""
    if not paths:
        return []
    below = [and_(transfers.c.from_unit_path >= p, transfers.c.from_unit_path < p[:-1] + "0") for p in paths]
    query = (
        select(transfers, findings.c.number, findings.c.confidentiality)
        .join(findings, findings.c.id == transfers.c.finding_id)
        .where(or_(*below))
        .order_by(transfers.c.at.desc(), transfers.c.id.desc())
        .limit(MOST_SHOWN)
    )
    if number is not None:
        query = query.where(findings.c.number == number)
    return [dict(row) for row in conn.execute(query).mappings()]


def deputies(conn: Connection, day: date, person_id: int | None = None) -> list[dict[str, Any]]:
    """Return who stands for whom now or later, by absent person; of one person on either side, or of everybody."""
    absent = people.alias("absent")
    query = (
        select(
            tenures.c.id,
            tenures.c.valid_from,
            tenures.c.valid_until,
            tenures.c.person_id,
            tenures.c.for_person_id,
            people.c.name.label("deputy"),
            absent.c.name.label("absent"),
            posts.c.title.label("post"),
            units.c.short_name.label("unit"),
        )
        .join(people, people.c.id == tenures.c.person_id)
        .join(absent, absent.c.id == tenures.c.for_person_id)
        .join(posts, posts.c.id == tenures.c.post_id)
        .join(units, units.c.id == posts.c.unit_id)
        .where(or_(tenures.c.valid_until.is_(None), tenures.c.valid_until >= day))
        .order_by(tenures.c.valid_from, absent.c.name, posts.c.id)
    )
    if person_id is not None:
        query = query.where(or_(tenures.c.person_id == person_id, tenures.c.for_person_id == person_id))
    return [dict(row) for row in conn.execute(query).mappings()]


def names_of_posts(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return id -> unit and title of posts."""
    query = select(posts.c.id, units.c.short_name, posts.c.title).join(units, units.c.id == posts.c.unit_id)
    return {row.id: f"{row.short_name} {row.title}" for row in conn.execute(query.where(posts.c.id.in_(list(ids))))}
