"""From the bytes of a file to its text and facts: a limited child opens the bytes and looks for the facts."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cases.evidence_facts import Fact, FactKind, ReadState
from documents.evidence.child import answer_to
from documents.evidence.text import Part

READER_VERSION: Final = 1  # raise it with every change of what is found: everything is read again, in the background

_COSTS: Final = frozenset(
    {"unpacks_too_large", "too_many_pages", "too_many_rows", "picture_too_large", "nested_zip", "reading_took_too_long"}
)


@dataclass(frozen=True)
class ReadingLimits:
    """What the reading of one file may cost."""

    pages: int = 2_000
    characters: int = 3_000_000
    rows: int = 20_000
    cells: int = 1_000_000
    entries: int = 2_000  # parts of a package, members of an archive
    pixels: int = 80_000_000
    unpacked_bytes: int = 300 << 20
    memory_bytes: int = 1 << 30
    cpu_seconds: int = 30
    seconds: int = 90  # on the wall; the machine may be busy


LIMITS: Final = ReadingLimits()


class ReaderDied(Exception):
    """The child was killed or ran out of its time: maybe the file's fault, maybe the machine's."""


@dataclass(frozen=True)
class Read:
    """What reading a file gave: the *reason* is a code, ``reading.<code>`` in the catalogues."""

    state: ReadState
    parts: tuple[Part, ...] = ()
    facts: tuple[Fact, ...] = ()
    pages: int = 0
    reason: str = ""

    @property
    def text(self) -> str:
        """The whole text; the places of facts are offsets in it."""
        return "".join(part.text + part.tail for part in self.parts)


def read_evidence(name: str, content: bytes, limits: ReadingLimits = LIMITS, *, trusted: bool = False) -> Read:
    """Return what stands in *content*. Raises ReaderDied; everything else that goes wrong is a state with its reason.

    *name* is a hint for the kind of evidence and tells a CSV table from plain text; what the file is, is sniffed.
    *trusted*: the file was made here (a benchmark makes thousands) and needs no limited child; it is read by the same
    code, and its memory and time are not limited.
    """
    answer = _here(name, content, limits) if trusted else _in_child(name, content, limits)
    if reason := answer.get("refused"):
        return Read(ReadState.REFUSED if reason in _COSTS else ReadState.UNREADABLE, reason=reason)
    parts = tuple(Part(*part) for part in answer["parts"])
    facts = tuple(Fact(FactKind(kind), *rest) for kind, *rest in answer["facts"])
    reason = _reservation(answer, parts)
    state = ReadState.UNREADABLE if reason and not parts else ReadState.READ
    return Read(state, parts, facts, answer["pages"], reason)


def _reservation(answer: dict[str, Any], parts: Sequence[Part]) -> str:
    """Return what must be said beside a text, as a code; empty where all of it was read."""
    if answer["blank"] and not parts:
        return "scanned"
    if answer["unread"]:
        return "members_unread"
    if answer["blank"]:
        return "pages_without_text"
    return "" if parts or answer["facts"] else "nothing_found"


def _here(name: str, content: bytes, limits: ReadingLimits) -> dict[str, Any]:
    return answer_to(asdict(limits) | {"name": name}, content)


def _in_child(name: str, content: bytes, limits: ReadingLimits) -> dict[str, Any]:
    order = json.dumps(asdict(limits) | {"name": name}).encode()
    try:
        child = subprocess.run(
            [sys.executable, "-I", str(Path(__file__).with_name("child.py"))],
            input=order + b"\n" + content,
            capture_output=True,
            timeout=limits.seconds,
            env={},  # no address of a database, no password
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ReaderDied("timeout") from None
    try:
        return dict(json.loads(child.stdout))
    except ValueError:
        raise ReaderDied(f"exit {child.returncode}: {child.stderr[-300:].decode(errors='replace')}") from None
