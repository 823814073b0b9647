"""The roles of the house: those that the rules name, and those that the security administrator entered besides."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from cases.known_words import known
from cases.rights import SIDES, Side
from persistence.tables import posts, roles, tenures


def every_role(conn: Connection) -> Sequence[Row[Any]]:
    """Return the roles, side by side and in the order of their codes."""
    return conn.execute(select(roles).order_by(roles.c.side, roles.c.code)).all()


def sides_of_roles(conn: Connection) -> Mapping[str, Side]:
    """Return on which side each role stands; what the rules say of theirs no row changes."""
    entered = {code: known(Side, side) for code, side in conn.execute(select(roles.c.code, roles.c.side))}
    return {**{code: side for code, side in entered.items() if side is not None}, **SIDES}


def find_role(conn: Connection, code: str) -> Row[Any] | None:
    """Return the role *code*, None for one that the house does not know."""
    return conn.execute(select(roles).where(roles.c.code == code)).one_or_none()


def side_of(conn: Connection, code: str) -> Side | None:
    """Return on which side the role *code* stands, None for one that the house does not know."""
    if code in SIDES:
        return SIDES[code]
    row = find_role(conn, code)
    return known(Side, row.side) if row else None


def codes_on(conn: Connection, *sides: Side) -> list[str]:
    """Return the codes of the roles on *sides*."""
    return sorted(code for code, side in sides_of_roles(conn).items() if side in sides)


def names_of_roles(conn: Connection, language: str) -> dict[str, str]:
    """Return code -> name in *language*."""
    name = roles.c.name_en if language == "en" else roles.c.name_zh
    return dict(conn.execute(select(roles.c.code, name)).tuples().all())


def posts_by_role(conn: Connection) -> dict[str, int]:
    """Return code -> how many posts have the role."""
    return dict(conn.execute(select(posts.c.role, func.count()).group_by(posts.c.role)).tuples().all())


def roles_held(conn: Connection, day: date) -> frozenset[str]:
    """Return the codes of the roles of which somebody holds a post on *day*."""
    held = (
        select(posts.c.role)
        .join(tenures, tenures.c.post_id == posts.c.id)
        .where(
            *(table.c.valid_from <= day for table in (posts, tenures)),
            *(or_(table.c.valid_until.is_(None), table.c.valid_until >= day) for table in (posts, tenures)),
        )
    )
    return frozenset(conn.scalars(held.distinct()))
