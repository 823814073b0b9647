"""Whose list it is, and in whose words and figures it reports: what 审计 calls 已整改 is 销号 to 巡察 (DOMAIN.md 2.3).

Inside there is one set of kinds and states; only what comes in and what goes out speaks a family's words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.finding import Kind, State
from config.status_families import families, family_of, kinds_of, names_of


class ListSource(StrEnum):
    """Who found what the list says; decision tables ask for it."""

    INSPECTION = "inspection"  # 巡察
    AUDIT = "audit"  # 审计


DEFAULT_FAMILY = {ListSource.INSPECTION: None, ListSource.AUDIT: "audit_c"}
"""Whose words a list speaks where nobody chose; None: ours."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a list comes from, and the family of words of the ledger that it was read from."""

    source: ListSource = ListSource.INSPECTION
    family: str | None = None


BY_INSPECTION = Origin()


def recognised(names: Iterable[str], states: Iterable[str], source: ListSource | None = None) -> Origin:
    """Return the origin of a ledger by its *names* (of file, sheets, headings) and the words of its *states*.

    *source*: what somebody chose, before what the names say. Only an audit's list speaks a family of 审计.
    """
    found = source or (ListSource.AUDIT if any("审计" in name for name in names) else ListSource.INSPECTION)
    if found is ListSource.INSPECTION:
        return Origin(found, None)
    family = family_of(*states)
    return Origin(found, family if family in of_source(found) else DEFAULT_FAMILY[found])


def of_source(source: ListSource) -> tuple[str, ...]:
    """Return the families that lists of *source* may speak."""
    return tuple(one for one in families() if one.startswith("audit_") == (source is ListSource.AUDIT))


def kind_word(family: str, kind: Kind) -> str:
    """Return what *family* calls *kind*."""
    return kinds_of(family)[kind]


def status_word(family: str, state: State, kind: Kind, *, accepted_at: datetime | None, basic_done: bool) -> str:
    """Return what *family* calls a finding in *state*; only what was signed off counts as done."""
    names = names_of(family)
    if state is State.SIGNED_OFF:
        return names["historic_signed_off"]
    if basic_done:
        return names["basic"]
    if state is State.REGISTERED or accepted_at is None:
        return names["not_begun"]
    return names["continuing" if kind is Kind.CONTINUOUS else "in_progress"]
