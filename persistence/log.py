"""One signed log over every case: RFC 6962 tree, checkpoints with an Ed25519 signature, proofs for outsiders.

One leased process seals every few seconds. A checkpoint keeps the peaks of the tree, so that sealing goes on from there
and never hashes an old leaf again.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, insert, select, type_coerce, update

from cases.refusals import CaseError, Unknown
from persistence.columns import moment_text
from persistence.ledger import CHAINED, chained
from persistence.merkle import Tree, audit_path
from persistence.seal import Keyring, SealBroken
from persistence.tables import checkpoints, ledger

SEALED_AT_ONCE = 10_000  # rows per checkpoint


class NotSealedYet(CaseError):
    """The event is recorded, but no checkpoint covers it yet: wait for the next one, a few seconds."""

    code = "not_sealed_yet"


@dataclass(frozen=True)
class Checkpoint:
    """What was promised about the first *size* leaves; hashes in hexadecimal, *previous* is the root before."""

    size: int
    root: str
    peaks: str  # comma list
    at: datetime
    previous: str
    signature: str

    @property
    def text(self) -> str:
        """What is signed."""
        return f"xiaohao log sha256\n{self.size}\n{self.root}\n{self.previous}\n{moment_text(self.at)}\n"

    def tree(self) -> Tree:
        """Return the tree to go on from. Raises ValueError for peaks that are no hashes."""
        return Tree(self.size, tuple(bytes.fromhex(peak) for peak in self.peaks.split(",") if peak))

    def holds(self, keyring: Keyring) -> bool:
        """Whether we signed it, and its peaks are those of its root."""
        try:
            whole = self.tree().root().hex() == self.root
        except ValueError:
            return False
        return whole and keyring.signature_holds(self.text, self.signature)


def leaf_of(row_hash: str) -> bytes:
    """Return what a ledger row contributes to the tree: its hash, as text."""
    return row_hash.encode()


def latest(connection: Connection) -> Checkpoint | None:
    """Return the newest checkpoint."""
    row = connection.execute(select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1)).first()
    return None if row is None else Checkpoint(**row._mapping)


def every(connection: Connection) -> Iterator[Checkpoint]:
    """Yield all checkpoints, oldest first."""
    for row in connection.execute(select(checkpoints).order_by(checkpoints.c.size)):
        yield Checkpoint(**row._mapping)


def seal_log(connection: Connection, keyring: Keyring, now: datetime) -> Checkpoint | None:
    """Give new events their leaf and sign a checkpoint over all so far; None when there is nothing new.

    Seals `SEALED_AT_ONCE` events at most: call again while it returns one. Raises SealBroken when the last checkpoint
    is not ours; a forged log is never built upon.
    """
    last = latest(connection)
    if last is not None and not last.holds(keyring):
        raise SealBroken(f"checkpoint {last.size}")
    new = connection.execute(
        select(ledger.c.case_id, ledger.c.seq, ledger.c.hash)
        .where(ledger.c.leaf.is_(None))
        .order_by(ledger.c.case_id, ledger.c.seq)
        .limit(SEALED_AT_ONCE)
    ).all()
    if not new:
        return None

    tree = Tree() if last is None else last.tree()
    places = []
    for row in new:
        places.append({"of_case": row.case_id, "of_seq": row.seq, "place": tree.size})
        tree.add(leaf_of(row.hash))
    this_row = (ledger.c.case_id == bindparam("of_case")) & (ledger.c.seq == bindparam("of_seq"))
    connection.execute(update(ledger).where(this_row).values(leaf=bindparam("place")), places)

    peaks = ",".join(peak.hex() for peak in tree.peaks)
    unsigned = Checkpoint(tree.size, tree.root().hex(), peaks, now, last.root if last else "", "")
    checkpoint = Checkpoint(**asdict(unsigned) | {"signature": keyring.sign(unsigned.text)})
    connection.execute(insert(checkpoints).values(**asdict(checkpoint)))
    return checkpoint


def prove(connection: Connection, case_id: int, seq: int) -> dict[str, Any]:
    """Return, ready for JSON, the proof that an event stands in the log; `persistence/proof_check.py` checks it.

    Raises Unknown for an event that is not there, NotSealedYet for one that no checkpoint covers.
    """
    columns = [
        type_coerce(ledger.c[name], String).label(name) if name in ("at", "recorded_at") else ledger.c[name]
        for name in CHAINED
    ]
    here = (ledger.c.case_id == case_id) & (ledger.c.seq == seq)
    event = (
        connection.execute(select(*columns, ledger.c.stated, ledger.c.hash, ledger.c.leaf).where(here))
        .mappings()
        .first()
    )
    if event is None:
        raise Unknown()
    if event["leaf"] is None:
        raise NotSealedYet()
    covering = select(checkpoints).where(checkpoints.c.size > event["leaf"]).order_by(checkpoints.c.size).limit(1)
    found = connection.execute(covering).first()
    if found is None:
        raise NotSealedYet()

    checkpoint = Checkpoint(**found._mapping)
    hashes = connection.scalars(select(ledger.c.hash).where(ledger.c.leaf < checkpoint.size).order_by(ledger.c.leaf))
    path = audit_path([leaf_of(row_hash) for row_hash in hashes], event["leaf"])
    return {
        "event": chained(event),
        "leaf": event["leaf"],
        "path": [step.hex() for step in path],
        "checkpoint": {
            "size": checkpoint.size,
            "root": checkpoint.root,
            "previous": checkpoint.previous,
            "at": moment_text(checkpoint.at),
            "signature": checkpoint.signature,
        },
    }
