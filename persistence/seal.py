"""Keys that the database does not know: seals on stored state, MACs on ledger heads, signatures on checkpoints.

The key file stands beside the configuration, never in the database, and is part of every backup of evidence: without
it nothing that was sealed can be opened again.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cases.refusals import CaseError

VERSION = 1
_HEAD = 1 + 4 + 32  # version, key id, HMAC-SHA256


class SealBroken(Exception):
    """Stored bytes, or the head of a ledger, are not what we wrote there; the case is read-only until repaired."""


class KeysMissing(CaseError):
    """There is a house in the database, and its keys are not where they belong; facts: file."""

    code = "keys_missing"


class KeysForeign(CaseError):
    """The keys are of another house: none of them is named by the ledger; facts: file."""

    code = "keys_foreign"


@dataclass(frozen=True)
class Key:
    """One generation of keys; *name* is 8 hexadecimal digits, *mac* and *seed* are 32 random bytes each."""

    name: str
    mac: bytes
    seed: bytes  # of the Ed25519 key

    @classmethod
    def fresh(cls) -> "Key":
        """Return a key that nobody has seen."""
        return cls(secrets.token_hex(4), secrets.token_bytes(32), secrets.token_bytes(32))


class Keyring:
    """Every key that was ever used here; the newest seals, all of them open."""

    def __init__(self, keys: Sequence[Key], path: Path | None = None) -> None:
        self._path = path  # where keys that were added later are found
        self._take(keys)

    def _take(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise ValueError("a keyring without a key")
        self._newest = keys[-1]
        self._macs = {bytes.fromhex(key.name): key.mac for key in keys}
        row_keys = {key.name: _mac(key.mac, b"row") for key in keys}
        self._rows = {name: hmac.new(key, digestmod=hashlib.sha256) for name, key in row_keys.items()}
        self._signers = {key.name: Ed25519PrivateKey.from_private_bytes(key.seed) for key in keys}

    @classmethod
    def fresh(cls) -> "Keyring":
        """Return a keyring with one new key that is kept nowhere."""
        return cls([Key.fresh()])

    @classmethod
    def read(cls, path: Path) -> "Keyring":
        """Return the keyring in *path*. Raises KeysMissing: new keys would make all that was sealed look forged."""
        try:
            return cls(_keys_in(path), path)
        except FileNotFoundError:
            raise KeysMissing(file=str(path)) from None

    @classmethod
    def make(cls, path: Path) -> "Keyring":
        """Return the keyring of a new house: a file with one random key, readable by its owner only, unless there."""
        if not path.exists():
            _write_once(path, [Key.fresh()])
        return cls(_keys_in(path), path)

    @classmethod
    def rotate(cls, path: Path) -> "Keyring":
        """Add a key that seals from now on; what older keys sealed still opens. Others find it when they meet it."""
        keys = [*_keys_in(path), Key.fresh()]
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        _write_once(fresh, keys)
        os.replace(fresh, path)
        return cls(keys, path)

    def knows(self, mac: str) -> bool:
        """Whether one of our keys bears the name on *mac*, whatever it says; new ones are looked for in the file."""
        name = mac.partition(":")[0]
        if name not in self._signers and self._path is not None and self._path.exists():
            keys = _keys_in(self._path)
            if name in {key.name for key in keys}:
                self._take(keys)
        return name in self._signers

    @property
    def newest(self) -> str:
        """Id of the key that seals."""
        return self._newest.name

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of all keys, the oldest first."""
        return tuple(self._signers)

    def row_digest(self, name: str, text: str) -> bytes:
        """Return the digest of a row under the key *name*. Raises SealBroken where that key is lost."""
        keyed = self._rows.get(name) if name in self._rows or self.knows(name) else None
        if keyed is None:
            raise SealBroken(f"key {name} is not in the ring")
        digest = keyed.copy()  # which has taken the key in already
        digest.update(text.encode())
        return digest.digest()

    def seal(self, payload: bytes, context: str) -> bytes:
        """Return *payload* under a seal that opens in this *context* only, e.g. ``instance:123``."""
        name = bytes.fromhex(self._newest.name)
        return bytes([VERSION]) + name + _mac(self._newest.mac, b"state", context.encode(), payload) + payload

    def open_sealed(self, stored: bytes, context: str) -> bytes:
        """Return what was sealed in *context*. Raises SealBroken for anything else."""
        key = self._macs.get(stored[1:5]) if self.knows(stored[1:5].hex()) else None
        if len(stored) < _HEAD or stored[0] != VERSION or key is None:
            raise SealBroken(f"{context}: not a seal of ours")
        payload = stored[_HEAD:]
        if not hmac.compare_digest(stored[5:_HEAD], _mac(key, b"state", context.encode(), payload)):
            raise SealBroken(f"{context}: changed, or from another place")
        return payload

    def mac(self, text: str) -> str:
        """Return a keyed digest of *text*: key id, colon, 64 hexadecimal digits."""
        return f"{self._newest.name}:{_mac(self._newest.mac, b'text', text.encode()).hex()}"

    def mac_holds(self, text: str, mac: str) -> bool:
        """Whether *mac* was made by one of our keys for *text*."""
        name, _, digest = mac.partition(":")
        try:
            key = self._macs.get(bytes.fromhex(name)) if self.knows(name) else None
        except ValueError:
            return False
        return key is not None and hmac.compare_digest(
            digest.encode(), _mac(key, b"text", text.encode()).hex().encode()
        )

    def sign(self, text: str) -> str:
        """Return an Ed25519 signature of *text*: key id, colon, Base64."""
        return f"{self._newest.name}:{_base64(self._signers[self._newest.name].sign(text.encode()))}"

    def signature_holds(self, text: str, signature: str) -> bool:
        """Whether one of our keys signed *text*."""
        name, _, encoded = signature.partition(":")
        signer = self._signers.get(name) if self.knows(name) else None
        if signer is None:
            return False
        try:
            signer.public_key().verify(base64.b64decode(encoded), text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    def public_keys(self) -> dict[str, str]:
        """Return key id -> raw Ed25519 public key in Base64: what an outside verifier needs."""
        return {name: _base64(_raw(signer.public_key())) for name, signer in self._signers.items()}


def _mac(key: bytes, purpose: bytes, *parts: bytes) -> bytes:
    said = [b"xiaohao/", purpose]
    for part in parts:
        said += (len(part).to_bytes(8, "big"), part)  # else "ab"+"c" would be "a"+"bc"
    return hmac.digest(key, b"".join(said), "sha256")


def _write_once(path: Path, keys: Sequence[Key]) -> None:
    """Write *keys* to *path*, complete or not at all; the first of several processes wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    body = {"keys": [{"id": k.name, "mac": _base64(k.mac), "seed": _base64(k.seed)} for k in keys]}
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(body, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _keys_in(path: Path) -> list[Key]:
    stored = json.loads(path.read_text("utf-8"))["keys"]
    return [Key(key["id"], base64.b64decode(key["mac"]), base64.b64decode(key["seed"])) for key in stored]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes_raw()
