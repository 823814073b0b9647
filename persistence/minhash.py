"""Short signatures of texts: equal places of two signatures are as many as the texts share shingles (MinHash).

96 permutations in bands of three for evidence, which may be changed a lot, of six for measures, where only the nearly
same counts. Source: PERFORMANCE.md (recall 1.0 at 5-20 % edits); numpy makes 1,000 signatures in about a second.
"""

from collections.abc import Collection
from typing import Final

import numpy as np
import numpy.typing as npt

PERMUTATIONS: Final = 96
ROWS: Final = {"evidence": 3, "measure": 6}
PHOTO_BANDS: Final = 7  # pictures that differ in six bits or fewer share one of seven blocks

_PRIME: Final = np.uint64((1 << 61) - 1)
_RANDOM = np.random.Generator(np.random.PCG64(20250101))  # fixed: signatures of today must fit those of last year
_A: Final = _RANDOM.integers(1, 1 << 31, PERMUTATIONS, dtype=np.uint64)[:, None]
_B: Final = _RANDOM.integers(0, 1 << 61, PERMUTATIONS, dtype=np.uint64)[:, None]
_FNV: Final = np.uint64(0x100000001B3)
_LOW: Final = np.uint64(0xFFFFFFFF)


def signature(shingles: Collection[str]) -> bytes:
    """Return the signature of a set of shingles (each of the same few characters): 96 numbers of 32 bits."""
    hashes = _hashes(shingles)
    least: npt.NDArray[np.uint64] = ((_A * hashes[None, :] + _B) % _PRIME & _LOW).min(axis=1)
    return bytes(least.astype("<u4").tobytes())


def likeness(ours: bytes, theirs: bytes) -> int:
    """Return the estimated Jaccard similarity of two signatures, in percent."""
    return int(100 * np.count_nonzero(_numbers(ours) == _numbers(theirs)) // PERMUTATIONS)


def bands(kind: str, signed: bytes) -> list[int]:
    """Return the bands of a signature as numbers of 63 bits: its place in the first six of them, its hash behind."""
    if kind == "photo":
        return _photo_bands(int.from_bytes(signed, "big"))
    rows = _numbers(signed).reshape(-1, ROWS[kind]).astype(np.uint64)
    mixed = np.full(len(rows), 0xCBF29CE484222325, dtype=np.uint64)
    for column in rows.T:
        mixed = (mixed ^ column) * _FNV
    places = np.arange(len(rows), dtype=np.uint64)
    return [int(band) for band in (places << np.uint64(57)) | (mixed >> np.uint64(7))]


def bits_apart(ours: bytes, theirs: bytes) -> int:
    """Return the Hamming distance of two perceptual hashes."""
    return (int.from_bytes(ours, "big") ^ int.from_bytes(theirs, "big")).bit_count()


def _photo_bands(hashed: int) -> list[int]:
    width = -(-64 // PHOTO_BANDS)
    return [(place << 57) | ((hashed >> (place * width)) & ((1 << width) - 1)) for place in range(PHOTO_BANDS)]


def _numbers(signed: bytes) -> npt.NDArray[np.uint32]:
    return np.frombuffer(signed, dtype="<u4")


def _hashes(shingles: Collection[str]) -> npt.NDArray[np.uint64]:
    """Return a hash of 31 bits per shingle, the same on every machine and in every process."""
    width = max(map(len, shingles))
    letters = np.array(sorted(shingles), dtype=f"<U{width}").view("<u4").reshape(-1, width).astype(np.uint64)
    mixed = np.full(len(letters), 0xCBF29CE484222325, dtype=np.uint64)
    for column in letters.T:
        mixed = (mixed ^ column) * _FNV
    return (mixed ^ (mixed >> np.uint64(29))) & np.uint64(0x7FFFFFFF)
