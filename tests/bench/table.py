"""What a section of `make bench` gives back, and how all of it reads on the screen and in a file."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import east_asian_width

HEADS = ("measured", "on", "ours", "beside", "times", "goal", "")


@dataclass(frozen=True)
class Line:
    """One comparison, taken in one interleaved run.

    *ours* and *beside* are seconds (None: not measured, *note* says why); *least* is how many times as fast ours has
    to be, *most* how many times as long it may take. One of them, or neither where the figure is for information.
    """

    section: str
    what: str
    on: str
    ours: float | None = None
    beside: float | None = None
    least: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def times(self) -> float | None:
        """How many times as fast as the peer, or as long as the floor, whichever the goal speaks of."""
        if self.ours is None or self.beside is None:
            return None
        return self.ours / self.beside if self.most is not None else self.beside / self.ours

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none, or nothing was measured."""
        if self.times is None or (self.least is None and self.most is None):
            return None
        return self.times >= self.least if self.least is not None else self.times <= (self.most or 0)

    def cells(self) -> tuple[str, ...]:
        """Return the line as it is shown."""
        goal = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}" if self.most is not None else ""
        verdict = {True: "reached", False: "MISSED", None: ""}[self.reached]
        times = "" if self.times is None else f"{self.times:.2f}" if self.times < 20 else f"{self.times:.0f}"
        return (
            self.what, self.on, shown(self.ours), shown(self.beside), times, goal,
            "; ".join(part for part in (verdict, self.note) if part),
        )  # fmt: skip


def shown(seconds: float | None) -> str:
    """Return a duration for people."""
    if seconds is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e6:.0f} us"


def interleaved(rounds: int, *plays: Callable[[], float]) -> list[float]:
    """Let each of *plays* take its turn *rounds* times and return the median of what each answered (seconds).

    A machine that is busy with something else is busy for all of them.
    """
    taken: list[list[float]] = [[] for _ in plays]
    for _ in range(rounds):
        for play, found in zip(plays, taken, strict=True):
            found.append(play())
    return [statistics.median(found) for found in taken]


def as_text(lines: Sequence[Line]) -> str:
    """Return *lines* as one table for the screen."""
    rows = [HEADS, *(line.cells() for line in lines)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADS))]
    written, section = [_row(HEADS, widths), _row(tuple("-" * width for width in widths), widths)], ""
    for line in lines:
        if line.section != section:
            section = line.section
            written.append(f"[{section}]")
        written.append(_row(line.cells(), widths))
    return "\n".join(written)


def as_markdown(lines: Sequence[Line], head: str) -> str:
    """Return *lines* as a page."""
    rows = [("section", *HEADS[:-1], "result"), ("---",) * (len(HEADS) + 1)]
    rows += [(line.section, *line.cells()) for line in lines]
    return f"# Benchmarks\n\n{head}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def keep(lines: Sequence[Line], folder: Path, head: str) -> tuple[Path, Path]:
    """Write *lines* into *folder* under the present moment, as JSON and as a page; return both."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    rows = [asdict(line) | {"times": line.times, "reached": line.reached} for line in lines]
    data, page = stem.with_suffix(".json"), stem.with_suffix(".md")
    data.write_text(json.dumps({"head": head, "lines": rows}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    page.write_text(as_markdown(lines, head), "utf-8")
    return data, page


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(c + " " * (width - _width(c)) for c, width in zip(cells, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
