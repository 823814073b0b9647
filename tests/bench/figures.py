"""The figures of 20,000 findings with their histories, as of any day; beside reading those histories bare."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text, true

from persistence.columns import new_id
from persistence.database import Database
from persistence.figures import By, FigureFilters, tallies, tally
from persistence.tables import cases, cycles, extensions, findings, ledger, milestones, submissions, units
from tests.bench.places import Places
from tests.bench.table import Line
from tests.persistence.stock import CASE, a_finding, found_city

SECTION = "figures"
FINDINGS, UNITS, EVENTS = 20_000, 40, 20
ROUNDS = 9
ISSUED = datetime(2026, 1, 5, 4, tzinfo=UTC)
DUE = date(2026, 4, 1)
TODAY = date(2026, 9, 30)


def measure(places: Places) -> Iterator[Line]:
    """Yield the whole, the groups and an earlier day, on each kind of database."""
    for kind in ("SQLite", "PostgreSQL"):
        if kind not in places.kinds():
            yield Line(SECTION, "figures of 20,000 findings", kind, note=f"skipped: {places.missing}")
            continue
        database = Database(places.fresh(kind))
        database.migrate()
        fill(database)
        with database.reading() as connection:
            yield from _lines(connection, kind)
        database.dispose()


def fill(database: Database, count: int = FINDINGS) -> None:
    """Put *count* findings with cycles, submissions, extensions, milestones and ledgers where there are none."""
    with database.writing() as connection:
        found_city(connection)
        bureaus = [
            {"id": 100 + n, "parent_id": 1, "path": f"/1/{100 + n}/", "name": f"第{n}局", "short_name": f"{n}局",
             "kind": "inspected", "valid_from": date(2020, 1, 1)}
            for n in range(UNITS)
        ]  # fmt: skip
        connection.execute(insert(units), bureaus)
        places = [(int(str(row["id"])), str(row["path"])) for row in bureaus]
        put_histories(connection, count, places, list_id=1)
    if database.dialect == "postgresql":
        with database.writing() as connection:
            connection.execute(text("ANALYZE"))


def put_histories(connection: Connection, count: int, places: Sequence[tuple[int, str]], *, list_id: int) -> None:
    """Put *count* findings with their histories on a list, in turn to the units at *places* (id, path)."""
    rows: dict[Table, list[dict[str, Any]]] = {
        table: [] for table in (cases, findings, cycles, submissions, extensions, milestones, ledger)
    }
    for n in range(count):
        unit_id, path = places[n % len(places)]
        for table, row in _history(n, {"unit_id": unit_id, "unit_path": path, "list_id": list_id}):
            rows[table].append(row)
    for table, many in rows.items():
        connection.execute(insert(table), many)


def _history(n: int, place: dict[str, Any]) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Yield the rows of one finding; what happened to it follows from its number."""
    id, handed_in = 10_000 + n, ISSUED + timedelta(days=60 + n % 120)
    kind = ("IMMEDIATE", "PHASED", "PHASED", "CONTINUOUS")[n // UNITS % 4]
    done, again = n % 5 < 3, n % 20 == 0
    yield cases, CASE | {"id": id, "kind": "finding"}
    yield findings, a_finding(
        id, **place, kind=kind, category=f"类别{n % 7}", amount_yuan=Decimal(n * 100),
        state="signed_off" if done and not again else "open", due_on=DUE, cycle=2 if again else 1,
    )  # fmt: skip
    ended = {"closed_at": handed_in + timedelta(days=30), "result": "signed_off"} if done else {}
    opened = {"finding_id": id, "reason": "", "due_on": DUE, "closed_at": None, "result": None}
    yield cycles, opened | {"cycle": 1, "opened_at": ISSUED, "because": "issued"} | ended
    if again:
        yield cycles, opened | {"cycle": 2, "opened_at": handed_in + timedelta(days=50), "because": "recurred"}
    if n % 5 < 4:
        yield submissions, {"id": new_id(), "finding_id": id, "cycle": 1, "person_id": 7, "completion": "已清退",
                            "measures_done": {}, "at": handed_in, "recovered_yuan": Decimal(n * 50)}  # fmt: skip
    if n % 10 == 3:
        yield extensions, {"id": new_id(), "finding_id": id, "cycle": 1, "asked_by": 7, "asked_at": ISSUED,
                           "from_due_on": DUE, "until": DUE + timedelta(days=30), "reason": "", "verdict": "approved",
                           "decided_at": ISSUED + timedelta(days=20)}  # fmt: skip
    if kind == "CONTINUOUS":
        yield milestones, {"id": new_id(), "finding_id": id, "seq": 1, "text": "清查", "due_on": DUE,
                           "held_at": handed_in if n % 3 else None}  # fmt: skip
    for seq in range(1, EVENTS + 1):
        event = "MarkedOverdue" if seq == EVENTS and n % 3 == 0 else "ProgressReported"
        at = ISSUED + timedelta(days=5 * seq)
        yield ledger, {"case_id": id, "seq": seq, "event": event, "act": "wake", "at": at, "recorded_at": at,
                       "who": "时钟", "body": "{}", "previous": "", "hash": ""}  # fmt: skip


def _lines(connection: Connection, kind: str) -> Iterator[Line]:
    today, earlier = FigureFilters(TODAY), FigureFilters(date(2026, 5, 31))
    F = findings.c

    def bare() -> object:
        read = [
            select(F.unit_id, func.count(), func.sum(F.amount_yuan)).group_by(F.unit_id),
            select(cycles.c.result, func.count(), func.max(cycles.c.opened_at)).group_by(cycles.c.result),
            select(func.count(), func.max(submissions.c.at)),
            select(ledger.c.event, func.count(), func.max(ledger.c.at)).group_by(ledger.c.event),
        ]
        return [connection.execute(query).all() for query in read]

    ways: dict[str, Callable[[], object]] = {
        "bare": bare,
        "whole": lambda: tally(connection, true(), today),
        "whole of an earlier day": lambda: tally(connection, true(), earlier),
        "by unit": lambda: tallies(connection, true(), today, By.UNIT),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):  # turn by turn, so that a busy moment meets all
        for name, way in ways.items():
            began = perf_counter()
            way()
            took[name].append(perf_counter() - began)
    base = median(took.pop("bare"))
    for name, times in took.items():
        what = f"figures of {FINDINGS:,} findings, {name}"
        yield Line(SECTION, what, kind, median(times), base, note="beside bare aggregates over the same rows")
