"""How a case lies in the database: a few hundred bytes, tied to their release, refused when anything is off.

Layout: one byte version, 32 bytes release id, then zlib-packed JSON with its keys in the order in which they were
written (the engine restores in order; shuffled keys would lose data without a word). The MAC around it belongs to the
store.
"""

import json
import zlib
from typing import Any, Protocol

from bpmn.spiff import Specs, Tree, frozen, thawed

VERSION = 1
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
LARGEST_STATE = 4_000_000  # bytes of unpacked JSON


class StoredStateUnreadable(Exception):
    """The stored state of a case is damaged, of another release or of an unknown version; *code* says which."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code


class Codec(Protocol):
    """Turns a case into bytes and back."""

    def dump(self, tree: Tree) -> bytes:
        """Return *tree* as bytes."""

    def load(self, stored: bytes) -> Tree:
        """Return the case in *stored*. Raises StoredStateUnreadable."""


class CompactCodec:
    """Only the instance: the specs belong to the release and are parsed once."""

    def __init__(self, specs: Specs, release_id: str) -> None:
        self.specs, self._release = specs, bytes.fromhex(release_id)

    def dump(self, tree: Tree) -> bytes:
        """Return *tree* as bytes; the same case gives the same bytes."""
        text = _WRITER.encode(frozen(tree)).encode()
        packer = zlib.compressobj(1, zlib.DEFLATED, 12, 4)  # small window and memory: a case is a few hundred bytes
        return bytes([VERSION]) + self._release + packer.compress(text) + packer.flush()

    def load(self, stored: bytes) -> Tree:
        """Return the case in *stored*. Raises StoredStateUnreadable."""
        if len(stored) < 34:
            raise StoredStateUnreadable("state_damaged")
        if stored[0] != VERSION:
            raise StoredStateUnreadable("state_version", str(stored[0]))
        if stored[1:33] != self._release:
            raise StoredStateUnreadable("state_release", stored[1:33].hex())
        try:
            return thawed(self.specs, _unpacked(stored[33:]))
        except (zlib.error, LookupError, TypeError, ValueError, AttributeError, RuntimeError, StopIteration) as why:
            raise StoredStateUnreadable("state_damaged", str(why)[:200]) from why


def release_of(stored: bytes) -> str:
    """Return the id of the release that *stored* belongs to, in hex. Raises StoredStateUnreadable."""
    if len(stored) < 34 or stored[0] != VERSION:
        raise StoredStateUnreadable("state_damaged")
    return stored[1:33].hex()


def _unpacked(packed: bytes) -> list[Any]:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(packed, LARGEST_STATE)
    if not unpacker.eof:
        raise ValueError("cut off, or too large")
    value = json.loads(text)
    if not isinstance(value, list):
        raise TypeError("not a case")
    return value
