"""Checks that an event stands in the log, without us: standard library only, copy it wherever you like.

    python proof_check.py PROOF.json ROOT

PROOF.json is what ``xiaohao audit prove`` wrote, ROOT the hexadecimal root of the checkpoint that you kept yourself.
Ends 0 when the event, exactly as the proof shows it, was in the log of that root; 1 when not; 2 for wrong usage.
"""

import hashlib
import json
import sys
from typing import Any


def root_of(proof: dict[str, Any]) -> str:
    """Return the root that *proof* leads to (RFC 9162, 2.1.3.2). Raises ValueError for a path of the wrong length."""
    row = json.dumps(proof["event"], ensure_ascii=False, separators=(",", ":"))
    row_hash = hashlib.sha256(row.encode()).hexdigest()
    node = hashlib.sha256(b"\0" + row_hash.encode()).digest()

    place, last = int(proof["leaf"]), int(proof["checkpoint"]["size"]) - 1
    if not 0 <= place <= last:
        raise ValueError("the leaf is not in the tree")
    for step in proof["path"]:
        if last == 0:
            raise ValueError("the path is too long")
        sibling = bytes.fromhex(step)
        if place & 1 or place == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return node.hex()


def holds(proof: dict[str, Any], root: str) -> bool:
    """Whether *proof* leads to *root*, the one that the checker trusts."""
    try:
        return root_of(proof) == root.strip().lower()
    except (ValueError, KeyError, TypeError):
        return False


def main(arguments: list[str]) -> int:
    """Check the proof that the command line names."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        proof = json.load(file)
    if not holds(proof, arguments[1]):
        print("NOT PROVED: this event does not lead to that root")
        return 1
    print("PROVED: the log of that root holds this event:")
    print(json.dumps(proof["event"], ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
