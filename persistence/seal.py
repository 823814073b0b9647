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

VERSION = 1
_HEAD = 1 + 4 + 32  # version, key id, HMAC-SHA256


class SealBroken(Exception):
    """Stored bytes, or the head of a ledger, are not what we wrote there; the case is read-only until repaired."""


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

    def __init__(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise ValueError("a keyring without a key")
        self._newest = keys[-1]
        self._macs = {bytes.fromhex(key.name): key.mac for key in keys}
        self._signers = {key.name: Ed25519PrivateKey.from_private_bytes(key.seed) for key in keys}

    @classmethod
    def fresh(cls) -> "Keyring":
        """Return a keyring with one new key that is kept nowhere."""
        return cls([Key.fresh()])

    @classmethod
    def read(cls, path: Path) -> "Keyring":
        """Return the keyring in *path*; a file with one random key is made, readable by its owner only, when absent."""
        if not path.exists():
            _write_once(path, [Key.fresh()])
        return cls(_keys_in(path))

    @classmethod
    def rotate(cls, path: Path) -> "Keyring":
        """Add a key that seals from now on; what older keys sealed still opens. Restart the processes that hold it."""
        keys = [*_keys_in(path), Key.fresh()]
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        _write_once(fresh, keys)
        os.replace(fresh, path)
        return cls(keys)

    def seal(self, payload: bytes, context: str) -> bytes:
        """Return *payload* under a seal that opens in this *context* only, e.g. ``instance:123``."""
        name = bytes.fromhex(self._newest.name)
        return bytes([VERSION]) + name + _mac(self._newest.mac, b"state", context.encode(), payload) + payload

    def open_sealed(self, stored: bytes, context: str) -> bytes:
        """Return what was sealed in *context*. Raises SealBroken for anything else."""
        key = self._macs.get(stored[1:5])
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
            key = self._macs.get(bytes.fromhex(name))
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
        signer = self._signers.get(name)
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
    digest = hmac.new(key, b"xiaohao/" + purpose, hashlib.sha256)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))  # else "ab"+"c" would be "a"+"bc"
        digest.update(part)
    return digest.digest()


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
