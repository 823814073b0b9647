"""The problems of ``scenarios.toml`` as values."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """One sort of problem; texts are templates of the grammar, ranges are inclusive."""

    domain: str
    units: tuple[str, ...]
    aspect: str
    category: str
    work: str
    title: str
    detail: str
    regulation: str
    fix: tuple[tuple[str, str, str], ...]  # measure, deed, kind of proof
    fund: str | None = None
    amount: tuple[int, int] | None = None
    heads: tuple[int, int] | None = None
    n: tuple[int, int] | None = None
    item: tuple[str, ...] = field(default=("",))
    onsite: bool = False
    metrics: bool = False


@cache
def every_scenario() -> tuple[Scenario, ...]:
    """Return them all, in the order of the file."""
    with (Path(__file__).parent / "scenarios.toml").open("rb") as file:
        written = tomllib.load(file)["scenario"]
    return tuple(_scenario(each) for each in written)


def _scenario(written: dict[str, Any]) -> Scenario:
    return Scenario(**{name: frozen(value) for name, value in written.items()})


def frozen(value: Any) -> Any:
    """Return *value* of a TOML file with tuples for lists, all the way down."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value
