"""The ledger: one hash chain per case, written with the act itself, and one signed log over all of them.

Each row's hash covers all its columns, the case it belongs to, its place and the hash before it. The head of a chain
stands in ``cases`` under a MAC whose key the database does not know. `seal_log` gives rows a leaf in one Merkle log and
signs its root, so that even a case that vanished with its head leaves a gap.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, bindparam, insert, select, tuple_

from persistence.columns import canonical, moment_text
from persistence.seal import Keyring, SealBroken
from persistence.tables import ledger

CHAINED = (
    "case_id",
    "seq",
    "event",
    "act",
    "at",
    "recorded_at",
    "person_id",
    "account_id",
    "who",
    "post",
    "body",
    "previous",
)


@dataclass(frozen=True)
class Entry:
    """One event before it is recorded; *at* is the act's moment, *body* the whole input and its facts."""

    event: str
    act: str
    at: datetime
    person_id: int | None  # None: the clock
    account_id: int | None
    who: str
    post: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Head:
    """The end of a case's chain as ``cases`` keeps it: ledger_seq, ledger_head, head_mac."""

    case_id: int
    seq: int = 0
    hash: str = ""
    mac: str = ""


@dataclass(frozen=True)
class Recorded:
    """One event as it stands in the ledger."""

    case_id: int
    seq: int
    event: str
    act: str
    at: datetime
    recorded_at: datetime
    person_id: int | None
    account_id: int | None
    who: str
    post: str
    body: dict[str, Any]
    hash: str
    leaf: int | None


def append(
    connection: Connection,
    head: Head,
    entries: Sequence[Entry],
    *,
    keyring: Keyring,
    recorded_at: datetime,
    stated: str = "",
) -> Head:
    """Record *entries* after *head* and return the new head, whose seq, hash and mac the caller writes to ``cases``.

    *stated*: what the first of them says of the rows that were written with it (`persistence.rows`).
    Raises SealBroken when *head* is not one that we wrote: a forged end is never built upon, and so never made honest.
    """
    if head.seq and not keyring.mac_holds(_head_text(head.case_id, head.seq, head.hash), head.mac):
        raise SealBroken(f"case {head.case_id}: the head of its ledger")
    if not entries:
        return head

    rows, seq, previous = [], head.seq, head.hash
    for entry in entries:
        seq += 1
        row: dict[str, Any] = {
            "case_id": head.case_id,
            "seq": seq,
            "event": entry.event,
            "act": entry.act,
            "at": moment_text(entry.at),
            "recorded_at": moment_text(recorded_at),
            "person_id": entry.person_id,
            "account_id": entry.account_id,
            "who": entry.who,
            "post": entry.post,
            "body": canonical(entry.body),
            "previous": previous,
            "stated": stated or None,
        }
        stated = ""
        previous = chained_hash(row)
        rows.append(row | {"at": entry.at, "recorded_at": recorded_at, "hash": previous})
    connection.execute(_append, rows)
    return Head(head.case_id, seq, previous, head_mac(keyring, head.case_id, seq, previous))


_append = insert(ledger)


def chained_hash(row: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a row: canonical JSON of `chained`."""
    text = json.dumps(chained(row), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chained(row: Mapping[str, Any] | RowMapping) -> list[Any]:
    """Return what the hash of a row is over: `CHAINED`, moments as they are stored, and what it states of rows."""
    stated = row.get("stated")
    return [*(row[name] for name in CHAINED), *([stated] if stated else [])]


def head_mac(keyring: Keyring, case_id: int, seq: int, hash: str) -> str:
    """Return the MAC that stands beside the head of a case."""
    return keyring.mac(_head_text(case_id, seq, hash))


def head_holds(keyring: Keyring, head: Head) -> bool:
    """Whether *head* was written by us; a case without any event needs no MAC."""
    if not head.seq:
        return head.hash == ""
    return keyring.mac_holds(_head_text(head.case_id, head.seq, head.hash), head.mac)


_SHOWN = [ledger.c[field.name] for field in fields(Recorded)]


def of_case(connection: Connection, case_id: int) -> tuple[Recorded, ...]:
    """Return every event of a case, oldest first."""
    rows = connection.execute(select(*_SHOWN).where(ledger.c.case_id == case_id).order_by(ledger.c.seq))
    return tuple(_recorded(row) for row in rows)


def by_person(
    connection: Connection, person_id: int, *, before: tuple[datetime, int, int] | None = None, limit: int = 50
) -> tuple[Recorded, ...]:
    """Return what a person did, newest first; *before* is (at, case_id, seq) of the last row of the page before."""
    place = tuple_(ledger.c.at, ledger.c.case_id, ledger.c.seq)
    query = select(*_SHOWN).where(ledger.c.person_id == person_id)
    if before is not None:
        query = query.where(
            place < tuple_(*(bindparam(None, v, c.type) for v, c in zip(before, place.clauses, strict=True)))
        )
    query = query.order_by(ledger.c.at.desc(), ledger.c.case_id.desc(), ledger.c.seq.desc()).limit(limit)
    return tuple(_recorded(row) for row in connection.execute(query))


def _head_text(case_id: int, seq: int, hash: str) -> str:
    return f"head {case_id} {seq} {hash}"


def _recorded(row: Row[Any]) -> Recorded:
    fields = dict(row._mapping)
    fields["body"] = json.loads(fields["body"])
    return Recorded(**fields)
