"""Short signatures of texts: equal places of two signatures are as many as the texts share shingles (MinHash).

96 permutations, kept as 16 bits each, in bands of three: a text of which a fifth was written anew shares about half of
its shingles and still meets its source in some band. Pictures are found by blocks of their perceptual hash. A band is
one number for all kinds, so that a narrow table without a second index holds it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from cases.likeness import SHINGLE

PERMUTATIONS: Final = 96
ROWS: Final = 3
BANDS: Final = {"measure": 24, "evidence": 32}  # evidence counts from 45 percent on, measures from 70
KINDS: Final = {"measure": 0, "evidence": 1, "photo": 2}
PHOTO_BLOCK: Final = 16  # bits; of two pictures that differ in six bits one block differs in one bit at most

_KIND_AT, _PLACE_AT, _HASH = np.uint64(61), np.uint64(56), np.uint64((1 << 56) - 1)  # of a number of 63 bits
_RANDOM = np.random.Generator(np.random.PCG64(20250101))  # fixed: signatures of today must fit those of last year
_A: Final = _RANDOM.integers(1 << 62, 1 << 63, PERMUTATIONS, dtype=np.uint64)[:, None] | np.uint64(1)
_B: Final = _RANDOM.integers(0, 1 << 63, PERMUTATIONS, dtype=np.uint64)[:, None]
_FNV: Final = np.uint64(0x100000001B3)
_START: Final = np.uint64(0xCBF29CE484222325)
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
_AT_ONCE: Final = 4096  # shingles; a long report does not need a hundred times its size


def signature(plain: str) -> bytes:
    """Return the signature of a bare text (`cases.likeness.bare`): 96 numbers of 16 bits."""
    hashes = _shingle_hashes(plain)
    least = np.full(PERMUTATIONS, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(hashes), _AT_ONCE):
        np.minimum(least, (_A * hashes[None, start : start + _AT_ONCE] + _B).min(axis=1), out=least)
    return (least >> np.uint64(16)).astype("<u2").tobytes()  # the first bits of a minimum are naughts


def likenesses(ours: bytes, theirs: Sequence[bytes]) -> list[int]:
    """Return the estimated Jaccard similarity of one signature to each of others, in percent."""
    if not theirs:
        return []
    equal = np.frombuffer(b"".join(theirs), dtype="<u2").reshape(-1, PERMUTATIONS) == np.frombuffer(ours, dtype="<u2")
    return [int(100 * count // PERMUTATIONS) for count in equal.sum(axis=1)]


def bands(kind: str, signed: bytes) -> list[int]:
    """Return the bands in which a signature stands, as numbers of 63 bits: kind, place of the band, its hash."""
    if kind == "photo":
        return [_photo_band(place, block) for place, block in enumerate(_blocks(signed))]
    rows = np.frombuffer(signed, dtype="<u2")[: BANDS[kind] * ROWS].reshape(-1, ROWS).astype(np.uint64)
    mixed = np.full(len(rows), _START, dtype=np.uint64)
    for column in rows.T:
        mixed = (mixed ^ column) * _FNV
    mixed ^= mixed >> np.uint64(29)
    places = np.arange(len(rows), dtype=np.uint64) << _PLACE_AT
    return [int(band) for band in (np.uint64(KINDS[kind]) << _KIND_AT) | places | (mixed & _HASH)]


def probes(kind: str, signed: bytes) -> list[int]:
    """Return the bands in which the likenesses of a signature stand: of a picture those one bit apart too."""
    if kind != "photo":
        return bands(kind, signed)
    flips = [0, *(1 << bit for bit in range(PHOTO_BLOCK))]
    return [_photo_band(place, block ^ flip) for place, block in enumerate(_blocks(signed)) for flip in flips]


def bits_apart(ours: bytes, theirs: bytes) -> int:
    """Return the Hamming distance of two perceptual hashes."""
    return (int.from_bytes(ours, "big") ^ int.from_bytes(theirs, "big")).bit_count()


def _blocks(hashed: bytes) -> list[int]:
    width = PHOTO_BLOCK // 8
    return [int.from_bytes(hashed[start : start + width], "big") for start in range(0, len(hashed), width)]


def _photo_band(place: int, block: int) -> int:
    return (KINDS["photo"] << int(_KIND_AT)) | (place << int(_PLACE_AT)) | block


def _shingle_hashes(plain: str) -> npt.NDArray[np.uint64]:
    """Return a hash of every five characters in a row, the same on every machine and in every process."""
    letters = np.frombuffer(plain.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    width = min(SHINGLE, len(letters))
    many = len(letters) - width + 1
    mixed = np.full(many, _START, dtype=np.uint64)
    for at in range(width):
        mixed = (mixed ^ letters[at : at + many]) * _FNV
    mixed = (mixed ^ (mixed >> np.uint64(32))) * _SPREAD
    return mixed ^ (mixed >> np.uint64(29))
