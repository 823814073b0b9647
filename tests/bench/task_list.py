"""My tasks and their number among 1,000,000, beside a bare read of as many rows by primary key."""

import random
import time
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, bindparam, select, text

from persistence.database import Database
from persistence.overviews import my_task_count, my_tasks
from persistence.tables import open_tasks
from tests.bench.places import Places
from tests.bench.table import Line
from tests.persistence.stock import a_finding, a_task, add_findings, add_tasks, found_city

SECTION = "tasks"
TASKS, CASES, POSTS, PEOPLE = 1_000_000, 200, 20_000, 5_000
READS = 400
PAGE = 50

PATTERN = "pattern"
MULTIPLY = f"""
INSERT INTO open_tasks
  (id, instance_id, case_id, name, act, form, stage, role, label, holder, claimed_by, since, sort_on)
WITH RECURSIVE counted(k) AS (
  SELECT CAST(0 AS BIGINT) UNION ALL SELECT k + 1 FROM counted WHERE k < :last
)
SELECT 'bench-' || CAST(1000000 + k AS VARCHAR(20)),
  10 + k % {CASES}, 10 + k % {CASES}, name, act, form, stage, role, label,
  CASE WHEN k % 10 < 9 THEN 'post:' || CAST(k * 7919 % {POSTS} AS VARCHAR(20))
       ELSE 'role:verifier@' || CAST(k / 10 % 20 AS VARCHAR(20)) END,
  CASE WHEN k / 7 % 10 = 0 THEN k * 31 % {PEOPLE} END,
  since,
  CAST(2026 + k % 2 AS VARCHAR(4)) || '-' || substr(CAST(101 + k * 7 % 12 AS VARCHAR(3)), 2)
    || '-' || substr(CAST(101 + k * 13 % 28 AS VARCHAR(3)), 2)
FROM counted, open_tasks WHERE id = :pattern
"""

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
        _fill(database)
        with database.reading() as connection:
            yield from _lines(connection, kind, chance)
        database.dispose()


def _fill(database: Database) -> None:
    with database.writing() as connection:
        found_city(connection)
        add_findings(connection, *(a_finding(10 + n) for n in range(CASES)))
        add_tasks(connection, a_task(PATTERN, 10))
        indexes = sorted(open_tasks.indexes, key=lambda index: str(index.name))
        for index in indexes:  # to sort once is faster than to look for a place a million times
            index.drop(connection)
        connection.execute(text(MULTIPLY), {"last": TASKS - 1, "pattern": PATTERN})
        for index in indexes:
            index.create(connection)
    if database.dialect == "postgresql":
        with database.writing() as connection:
            connection.execute(text("ANALYZE"))


def _id(place: int) -> str:
    """Return the id of a task; `MULTIPLY` says the same."""
    return f"bench-{1_000_000 + place}"


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
        what = f"badge count of one post among 1,000,000, {name} / {PAGE} rows by key"
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
