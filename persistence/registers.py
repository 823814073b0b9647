"""登记簿 as they are kept: rows by finding, by list, by unit and time, or for the whole office."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from persistence.tables import register_entries as r


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a register; *fields* by the names of `cases.registers`, *at* when it happened."""

    id: int
    register: str
    finding_id: int | None
    list_id: int | None
    unit_id: int | None
    at: datetime
    fields: Mapping[str, Any]


def of_finding(conn: Connection, finding_id: int, *, as_of: datetime) -> dict[str, list[Entry]]:
    """Return what is registered of a finding, by register, in the order in which it happened."""
    return _by_register(conn, r.c.finding_id == finding_id, as_of)


def of_list(conn: Connection, list_id: int, *, as_of: datetime) -> dict[str, list[Entry]]:
    """Return what is registered of an issue list, by register, in the order in which it happened."""
    return _by_register(conn, r.c.list_id == list_id, as_of)


def of_office(conn: Connection, registers: Collection[str], *, as_of: datetime) -> dict[str, list[Entry]]:
    """Return the rows of registers that hold for the whole office."""
    return _by_register(conn, r.c.register.in_(registers) & r.c.unit_id.is_(None), as_of)


def of_units(
    conn: Connection,
    register: str,
    unit_ids: Collection[int] | None,
    *,
    as_of: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Entry]:
    """Return the rows of *register* of some units (None: of all) that happened from *since* to *until*."""
    where = r.c.register == register
    if unit_ids is not None:
        where &= r.c.unit_id.in_(unit_ids)
    if since is not None:
        where &= r.c.at >= since
    if until is not None:
        where &= r.c.at <= until
    return _by_register(conn, where, as_of).get(register, [])


def _by_register(conn: Connection, where: ColumnElement[bool], as_of: datetime) -> dict[str, list[Entry]]:
    query = select(r.c.id, r.c.register, r.c.finding_id, r.c.list_id, r.c.unit_id, r.c.at, r.c.fields).where(
        where, r.c.entered_at <= as_of, r.c.at <= as_of, r.c.withdrawn_at.is_(None) | (r.c.withdrawn_at > as_of)
    )
    found: dict[str, list[Entry]] = {}
    for row in conn.execute(query.order_by(r.c.at, r.c.id)):
        found.setdefault(row.register, []).append(Entry(*row))
    return found
