"""What an office's own words about kind and state claim, and how each body calls them: ``status_families.toml``.

A word is a claim of whoever wrote the ledger, never a state of ours: 「已完成」 still goes through verification,
「已销号」 is history. The codes of claims are ``done``, ``historic_signed_off``, ``in_progress`` and ``not_begun``.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

Claim = Literal["done", "historic_signed_off", "in_progress", "not_begun"]

_WEAKEST_FIRST: tuple[Claim, ...] = ("not_begun", "in_progress", "historic_signed_off", "done")
_YES, _NO = frozenset("是√✓☑✔已"), frozenset("否×✗✘未")


def families() -> tuple[str, ...]:
    """Return the codes of the families, the one of 巡察 first."""
    return tuple(_table()["families"])


@lru_cache(maxsize=1024)
def family_of(*said: str) -> str | None:
    """Return the family whose words are *said*, all of them at best; of several the first; None without any.

    已整改 belongs to two families of 审计, so a column is better asked as a whole than word by word.
    """
    texts = {_plain(text) for text in said} - {""}
    known = {code: len(texts & _words_of(code)) for code in families()}
    best = max(families(), key=lambda code: known[code])
    return best if known[best] else None


@lru_cache(maxsize=1024)
def claim_of(text: str, heading: str = "") -> Claim | None:
    """Return what the state *text* claims, None when it claims nothing that is known.

    *heading* tells what 是, √ or a day mean: under 是否销号 a sign-off, under 是否完成 a completion. A text with
    several claims (已完成2项，正在整改1项) is worth its weakest.
    """
    plain = _plain(text)
    signing_off = "销号" in heading
    if plain in _YES:
        return "historic_signed_off" if signing_off else "done"
    if plain in _NO:
        return "in_progress"
    if signing_off and re.search(r"\d{4}[年./\-]?\d{1,2}", plain):
        return "historic_signed_off"
    if percent := re.fullmatch(r"(?:已?完成|进度)?(\d{1,3}(?:\.\d+)?)%", plain):
        return "done" if float(percent[1]) >= 100 else "in_progress" if float(percent[1]) else "not_begun"
    claims = _claims_in(plain)
    return next((claim for claim in _WEAKEST_FIRST if claim in claims), None)


def names_of(family: str) -> Mapping[str, str]:
    """Return how *family* prints each claim: the codes of claims, and ``basic`` and ``continuing`` -> word.

    ``basic``: a stage result is there; ``continuing``: in progress and kept up for good. Raises KeyError.
    """
    row = _table()["families"][family]
    names = {claim: words[0] for claim, words in row["claims"].items() if words}
    names.setdefault("historic_signed_off", names["done"])
    names.setdefault("not_begun", names["in_progress"])
    names["basic"] = row.get("basic", names["in_progress"])
    names["continuing"] = row.get("continuing", names["in_progress"])
    return names


def kinds_of(family: str) -> Mapping[str, str]:
    """Return how *family* calls the kinds: IMMEDIATE, PHASED, CONTINUOUS -> word. Raises KeyError."""
    kinds: Mapping[str, str] = _table()["families"][family]["kinds"]
    return kinds


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("config").joinpath("status_families.toml").read_text("utf-8"))


@cache
def _words_of(family: str) -> frozenset[str]:
    return frozenset(word for words in _table()["families"][family]["claims"].values() for word in words)


@cache
def _known_words() -> tuple[tuple[re.Pattern[str], Claim], ...]:
    """Every word with what it claims, longest first, so that 未完成整改 is not read as 完成整改."""
    tables = [_table()["words"], *(row["claims"] for row in _table()["families"].values())]
    known: dict[str, Claim] = {
        word: claim for table in reversed(tables) for claim, words in table.items() for word in words
    }
    longest_first = sorted(known.items(), key=lambda item: -len(item[0]))
    return tuple((re.compile(rf"([未没不待拟]\w?)?{word}"), claim) for word, claim in longest_first)


def _claims_in(plain: str) -> set[Claim]:
    claims: set[Claim] = set()
    for pattern, claim in _known_words():
        for found in pattern.finditer(plain):
            finished = claim in {"done", "historic_signed_off"}
            claims.add("in_progress" if found[1] and finished else claim)
        plain = pattern.sub("，", plain)
    return claims


LONGEST = 400  # characters of a state; what follows is prose


def _plain(text: str) -> str:
    return re.sub(r"[\s。.;；:：、]+", "", unicodedata.normalize("NFKC", text[:LONGEST]))
