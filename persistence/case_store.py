"""Reading a case as a whole, and writing back what an act changed of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    union,
    update,
)
from sqlalchemy.exc import IntegrityError

from cases.finding import Finding, Kind, State
from cases.issue_list import IssueList, ListState
from cases.known_words import required
from cases.moments import shanghai_date
from cases.sign_off import Checked, Dossier, Proof
from persistence import ledger
from persistence.failures import FAILED_ACT
from persistence.people import stood_for
from persistence.row_images import imaged
from persistence.rows import Kept
from persistence.seal import Keyring
from persistence.tables import (
    cases,
    criteria,
    evidence,
    failures,
    finding_links,
    findings,
    instances,
    issue_lists,
    look_backs,
    measures,
    milestones,
    open_tasks,
    progress_reports,
    reviews,
    row_sums,
    signal_hits,
    submissions,
    waivers,
)

OFFICE = 1  # the case whose ledger keeps what concerns no finding: releases, people, units, settings


class Stale(Exception):
    """The case was changed since it was read; the act is thought through again or refused."""


@dataclass(frozen=True, slots=True)
class Head:
    """Version and end of the ledger of a case, and who changed it last."""

    id: int
    kind: str
    version: int
    ledger: ledger.Head
    changed_at: datetime
    changed_by: str
    changed_act: str
    sum: Kept | None = None  # of the case's rows, where it was read with it
    row: Sequence[Any] = ()  # of the finding or list, as it is stored: its image, should the act change it
    some_act_fails: bool = True  # of any case, at present; True as well where nobody asked


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task that waits for somebody."""

    id: str
    instance_id: int
    case_id: int
    name: str
    act: str
    form: str
    stage: str
    role: str
    label: str
    item: str | None
    holder: str
    claimed_by: int | None
    since: datetime
    due_on: Any
    sort_on: str

    @property
    def held_by(self) -> str:
        """Whose desk it stands on: that of a person who took it, else the list of a post or role."""
        return self.holder if self.claimed_by is None else f"person:{self.claimed_by}"


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """A running process of a case as it is kept; *state* is sealed."""

    id: int
    case_id: int
    process: str
    cycle: int
    subject_id: int | None
    release_id: str
    state: bytes
    status: str
    waits_for: str
    wake_at: datetime | None
    path: Mapping[str, int]
    fault: Mapping[str, Any] | None
    row: Sequence[Any] = ()  # as it is stored: its image, should the act change it


_HEAD = (
    cases.c.id,
    cases.c.kind,
    cases.c.version,
    cases.c.ledger_seq,
    cases.c.ledger_head,
    cases.c.head_mac,
    cases.c.changed_at,
    cases.c.changed_by,
    cases.c.changed_act,
)
_fails = exists().where(failures.c.work == FAILED_ACT, failures.c.mended_at.is_(None))
_READ_WITH_IT = (  # what an act would have to ask in statements of their own
    *(row_sums.c[name].label(f"sum_{name}") for name in ("scope", "stamp", "key", "total", "mac")),
    select(_fails).scalar_subquery().label("some_act_fails"),
)
_summed = row_sums.c.scope == literal("case/").concat(cast(cases.c.id, String))
_HEAD_FOR_ACT = (*_HEAD, *_READ_WITH_IT)

# What an act needs of a case is read in one statement; `persistence.rows` says how the sum and the image serve.
_FINDING = [findings.c[field.name] for field in fields(Finding)]
_LIST = [issue_lists.c[field.name] for field in fields(IssueList)]
_TASK = [open_tasks.c[field.name] for field in fields(TaskRow)]
INSTANCE = [instances.c[field.name] for field in fields(StoredInstance) if field.name != "row"]


def _for_act(table: Table, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    joined = cases.join(table).outerjoin(row_sums, _summed)
    return select(*_HEAD_FOR_ACT, *columns, *_as_stored(table)).select_from(joined)


def _as_stored(table: Table) -> list[Any]:
    return [column.label(f"stored_{column.name}") for column in imaged(table).raw]


_finding_by_number = _for_act(findings, _FINDING).where(findings.c.number == bindparam("key"))
_finding_by_id = _for_act(findings, _FINDING).where(findings.c.id == bindparam("key"))
_findings_of_list = (
    select(*_FINDING)
    .where(findings.c.list_id == bindparam("list"), findings.c.state == bindparam("state"))
    .order_by(findings.c.number)
)
_list_by_number = _for_act(issue_lists, _LIST).where(issue_lists.c.number == bindparam("key"))
_list_by_id = _for_act(issue_lists, _LIST).where(issue_lists.c.id == bindparam("key"))
_head_by_id = (
    select(*_HEAD_FOR_ACT).select_from(cases.outerjoin(row_sums, _summed)).where(cases.c.id == bindparam("key"))
)
_live = select(*INSTANCE, *_as_stored(instances)).where(
    instances.c.case_id == bindparam("case"), instances.c.status.in_(("running", "faulted"))
)
_tasks = (
    select(*_TASK)
    .where(open_tasks.c.case_id == bindparam("case"))
    .order_by(open_tasks.c.since, open_tasks.c.name, open_tasks.c.item, open_tasks.c.id)  # ids are random: names first
)


def _head_for_act(row: Sequence[Any], known: int = 0) -> Head:
    """Return the head of a row of `_for_act`; behind it *known* columns of the case, then all as they are stored."""
    scope, stamp, key, total, mac, fails = row[len(_HEAD) : len(_HEAD_FOR_ACT)]
    kept = None if scope is None else Kept(scope, stamp, key, total, mac)
    stored = row[len(_HEAD_FOR_ACT) + known :]
    return Head(
        row[0], row[1], row[2], ledger.Head(row[0], row[3], row[4], row[5]), row[6], row[7], row[8],
        kept, stored, bool(fails),
    )  # fmt: skip


def _finding(values: Sequence[Any]) -> Finding:
    value = Finding(*values)
    return replace(value, kind=required(Kind, value.kind), state=required(State, value.state))


def find_finding(conn: Connection, key: str | int) -> tuple[Head, Finding] | None:
    """Return the finding with this number (text) or id (int), or None."""
    query = _finding_by_id if isinstance(key, int) else _finding_by_number
    row = conn.execute(query, {"key": key}).one_or_none()
    return (
        None
        if row is None
        else (
            _head_for_act(row, len(_FINDING)),
            _finding(row[len(_HEAD_FOR_ACT) : len(_HEAD_FOR_ACT) + len(_FINDING)]),
        )
    )


def findings_of_list(conn: Connection, list_id: int, state: State) -> list[Finding]:
    """Return the findings of a list that are in *state*, in the order of their numbers."""
    return [_finding(row) for row in conn.execute(_findings_of_list, {"list": list_id, "state": str(state)})]


def find_list(conn: Connection, key: str | int) -> tuple[Head, IssueList] | None:
    """Return the issue list with this number (text) or id (int), or None."""
    query = _list_by_id if isinstance(key, int) else _list_by_number
    row = conn.execute(query, {"key": key}).one_or_none()
    if row is None:
        return None
    value = IssueList(*row[len(_HEAD_FOR_ACT) : len(_HEAD_FOR_ACT) + len(_LIST)])
    return _head_for_act(row, len(_LIST)), replace(value, state=required(ListState, value.state))


def find_head(conn: Connection, case_id: int) -> Head | None:
    """Return the head of any case."""
    row = conn.execute(_head_by_id, {"key": case_id}).one_or_none()
    return None if row is None else _head_for_act(row)


def live_instances(conn: Connection, case_id: int) -> list[StoredInstance]:
    """Return the running and faulted processes of a case."""
    known = len(INSTANCE)
    rows = conn.execute(_live, {"case": case_id})
    return [StoredInstance(*(*row[:known], row[known:])) for row in rows]


def tasks_of(conn: Connection, case_id: int) -> list[TaskRow]:
    """Return what the case waits for, oldest first."""
    return [TaskRow(*row) for row in conn.execute(_tasks, {"case": case_id})]


def changed(before: Any, after: Any) -> dict[str, Any]:
    """Return the fields of a frozen dataclass that differ."""
    return {
        field.name: getattr(after, field.name)
        for field in fields(after)
        if getattr(before, field.name) != getattr(after, field.name)
    }


def move_head(
    conn: Connection,
    head: Head,
    entries: Sequence[ledger.Entry],
    *,
    keyring: Keyring,
    at: datetime,
    recorded_at: datetime,
    by: str,
    act: str,
    stated: str = "",
) -> None:
    """Claim the next version of a case and record *entries* in its ledger. Raises Stale when somebody was faster.

    *stated*: what the first of them says of the rows that are written with it.
    """
    try:
        end = ledger.append(conn, head.ledger, entries, keyring=keyring, recorded_at=recorded_at, stated=stated)
    except IntegrityError as taken:  # the same place in the chain was just given to somebody else
        raise Stale() from taken
    moved = conn.execute(
        _move,
        {
            "key": head.id,
            "was": head.version,
            "version": head.version + 1,
            "ledger_seq": end.seq,
            "ledger_head": end.hash,
            "head_mac": end.mac,
            "changed_at": at,
            "changed_by": by,
            "changed_act": act,
        },
    )
    if moved.rowcount != 1:
        raise Stale()


_move = (
    update(cases)
    .where(cases.c.id == bindparam("key"), cases.c.version == bindparam("was"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "version",
                "ledger_seq",
                "ledger_head",
                "head_mac",
                "changed_at",
                "changed_by",
                "changed_act",
            )
        }
    )
)


def claim_heads(conn: Connection, heads: Sequence[Head]) -> None:
    """Hold the heads of cases until the commit, so that nobody writes their rows meanwhile. Raises Stale.

    SQLite has one writer: there the version is compared when the head moves.
    """
    if conn.dialect.name == "sqlite" or not heads:
        return
    versions = dict(conn.execute(_held, {"keys": sorted(head.id for head in heads)}).tuples().all())
    if any(versions.get(head.id) != head.version for head in heads):
        raise Stale()


_held = (
    select(cases.c.id, cases.c.version)
    .where(cases.c.id.in_(bindparam("keys", expanding=True)))
    .order_by(cases.c.id)
    .with_for_update()
)


def replace_tasks(conn: Connection, gone: Iterable[str], new: Sequence[TaskRow]) -> None:
    """Take tasks off the list and put others on it."""
    leaving = [{"key": task_id} for task_id in gone]
    if leaving:
        conn.execute(_drop_task, leaving)
    if new:
        conn.execute(_put_task, [{f.name: getattr(task, f.name) for f in fields(TaskRow)} for task in new])


_drop_task = delete(open_tasks).where(open_tasks.c.id == bindparam("key"))
_put_task = insert(open_tasks)


def rows(conn: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    """Return the rows of *query* as dictionaries."""
    return [dict(row) for row in conn.execute(query).mappings()]


def of_cycle(conn: Connection, table: Table, finding: Finding) -> list[dict[str, Any]]:
    """Return what *table* keeps of the finding's present cycle, oldest first."""
    query = select(table).where(table.c.finding_id == finding.id, table.c.cycle == finding.cycle).order_by(table.c.id)
    return rows(conn, query)


def dossier(conn: Connection, finding: Finding, *, staff: set[int]) -> Dossier:
    """Gather the facts of the present cycle on which a sign-off rests.

    *staff*: persons who hold a post in the finding's unit today; a verdict of theirs does not count as independent.
    """
    proofs = [row for row in of_cycle(conn, evidence, finding) if row["withdrawn_at"] is None]
    submitted = of_cycle(conn, submissions, finding)
    checks = rows(
        conn,
        select(reviews)
        .where(reviews.c.case_id == finding.id, reviews.c.cycle == finding.cycle)
        .order_by(reviews.c.at, reviews.c.id),
    )
    visits = [row for row in of_cycle(conn, look_backs, finding) if not row["durability"]]
    progress = of_cycle(conn, progress_reports, finding)
    waived = of_cycle(conn, waivers, finding)
    verified = [row for row in checks if row["act"] == "verify_rectification"]
    last = verified[-1] if verified else None
    held = [row for row in visits if row["confirmed_at"] and row["result"] == "held"]
    from_visits = {(row["recorded_by"], row["recorded_at"]) for row in visits}  # what inspectors brought home
    rectifiers = (
        {row["uploaded_by"] for row in proofs if (row["uploaded_by"], row["uploaded_at"]) not in from_visits}
        | {row["person_id"] for row in submitted}
        | {row["person_id"] for row in progress}
        | {row["person_id"] for row in checks if row["act"] in ("review_rectification", "sign_rectification")}
    )
    concluded = last["items"] or {} if last else {}
    wanted = conn.execute(select(criteria.c.seq).where(criteria.c.finding_id == finding.id).order_by(criteria.c.seq))
    return Dossier(
        measures=[m for (m,) in conn.execute(_measure_ids, {"finding": finding.id})],
        waived=frozenset(row["measure_id"] for row in waived),
        proofs=[Proof(row["id"], row["kind"], row["measure_id"], row["uploaded_by"], row["adopted"]) for row in proofs],
        rectified_by=_with_principals(conn, finding, rectifiers | _rectifiers_before(conn, finding)),
        submitted_at=submitted[-1]["at"].timestamp() if submitted and finding.submitted_at else None,
        verified=Checked((last["person_id"],), last["at"].timestamp(), last["person_id"] not in staff)
        if last and last["verdict"] == "confirmed"
        else None,
        looked_back=_looked_back(held[-1], staff) if held else None,
        milestones_left=conn.execute(_milestones_left, {"finding": finding.id}).scalar_one(),
        undecided=[
            (signal, severity) for signal, severity in conn.execute(_undecided, {"f": finding.id, "c": finding.cycle})
        ],
        criteria_open=[seq for (seq,) in wanted if concluded.get(str(seq)) != "met"],
        checked_by=_with_principals(
            conn,
            finding,
            {row["person_id"] for row in verified}
            | {p for row in visits for p in row["inspectors"]}
            | {row["decided_by"] for row in waived},
        ),
    )


def _with_principals(conn: Connection, finding: Finding, persons: set[int]) -> frozenset[int]:
    """Return *persons* and those for whom they were deputies since the finding was issued: both count as one."""
    if not persons or finding.issued_at is None:
        return frozenset(persons)
    return frozenset(persons) | stood_for(conn, persons, shanghai_date(finding.issued_at), date.max)


def _rectifiers_before(conn: Connection, finding: Finding) -> set[int]:
    """Return who had a hand in the rectification before: neither a new cycle nor a new number makes independent."""
    before = _predecessors(conn, finding.id)
    if finding.cycle > 1:
        before |= {finding.id}
    if not before:
        return set()
    in_unit = reviews.c.act.in_(("review_rectification", "sign_rectification"))
    earlier = (
        select(submissions.c.person_id).where(submissions.c.finding_id.in_(before)),
        select(progress_reports.c.person_id).where(progress_reports.c.finding_id.in_(before)),
        select(reviews.c.person_id).where(reviews.c.case_id.in_(before), in_unit),
    )
    return set(conn.scalars(union(*earlier)))


def _predecessors(conn: Connection, finding_id: int) -> set[int]:
    """Return the findings that were split into this one or merged into it, and those before them."""
    found: set[int] = set()
    waiting = {finding_id}
    while waiting:
        before = set(conn.scalars(_linked_from, {"known": sorted(waiting)}))
        waiting = before - found
        found |= waiting
    return found


def _looked_back(visit: Mapping[str, Any], staff: set[int]) -> Checked:
    persons = (*visit["inspectors"], visit["recorded_by"], visit["confirmed_by"])
    return Checked(persons, visit["confirmed_at"].timestamp(), not set(persons) & staff)


_linked_from = select(finding_links.c.from_id).where(finding_links.c.to_id.in_(bindparam("known", expanding=True)))
_measure_ids = select(measures.c.id).where(measures.c.finding_id == bindparam("finding")).order_by(measures.c.seq)
_milestones_left = select(func.count()).where(
    milestones.c.finding_id == bindparam("finding"), milestones.c.held_at.is_(None)
)
_undecided = select(signal_hits.c.signal, signal_hits.c.severity).where(
    signal_hits.c.finding_id == bindparam("f"),
    signal_hits.c.cycle == bindparam("c"),
    (signal_hits.c.decision.is_(None)) | (signal_hits.c.decision == "confirmed"),
)
