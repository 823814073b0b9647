"""One durable completion of one user task, engine and store alone: read, complete, write, commit.

Both engines play the benchmark's case and lie in the same table through the same code; only what each must store
differs: ours the sealed instance, the library's own serialiser its whole document.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy import Column as C
from sqlalchemy import Integer, LargeBinary, MetaData, Table, bindparam, insert, select, update

from bpmn.engine import Engine
from persistence.database import Database
from persistence.seal import Keyring
from tests.bench import engine_alone
from tests.bench.engine_alone import FACTS, NOW, deadlines
from tests.bench.places import Places
from tests.bench.table import Line, interleaved
from tests.bpmn.stock import StockEngine

SECTION = "engine"
ROUNDS = 15

_metadata = MetaData()
kept = Table(
    "bench_instances", _metadata, C("id", Integer, primary_key=True), C("version", Integer), C("state", LargeBinary)
)
_read = select(kept.c.version, kept.c.state).where(kept.c.id == bindparam("key"))
_write = (
    update(kept)
    .where(kept.c.id == bindparam("key"), kept.c.version == bindparam("was"))
    .values(version=bindparam("now"), state=bindparam("new"))
)


class Store:
    """Cases in one table: one version-checked row each, one commit for each change."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        with self.database.writing() as connection:
            _metadata.create_all(connection)
        self._last = 0

    def put(self, state: bytes) -> int:
        """Keep a new case and return its id."""
        self._last += 1
        with self.database.writing() as connection:
            connection.execute(insert(kept), {"id": self._last, "version": 1, "state": state})
        return self._last

    def get(self, key: int) -> tuple[int, bytes]:
        """Return version and state."""
        with self.database.reading() as connection:
            version, state = connection.execute(_read, {"key": key}).one()
        return version, state

    def change(self, key: int, version: int, state: bytes) -> None:
        """Write the next version."""
        with self.database.writing() as connection:
            done = connection.execute(_write, {"key": key, "was": version, "now": version + 1, "new": state})
            assert done.rowcount == 1


def ours(store: Store, engine: Engine, keyring: Keyring) -> Iterator[float]:
    """Play one case; yield the seconds of each completion."""
    turn = engine.start("bench_case", FACTS, deadlines=deadlines, now=NOW)
    key = store.put(keyring.seal(engine.dump(turn.process), "instance:1"))
    while not turn.done:
        task_id = turn.open_tasks[0].id
        began = time.perf_counter()
        version, state = store.get(key)
        process = engine.load(keyring.open_sealed(state, "instance:1"))
        turn = engine.complete(process, task_id, {}, deadlines=deadlines, now=NOW)
        store.change(key, version, keyring.seal(engine.dump(turn.process), "instance:1"))
        yield time.perf_counter() - began


def stock(store: Store, engine: StockEngine) -> Iterator[float]:
    """The same by the library."""
    workflow = engine.start(dict(FACTS))
    key = store.put(engine.dump(workflow))
    while not workflow.completed:
        began = time.perf_counter()
        version, state = store.get(key)
        workflow = engine.load(state)
        engine.complete(workflow, engine.open(workflow)[0], {})
        store.change(key, version, engine.dump(workflow))
        yield time.perf_counter() - began


def mean(play: Callable[..., Iterator[float]], *with_what: object) -> float:
    """Play one case; return the mean seconds of a completion."""
    return statistics.fmean(play(*with_what))


def measure(places: Places) -> Iterator[Line]:
    """Yield ours beside the library's, on each kind of database."""
    engine, library, keyring = Engine(engine_alone.release()), engine_alone.stock_engine(), Keyring.fresh()
    for kind, least in (("SQLite", 2), ("PostgreSQL", 2)):
        if kind not in places.kinds():
            yield Line(SECTION, "engine and store: one completion", kind, note=f"skipped: {places.missing}")
            continue
        store = Store(places.fresh(kind))
        mine, theirs = interleaved(
            ROUNDS, partial(mean, ours, store, engine, keyring), partial(mean, stock, store, library)
        )
        store.database.dispose()
        yield Line(SECTION, "engine and store / stock serialiser, whole document", kind, mine, theirs, least=least)
