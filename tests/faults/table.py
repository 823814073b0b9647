"""What the rounds found, as a table for people and a document for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.rounds import Kind, Tally

HEAD = ("kind of fault", "tried", "held", "acknowledged", "lost", "doubled", "stuck", "seconds")


@dataclass(frozen=True)
class Failure:
    """A round that did not hold: how to have it again, and what was wrong."""

    kind: str
    round: int
    again: str
    wrong: Sequence[str]


def as_text(kinds: Mapping[str, Kind], tallies: Mapping[str, Tally]) -> str:
    """Return the table; a kind that this machine cannot do says why."""
    rows: list[tuple[str, ...]] = [HEAD]
    for name, tally in tallies.items():
        if tally.skipped:
            rows.append((kinds[name].name, "-", "-", "-", "-", "-", "-", "skipped: " + tally.skipped))
        else:
            rows.append((name, *map(str, _figures(tally)), f"{tally.seconds:.0f}"))
    total = _sum(tallies)
    rows.append(("all", *map(str, _figures(total)), f"{total.seconds:.0f}"))
    wide = [max(len(row[place]) for row in rows) for place in range(len(HEAD) - 1)]
    lines = []
    for row in rows:
        first = row[0].ljust(wide[0])
        lines.append("  ".join([first, *(row[place].rjust(wide[place]) for place in range(1, len(HEAD) - 1)), row[-1]]))
    return "\n".join(lines)


def as_document(
    seed: int, tallies: Mapping[str, Tally], failures: Sequence[Failure], seconds: float, *, ended: str
) -> dict[str, Any]:
    """Return the same as one JSON document."""
    return {
        "seed": seed,
        "at": datetime.now(UTC).isoformat(),
        "seconds": round(seconds, 1),
        "ended": ended,
        "kinds": {name: asdict(tally) for name, tally in tallies.items()},
        "all": asdict(_sum(tallies)),
        "failures": [asdict(failure) for failure in failures],
    }


def keep(document: dict[str, Any], folder: Path) -> Path:
    """Write the document under *folder* and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
    return path


def _figures(tally: Tally) -> tuple[int, ...]:
    return tally.tried, tally.held, tally.acknowledged, tally.lost, tally.doubled, tally.stuck


def _sum(tallies: Mapping[str, Tally]) -> Tally:
    total = Tally()
    for one in tallies.values():
        total.tried, total.held = total.tried + one.tried, total.held + one.held
        total.acknowledged, total.lost = total.acknowledged + one.acknowledged, total.lost + one.lost
        total.doubled, total.stuck = total.doubled + one.doubled, total.stuck + one.stuck
        total.seconds += one.seconds
    return total
