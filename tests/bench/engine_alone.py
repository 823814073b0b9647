"""One case from start to end, stored after every step: our engine and codec against the library's whole-document
serialiser.

The case: 15 user tasks, 8 gateways, 4 boundary timers, a parallel multi-instance, a call activity, a decision table; 14
completions. ``python -m tests.bench.engine_alone`` prints medians of interleaved rounds; only the ratio means
something.
"""

import gc
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bpmn.decisions import read_decision
from bpmn.engine import Engine, Fact, Turn
from bpmn.release import Release
from tests.bpmn.stock import StockEngine

DIAGRAM = Path(__file__).parent / "diagram"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2999, 1, 1, tzinfo=UTC)
COMPLETIONS = 14
FACTS: dict[str, Fact] = {
    "number": "2026-017",
    "kind": "PHASED",
    "months": None,
    "reviewers": ["inspection_office", "discipline_commission", "organisation_department"],
    "plan_verdict": "agreed",
    "review_verdict": "agreed",
    "verification_verdict": "confirmed",
    "sign_off_verdict": "signed",
    "look_back_result": "held",
}


def release() -> Release:
    """Return the benchmark's release."""
    folder = {".bpmn": "processes", ".dmn": "decisions"}
    return Release({f"{folder[path.suffix]}/{path.name}": path.read_bytes() for path in sorted(DIAGRAM.iterdir())})


def deadlines(key: str) -> datetime:
    """Every deadline is far away: timers are armed and disarmed, not fired."""
    return LATER


def stock_engine() -> StockEngine:
    """Return the library's engine on the same diagrams."""
    files = [path.read_bytes() for path in sorted(DIAGRAM.glob("*.bpmn"))]
    tables = {"rule": read_decision("decisions/bench_rule.dmn", (DIAGRAM / "bench_rule.dmn").read_bytes())}
    return StockEngine(files, "bench_case", tables=tables, moments={"plan_due": LATER, "rectify_due": LATER})


def ours(engine: Engine, keep: Callable[[bytes], object]) -> list[float]:
    """Play one case; return the seconds of each load, complete and dump."""
    turn: Turn = engine.start("bench_case", FACTS, deadlines=deadlines, now=NOW)
    stored, times = engine.dump(turn.process), []
    while not turn.done:
        task_id = turn.open_tasks[0].id
        began = time.perf_counter()
        turn = engine.complete(engine.load(stored), task_id, {}, deadlines=deadlines, now=NOW)
        stored = engine.dump(turn.process)
        times.append(time.perf_counter() - began)
        keep(stored)
    return times


def theirs(engine: StockEngine, keep: Callable[[bytes], object]) -> list[float]:
    """The same by the library."""
    workflow = engine.start(dict(FACTS))
    stored, times = engine.dump(workflow), []
    while not workflow.completed:
        began = time.perf_counter()
        workflow = engine.load(stored)
        engine.complete(workflow, engine.open(workflow)[0], {})
        stored = engine.dump(workflow)
        times.append(time.perf_counter() - began)
        keep(stored)
    return times


def in_memory(engine: Engine) -> float:
    """Play one case without storing it; return the seconds per completion."""
    turn = engine.start("bench_case", FACTS, deadlines=deadlines, now=NOW)
    began = time.perf_counter()
    while not turn.done:
        turn = engine.complete(turn.process, turn.open_tasks[0].id, {}, deadlines=deadlines, now=NOW)
    return (time.perf_counter() - began) / COMPLETIONS


def measure(rounds: int = 40) -> dict[str, Any]:
    """Return medians in milliseconds per completion, bytes, and how many times as fast ours is."""
    mine, stock = Engine(release()), stock_engine()
    ours(mine, len), theirs(stock, len)
    gc.collect()
    gc.freeze()
    fast, slow, bare, sizes, big = [], [], [], [], []
    for _ in range(rounds):
        fast.append(statistics.fmean(ours(mine, lambda stored: sizes.append(len(stored)))))
        slow.append(statistics.fmean(theirs(stock, lambda stored: big.append(len(stored)))))
        bare.append(in_memory(mine))
    return {
        "ours_ms": round(statistics.median(fast) * 1000, 3),
        "stock_ms": round(statistics.median(slow) * 1000, 3),
        "ours_in_memory_ms": round(statistics.median(bare) * 1000, 3),
        "ratio": round(statistics.median(slow) / statistics.median(fast), 1),
        "ours_bytes": round(statistics.fmean(sizes)),
        "stock_bytes": round(statistics.fmean(big)),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
