"""A release: everything that a running case keeps from its first day to its last, under one content hash.

``processes/*.bpmn``, ``decisions/*.dmn`` and ``forms/*.json`` are shipped with this room; letters are put in by the
caller, because this room does not know them.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from types import MappingProxyType

FOLDERS: Mapping[str, str] = {"processes": ".bpmn", "decisions": ".dmn", "forms": ".json"}

# Letters lie deeper: letters/<letter>/<language>/subject.txt
_NAME = re.compile(r"(processes|decisions|forms|letters)(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){1,3}\Z", re.ASCII)


class NotInRelease(KeyError):
    """A file that the release does not hold."""


@dataclass(frozen=True)
class Release:
    """Files by name, for example ``processes/close_finding.bpmn``; equal when their contents are."""

    files: Mapping[str, bytes] = field(hash=False)

    def __post_init__(self) -> None:
        for name in self.files:
            if not _NAME.match(name):
                raise ValueError(f"{name!r} is no name in a release")
        object.__setattr__(self, "files", MappingProxyType(dict(sorted(self.files.items()))))

    @cached_property
    def id(self) -> str:
        """SHA-256 in hex over the sorted names and contents, each with its length, so that nothing can be moved
        about.
        """
        digest = hashlib.sha256()
        for name, content in self.files.items():
            for part in (name.encode(), content):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def __hash__(self) -> int:
        return hash(self.id)

    def __getitem__(self, name: str) -> bytes:
        """Return the content of *name*. Raises NotInRelease."""
        try:
            return self.files[name]
        except KeyError as why:
            raise NotInRelease(name) from why

    def names(self, folder: str, suffix: str = "") -> tuple[str, ...]:
        """Return the names under *folder* that end with *suffix*, sorted."""
        return tuple(name for name in self.files if name.startswith(f"{folder}/") and name.endswith(suffix))

    def with_files(self, more: Mapping[str, bytes]) -> "Release":
        """Return a release with *more* files put in or replaced."""
        return Release({**self.files, **more})


def shipped() -> Release:
    """Return the release that stands in the folders of this checkout, without letters."""
    room, found = files("bpmn"), {}
    for folder, suffix in FOLDERS.items():
        place = room.joinpath(folder)
        if place.is_dir():
            for entry in place.iterdir():
                if entry.name.endswith(suffix):
                    found[f"{folder}/{entry.name}"] = entry.read_bytes()
    return Release(found)
