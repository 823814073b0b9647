"""A growing Merkle tree, hashed as RFC 6962 says and kept as its peaks: the roots of its perfect subtrees."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of one leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\0" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """A tree of *size* leaves; adding a leaf costs one hash on average, whatever the size."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def add(self, content: bytes) -> None:
        """Append one leaf."""
        node, peaks = leaf_hash(content), list(self.peaks)
        size = self.size
        while size & 1:  # as many perfect subtrees end here as there are trailing ones
            node = node_hash(peaks.pop(), node)
            size >>= 1
        self.peaks = (*peaks, node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves; of an empty tree the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def audit_path(contents: Sequence[bytes], place: int) -> list[bytes]:
    """Return the inclusion proof of leaf *place*: sibling hashes from the leaf up (RFC 6962, 2.1.1)."""
    level, path = [leaf_hash(content) for content in contents], []
    while len(level) > 1:
        sibling = place ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]  # a last one without sibling moves up
        place >>= 1
    return path
