"""Who may be responsible in a unit, and which texts of a ledger nobody has mapped to a post or a unit yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, Connection, RowMapping, or_, select

from cases.finding import State
from cases.naming import Named, Proposal, propose
from persistence.tables import aliases, findings, people, posts, tenures, unit_names, units
from tasks.aliases import UNIT_FIELDS
from tasks.responsible_posts import ROLE_OF_FIELD


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One text as written in *numbers* of a list, and what it may mean; *field* as ``map_responsibility`` names it."""

    field: str
    text: str
    numbers: tuple[str, ...]
    proposal: Proposal | None = None


def text_of(row: RowMapping, field: str) -> str:
    """Return what the ledger wrote about *field* in the row of a finding; a chief is never written."""
    if field == "chief":
        return ""
    return str(row["due_text"] if field == "due_on" else row[f"{field}_text"]).strip()


def column_of(field: str) -> str:
    """Return the column of a finding that says what *field* means."""
    return f"{field}_post_id" if field in ROLE_OF_FIELD else f"{field}_id" if field in UNIT_FIELDS else field


def posts_within(conn: Connection, path: str, field: str, day: date | None = None) -> list[Named]:
    """Return the posts of the unit at *path* and below that may be *field*; their holders of *day* are names too."""
    query = (
        select(posts.c.id, posts.c.title, units.c.short_name, units.c.name)
        .join(units, units.c.id == posts.c.unit_id)
        .where(_within(path), posts.c.role == ROLE_OF_FIELD[field], posts.c.valid_until.is_(None))
        .order_by(units.c.path, posts.c.id)
    )
    rows = conn.execute(query).all()
    held = _holders(conn, [row.id for row in rows], day) if day else {}
    return [
        Named(
            row.id,
            (row.title, f"{row.name}{row.title}", *held.get(row.id, ())),
            (f"{row.short_name} {row.title}",),
        )
        for row in rows
    ]


def units_within(conn: Connection, path: str) -> list[Named]:
    """Return the unit at *path* and those below it, with what they were called before."""
    rows = conn.execute(
        select(units.c.id, units.c.name, units.c.short_name)
        .where(_within(path), units.c.valid_until.is_(None))
        .order_by(units.c.path)
    ).all()
    before: dict[int, list[str]] = {}
    former = select(unit_names.c.unit_id, unit_names.c.name, unit_names.c.short_name)
    for unit_id, *names in conn.execute(former.where(unit_names.c.unit_id.in_([row.id for row in rows]))):
        before.setdefault(unit_id, []).extend(names)
    return [Named(row.id, (row.name,), (row.short_name,), tuple(before.get(row.id, ()))) for row in rows]


def unmapped(conn: Connection, list_id: int, path: str, day: date) -> list[Unmapped]:
    """Return what is still to be mapped in a list, by field and text, most frequent first, with proposals."""
    query = select(findings).where(
        findings.c.list_id == list_id, findings.c.state == State.REGISTERED, findings.c.historic.is_(False)
    )
    waiting = conn.execute(query.order_by(findings.c.number)).mappings().all()
    known = {field: posts_within(conn, path, field, day) for field in ROLE_OF_FIELD}
    known |= {field: units_within(conn, path) for field in UNIT_FIELDS}
    found: list[Unmapped] = []
    for field in (*ROLE_OF_FIELD, *UNIT_FIELDS, "due_on"):
        groups: dict[str, list[str]] = {}
        for row in waiting:
            text = text_of(row, field)
            if row[column_of(field)] is None and (text or field not in UNIT_FIELDS):
                groups.setdefault(text, []).append(str(row["number"]))
        by_count = sorted(groups.items(), key=lambda group: -len(group[1]))
        candidates = _with_aliases(conn, field, known.get(field, []))
        found += [Unmapped(field, text, tuple(own), propose(text, candidates)) for text, own in by_count]
    return found


def _with_aliases(conn: Connection, field: str, candidates: list[Named]) -> list[Named]:
    """Let each candidate be known too by what ledgers of any unit called it."""
    column = aliases.c.named_unit_id if field in UNIT_FIELDS else aliases.c.post_id
    called: dict[int, list[str]] = {}
    query = select(column, aliases.c.text).where(column.in_([one.id for one in candidates]))
    for target, text in conn.execute(query.where(aliases.c.valid_until.is_(None))):
        called.setdefault(target, []).append(text)
    return [replace(one, aliases=(*one.aliases, *called.get(one.id, ()))) for one in candidates]


def _holders(conn: Connection, post_ids: Sequence[int], day: date) -> dict[int, list[str]]:
    query = (
        select(tenures.c.post_id, people.c.name)
        .join(people, people.c.id == tenures.c.person_id)
        .where(tenures.c.post_id.in_(post_ids), tenures.c.valid_from <= day)
        .where(or_(tenures.c.valid_until.is_(None), tenures.c.valid_until >= day))
    )
    held: dict[int, list[str]] = {}
    for post_id, name in conn.execute(query):
        held.setdefault(post_id, []).append(name)
    return held


def _within(path: str) -> ColumnElement[bool]:
    return (units.c.path >= path) & (units.c.path < path[:-1] + "0")
