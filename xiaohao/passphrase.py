"""Archives under a passphrase: scrypt makes the key, ChaCha20-Poly1305 seals one part after another.

``XIAOHAO SEALED 1``, a line of JSON (salt, cost, check), then parts: length (4 bytes, big-endian) and sealed text. The
nonce of a part is 7 random bytes, its place, and whether it is the last one, so that parts can neither be swapped,
nor doubled, nor cut off unnoticed (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár).
"""

import base64
import hashlib
import hmac
import io
import json
import secrets
import struct
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from cases.refusals import CaseError

MAGIC = b"XIAOHAO SEALED 1\n"
PART = 1 << 20  # bytes of a part before it is sealed
SHORTEST = 12  # characters of a passphrase
COST = {"n": 1 << 16, "r": 8, "p": 1}  # 64 MB and some tenths of a second for each guess
HIGHEST_COST = {"n": 1 << 20, "r": 16, "p": 4}  # what a stranger's archive may ask of us
_TAG = 16


class PassphraseTooShort(CaseError):
    """The passphrase is too short to keep anybody out; facts: least (characters)."""

    code = "passphrase_too_short"


class PassphraseMissing(CaseError):
    """The archive is under a passphrase, or is to be, and none was given."""

    code = "passphrase_missing"


class PassphraseWrong(CaseError):
    """The archive opens with another passphrase."""

    code = "passphrase_wrong"


class SealedCut(Exception):
    """What was sealed is cut off or was changed."""


class Sealing(io.RawIOBase):
    """A stream into which plain bytes are written; `close` writes the last part, without it nothing opens."""

    def __init__(self, target: IO[bytes], passphrase: str) -> None:
        if len(passphrase) < SHORTEST:
            raise PassphraseTooShort(least=SHORTEST)
        salt, self._prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        key, check = _derived(passphrase, salt, COST)
        head = {"salt": _text(salt), "prefix": _text(self._prefix), "check": _text(check)} | COST
        self._head = MAGIC + json.dumps(head).encode() + b"\n"
        self._cipher, self._target = ChaCha20Poly1305(key), target
        self._waiting, self._place = bytearray(), 0
        target.write(self._head)

    def writable(self) -> bool:
        """It is for writing only."""
        return True

    def write(self, plain: Any) -> int:
        """Take plain bytes; what makes full parts is sealed at once."""
        self._waiting += plain
        while len(self._waiting) > PART:  # the last part is never empty-handed: it is sealed by `close`
            self._seal(bytes(self._waiting[:PART]), last=False)
            del self._waiting[:PART]
        return len(plain)

    def close(self) -> None:
        """Seal what is left as the last part."""
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._prefix, self._place, last=last), plain, self._head)
        self._target.write(struct.pack(">I", len(sealed)) + sealed)
        self._place += 1


class Opening(io.RawIOBase):
    """The plain bytes of a sealed stream. Raises PassphraseWrong at once, SealedCut where something is missing."""

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        line = source.readline(4_096)
        try:
            head = json.loads(line)
            salt, self._prefix, check = (base64.b64decode(head[name]) for name in ("salt", "prefix", "check"))
            cost = {name: int(head[name]) for name in COST}
        except (ValueError, KeyError, TypeError) as why:
            raise SealedCut("head") from why
        if any(not 0 < cost[name] <= HIGHEST_COST[name] for name in COST) or len(self._prefix) != 7:
            raise SealedCut("head")
        key, expected = _derived(passphrase, salt, cost)
        if not hmac.compare_digest(check, expected):
            raise PassphraseWrong()
        self._head = MAGIC + line
        self._cipher, self._source = ChaCha20Poly1305(key), source
        self._ready, self._place, self._ended = b"", 0, False

    def readable(self) -> bool:
        """It is for reading only."""
        return True

    def readinto(self, target: Any) -> int:
        """Give plain bytes, none after the last part."""
        if not self._ready and not self._ended:
            self._ready = self._next()
        given = self._ready[: len(target)]
        target[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def _next(self) -> bytes:
        length = self._source.read(4)
        size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
        sealed = self._source.read(size) if _TAG <= size <= PART + _TAG else b""
        if len(sealed) != size or not size:
            raise SealedCut(f"part {self._place}")
        for last in (False, True):
            try:
                plain = self._cipher.decrypt(_nonce(self._prefix, self._place, last=last), sealed, self._head)
            except InvalidTag:
                continue
            self._place, self._ended = self._place + 1, last
            if last and self._source.read(1):
                raise SealedCut("more than was sealed")
            return plain
        raise SealedCut(f"part {self._place}")


def is_sealed(source: IO[bytes]) -> bool:
    """Whether *source* is under a passphrase; stands behind the mark then, else where it stood."""
    if source.read(len(MAGIC)) == MAGIC:
        return True
    source.seek(0)
    return False


def _derived(passphrase: str, salt: bytes, cost: dict[str, int]) -> tuple[bytes, bytes]:
    """Return the key, and what tells a wrong passphrase from a damaged archive."""
    derived = Scrypt(salt=salt, length=64, **cost).derive(passphrase.encode())
    return derived[:32], hashlib.sha256(derived[32:]).digest()


def _nonce(prefix: bytes, place: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">I", place) + bytes([last])


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
