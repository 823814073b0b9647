"""Who holds which post on a day, and what that lets him do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Select,
    Table,
    and_,
    bindparam,
    or_,
    select,
)

from cases.known_words import known
from cases.rights import Actor, Grant, Role, Side
from config.messages import say
from persistence.standing_in import orphaned_posts, orphaned_roles
from persistence.tables import accounts, grants, people, posts, recusals, roles, tenures, units


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to whom a letter is owed."""

    person_id: int
    name: str
    email: str | None
    language: str
    post_title: str
    is_administrator: bool = False  # who is told only that nobody could be written to
    stands_in: bool = False  # reads for somebody else


def _on(table: Table, day: date | BindParameter[date]) -> ColumnElement[bool]:
    return and_(table.c.valid_from <= day, or_(table.c.valid_until.is_(None), table.c.valid_until >= day))


_scope, _home, _absent = units.alias("scope"), units.alias("home"), people.alias("absent")
_who: BindParameter[int] = bindparam("person", type_=BigInteger)
_today = bindparam("day", type_=Date)

# Built once: they run on every request, and building one takes longer than SQLite takes to run it.
_person = select(people.c.name, people.c.language).where(people.c.id == _who)
_held = (
    select(
        posts.c.id,
        posts.c.title,
        posts.c.role,
        posts.c.clearance,
        _scope.c.id,
        _scope.c.path,
        _home.c.path,
        tenures.c.for_person_id,
        _absent.c.name,
        roles.c.side,
        tenures.c.deputy,
    )
    .join(tenures, tenures.c.post_id == posts.c.id)
    .outerjoin(roles, roles.c.code == posts.c.role)
    .outerjoin(_absent, _absent.c.id == tenures.c.for_person_id)
    .join(_scope, _scope.c.id == posts.c.scope_unit_id)
    .join(_home, _home.c.id == posts.c.unit_id)
    .where(tenures.c.person_id == _who, _on(tenures, _today), _on(posts, _today))
    .order_by(posts.c.id)
)
_given = (
    select(grants.c.role, grants.c.clearance, units.c.id, units.c.path, roles.c.side)
    .join(units, units.c.id == grants.c.unit_id)
    .outerjoin(roles, roles.c.code == grants.c.role)
    .where(grants.c.person_id == _who, _on(grants, _today))
)
_recused = (
    select(recusals.c.case_id, units.c.path)
    .outerjoin(units, units.c.id == recusals.c.unit_id)
    .where(recusals.c.person_id == _who, _on(recusals, _today))
)


def load_actor(conn: Connection, person_id: int, day: date, *, account_id: int | None = None) -> Actor:
    """Return the person with the rights of *day*: posts held (deputies too), grants, and units that he supervises."""
    asked = {"person": person_id, "day": day}
    person = conn.execute(_person, {"person": person_id}).one()
    held = conn.execute(_held, asked).all()
    given = conn.execute(_given, asked).all()
    away = conn.execute(_recused, asked).all()
    found = [
        Grant(
            row[2],
            row[4],
            row[5],
            row[3],
            row[0],
            _title(person.language, row[1], row[8]),
            _side(row[9]),
            deputy=bool(row[10] or row[7]),
        )
        for row in held
    ]
    found += [
        Grant(role, unit, path, clearance, entered_side=_side(side)) for role, clearance, unit, path, side in given
    ]
    found += _supervised(conn, {row[0]: row for row in held if row[2] == Role.SUPERIOR_LEADER})
    led = [grant.path for grant in found if grant.role == Role.CHIEF]
    return Actor(
        person_id=person_id,
        account_id=account_id,
        name=person.name,
        language=person.language,
        grants=tuple(found),
        home_paths=tuple(sorted({row[6] for row in held} | {g.path for g in found if g.side is Side.UNIT})),
        recused_paths=tuple(path for _, path in away if path),
        recused_cases=frozenset(case for case, _ in away if case),
        deputises_for=frozenset(row[7] for row in held if row[7]),
        vacant_posts=orphaned_posts(conn, led, day),
        vacant_roles=orphaned_roles(conn, led, day),
    )


def _side(entered: str | None) -> Side | None:
    return known(Side, entered)


def _title(language: str, title: str, absent: str | None) -> str:
    """Return under which title somebody acts: his own post, or one that he holds for a person who is away."""
    return say(language, "deputy.of", title=title, name=absent) if absent else title


def counts_as(conn: Connection, person_id: int, day: date) -> frozenset[int]:
    """Return who *person_id* counted as on *day* where acts must be separate: himself and those he stood for."""
    return stood_for(conn, {person_id}, day, day) | {person_id}


def stood_for(conn: Connection, person_ids: Iterable[int], first: date, last: date) -> frozenset[int]:
    """Return for whom any of *person_ids* was deputy on a day between *first* and *last*."""
    query = select(tenures.c.for_person_id).where(
        tenures.c.person_id.in_(list(person_ids)),
        tenures.c.for_person_id.is_not(None),
        tenures.c.valid_from <= last,
        or_(tenures.c.valid_until.is_(None), tenures.c.valid_until >= first),
    )
    return frozenset(conn.scalars(query))


def _supervised(conn: Connection, held: dict[int, Sequence[object]]) -> list[Grant]:
    """The superior leader in charge (上级分管领导) reads the units that name his post."""
    if not held:
        return []
    rows = conn.execute(
        select(units.c.id, units.c.path, units.c.superior_post_id).where(units.c.superior_post_id.in_(held))
    )
    return [
        Grant(Role.SUPERIOR_LEADER, row.id, row.path, int(str(held[row.superior_post_id][3])), row.superior_post_id)
        for row in rows
    ]


def _recipients(*conditions: ColumnElement[bool]) -> Select[Any]:
    day = bindparam("day", type_=Date)
    return (
        select(people.c.id, people.c.name, people.c.email, people.c.language, posts.c.title)
        .select_from(posts)
        .join(tenures, tenures.c.post_id == posts.c.id)
        .join(people, people.c.id == tenures.c.person_id)
        .where(_on(tenures, day), _on(posts, day), *conditions)
        .order_by(people.c.id)
    )


_of_post = _recipients(posts.c.id == bindparam("post"))
_of_role = _recipients(posts.c.role == bindparam("role"), posts.c.scope_unit_id == bindparam("unit"))
_among = _recipients(people.c.id.in_(bindparam("persons", expanding=True)))
_administrators = _recipients(posts.c.role == Role.SYSTEM_ADMIN)


def _found(conn: Connection, query: Select[Any], **values: Any) -> list[Recipient]:
    return list({row[0]: Recipient(*row) for row in conn.execute(query, values)}.values())


def holders_of_post(conn: Connection, post_id: int, day: date) -> list[Recipient]:
    """Return who holds *post_id* on *day*, deputies too; empty when it is vacant."""
    return _found(conn, _of_post, day=day, post=post_id)


def holders_of_role(conn: Connection, role: str, unit_id: int, day: date) -> list[Recipient]:
    """Return who plays *role* on the unit *unit_id* itself by a post on *day*."""
    return _found(conn, _of_role, day=day, role=role, unit=unit_id)


def recipients_among(conn: Connection, person_ids: Iterable[int], day: date) -> list[Recipient]:
    """Return those of *person_ids* with a post that they hold on *day*; who holds none has an empty title."""
    ids = list(person_ids)
    plain = conn.execute(
        select(people.c.id, people.c.name, people.c.email, people.c.language).where(people.c.id.in_(ids))
    )
    found = {row.id: Recipient(row.id, row.name, row.email, row.language, "") for row in plain}
    return list((found | {one.person_id: one for one in _found(conn, _among, day=day, persons=ids)}).values())


_away = (
    select(recusals.c.person_id, recusals.c.case_id, units.c.path)
    .outerjoin(units, units.c.id == recusals.c.unit_id)
    .where(_on(recusals, bindparam("day", type_=Date)))
)


def recused_from(conn: Connection, case_id: int, unit_path: str, day: date) -> set[int]:
    """Return who is recused (回避) from a case or its unit on *day*."""
    rows = conn.execute(_away, {"day": day}).all()
    return {row[0] for row in rows if row[1] == case_id or (row[2] and unit_path.startswith(row[2]))}


def administrators(conn: Connection, day: date) -> list[Recipient]:
    """Return the system administrators of *day*."""
    return _found(conn, _administrators, day=day)


def person_of_login(conn: Connection, login: str) -> tuple[int, int] | None:
    """Return (person id, account id) of an enabled account, or None."""
    row = conn.execute(
        select(accounts.c.person_id, accounts.c.id).where(accounts.c.login == login, accounts.c.disabled_at.is_(None))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


_staff = (
    select(tenures.c.person_id)
    .join(posts, posts.c.id == tenures.c.post_id)
    .join(units, units.c.id == posts.c.unit_id)
    .where(units.c.path >= bindparam("first"), units.c.path < bindparam("behind"), _on(tenures, _today))
)


def staff_of(conn: Connection, unit_path: str, day: date) -> set[int]:
    """Return the persons who hold a post in the unit at *unit_path* or below it on *day*."""
    return set(conn.scalars(_staff, {"first": unit_path, "behind": unit_path[:-1] + "0", "day": day}))
