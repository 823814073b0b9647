"""A round over 100,000 open cases of which 0.5 % are due, beside loading every case and asking it.

Every case lies there as the engine would have left it; only those that are due are different from each other. The
other way reads and restores case after case with the library's serialiser and lets its timers look at the clock, on a
sample taken right before and right after ours, and writes nothing.
"""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text

from bpmn.engine import Engine
from cases.moments import end_of_day
from persistence.tables import cases, findings, instances, open_tasks
from tasks.between_cases import wake_due
from tasks.patrols.run import run_patrol
from tests.bench import engine_alone
from tests.bench.engine_alone import FACTS
from tests.bench.officer import Benched
from tests.bench.one_task import Store
from tests.bench.places import Places
from tests.bench.table import Line

SECTION = "patrol"
OPEN, DUE, SAMPLE = 100_000, 500, 100
AT_ONCE = 5_000
FIRST_ID = 1_000_000


def measure(places: Places) -> Iterator[Line]:
    """Yield the seconds of a whole round."""
    for kind in ("SQLite", "PostgreSQL"):
        if kind not in places.kinds():
            yield Line(SECTION, "a round over 100,000 open cases", kind, note=f"skipped: {places.missing}")
            continue
        benched = Benched(places.fresh(kind), 1)
        _fill(benched)
        office, other = benched.office, _LoadingAll(places.fresh(kind))

        before = other.look()
        began = time.perf_counter()
        woken = wake_due(office, limit=2 * DUE)
        timers = time.perf_counter() - began
        assert woken == DUE, woken
        between = other.look()
        began = time.perf_counter()
        patrolled = run_patrol(office, "deadlines", office.now(), "command")
        ladder = time.perf_counter() - began
        assert patrolled.counts["looked_at"] == DUE, patrolled.counts
        after = other.look()

        benched.database.dispose()
        other.store.database.dispose()
        rounds = (("timers", timers, (before + between) / 2), ("ladder of deadlines", ladder, (between + after) / 2))
        for name, ours, naive in rounds:
            what = f"{name}: {OPEN:,} open, {DUE} due / loading all"
            note = f"other: {SAMPLE} before, {SAMPLE} after, scaled"
            yield Line(SECTION, what, kind, ours, naive, least=300, note=note)


class _LoadingAll:
    """The other way, on a sample."""

    def __init__(self, url: str) -> None:
        self.store, self._library = Store(url), engine_alone.stock_engine()
        self._keys = []
        for _ in range(SAMPLE):
            workflow = self._library.start(dict(FACTS))
            self._library.complete(workflow, self._library.open(workflow)[0], {})  # a timer watches its next task
            self._keys.append(self.store.put(self._library.dump(workflow)))

    def look(self) -> float:
        """Return the seconds of a look at every case, scaled from the sample."""
        began = time.perf_counter()
        for key in self._keys:
            workflow = self._library.load(self.store.get(key)[1])
            workflow.refresh_waiting_tasks()
        return (time.perf_counter() - began) / SAMPLE * OPEN


def _fill(benched: Benched) -> None:
    """Copy the one finding of *benched* and its process; let every 200th be due, each with a process of its own."""
    office, number = benched.office, benched.numbers[0]
    with benched.database.reading() as conn:
        finding = dict(conn.execute(select(findings).where(findings.c.number == number)).mappings().one())
        case = dict(conn.execute(select(cases).where(cases.c.id == finding["id"])).mappings().one())
        running = dict(conn.execute(select(instances).where(instances.c.case_id == finding["id"])).mappings().one())
        task = dict(conn.execute(select(open_tasks).where(open_tasks.c.case_id == finding["id"])).mappings().one())
        engine = office.engine(conn, running["release_id"])
    case |= {"ledger_seq": 0, "ledger_head": "", "head_mac": ""}
    today, now = date.today(), office.now()
    late, early = today - timedelta(days=3), today + timedelta(days=300)
    resting, _ = _watched(engine, early, now)
    for start in range(FIRST_ID, FIRST_ID + OPEN, AT_ONCE):
        rows: dict[Any, list[dict[str, Any]]] = {cases: [], findings: [], instances: [], open_tasks: []}
        for id in range(start, start + AT_ONCE):
            is_due = id % (OPEN // DUE) == 0
            due_on = late if is_due else early
            state, task_id = _watched(engine, late, now - timedelta(days=30)) if is_due else (resting, "")
            sealed = office.keyring.seal(state, f"instance:{id}")
            rows[cases].append(case | {"id": id})
            rows[findings].append(finding | {"id": id, "number": f"P-{id}", "due_on": due_on, "issued_at": now})
            rows[instances].append(running | {"id": id, "case_id": id, "state": sealed, "wake_at": end_of_day(due_on)})
            if is_due:
                rows[open_tasks].append(task | {"id": task_id, "instance_id": id, "case_id": id})
        with benched.database.writing() as conn:
            for table, new in rows.items():
                if new:
                    conn.execute(insert(table), new)
    if benched.database.dialect == "postgresql":
        with benched.database.writing() as conn:
            conn.execute(text("ANALYZE"))


def _watched(engine: Engine, due_on: date, now: datetime) -> tuple[bytes, str]:
    """Return a process that has come to the task `plan`, which a timer watches until *due_on*, and the task's id."""

    def deadlines(_key: str) -> datetime:
        return end_of_day(due_on)

    turn = engine.start("bench_case", FACTS, deadlines=deadlines, now=now)
    turn = engine.complete(turn.process, turn.open_tasks[0].id, {}, deadlines=deadlines, now=now)
    return engine.dump(turn.process), turn.open_tasks[0].id
