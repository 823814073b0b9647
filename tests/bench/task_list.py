"""My tasks and their number among 1,000,000, beside a bare read of as many rows by primary key."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text

from persistence.database import Database
from persistence.overviews import my_task_count, my_tasks
from persistence.tables import open_tasks
from tests.bench.places import Places
from tests.bench.table import Line
from tests.persistence.stock import a_finding, a_task, add_findings, found_city

SECTION = "tasks"
TASKS, CASES, POSTS, PEOPLE = 1_000_000, 200, 20_000, 5_000
AT_ONCE = 10_000
READS = 400
PAGE = 50
FIRST_DAY = date(2026, 1, 1)

_by_key = select(open_tasks).where(open_tasks.c.id.in_(bindparam("ids", expanding=True)))


def measure(places: Places) -> Iterator[Line]:
    """Yield list and count, on each kind of database; both see the same rows."""
    for kind in ("SQLite", "PostgreSQL"):
        if kind not in places.kinds():
            yield Line(SECTION, "my tasks among 1,000,000", kind, note=f"skipped: {places.missing}")
            continue
        database = Database(places.fresh(kind))
        database.migrate()
        chance = random.Random(1)
        _fill(database, chance)
        with database.reading() as connection:
            yield from _lines(connection, kind, chance)
        database.dispose()


def _fill(database: Database, chance: random.Random) -> None:
    with database.writing() as connection:
        found_city(connection)
        add_findings(connection, *(a_finding(10 + n) for n in range(CASES)))
    for start in range(0, TASKS, AT_ONCE):
        rows = [_task(start + n, chance) for n in range(AT_ONCE)]
        with database.writing() as connection:
            connection.execute(insert(open_tasks), rows)
    if database.dialect == "postgresql":
        with database.writing() as connection:
            connection.execute(text("ANALYZE"))


def _task(place: int, chance: random.Random) -> dict[str, Any]:
    of_post = chance.random() < 0.9
    return a_task(
        _id(place),
        10 + chance.randrange(CASES),
        holder=f"post:{chance.randrange(POSTS)}" if of_post else f"role:verifier@{chance.randrange(20)}",
        claimed_by=chance.randrange(PEOPLE) if chance.random() < 0.1 else None,
        sort_on=str(FIRST_DAY + timedelta(days=chance.randrange(700))),
    )


def _id(place: int) -> str:
    return f"{place * 2_654_435_761 % 2**32:08x}-{place}"  # spread over the index, as random ids are


def _lines(connection: Connection, kind: str, chance: random.Random) -> Iterator[Line]:
    def holders() -> list[str]:
        return [f"post:{chance.randrange(POSTS)}" for _ in range(3)] + [f"role:verifier@{chance.randrange(20)}"]

    def page() -> object:
        return my_tasks(connection, holders(), chance.randrange(PEOPLE), limit=PAGE)

    def bare() -> object:
        return connection.execute(_by_key, {"ids": [_id(chance.randrange(TASKS)) for _ in range(PAGE)]}).all()

    def count() -> object:
        return my_task_count(connection, [f"post:{chance.randrange(POSTS)}"], chance.randrange(PEOPLE))

    mine, floor, counting = _taken(page, bare, count)
    for name, place in (("p50", READS // 2), ("p99", READS * 99 // 100)):
        what = f"my tasks, a page of {PAGE} of 1,000,000, {name} / {PAGE} rows by key"
        yield Line(SECTION, what, kind, mine[place], floor[place], most=3)
    for name, place in (("p50", READS // 2), ("p99", READS * 99 // 100)):
        what = f"badge count among 1,000,000, {name} / {PAGE} rows by key"
        yield Line(SECTION, what, kind, counting[place], floor[place], most=3)


def _taken(*reads: Callable[[], object]) -> list[list[float]]:
    """Return the seconds of each of *reads*, taken in turns, sorted."""
    taken: list[list[float]] = [[] for _ in reads]
    for round in range(READS + 20):
        for read, found in zip(reads, taken, strict=True):
            began = time.perf_counter()
            read()
            if round >= 20:  # before that everything is read for the first time
                found.append(time.perf_counter() - began)
    return [sorted(found) for found in taken]
