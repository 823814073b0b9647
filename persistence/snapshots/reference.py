"""What holds for every finding: names of units, owners of accounts, affiliates, approved documents. Read once a run."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, select

from cases.likeness import shingles
from cases.registers import ACCOUNTS
from cases.signals.snapshot import Exhibit, Names
from persistence import registers
from persistence.tables import unit_names, units

_INSPECTING = frozenset({"committee", "inspecting", "discipline", "organisation"})
"""Kinds of units that stand in everybody's papers by right."""

MOST_KEPT: Final = 1024  # of what is read once: some thousand findings of some hundred units

T = TypeVar("T")

_LEAST_NAME = 3
_TREASURY = ("国库", "财政专户", "国库集中")
_NON_TAX = ("非税",)


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """A unit with every name it has or had."""

    id: int
    path: str
    kind: str
    names: frozenset[str]


@dataclass(frozen=True)
class Reference:
    """What the office knows apart from any finding."""

    units: tuple[NamedUnit, ...]
    outside: frozenset[str] = frozenset()  # organisations that are no units of ours
    accounts: dict[str, tuple[str, str]] = field(default_factory=dict)  # number -> (holder, whose it is)
    affiliates: tuple[tuple[str, str], ...] = ()
    approved: frozenset[str] = frozenset()  # sha256 or titles
    templates: tuple[str, ...] = ()  # texts that everybody fills in

    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return what *read* returns for *key*, read once in a run; of the many keys of a run the last are kept."""
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = read()
        return cast(T, self._kept[key])

    @cached_property
    def _foreign(self) -> frozenset[str]:
        """Names that point at one unit: what several bear, or bear a part of, is a word (财政所) and no name."""
        ours = [unit for unit in self.units if unit.kind not in _INSPECTING]
        bearers = Counter(name for unit in ours for name in _said_in(unit, self._all_names))
        return frozenset(
            name for name in (*self._all_names, *self.outside) if len(name) >= _LEAST_NAME and bearers[name] <= 1
        )

    @cached_property
    def _all_names(self) -> frozenset[str]:
        return frozenset(name for unit in self.units if unit.kind not in _INSPECTING for name in unit.names)

    @cached_property
    def _inspecting(self) -> frozenset[str]:
        return frozenset(name for unit in self.units if unit.kind in _INSPECTING for name in unit.names)

    def family(self, path: str) -> list[NamedUnit]:
        """Return the unit at *path*, its superiors and what is below it."""
        return [unit for unit in self.units if path.startswith(unit.path) or unit.path.startswith(path)]

    def ids_of(self, names: Iterable[str]) -> set[int | None]:
        """Return the units that bear one of *names*."""
        wanted = set(names)
        return {unit.id for unit in self.units if unit.names & wanted}

    def names_for(self, path: str, *partners: int | None) -> Names:
        """Return whose names may stand in the papers of the unit at *path*, and whose are traces of others."""
        return self.once(("names", path, *partners), lambda: self._names_for(path, partners))

    def _names_for(self, path: str, partners: Collection[int | None]) -> Names:
        own = {name for unit in self.family(path) for name in unit.names}
        own |= {name for unit in self.units if unit.id in partners for name in unit.names}
        return Names(frozenset(own) | self._inspecting, self._foreign - own, self.outside - own)

    def account_of(self, written: str, payee: str, own: frozenset[str]) -> str:
        """Return whose an account is (`cases.registers.ACCOUNTS`), by number, by word, or by who holds it."""
        if written in ACCOUNTS:
            return written
        holder, belongs = self.accounts.get(written, ("", ""))
        if belongs:
            return "own" if belongs == "other" and holder in own else belongs
        told = f"{written}{payee}"
        if any(word in told for word in _TREASURY):
            return "treasury"
        if any(word in told for word in _NON_TAX):
            return "non_tax"
        return "own" if any(name in told for name in own) else ""

    @cached_property
    def given(self) -> frozenset[str]:
        """The shingles of the approved templates: what they say proves nothing when two texts share it."""
        return frozenset().union(*(shingles(text) for text in self.templates))

    def is_approved(self, exhibit: Exhibit) -> bool:
        """Whether a document is on the list of approved templates and shared documents, by content or by title."""
        return exhibit.sha256 in self.approved or exhibit.filename.rsplit(".", 1)[0].strip("《》") in self.approved


def _said_in(unit: NamedUnit, names: frozenset[str]) -> set[str]:
    """Return which of *names* one says when one says a name of *unit*: 青山镇财政所 says 财政所 too."""
    parts = {name[i:j] for name in unit.names for i in range(len(name)) for j in range(i + _LEAST_NAME, len(name) + 1)}
    return parts & names


def reference_of(conn: Connection, as_of: datetime) -> Reference:
    """Return what the office knew at *as_of*."""
    names: dict[int, set[str]] = {}
    for row in conn.execute(select(unit_names.c.unit_id, unit_names.c.name, unit_names.c.short_name)):
        names.setdefault(row.unit_id, set()).update({row.name, row.short_name} - {""})
    found = conn.execute(select(units.c.id, units.c.path, units.c.kind, units.c.name, units.c.short_name))
    kept = registers.of_office(conn, ("account", "affiliate", "organisation", "approved_document"), as_of=as_of)
    approved = [entry.fields for entry in kept.get("approved_document", [])]
    outside = [entry.fields for entry in kept.get("organisation", [])]
    return Reference(
        units=tuple(
            NamedUnit(u.id, u.path, u.kind, frozenset({u.name, u.short_name, *names.get(u.id, ())} - {""}))
            for u in found
        ),
        outside=frozenset(
            name
            for fields in outside
            for name in (fields["name"], *str(fields.get("short_names") or "").split("、"))
            if name
        ),
        accounts={
            str(entry.fields["number"]): (str(entry.fields["holder"]), str(entry.fields["belongs"]))
            for entry in kept.get("account", [])
        },
        affiliates=tuple((str(e.fields["party"]), str(e.fields["affiliate"])) for e in kept.get("affiliate", [])),
        templates=tuple(str(fields["text"]) for fields in approved if fields.get("text")),
        approved=frozenset(str(f[key]).strip("《》") for f in approved for key in ("title", "sha256") if f.get(key)),
    )
