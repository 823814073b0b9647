"""Units, posts, people and accounts as the security administrator sees them."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from persistence.searching import says_all
from persistence.tables import accounts, people, posts, tenures, unit_names, units

MOST_PEOPLE = 100


def unit_tree(conn: Connection) -> list[tuple[int, Row[Any], int]]:
    """Return (depth, unit, number of posts) from the top down, children under their parent."""
    per_unit = conn.execute(select(posts.c.unit_id, func.count()).group_by(posts.c.unit_id))
    counts: dict[int, int] = dict(per_unit.tuples().all())
    below: dict[int | None, list[Row[Any]]] = defaultdict(list)
    for unit in conn.execute(select(units).order_by(units.c.id)):
        below[unit.parent_id].append(unit)
    found: list[tuple[int, Row[Any], int]] = []
    waiting = [(0, unit) for unit in reversed(below[None])]
    while waiting:
        depth, unit = waiting.pop()
        found.append((depth, unit, counts.get(unit.id, 0)))
        waiting += [(depth + 1, child) for child in reversed(below[unit.id])]
    return found


def former_names(conn: Connection, unit_id: int) -> list[Row[Any]]:
    """Return what a unit was called before, oldest first."""
    query = select(unit_names).where(unit_names.c.unit_id == unit_id).order_by(unit_names.c.valid_from)
    return list(conn.execute(query))


def posts_of(conn: Connection, unit_id: int) -> list[tuple[Row[Any], str, list[Row[Any]]]]:
    """Return (post, name of the unit where its role holds, tenures with names) of a unit, in the order of their ids."""
    scope = units.alias("scope")
    rows = conn.execute(
        select(posts, scope.c.short_name.label("scope_name"))
        .join(scope, scope.c.id == posts.c.scope_unit_id)
        .where(posts.c.unit_id == unit_id)
        .order_by(posts.c.id)
    ).all()
    held: dict[int, list[Row[Any]]] = defaultdict(list)
    for tenure in conn.execute(
        select(tenures, people.c.name)
        .join(people, people.c.id == tenures.c.person_id)
        .where(tenures.c.post_id.in_([row.id for row in rows]))
        .order_by(tenures.c.valid_from, tenures.c.id)
    ):
        held[tenure.post_id].append(tenure)
    return [(row, row.scope_name, held[row.id]) for row in rows]


def open_posts(conn: Connection, day: date) -> dict[str, list[Any]]:
    """Return the posts that have not ended on *day*, by the name of their unit."""
    rows = conn.execute(
        select(posts.c.id, posts.c.title, posts.c.role, units.c.name.label("unit"))
        .join(units, units.c.id == posts.c.unit_id)
        .where(or_(posts.c.valid_until.is_(None), posts.c.valid_until >= day))
        .order_by(units.c.path, posts.c.id)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.unit].append(row)
    return dict(found)


def find_people(conn: Connection, words: str = "", *, after: int = 0) -> list[dict[str, Any]]:
    """Return people with the posts of today and their accounts, by id; *words*: part of name, number or login."""
    query = select(people).where(people.c.id > after)
    if words:

        def signs_in(word: str) -> ColumnElement[bool]:
            return people.c.id.in_(select(accounts.c.person_id).where(says_all(word, accounts.c.login)))

        query = query.where(says_all(words, people.c.name, people.c.staff_number, people.c.email, besides=(signs_in,)))
    found = conn.execute(query.order_by(people.c.id).limit(MOST_PEOPLE)).all()
    ids = [person.id for person in found]
    held, own = _tenures(conn, ids), _accounts(conn, ids)
    return [{"person": person, "tenures": held[person.id], "accounts": own[person.id]} for person in found]


def find_person(conn: Connection, person_id: int) -> dict[str, Any] | None:
    """Return one person with all tenures and accounts."""
    person = conn.execute(select(people).where(people.c.id == person_id)).one_or_none()
    if person is None:
        return None
    ids = [person_id]
    return {
        "person": person,
        "tenures": _tenures(conn, ids)[person_id],
        "accounts": _accounts(conn, ids)[person_id],
    }


def account_state(account: Row[Any], now: datetime) -> str:
    """Return one word for an account: disabled, locked, waiting (for its first password) or open."""
    if account.disabled_at is not None:
        return "disabled"
    if account.locked_until is not None and account.locked_until > now:
        return "locked"
    return "open" if account.password_hash else "waiting"


def _tenures(conn: Connection, person_ids: list[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in conn.execute(
        select(tenures, posts.c.title, posts.c.role, units.c.short_name.label("unit"))
        .join(posts, posts.c.id == tenures.c.post_id)
        .join(units, units.c.id == posts.c.unit_id)
        .where(tenures.c.person_id.in_(person_ids))
        .order_by(tenures.c.valid_from.desc(), tenures.c.id)
    ):
        found[row.person_id].append(row)
    return found


def _accounts(conn: Connection, person_ids: list[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in conn.execute(select(accounts).where(accounts.c.person_id.in_(person_ids)).order_by(accounts.c.id)):
        found[row.person_id].append(row)
    return found
