"""Reading strangers' text: four times as much of any one character never costs much more than four times as much."""

from tests.bench.places import Places
from tests.bench.table import Line
from tests.documents.costs import MANY, MOST, SHORTEST, table

SECTION = "reading"
LENGTH = 4_000  # characters; a cell holds 32,767


def measure(_here: Places) -> list[Line]:
    """For each reader the character that it grows steepest with: seconds of work for 4n beside those for n."""
    lines = []
    for name, cost in table(LENGTH):
        told = cost.many >= SHORTEST
        note = f"steepest with {cost.unit!r}" if told else "too quick for a clock"
        what, on = f"{name}, {MANY * LENGTH:,} characters", f"beside {LENGTH:,}"
        lines.append(Line(SECTION, what, on, cost.many, cost.once, most=MOST if told else None, note=note))
    return lines
