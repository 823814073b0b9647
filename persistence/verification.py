"""Reads the ledger against its hashes, heads and checkpoints, all rows against the ledger, and names what differs.

Streaming, in one snapshot: memory does not grow with the ledger. Of a case only the first bad event is named; what
follows from it is noise.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, String, select, type_coerce

from persistence import log
from persistence.database import Database
from persistence.ledger import CHAINED, Head, chained_hash, head_holds
from persistence.log import Checkpoint
from persistence.merkle import Tree
from persistence.row_verification import Fault, RowFault, verify_rows
from persistence.seal import Keyring
from persistence.tables import cases, ledger

STREAMED = {"yield_per": 2_000}
KEY_NAME = 8  # hexadecimal digits
SUSPECTS = 500  # whose former place is looked for; beyond that a row is simply "changed"

Row = Mapping[str, Any]
Place = tuple[int, int]  # case id, seq


class Kind(StrEnum):
    """What was done to the ledger."""

    CHANGED = "changed"  # a column of the event is not what was hashed, or its hash is not what the next one names
    SWAPPED = "swapped"  # stands in the place of another event of its case
    MOVED = "moved"  # was recorded in another case
    INSERTED = "inserted"  # was not there when the next one was recorded
    MISSING = "missing"  # the events before and after are there
    CUT = "cut"  # the last events are gone
    ADDED = "added"  # stands after the head
    HEAD_FORGED = "head_forged"  # the case's head was not written by us
    KEY_LOST = "key_lost"  # it was written with a key that is not in the ring: nothing can be said of it
    REWRITTEN = "rewritten"  # hashes agree with each other, but not with the head or a checkpoint
    VANISHED = "vanished"  # a leaf of the log has no event any more, perhaps with its whole case
    ORPHANED = "orphaned"  # an event whose case is gone
    CHECKPOINT_FORGED = "checkpoint_forged"  # not signed by us, or peaks that are not its own
    CHECKPOINT_MISSING = "checkpoint_missing"  # named by the next one, by a leaf or by a witness
    ROLLED_BACK = "rolled_back"  # a witness knows a longer log


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was written; *case_id* and *seq* are None where only the log shows it.

    Of a row (*table*, *row*) they name the last good event: the last one after which it was still as it should be.
    """

    case_id: int | None
    seq: int | None
    kind: Kind | Fault
    detail: str = ""
    scope: str = ""  # of a row: in whose sum it is
    table: str = ""
    row: str = ""  # its primary key


@dataclass(frozen=True)
class Verdict:
    """What verifying found, and how much it read."""

    cases: int
    events: int
    sealed: int  # of them, covered by a checkpoint
    problems: tuple[Problem, ...]
    rows: int = 0  # proved ones
    rows_proved: bool = False  # False: no event states any row yet, so nothing can be said of rows
    cases_with_events: int = field(default=0, compare=False)
    witnesses: int = 0  # checkpoints kept elsewhere that were compared

    @property
    def clean(self) -> bool:
        """Whether nothing was tampered with."""
        return not self.problems

    @property
    def keys_are_lost(self) -> bool:
        """Whether no head was written with a key that is in the ring: then neither clean nor tampered can be said."""
        lost = sum(problem.kind is Kind.KEY_LOST for problem in self.problems)
        return bool(self.cases) and lost >= self.cases_with_events


def verify(database: Database, keyring: Keyring, *, witnessed: Iterable[Checkpoint] = ()) -> Verdict:
    """Check every event, head and checkpoint; *witnessed* are checkpoints that were exported earlier."""
    with database.reading() as connection:
        chains = _Chains(keyring)
        problems = [*chains.read(connection), *_orphans(connection)]
        elsewhere = list(witnessed)
        sealed, in_log = _read_log(connection, keyring, elsewhere)
        rows = verify_rows(connection, keyring)
    found = (*problems, *in_log, *(_of_row(fault) for fault in rows.faults))
    return Verdict(chains.cases, chains.events, sealed, found, rows.rows, rows.proved, chains.told, len(elsewhere))


def _of_row(fault: RowFault) -> Problem:
    return Problem(
        fault.case_id, fault.seq, fault.fault, scope=fault.scope, table=fault.table, row=fault.row,
        detail=" ".join(filter(None, (fault.scope, fault.table, fault.row))),
    )  # fmt: skip


class _Chains:
    """One pass over all chains, case by case."""

    def __init__(self, keyring: Keyring) -> None:
        self.cases = self.events = self.told = 0
        self._keyring = keyring
        self._suspects: dict[Place, Row] = {}
        self._holes: list[Place] = []  # places whose event is gone: where a moved one may come from

    def read(self, connection: Connection) -> list[Problem]:
        """Return the first problem of every chain, and what is wrong with its head."""
        columns = [ledger.c[name] for name in CHAINED if name not in ("case_id", "at", "recorded_at")]
        moments = [type_coerce(ledger.c[name], String).label(name) for name in ("at", "recorded_at")]
        heads = [cases.c.id.label("case_id"), cases.c.ledger_seq, cases.c.ledger_head, cases.c.head_mac]
        query = select(*heads, *columns, *moments, ledger.c.stated, ledger.c.hash).select_from(cases.outerjoin(ledger))
        rows = connection.execute(query.order_by(cases.c.id, ledger.c.seq), execution_options=STREAMED)
        names = tuple(rows.keys())
        by_case = groupby((dict(zip(names, row, strict=True)) for row in rows), itemgetter("case_id"))
        found = [problem for _, rows_of_case in by_case for problem in self._case(rows_of_case)]
        cut = {problem.case_id for problem in found if problem.kind is Kind.CUT}
        return [self._explained(problem, shortened=problem.case_id in cut) for problem in found]

    def _case(self, rows: Iterator[Row]) -> list[Problem]:
        self.cases += 1
        problem, seq, previous, row = None, 0, "", None
        for row in rows:
            if row["seq"] is None:  # the case has no event
                break
            self.events += 1
            problem = problem or self._link(row, seq, previous)
            seq, previous = row["seq"], row["hash"]
        assert row is not None
        self.told += bool(seq or row["ledger_seq"])
        at_end = self._end(Head(row["case_id"], row["ledger_seq"], row["ledger_head"], row["head_mac"]), seq, previous)
        if problem and at_end and at_end.kind is Kind.REWRITTEN:
            at_end = None  # follows from the first
        return [found for found in (problem, at_end) if found]

    def _link(self, row: Row, seq: int, previous: str) -> Problem | None:
        case_id, here = row["case_id"], row["seq"]
        if here != seq + 1:
            self._holes += [(case_id, gone) for gone in range(seq + 1, min(here, seq + 1 + SUSPECTS))]
            return Problem(case_id, seq + 1, Kind.MISSING, f"{seq + 1}..{here - 1}")
        if chained_hash(row) != row["hash"]:
            if len(self._suspects) < SUSPECTS:
                self._suspects[case_id, here] = row
            return Problem(case_id, here, Kind.CHANGED)
        if row["previous"] != previous:
            return Problem(case_id, seq or here, Kind.CHANGED, f"event {here} was recorded after another one")
        return None

    def _end(self, head: Head, seq: int, last_hash: str) -> Problem | None:
        if not head_holds(self._keyring, head):
            name = head.mac.partition(":")[0]
            if head.seq and len(name) == KEY_NAME and not self._keyring.knows(name):
                return Problem(head.case_id, head.seq, Kind.KEY_LOST, f"key {name}")
            return Problem(head.case_id, head.seq, Kind.HEAD_FORGED)
        if seq < head.seq:
            self._holes += [(head.case_id, gone) for gone in range(seq + 1, min(head.seq, seq + SUSPECTS) + 1)]
            return Problem(head.case_id, seq + 1, Kind.CUT, f"{seq + 1}..{head.seq}")
        if seq > head.seq:
            return Problem(head.case_id, head.seq + 1, Kind.ADDED, f"{head.seq + 1}..{seq}")
        if last_hash != head.hash:
            return Problem(head.case_id, seq, Kind.REWRITTEN)
        return None

    def _explained(self, problem: Problem, *, shortened: bool) -> Problem:
        """Say more of a changed event: perhaps it is sound, but stands in another place than it was written for."""
        row = self._suspects.get((problem.case_id or 0, problem.seq or 0))
        if problem.kind is not Kind.CHANGED or row is None:
            return problem
        case_id, seq = row["case_id"], row["seq"]
        home = self._home(row)
        if home is None:
            return problem
        if home[0] != case_id:
            return Problem(case_id, seq, Kind.MOVED, f"from case {home[0]}, event {home[1]}")
        if home[1] == seq - 1:
            return Problem(case_id, seq - 1, Kind.INSERTED)
        if home[1] == seq + 1 and shortened:
            return Problem(case_id, seq, Kind.MISSING, "those after it moved up")
        return Problem(case_id, seq, Kind.SWAPPED, f"it was event {home[1]}")

    def _home(self, row: Row) -> Place | None:
        beside = [(row["case_id"], row["seq"] - 1), *((row["case_id"], row["seq"] + step) for step in range(1, 50))]
        for case_id, seq in (*beside, *self._holes, *self._suspects):
            if chained_hash({**row, "case_id": case_id, "seq": seq}) == row["hash"]:
                return case_id, seq
        return None


def _orphans(connection: Connection) -> Iterator[Problem]:
    query = select(ledger.c.case_id, ledger.c.seq).select_from(ledger.outerjoin(cases)).where(cases.c.id.is_(None))
    rows = connection.execute(query.order_by(ledger.c.case_id, ledger.c.seq))
    for case_id, events in groupby(rows, itemgetter(0)):
        yield Problem(case_id, next(events).seq, Kind.ORPHANED)


def _read_log(connection: Connection, keyring: Keyring, witnessed: list[Checkpoint]) -> tuple[int, list[Problem]]:
    """Return how many leaves are covered, and what the log shows."""
    problems: list[Problem] = []
    kept = list(log.every(connection))
    root = ""
    for checkpoint in kept:
        if not checkpoint.holds(keyring):
            problems.append(Problem(None, None, Kind.CHECKPOINT_FORGED, f"size {checkpoint.size}"))
        elif checkpoint.previous != root:
            problems.append(Problem(None, None, Kind.CHECKPOINT_MISSING, f"before size {checkpoint.size}"))
        root = checkpoint.root
    sealed = kept[-1].size if kept else 0
    problems += _leaves(connection, [checkpoint for checkpoint in kept if checkpoint.holds(keyring)], sealed)

    roots = {checkpoint.size: checkpoint.root for checkpoint in kept}
    for seen in witnessed:
        if not seen.holds(keyring):
            problems.append(Problem(None, None, Kind.CHECKPOINT_FORGED, f"witnessed, size {seen.size}"))
        elif seen.size > sealed:
            problems.append(Problem(None, None, Kind.ROLLED_BACK, f"size {seen.size} was sealed, {sealed} is left"))
        elif seen.size not in roots:
            problems.append(Problem(None, None, Kind.CHECKPOINT_MISSING, f"size {seen.size}"))
        elif roots[seen.size] != seen.root:
            problems.append(Problem(None, None, Kind.REWRITTEN, f"up to leaf {seen.size - 1}"))
    return sealed, problems


def _leaves(connection: Connection, kept: list[Checkpoint], sealed: int) -> Iterator[Problem]:
    """Hash all leaves into the roots; after a gap go on from the next checkpoint's peaks."""
    query = select(ledger.c.leaf, ledger.c.case_id, ledger.c.seq, ledger.c.hash).where(ledger.c.leaf.is_not(None))
    rows = connection.execute(query.order_by(ledger.c.leaf), execution_options=STREAMED)
    tree, expected, since, before = Tree(), 0, 0, "the beginning"
    waiting = iter([*kept, None])
    checkpoint = next(waiting)

    def reached(leaf: int) -> Iterator[Problem]:
        """Compare with every checkpoint that ends before *leaf*."""
        nonlocal tree, since, checkpoint
        while checkpoint is not None and checkpoint.size <= leaf:
            if tree.size == checkpoint.size and tree.root().hex() != checkpoint.root:
                yield Problem(None, None, Kind.REWRITTEN, f"among leaves {since}..{checkpoint.size - 1}")
            tree, since = checkpoint.tree(), checkpoint.size
            checkpoint = next(waiting)

    for leaf, case_id, seq, row_hash in rows:
        if leaf != expected:
            behind = f"leaves {expected}..{leaf - 1}, between {before} and case {case_id}, event {seq}"
            yield Problem(None, None, Kind.VANISHED, behind)
        yield from reached(leaf)
        if leaf >= sealed:
            yield Problem(case_id, seq, Kind.CHECKPOINT_MISSING, f"leaf {leaf}")
            return
        if tree.size == leaf:  # not behind a gap
            tree.add(log.leaf_of(row_hash))
        expected, before = leaf + 1, f"case {case_id}, event {seq}"
    if expected < sealed:
        yield Problem(None, None, Kind.VANISHED, f"leaves {expected}..{sealed - 1}, after {before}")
        return
    yield from reached(expected)
