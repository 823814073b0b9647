"""登记簿 as they are kept: rows by finding, by list, by unit and time, or for the whole office."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, false, not_, or_, select, true

from cases.finding import State
from cases.registers import About, Register
from cases.rights import Actor, scopes
from persistence.columns import Moment
from persistence.searching import says_all
from persistence.tables import findings, people, units
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


def _rows(*where: ColumnElement[bool]) -> Select[Any]:
    """Return the query for what was registered, and not withdrawn, at the bound moment ``as_of``."""
    as_of = bindparam("as_of", type_=Moment)
    query = select(r.c.id, r.c.register, r.c.finding_id, r.c.list_id, r.c.unit_id, r.c.at, r.c.fields).where(
        *where, r.c.entered_at <= as_of, r.c.at <= as_of, r.c.withdrawn_at.is_(None) | (r.c.withdrawn_at > as_of)
    )
    return query.order_by(r.c.at, r.c.id)


_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_register, _since = r.c.register == bindparam("register"), r.c.at >= bindparam("since", type_=Moment)
_until = r.c.at <= bindparam("until", type_=Moment)

# Built once: the signals ask them for every finding, and building one takes longer than SQLite takes to run it.
_of_finding = _rows(r.c.finding_id == bindparam("finding"))
_of_list = _rows(r.c.list_id == bindparam("list"))
_of_office = _rows(r.c.register.in_(bindparam("registers", expanding=True)), r.c.unit_id.is_(None))
_of_all_units = _rows(_register, _since, _until)
_of_units = _rows(_register, _since, _until, r.c.unit_id.in_(bindparam("units", expanding=True)))
_of_unit_or_nobody = _rows(_register, ((r.c.unit_id == bindparam("unit")) & _since) | r.c.unit_id.is_(None))
_of_closed = _rows(
    _register,
    r.c.finding_id.in_(
        select(findings.c.id).where(findings.c.unit_path == bindparam("path"), findings.c.signed_off_at.is_not(None))
    ),
)


def of_finding(conn: Connection, finding_id: int, *, as_of: datetime) -> dict[str, list[Entry]]:
    """Return what is registered of a finding, by register, in the order in which it happened."""
    return _by_register(conn, _of_finding, as_of, finding=finding_id)


def of_list(conn: Connection, list_id: int, *, as_of: datetime) -> dict[str, list[Entry]]:
    """Return what is registered of an issue list, by register, in the order in which it happened."""
    return _by_register(conn, _of_list, as_of, list=list_id)


def of_office(conn: Connection, registers: Collection[str], *, as_of: datetime) -> dict[str, list[Entry]]:
    """Return the rows of registers that hold for the whole office."""
    return _by_register(conn, _of_office, as_of, registers=list(registers))


def of_closed(conn: Connection, register: str, unit_path: str, *, as_of: datetime) -> dict[int, list[Entry]]:
    """Return the rows of *register* about the closed findings of the unit at *unit_path*, by finding."""
    found: dict[int, list[Entry]] = {}
    for entry in _by_register(conn, _of_closed, as_of, register=register, path=unit_path).get(register, []):
        assert entry.finding_id is not None, "joined with its finding"
        found.setdefault(entry.finding_id, []).append(entry)
    return found


def of_unit_or_nobody(
    conn: Connection, register: str, unit_id: int, *, as_of: datetime, since: datetime | None = None
) -> list[Entry]:
    """Return the rows of *register* of a unit from *since* on, and those of no unit behind them."""
    asked = {"register": register, "unit": unit_id, "since": since or _FIRST}
    rows = _by_register(conn, _of_unit_or_nobody, as_of, **asked).get(register, [])
    return sorted(rows, key=lambda entry: entry.unit_id is None)


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
    asked = {"register": register, "since": since or _FIRST, "until": until or as_of}
    if unit_ids is None:
        return _by_register(conn, _of_all_units, as_of, **asked).get(register, [])
    return _by_register(conn, _of_units, as_of, **asked, units=list(unit_ids)).get(register, [])


def standing(
    conn: Connection, register: str, *, finding_id: int | None, list_id: int | None, unit_id: int | None
) -> list[Mapping[str, Any]]:
    """Return the values of every row of *register* about one finding, list, unit, or about none of them."""
    about = ((r.c.finding_id, finding_id), (r.c.list_id, list_id), (r.c.unit_id, unit_id))
    where = [column.is_(None) if key is None else column == key for column, key in about]
    return list(conn.scalars(select(r.c.fields).where(r.c.register == register, r.c.withdrawn_at.is_(None), *where)))


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as people read it, withdrawn ones too."""

    id: int
    register: str
    at: datetime
    fields: Mapping[str, Any]
    who: str
    entered_at: datetime
    place: str
    withdrawn_because: str | None
    unit: str | None


_shown = (
    select(r.c.id, r.c.register, r.c.at, r.c.fields, people.c.name, r.c.entered_at, r.c.place)
    .add_columns(r.c.withdrawn_because, units.c.short_name)
    .select_from(r)
    .outerjoin(people, people.c.id == r.c.person_id)
    .outerjoin(units, units.c.id == r.c.unit_id)
    .order_by(r.c.at.desc(), r.c.id.desc())
)


def shown_of_case(conn: Connection, case_id: int, hidden: Collection[str]) -> list[Shown]:
    """Return every row about a finding or list, newest first, without the *hidden* registers."""
    where = or_(r.c.finding_id == case_id, r.c.list_id == case_id)
    rows = conn.execute(_shown.where(where, r.c.register.not_in(hidden)))
    return [_read(row) for row in rows]


def page_of(
    conn: Connection,
    register: str,
    visible: ColumnElement[bool],
    *,
    unit_id: int | None = None,
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Shown]:
    """Return rows of *register* that *visible* lets through, newest first, behind *after*."""
    query = _shown.where(r.c.register == register, visible)
    if unit_id is not None:
        query = query.where(r.c.unit_id == unit_id)
    if text:
        query = query.where(says_all(text, r.c.fields))
    if since is not None:
        query = query.where(r.c.at >= since)
    if until is not None:
        query = query.where(r.c.at < until)
    if after is not None:
        query = query.where(or_(r.c.at < after[0], and_(r.c.at == after[0], r.c.id < after[1])))
    return [_read(row) for row in conn.execute(query.limit(limit))]


def _read(row: Any) -> Shown:
    return Shown(*row)


def visible_rows(actor: Actor, register: Register) -> ColumnElement[bool]:
    """Return which rows of an office's or units' register *actor* may read, over ``register_entries`` and ``units``."""
    if register.about is About.NOTHING:
        return true() if actor.oversees else false()
    parts = [_under(scope.path) for scope in scopes(actor) if not (register.confidential and scope.issued_only)]
    own = [_under(path) for path in actor.home_paths] if register.confidential else []
    apart = [_under(path) for path in actor.recused_paths] + own
    seen = or_(*parts) if parts else false()
    if register.anywhere and actor.oversees:
        seen = or_(seen, r.c.unit_id.is_(None))
    return and_(seen, *(or_(r.c.unit_id.is_(None), not_(part)) for part in apart))


def _under(path: str) -> ColumnElement[bool]:
    return and_(units.c.path >= path, units.c.path < path[:-1] + "0")


# --- whom a new row concerns ----------------------------------------------------------------------------------------


def findings_about_persons(conn: Connection, persons: Collection[str]) -> set[int]:
    """Return the findings for which something was done about one of *persons*."""
    query = select(r.c.finding_id, r.c.fields).where(r.c.register == "person_action", r.c.withdrawn_at.is_(None))
    return {row.finding_id for row in conn.execute(query) if row.fields["person"] in persons}


def findings_with_refunds(conn: Connection, unit_path: str, since: datetime, until: datetime) -> set[int]:
    """Return the findings of the unit, its superiors and what is below it, with a refund from *since* to *until*."""
    above = [unit_path[: place + 1] for place, sign in enumerate(unit_path) if sign == "/"]
    near = or_(
        findings.c.unit_path.in_(above),
        and_(findings.c.unit_path >= unit_path, findings.c.unit_path < unit_path[:-1] + "0"),
    )
    query = (
        select(r.c.finding_id)
        .join(findings, findings.c.id == r.c.finding_id)
        .where(r.c.register == "recovery", r.c.at.between(since, until), r.c.withdrawn_at.is_(None), near)
    )
    return set(conn.scalars(query))


def findings_of_unit(conn: Connection, unit_id: int, *states: State) -> set[int]:
    """Return the findings of a unit in one of *states*."""
    return set(conn.scalars(select(findings.c.id).where(findings.c.unit_id == unit_id, findings.c.state.in_(states))))


def findings_of_list(conn: Connection, list_id: int) -> set[int]:
    """Return the findings of an issue list."""
    return set(conn.scalars(select(findings.c.id).where(findings.c.list_id == list_id)))


def _by_register(conn: Connection, query: Select[Any], as_of: datetime, **asked: Any) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for row in conn.execute(query, {"as_of": as_of, **asked}):
        found.setdefault(row.register, []).append(Entry(*row))
    return found
