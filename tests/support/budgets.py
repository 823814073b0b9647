"""Seconds of work that each kind of test may take in ``make test``: printed after every run, judged by nobody's clock.

Twelve minutes with three workers are 2,160 seconds; linters and types take some 60 of the clock, what is left, 1,980,
is shared out below (tests with a Prefect mostly wait). A kind is the folder under ``tests``. A loaded machine exceeds
a budget without anybody's fault, so a line that is over is marked and fails nothing: whoever added to it makes it
quicker or moves it to ``make test-long``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import pytest

FEW = 500  # tests; below it nobody asks what the whole run costs

BUDGETS: Final[Mapping[str, int]] = {
    "architecture": 30,
    "bench": 10,
    "bpmn": 20,
    "browser": 180,
    "cases": 15,
    "command": 150,
    "config": 5,
    "diagrams": 5,
    "documents": 80,
    "faults": 65,
    "journeys": 190,
    "notifications": 35,
    "persistence": 95,
    "rehearsal": 10,
    "support": 30,
    "tasks": 500,
    "web": 240,
    "workflows": 320,
}


def kind_of(node_id: str) -> str:
    """Return the folder under ``tests`` in which a test stands."""
    return node_id.split("/")[1] if node_id.count("/") > 1 else "tests"


def lines_of(spent: Mapping[str, float], counted: Mapping[str, int]) -> Iterable[str]:
    """Yield a line per kind: tests, seconds of work (set-up and tear-down included), budget."""
    yield f"{'kind':<14}{'tests':>7}{'seconds':>9}{'budget':>8}"
    for kind in sorted(spent):
        over = "  over" if spent[kind] > BUDGETS.get(kind, 0) else ""
        yield f"{kind:<14}{counted[kind]:>7}{spent[kind]:>9.1f}{BUDGETS.get(kind, 0):>8}{over}"
    yield f"{'all':<14}{sum(counted.values()):>7}{sum(spent.values()):>9.1f}{sum(BUDGETS.values()):>8}"


class Spent:
    """Adds up what tests took: a plugin of the process that hears all reports, that of the workers too."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = defaultdict(float)
        self._tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of one test."""
        kind = kind_of(report.nodeid)
        self._seconds[kind] += report.duration
        self._tests[kind] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the budgets beside what was spent; after a run of a few tests it would say nothing."""
        if sum(self._tests.values()) > FEW:
            terminalreporter.section("seconds of work by kind of test", sep="-")
            for line in lines_of(self._seconds, self._tests):
                terminalreporter.write_line(line)
