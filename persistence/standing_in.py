"""Who may stand behind a post or a role on a day; `cases.standing_in` says who of them does."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from cases.rights import LEADS, Role, Side
from cases.standing_in import Line, Seat
from persistence.roles import codes_on, side_of
from persistence.tables import accounts, grants, open_tasks, people, posts, tenures, units

_day: BindParameter[date] = bindparam("day", type_=Date)
_home = units.alias("home")
_scope = units.alias("scope")
_account = accounts.c.person_id == people.c.id
_open = exists().where(_account, accounts.c.disabled_at.is_(None))
_any = exists().where(_account)


def on_day(table: Table, day: date | BindParameter[date]) -> ColumnElement[bool]:
    """Whether a dated row holds on *day*."""
    return and_(table.c.valid_from <= day, or_(table.c.valid_until.is_(None), table.c.valid_until >= day))


def ably_held(day: date) -> ColumnElement[bool]:
    """Whether somebody who can come in holds the post of an enclosing query on *day*."""
    can_come_in = exists().where(accounts.c.person_id == tenures.c.person_id, accounts.c.disabled_at.is_(None))
    return exists().where(tenures.c.post_id == posts.c.id, on_day(tenures, day), can_come_in).correlate(posts)


_who = (people.c.id, people.c.name, func.coalesce(people.c.email, ""), people.c.language)
_here = (posts.c.role == Role.CHIEF) & _home.c.path.in_(bindparam("above", expanding=True))
_office = (posts.c.role == Role.INSPECTION_OFFICE) & _scope.c.path.in_(bindparam("above", expanding=True))
_seats = (
    select(
        *_who, posts.c.title, posts.c.id, posts.c.role, posts.c.scope_unit_id, _home.c.path, tenures.c.id,
        _open, _any,
    )
    .select_from(posts)
    .join(tenures, tenures.c.post_id == posts.c.id)
    .join(people, people.c.id == tenures.c.person_id)
    .join(_home, _home.c.id == posts.c.unit_id)
    .join(_scope, _scope.c.id == posts.c.scope_unit_id)
    .where(
        on_day(tenures, _day),
        on_day(posts, _day),
        or_(
            posts.c.id == bindparam("post"),
            posts.c.role.in_(bindparam("roles", expanding=True)) & (posts.c.scope_unit_id == bindparam("unit")),
            _here,
            _office,
            posts.c.role == Role.SYSTEM_ADMIN,
        ),
    )
    .order_by(people.c.id, posts.c.id)
)  # fmt: skip
_granted = (
    select(*_who, _open, _any)
    .join(grants, grants.c.person_id == people.c.id)
    .where(grants.c.role == bindparam("role"), grants.c.unit_id == bindparam("unit"), on_day(grants, _day))
)
_person = select(*_who, _open, _any).where(people.c.id == bindparam("person"))
_post = (
    select(units.c.path, posts.c.role, posts.c.title)
    .join(posts, posts.c.unit_id == units.c.id)
    .where(posts.c.id == bindparam("post"))
)
_path_of = select(units.c.path).where(units.c.id == bindparam("unit"))
_last_post = (
    select(posts.c.id)
    .join(tenures, tenures.c.post_id == posts.c.id)
    .where(tenures.c.person_id == bindparam("person"))
    .order_by((posts.c.role == bindparam("role")).desc(), tenures.c.valid_from.desc(), tenures.c.id)
    .limit(1)
)


def seats_behind(conn: Connection, holder: str, day: date, *, role: str = "") -> tuple[Seat, ...]:
    """Return all who may stand behind a task list: ``post:7``, ``role:verifier@3`` or ``person:9``.

    Of a person it is the post by which he was meant: one with *role*, else his last one.
    """
    kind, _, rest = holder.partition(":")
    if kind == "person":
        return _behind_person(conn, int(rest), day, role)
    if kind == "post":
        path, of, _ = conn.execute(_post, {"post": int(rest)}).one()
        return _behind(conn, day, path, of, post=int(rest))
    of, _, unit = rest.partition("@")
    path = conn.scalars(_path_of, {"unit": int(unit)}).one()
    given = [_of_person(row) for row in conn.execute(_granted, {"role": of, "unit": int(unit), "day": day})]
    return (*given, *_behind(conn, day, path, of, unit=int(unit)))


def _behind_person(conn: Connection, person_id: int, day: date, role: str) -> tuple[Seat, ...]:
    himself = tuple(_of_person(row) for row in conn.execute(_person, {"person": person_id}))
    post_id = conn.scalar(_last_post, {"person": person_id, "role": role})
    others = seats_behind(conn, f"post:{post_id}", day) if post_id else _behind(conn, day, "/", "")
    titles = {seat.person_id: seat.title for seat in others if seat.line is Line.HOLDER}
    if any(seat.reads for seat in himself):
        return tuple(replace(seat, title=titles.get(person_id, "")) for seat in himself)
    return (*himself, *(seat for seat in others if seat.person_id != person_id))


def _behind(conn: Connection, day: date, path: str, role: str, *, post: int = 0, unit: int = 0) -> tuple[Seat, ...]:
    above = ["/".join(path.split("/")[:depth]) + "/" for depth in range(1, path.count("/") + 1)]
    asked = {"day": day, "post": post, "roles": [] if post else [role, *_leaders(role)], "unit": unit, "above": above}
    is_of_unit = side_of(conn, role) is Side.UNIT
    seats = []
    for row in conn.execute(_seats, asked):
        line = _line(row, post, role, unit, is_of_unit)
        if line is not None:
            near = len(row[8]) if line is Line.CHIEF else 0
            seat = _seat(line, row, is_open=row[10], has_any=row[11])
            seats.append(replace(seat, title=row[4], tenure_id=row[9], nearness=near))
    return tuple(seats)


def _line(row: Any, post: int, role: str, unit: int, is_of_unit: bool) -> Line | None:
    if row[5] == post or (not post and row[6] == role and row[7] == unit):
        return Line.HOLDER
    if not post and row[6] in _leaders(role) and row[7] == unit:
        return Line.CHIEF  # who leads them may do what they may
    if row[6] == Role.CHIEF:
        return Line.CHIEF if is_of_unit else None
    return Line.OFFICE if row[6] == Role.INSPECTION_OFFICE else Line.ADMINISTRATOR


def _leaders(role: str) -> list[str]:
    return [leader for leader, led in LEADS.items() if led == role]


def _seat(line: Line, row: Any, *, is_open: object, has_any: object) -> Seat:
    return Seat(
        line,
        person_id=row[0],
        name=row[1],
        email=row[2],
        language=row[3],
        can_sign_in=bool(is_open),
        is_shut_out=bool(has_any) and not is_open,
    )


def _of_person(row: Any) -> Seat:
    return _seat(Line.HOLDER, row, is_open=row[4], has_any=row[5])


def title_of(conn: Connection, holder: str, role: str = "") -> str:
    """Return the title of the post behind a task list, empty for a role or for somebody without one."""
    kind, _, rest = holder.partition(":")
    post_id = int(rest) if kind == "post" else None
    if kind == "person":
        post_id = conn.scalar(_last_post, {"person": int(rest), "role": role})
    return str(conn.scalar(select(posts.c.title).where(posts.c.id == post_id)) or "") if post_id else ""


def orphaned_posts(conn: Connection, paths: list[str], day: date) -> tuple[int, ...]:
    """Return the posts of the units at *paths* that nobody holds who can come in: their chief stands in."""
    if not paths:
        return ()
    query = (
        select(posts.c.id)
        .join(units, units.c.id == posts.c.unit_id)
        .where(_on_unit_side(conn), _below(paths), on_day(posts, day), ~ably_held(day))
    )
    return tuple(conn.scalars(query.order_by(posts.c.id)))


def orphaned_roles(conn: Connection, paths: list[str], day: date) -> tuple[str, ...]:
    """Return the task lists of roles in the units at *paths* that nobody holds who can come in, where tasks wait."""
    if not paths:
        return ()
    codes = codes_on(conn, Side.UNIT)
    there = select(units.c.id).where(_below(paths))
    waiting = select(open_tasks.c.holder).where(
        open_tasks.c.holder.in_([f"role:{code}@{unit}" for unit in conn.scalars(there) for code in codes]),
        open_tasks.c.claimed_by.is_(None),
    )
    held = select(posts.c.role, posts.c.scope_unit_id).where(_on_unit_side(conn), on_day(posts, day), ably_held(day))
    ably = {f"role:{role}@{unit}" for role, unit in conn.execute(held.where(posts.c.scope_unit_id.in_(there)))}
    return tuple(sorted(set(conn.scalars(waiting.distinct())) - ably))


def _on_unit_side(conn: Connection) -> ColumnElement[bool]:
    return posts.c.role.in_(codes_on(conn, Side.UNIT))


def _below(paths: list[str]) -> ColumnElement[bool]:
    return or_(*(and_(units.c.path >= path, units.c.path < path[:-1] + "0") for path in paths))
