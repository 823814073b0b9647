"""Whatever somebody changes, takes out or puts in, in any proved table, is named with its table and its row.

One house in which every proved table has rows that an act wrote. Changes are made past the office, judged, and undone
by a savepoint; the short form makes them in several tables at once, the long one makes one at a time.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    create_engine,
    delete,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.types import BigInteger

from cases.events import Event
from persistence.columns import Json, Moment, Money, new_id
from persistence.declared import DECLARED, PROVED, Derived, Volatile, proved_tables
from persistence.row_images import imaged
from persistence.row_verification import Fault, RowFault, verify_rows
from persistence.tables import metadata
from tasks.case import OfficeCase
from tasks.work import Work
from tests.support.city import KEYS, NOON, City

AT_ONCE = 15  # tables changed before all is judged: of one scope not more rows are named than `NAMED`
Row = dict[str, Any]


# --- a house with rows of every kind --------------------------------------------------------------------------------


def value_of(column: Any, chance: random.Random) -> Any:
    """Return anything that *column* can hold."""
    kind = column.type
    if isinstance(kind, Boolean):
        return chance.random() < 0.5
    if isinstance(kind, Money):
        return Decimal(chance.randint(1, 10**6))
    if isinstance(kind, BigInteger | Integer):
        return chance.randint(2, 10**5)
    if isinstance(kind, Date):
        return date(2026, 1, 1) + timedelta(days=chance.randint(0, 300))
    if isinstance(kind, Moment):
        return NOON + timedelta(minutes=chance.randint(1, 10**5))
    if isinstance(kind, Json):
        return {"drawn": chance.randint(1, 10**6)}
    if isinstance(kind, LargeBinary):
        return chance.randbytes(12)
    return "".join(chance.choices("abcdefghijklmnop", k=min(getattr(kind, "length", None) or 12, 12)))


def row_for(conn: Connection, table: Table, chance: random.Random) -> Row:
    """Return a row that *table* takes, pointing to rows that are there."""
    row: Row = {}
    for column in table.columns:
        parent = next(iter(column.foreign_keys), None)
        if parent is not None:
            there = conn.scalars(select(parent.column).order_by(parent.column)).all()
            row[column.name] = chance.choice(there) if there else None
        elif column.name == "id" and isinstance(column.type, Integer | BigInteger):
            row["id"] = new_id()
        else:
            row[column.name] = value_of(column, chance)
    return row


def with_every_row(city: City, chance: random.Random) -> None:
    """Let an act write a row or two into every proved table that has none yet."""
    for table in proved_tables():
        if city.count(table):
            continue

        def body(work: Work, table: Table = table) -> OfficeCase:
            case = work.office_case()
            for _ in range(1 if any(column.foreign_keys for column in table.primary_key) else 2):
                work.add(table, **row_for(work.conn, table, chance))
            work.record(case, Event("CaseAdvanced"))
            return case

        city.office.as_clock("fill", body)


@contextmanager
def insider(city: City) -> Iterator[Connection]:
    """Give the connection of somebody who has the database: no foreign keys, no triggers; undone in the end."""
    city.is_tampered = True
    engine = create_engine(city.office.database.url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def by_hand(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # else the driver ends the transaction before a savepoint

        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    with engine.connect() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SET session_replication_role = replica"))
        else:
            for name in conn.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                conn.execute(text(f"DROP TRIGGER {name}"))
        yield conn
        conn.rollback()
    engine.dispose()


# --- what an insider does -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    """What was done to one row; *key* is as it was before, or that of the new row; *is_new*: no event knows it."""

    table: str
    key: str
    what: str
    is_new: bool = False


def a_row(conn: Connection, table: Table, chance: random.Random) -> Row | None:
    """Return any row that is proved (of a table that is not: any), None where there is none."""
    rows = [dict(row) for row in conn.execute(select(table)).mappings()]
    left_out = PROVED[table.name].left_out if table.name in PROVED else None
    rows = [row for row in rows if left_out is None or row[left_out[0]] != left_out[1]]
    return chance.choice(rows) if rows else None


def this(table: Table, row: Mapping[str, Any]) -> list[Any]:
    names = imaged(table).key if table.name in PROVED else [column.name for column in table.primary_key]
    return [table.c[name] == row[name] for name in names]


def key_of(table: Table, row: Mapping[str, Any]) -> str:
    how = imaged(table)
    return how.key_of(how.given(row))


def another(column: Any, before: Any, chance: random.Random) -> Any:
    """Return another value; now and then none, where there may be none."""
    if column.nullable and before is not None and chance.random() < 0.2:
        return None
    while (value := value_of(column, chance)) == before:
        pass
    return value


def change(conn: Connection, table: Table, chance: random.Random) -> Done | None:
    """Change one column of one row."""
    row = a_row(conn, table, chance)
    if row is None:
        return None
    column = table.c[chance.choice(sorted(imaged(table).columns))]
    value = another(column, row[column.name], chance)
    conn.execute(update(table).where(*this(table, row)).values({column.name: value}))
    return Done(table.name, key_of(table, row), f"{column.name}: {row[column.name]!r} -> {value!r}")


def take_out(conn: Connection, table: Table, chance: random.Random) -> Done | None:
    """Delete one row."""
    row = a_row(conn, table, chance)
    if row is None:
        return None
    conn.execute(delete(table).where(*this(table, row)))
    return Done(table.name, key_of(table, row), "deleted")


def copy(conn: Connection, table: Table, chance: random.Random) -> Done | None:
    """Put in a copy of one row, under other keys."""
    row = a_row(conn, table, chance)
    if row is None:
        return None
    own = {column.name for column in table.primary_key} | set(imaged(table).key)
    own |= {column.name for index in table.indexes if index.unique for column in index.columns}
    own |= {c.name for one in table.constraints if isinstance(one, UniqueConstraint) for c in one.columns}
    kept = PROVED[table.name].left_out
    new = row | {
        name: new_id() if name == "id" and isinstance(row[name], int) else value_of(table.c[name], chance)
        for name in own
        if kept is None or name != kept[0]
    }
    conn.execute(insert(table).values(new))
    return Done(table.name, key_of(table, new), "copied", is_new=True)


WAYS: tuple[Callable[[Connection, Table, random.Random], Done | None], ...] = (change, take_out, copy)


def missed(done: list[Done], found: tuple[RowFault, ...]) -> list[object]:
    """Return what was done and is not named as it should be, and what is named and was not done."""
    named = {(one.table, one.row): one for one in found if one.fault is Fault.ROW_ADDED}
    named |= {(one.table, one.row): one for one in found if one.fault is not Fault.ROW_ADDED}
    unseen: list[object] = [one for one in done if (one.table, one.key) not in named]
    without_event = [
        one for one in done
        if not one.is_new and (last := named.get((one.table, one.key))) and not (last.case_id and last.seq)
    ]  # fmt: skip
    touched = {one.table for one in done}
    return [*unseen, *without_event, *(one for one in found if one.table not in touched)]


def rounds(city: City, chance: random.Random, at_once: int) -> Iterator[tuple[list[Done], tuple[RowFault, ...]]]:
    """Yield what was done to some tables and what was found, for every way and every proved table."""
    tables = proved_tables()
    with insider(city) as conn:
        assert verify_rows(conn, KEYS).faults == ()
        for way in WAYS:
            chance.shuffle(tables)
            for start in range(0, len(tables), at_once):
                savepoint = conn.begin_nested()
                done = [one for table in tables[start : start + at_once] if (one := way(conn, table, chance))]
                yield done, verify_rows(conn, KEYS).faults
                savepoint.rollback()


def judge(city: City, seed: int, at_once: int) -> None:
    chance = random.Random(seed)
    with_every_row(city, chance)
    wrong = [(missed(done, found), seed) for done, found in rounds(city, chance, at_once) if missed(done, found)]
    assert wrong == []


def test_any_row_of_any_table_is_named(city_at: Callable[[str], City]) -> None:
    judge(city_at("signing"), random.randrange(10**6), AT_ONCE)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_any_one_row_alone_is_named(city_at: Callable[[str], City], seed: int) -> None:
    judge(city_at("signing"), seed, at_once=1)


def test_what_is_not_proved_makes_no_noise(city_at: Callable[[str], City]) -> None:
    city, chance = city_at("signing"), random.Random()
    with insider(city) as conn:
        for table in metadata.sorted_tables:
            declared, row = DECLARED[table.name], a_row(conn, table, chance)
            if row is None:
                continue
            if isinstance(declared, Derived | Volatile):
                conn.execute(delete(table).where(*this(table, row)))
            for name in PROVED[table.name].uncovered if table.name in PROVED else ():
                value = another(table.c[name], row[name], chance)
                conn.execute(update(table).where(*this(table, row)).values({name: value}))

        assert verify_rows(conn, KEYS).faults == ()
