"""Reads every proved row against the sums that the ledger states, and names table and row where they differ.

One pass over the rows, with a number per scope in memory; only of scopes that do not add up the history of each row is
read, so that what was changed, put in, taken out or put back is named, with the last event that speaks of it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select

from persistence.declared import proved_tables
from persistence.row_images import every_row, imaged, rows_of, short
from persistence.rows import ANEW, MODULUS, sum_text, total_text
from persistence.seal import Keyring, SealBroken
from persistence.tables import ledger, row_sums

NAMED = 50  # rows of one scope


class Fault(StrEnum):
    """What was done to a row, or to the sum of its scope."""

    ROW_CHANGED = "row_changed"  # not as the last event left it
    ROW_PUT_BACK = "row_put_back"  # as an earlier event left it
    ROW_MISSING = "row_missing"  # the last event left it there
    ROW_ADDED = "row_added"  # no event speaks of it
    ROWS_OFF = "rows_off"  # they do not add up, and no single one is to blame
    SUM_FORGED = "sum_forged"  # not written by us, or said by no event
    SUM_PUT_BACK = "sum_put_back"  # an earlier one
    SUM_MISSING = "sum_missing"  # events state it, and it is not there
    KEY_LOST = "key_lost"  # the digests were made with a key that is not in the ring


@dataclass(frozen=True)
class RowFault:
    """One thing that is not as the events left it; *case_id* and *seq* are the last event that speaks of it."""

    fault: Fault
    scope: str
    table: str = ""
    row: str = ""
    case_id: int | None = None
    seq: int | None = None


@dataclass(frozen=True)
class RowVerdict:
    """How many rows were read, and what is wrong; *proved* is False where no event states any sum yet."""

    rows: int
    proved: bool
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What an event says of one scope."""

    stamp: int
    key: str
    total: str
    case_id: int
    seq: int


@dataclass(slots=True)
class Known:
    """What the events say of one row: how it was left, by which event, and how it had been left before."""

    now: str
    key: str
    case_id: int
    seq: int
    earlier: list[tuple[str, str]]  # key and image of the events before
    broken: tuple[int, int] | None = None  # the last event before somebody else changed it


def verify_rows(connection: Connection, keyring: Keyring) -> RowVerdict:
    """Check all proved rows in the snapshot of *connection*."""
    stated = _stated(connection)
    if not stated:
        return RowVerdict(0, False, ())
    faults = list(_sums(connection, keyring, stated))
    lost = {scope for scope, last in stated.items() if last.key not in keyring.names}
    faults += [_of_sum(Fault.KEY_LOST, scope, stated[scope]) for scope in sorted(lost)]
    count, totals = 0, {scope: 0 for scope in stated if "/" in scope}  # one without a name has no rows
    for table in proved_tables():
        how = imaged(table)
        for image in every_row(connection, table):
            count += 1
            scope = how.scope_of(image)
            if scope in lost:
                continue
            key = stated[scope].key if scope in stated else keyring.newest
            digest = keyring.row_digest(key, how.text(image))
            totals[scope] = (totals.get(scope, 0) + int.from_bytes(digest, "big")) % MODULUS
    off = {
        scope
        for scope, total in totals.items()
        if scope not in lost and (scope not in stated or total_text(total) != stated[scope].total)
    }
    if off:
        faults += _named(connection, keyring, stated, off)
    return RowVerdict(count, True, tuple(faults))


def faults_of(connection: Connection, keyring: Keyring, scope: str) -> list[RowFault]:
    """Return what is wrong with the rows of one scope, row by row, whether they add up or not."""
    known = _history(connection, {scope})
    return _of_scope(connection, keyring, scope, known)


def _of_sum(fault: Fault, scope: str, last: Statement | None) -> RowFault:
    return RowFault(fault, scope, case_id=last.case_id if last else None, seq=last.seq if last else None)


def _stated(connection: Connection) -> dict[str, Statement]:
    """Return the newest statement of every scope."""
    newest: dict[str, Statement] = {}
    for case_id, seq, said in _statements(connection):
        for scope, (stamp, key, total, _) in said.items():
            if scope not in newest or newest[scope].stamp < stamp:
                newest[scope] = Statement(stamp, key, total, case_id, seq)
    return newest


def _statements(connection: Connection) -> Iterator[tuple[int, int, dict[str, Any]]]:
    query = select(ledger.c.case_id, ledger.c.seq, ledger.c.stated).where(ledger.c.stated.is_not(None))
    for case_id, seq, said in connection.execute(query, execution_options={"yield_per": 1_000}):
        try:
            read = json.loads(said)
        except (ValueError, RecursionError, TypeError):
            continue  # somebody wrote into the ledger: its chain says so
        if isinstance(read, dict) and all(map(_is_statement, read.values())):
            yield case_id, seq, read


def _is_statement(said: object) -> bool:
    """Whether *said* has the form in which acts state a sum; what has another form was written in by hand."""
    match said:
        case [int(), str(), str(), dict() as written]:
            return all(
                isinstance(rows, dict) and all(isinstance(image, str) for image in rows.values())
                for rows in written.values()
            )
    return False


def _sums(connection: Connection, keyring: Keyring, stated: dict[str, Statement]) -> Iterator[RowFault]:
    """Compare the kept sums with what the events state of them."""
    missing = set(stated)
    for row in connection.execute(select(row_sums)):
        missing.discard(row.scope)
        last = stated.get(row.scope)
        is_ours = keyring.mac_holds(sum_text(row.scope, row.stamp, row.key, row.total), row.mac)
        if not is_ours or last is None or row.stamp > last.stamp:
            yield _of_sum(Fault.SUM_FORGED, row.scope, last)
        elif row.stamp < last.stamp:
            yield _of_sum(Fault.SUM_PUT_BACK, row.scope, last)
        elif (row.total, row.key) != (last.total, last.key):
            yield _of_sum(Fault.SUM_FORGED, row.scope, last)
    yield from (_of_sum(Fault.SUM_MISSING, scope, stated[scope]) for scope in sorted(missing))


# --- naming the row -------------------------------------------------------------------------------------------------


def _named(connection: Connection, keyring: Keyring, stated: dict[str, Statement], off: set[str]) -> Iterator[RowFault]:
    """Name the rows because of which the scopes *off* do not add up; one that changed its scope is named once."""
    known = _history(connection, off)
    found: list[RowFault] = []
    for scope in sorted(off):
        named = _of_scope(connection, keyring, scope, known)[:NAMED]
        found += named or [_of_sum(Fault.ROWS_OFF, scope, stated.get(scope))]
    gone = {(fault.table, fault.row) for fault in found if fault.fault is Fault.ROW_MISSING}
    came = {(fault.table, fault.row) for fault in found if fault.fault is Fault.ROW_ADDED}
    for fault in found:
        place = (fault.table, fault.row)
        if fault.fault is Fault.ROW_MISSING and place in came:
            yield RowFault(Fault.ROW_CHANGED, fault.scope, fault.table, fault.row, fault.case_id, fault.seq)
        elif fault.fault is not Fault.ROW_ADDED or place not in gone:
            yield fault


def _of_scope(
    connection: Connection,
    keyring: Keyring,
    scope: str,
    known: dict[tuple[str, str, str], Known],
) -> list[RowFault]:
    found: list[RowFault] = []
    seen: set[tuple[str, str]] = set()
    for table in proved_tables():
        how = imaged(table)
        for image in rows_of(connection, table, scope):
            key = how.key_of(image)
            seen.add((table.name, key))
            one = known.get((scope, table.name, key))
            fault = _fault_of(keyring, how.text(image), one)
            if fault is not None:
                case_id, seq = (one.broken or (one.case_id, one.seq)) if one else (None, None)
                found.append(RowFault(fault, scope, table.name, key, case_id, seq))
    for (of, table_name, key), one in known.items():
        if of == scope and one.now and (table_name, key) not in seen:
            found.append(RowFault(Fault.ROW_MISSING, scope, table_name, key, one.case_id, one.seq))
        elif of == scope and one.broken and not one.now:
            found.append(RowFault(Fault.ROW_CHANGED, scope, table_name, key, *one.broken))
    return found


def _fault_of(keyring: Keyring, text: str, one: Known | None) -> Fault | None:
    if one is None or not one.now:
        return Fault.ROW_ADDED
    if _short(keyring, one.key, text) != one.now:
        is_old = any(_short(keyring, key, text) == image for key, image in one.earlier)
        return Fault.ROW_PUT_BACK if is_old else Fault.ROW_CHANGED
    return Fault.ROW_CHANGED if one.broken else None  # sound since, but built upon what somebody had put in


def _short(keyring: Keyring, key: str, text: str) -> str:
    try:
        return short(keyring.row_digest(key, text))
    except SealBroken:
        return ""


def _history(connection: Connection, off: set[str]) -> dict[tuple[str, str, str], Known]:
    """Return what the events say of every row of the scopes *off*."""
    said_of: list[tuple[str, int, str, int, int, dict[str, dict[str, str]]]] = []
    for case_id, seq, said in _statements(connection):
        for scope in off & said.keys():
            stamp, key, _, written = said[scope]
            said_of.append((scope, stamp, key, case_id, seq, written))
    known: dict[tuple[str, str, str], Known] = {}
    for scope, _, key, case_id, seq, written in sorted(said_of, key=lambda said: said[:2]):
        for table, rows in written.items():
            for row, images in rows.items():
                before, arrow, after = images.rpartition(">")
                _learn(known, (scope, table, row), before if arrow else "", after, key, (case_id, seq))
    return known


def _learn(
    known: dict[tuple[str, str, str], Known],
    place: tuple[str, str, str],
    before: str,
    after: str,
    key: str,
    event: tuple[int, int],
) -> None:
    one = known.get(place)
    if one is None:
        known[place] = Known(after, key, *event, earlier=[])
        return
    if before == ANEW:
        one.broken = None
    elif before != one.now and one.key == key and one.broken is None:
        one.broken = (one.case_id, one.seq)
    if one.now:
        one.earlier.append((one.key, one.now))
    one.now, one.key, one.case_id, one.seq = after, key, *event
