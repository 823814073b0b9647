"""Every sentence that people read, Chinese first with complete English.

A key is the path of tables in the TOML files of a language: ``refusal.evidence_missing`` stands as ``evidence_missing``
under ``[refusal]`` in any file of ``zh/`` and, with the same place-holders, of ``en/``.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("zh", "en")


class UnknownMessage(KeyError):
    """A key that stands in no catalogue: a bug of the caller, never shown to people."""


def say(language: str, key: str, /, **facts: object) -> str:
    """Return the sentence *key* in *language* with *facts* filled in.

    An unknown language reads Chinese. Raises UnknownMessage for a key that no catalogue holds.
    """
    sentences = catalogue(language if language in LANGUAGES else "zh")
    if key not in sentences:
        raise UnknownMessage(key)
    return sentences[key].format_map(facts) if facts else sentences[key]


def knows(key: str) -> bool:
    """Whether the catalogues hold *key*."""
    return key in catalogue("zh")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return all sentences of *language* by key."""
    sentences: dict[str, str] = {}
    for entry in sorted(files(__name__).joinpath(language).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            for key, sentence in _flat("", tomllib.loads(entry.read_text("utf-8"))):
                if key in sentences:
                    raise ValueError(f"{language}/{entry.name} says {key} twice")
                sentences[key] = sentence
    return sentences


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", str(value)
