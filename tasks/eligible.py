"""Who may be chosen for something: people whose posts allow it today, so that a page offers nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, select

from cases.finding import Finding
from cases.rights import COMMON, PERMISSIONS, READING_SIDES, Subject, may, outside
from persistence.people import load_actor
from persistence.roles import codes_on
from persistence.tables import findings, people, posts, tenures, units
from tasks.responsible_posts import ROLE_OF_FIELD


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be chosen, with the post that makes it so."""

    person_id: int
    name: str
    post: str
    unit: str


def may_do(
    conn: Connection, permission: str, subject: Subject, day: date, *, not_these: Iterable[int] = ()
) -> list[Candidate]:
    """Return the people who have *permission* on *subject* on *day*, by unit and post."""
    above = [path + "/" for path in _prefixes(subject.unit_path)]
    query = (
        select(people.c.id, people.c.name, posts.c.title, units.c.short_name)
        .select_from(posts)
        .join(tenures, tenures.c.post_id == posts.c.id)
        .join(people, people.c.id == tenures.c.person_id)
        .join(units, units.c.id == posts.c.unit_id)
        .where(
            posts.c.role.in_(_roles_with(conn, permission)),
            posts.c.scope_unit_id.in_(select(units.c.id).where(units.c.path.in_(above))),
            tenures.c.valid_from <= day,
            (tenures.c.valid_until.is_(None)) | (tenures.c.valid_until >= day),
            people.c.left_on.is_(None),
        )
        .order_by(units.c.path, posts.c.id, people.c.id)
    )
    excluded = set(not_these)
    found = {row[0]: Candidate(*row) for row in conn.execute(query) if row[0] not in excluded}
    return [person for person in found.values() if may(load_actor(conn, person.person_id, day), permission, subject)]


def _roles_with(conn: Connection, permission: str) -> list[str]:
    named = {str(role) for role in PERMISSIONS[permission]}
    return sorted(named.union(codes_on(conn, *READING_SIDES)) if permission in COMMON else named)


def inspectors(conn: Connection, subject: Subject, day: date, *, not_these: Iterable[int] = ()) -> list[Candidate]:
    """Return who may look back at *subject*: from outside its unit, none of *not_these* (who rectified)."""
    candidates = may_do(conn, "record_look_back", subject, day, not_these=not_these)
    return [one for one in candidates if outside(load_actor(conn, one.person_id, day), subject.unit_path)]


def posts_for(conn: Connection, unit_path: str, field: str) -> list[tuple[int, str]]:
    """Return (id, unit and title) of the posts that may be *field* for a finding of the unit at *unit_path*."""
    query = (
        select(posts.c.id, units.c.short_name, posts.c.title)
        .join(units, units.c.id == posts.c.unit_id)
        .where(
            posts.c.role == ROLE_OF_FIELD[field],
            units.c.path >= unit_path,
            units.c.path < unit_path[:-1] + "0",
            posts.c.valid_until.is_(None),
        )
        .order_by(units.c.path, posts.c.id)
    )
    return [(row.id, f"{row.short_name} {row.title}") for row in conn.execute(query)]


def units_beside(conn: Connection, unit_id: int, day: date) -> list[tuple[int, str]]:
    """Return (id, name) of the other units that have posts to take a finding over."""
    takes = select(posts.c.unit_id).where(posts.c.role.in_(sorted(ROLE_OF_FIELD.values())))
    query = select(units.c.id, units.c.name).where(
        units.c.id.in_(takes), units.c.id != unit_id, (units.c.valid_until.is_(None)) | (units.c.valid_until >= day)
    )
    return [(row.id, row.name) for row in conn.execute(query.order_by(units.c.path))]


def mergeable(conn: Connection, finding: Finding, visible: ColumnElement[bool]) -> list[tuple[str, str]]:
    """Return (number, title) of the findings that may go on as one with *finding*."""
    query = select(findings.c.number, findings.c.title).where(
        findings.c.list_id == finding.list_id,
        findings.c.unit_id == finding.unit_id,
        findings.c.state == finding.state,
        findings.c.submitted_at.is_(None),
        findings.c.id != finding.id,
        visible,
    )
    return [(row.number, row.title) for row in conn.execute(query.order_by(findings.c.number))]


def _prefixes(path: str) -> list[str]:
    """Return the paths of the units above and the unit itself, without the last slash: /1/4/ gives /1 and /1/4."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: n + 1]) for n in range(len(parts))]
