"""A small labelled world (600 findings, every manipulation in every strength) and what the signals make of it.

Its seed is open: rules were mended on worlds like it. What counts is the report on held-back seeds and styles
(docs/benchmark.md).
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.paper_world.composing import Wish, compose
from tests.bench.paper_world.writing import write
from tests.bench.places import Places
from tests.bench.table import Line
from xiaohao.benchmark.command import score_of

SECTION = "signals"
SEED, FINDINGS, STYLES = 1, 600, ("plain", "bureau", "bullet", "spoken")
LEAST_RECALL, MOST_BLOCKED = 0.95, 5.0  # of what was planted; of 1,000 honest findings


def measure(places: Places) -> Iterator[Line]:
    """Yield how long it takes to load, read and look, and the score itself."""
    with TemporaryDirectory() as folder:
        directory = Path(folder) / "world"
        write(compose(Wish(SEED, FINDINGS, STYLES)), directory, seed=SEED, styles=STYLES, held_back=False)
        began = time.perf_counter()
        score, _ = score_of(directory)
        taken = time.perf_counter() - began
    reached = score.recall >= LEAST_RECALL and score.blocked.per_thousand <= MOST_BLOCKED
    note = (
        f"{'reached' if reached else 'MISSED'}: recall {score.recall:.3f} (goal {LEAST_RECALL}), "
        f"{score.blocked.per_thousand:.1f} of 1,000 honest blocked (goal {MOST_BLOCKED:g}), seed {SEED}"
    )
    yield Line(SECTION, f"{FINDINGS} labelled findings: load, read evidence, look", "SQLite", ours=taken, note=note)
