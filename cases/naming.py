"""Whom a text in a ledger means: posts and units proposed by name, the surest first; an officer decides.

A ledger writes 张三, 党委书记, 分管财务的副书记 or 财务处；纪检组; of several names in one text the surest one counts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum
from functools import lru_cache

from cases.dirty_text import same_text

LEAST_SIMILAR = 0.6  # below it two names have only a few signs in common, such as 局 or 党委


class Fit(IntEnum):
    """How a text and a name belong together, surest first."""

    SAME_NAME = 0
    SHORT_NAME = 1
    ALIAS = 2
    SIMILAR = 3
    ONLY_ONE = 4  # nothing was written, and there is one


@dataclass(frozen=True, slots=True)
class Named:
    """A post or a unit by its id, with what it is called: *names* in full, *short_names*, and *aliases* of before."""

    id: int
    names: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a text may mean; *likeness* from 0 to 1."""

    id: int
    fit: Fit
    likeness: float = 1.0


def propose(text: str, candidates: Sequence[Named]) -> Proposal | None:
    """Return the candidate that *text* most surely means, None when none is near or two are equally near."""
    if not text.strip():
        return Proposal(candidates[0].id, Fit.ONLY_ONE) if len(candidates) == 1 else None
    parts = (text, *re.split(r"[、，,;；/\n]|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", text))
    plain = tuple(dict.fromkeys(name for part in parts if (name := same_text(part))))
    fits = [proposal for each in candidates if (proposal := _fit(plain, each))]
    fits.sort(key=lambda proposal: (proposal.fit, -proposal.likeness))
    if not fits or (len(fits) > 1 and _as_sure(fits[0], fits[1])):
        return None
    return fits[0]


def _as_sure(first: Proposal, second: Proposal) -> bool:
    return first.fit == second.fit and first.likeness == second.likeness


def _fit(written: Iterable[str], candidate: Named) -> Proposal | None:
    written = set(written)
    for fit, names in (
        (Fit.SAME_NAME, candidate.names),
        (Fit.SHORT_NAME, candidate.short_names),
        (Fit.ALIAS, candidate.aliases),
    ):
        if written & {same_text(name) for name in names}:
            return Proposal(candidate.id, fit)
    known = (*candidate.names, *candidate.short_names, *candidate.aliases)
    likeness = max((_likeness(text, same_text(name)) for text in written for name in known), default=0.0)
    return Proposal(candidate.id, Fit.SIMILAR, likeness) if likeness >= LEAST_SIMILAR else None


@lru_cache(maxsize=8192)
def _likeness(text: str, name: str) -> float:
    """How alike two names are, 0 to 1; one that stands whole in the other is alike by what it covers, at least 0.7."""
    if not text or not name:
        return 0.0
    if len(name) >= 2 and (name in text or text in name):
        return max(0.7, min(len(name), len(text)) / max(len(name), len(text)))
    return SequenceMatcher(None, text, name, autojunk=False).ratio()
