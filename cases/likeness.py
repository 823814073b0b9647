"""How alike two texts are, by shingles of five characters without spaces and marks. Source: PR-02, PR-04, PR-05."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

SHINGLE: Final = 5
_MARKS: Final = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def bare(text: str) -> str:
    """Return *text* in half-width lower case without spaces and marks."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).lower()


@lru_cache(maxsize=4096)
def shingles(text: str) -> frozenset[str]:
    """Return every five characters in a row of the bare *text*; of a shorter one the text itself."""
    plain = bare(text)
    return frozenset(plain[i : i + SHINGLE] for i in range(max(len(plain) - SHINGLE + 1, 1))) if plain else frozenset()


def likeness(ours: str, theirs: str) -> int:
    """Return the Jaccard similarity of the shingles, in percent rounded down."""
    a, b = shingles(ours), shingles(theirs)
    return 100 * len(a & b) // len(a | b) if a and b else 0


def contained(part: str, whole: str) -> int:
    """Return how many percent of the shingles of *part* stand in *whole*, rounded down."""
    a = shingles(part)
    return 100 * len(a & shingles(whole)) // len(a) if a else 0


def common_runs(ours: str, theirs: str, least: int) -> list[str]:
    """Return the runs of at least *least* characters that both bare texts have, the longest first, in any order."""
    a, b = bare(ours), bare(theirs)
    runs: list[str] = []
    while (run := _longest(a, b)) and len(run) >= least:
        runs.append(run)
        a, b = a.replace(run, " "), b.replace(run, "_")  # marks that neither bare text has
    return runs


def longest_common(ours: str, theirs: str) -> str:
    """Return the longest run of characters that both bare texts have, of several the first in *ours*."""
    return _longest(bare(ours), bare(theirs))


def _longest(a: str, b: str) -> str:
    shared, too_long, run = 0, min(len(a), len(b)) + 1, ""
    while too_long - shared > 1:  # whoever has a run in common has every shorter one too
        size = (shared + too_long) // 2
        known = {b[at : at + size] for at in range(len(b) - size + 1)}
        found = next((a[at : at + size] for at in range(len(a) - size + 1) if a[at : at + size] in known), None)
        if found is None:
            too_long = size
        else:
            shared, run = size, found
    return run
