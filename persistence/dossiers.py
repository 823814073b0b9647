"""Everything that is kept of one finding or one list, as plain values: what the API answers and an archive holds.

Ids inside are left out or replaced by what a reader knows: sequence numbers of measures, names of people and units.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from cases.issue_list import INTERNAL
from cases.look_back import OF_A_VISIT, STAGE, UNANNOUNCED
from cases.registers import CONFIDENTIAL
from cases.signals.own_view import NAMING, TOLD, own_facts, own_naming, own_quotes
from persistence.ledger import Recorded, of_case
from persistence.tables import (
    cases,
    criteria,
    cycles,
    evidence,
    extensions,
    findings,
    issue_lists,
    look_backs,
    measures,
    milestones,
    open_tasks,
    outbox,
    papers,
    people,
    posts,
    progress_reports,
    receipts,
    reviews,
    signal_hits,
    submissions,
    units,
    waivers,
)

_OF_THE_CASE = frozenset({"id", "finding_id", "case_id", "measure_id", "milestone_id"})
_PERSONS = ("person_id", "uploaded_by", "decided_by", "asked_by", "recorded_by", "confirmed_by")
_VISITED = frozenset({"LookBackRecorded", "DurabilityRecorded"})
EXAMINED = frozenset({"decide_suspicion", "confirm_suspicion", "decide_signal", "read_second"})
"""Acts of the inspecting side about a suspicion: what the unit has to know of them is put to it as a fact."""
_OF_DETECTION = frozenset(
    {"PaperSignalRaised", "SuspicionRed", "SecondReadingAsked", "SuspicionOverdue", "SuspicionUndecided"}
)
_CONCLUDED = frozenset({"SuspicionDecided", "SuspicionConfirmed", "CycleOpened", "MeasuresProposed", "TaskOpened"})
_OF_THE_CHANGE = frozenset({"changed_at", "changed_by"})
_LEAD = frozenset({"cycle", "signal", "severity", "raised_at", "decision", "decided_by", "decided_at", "reason"})

Facts = dict[str, Any]


def find_case(conn: Connection, table: Table, number: str, visible: ColumnElement[bool]) -> Row[Any] | None:
    """Return the row of ``findings`` or ``issue_lists`` with this number, with the version of its case, if visible."""
    query = select(table, cases.c.version, cases.c.changed_at, cases.c.changed_by).join_from(table, cases)
    return conn.execute(query.where(table.c.number == number, visible)).one_or_none()


def finding_dossier(conn: Connection, row: Row[Any], *, warned: bool) -> Facts:
    """Return the whole dossier of the finding in *row*.

    *warned*: whether the reader may know of look-backs that are still to come; the inspected unit may not, nor what
    is looked for, how examiners came to their view, or what a signal was made of, which may speak of other units.
    """
    name_of = _Names(conn)
    seqs = {m.id: m.seq for m in conn.execute(select(measures.c.id, measures.c.seq).where(_of(measures, row.id)))}

    def part(table: Table, *, order: str = "id") -> list[Facts]:
        rows = conn.execute(select(table).where(_of(table, row.id)).order_by(table.c[order])).mappings()
        return [_plain(found, name_of, seqs) for found in rows]

    looked_back = [visit for visit in part(look_backs) if warned or visit["recorded_at"]]
    for visit in looked_back:
        visit["inspectors"] = [name_of.person(person) for person in visit["inspectors"]]
    submitted = part(submissions)
    for submission in submitted:
        done = submission["measures_done"].items()
        submission["measures_done"] = {str(seqs.get(int(m), "")) if m else "": text for m, text in done}
    return _head(row, name_of, warned) | {
        "list": conn.scalar(select(issue_lists.c.number).where(issue_lists.c.id == row.list_id)),
        "measures": part(measures, order="seq"),
        "criteria": part(criteria, order="seq"),
        "milestones": part(milestones, order="seq"),
        "cycles": part(cycles, order="cycle"),
        "progress": part(progress_reports),
        "submissions": submitted,
        "evidence": _with_ids(conn, part(evidence), row.id),
        "waivers": part(waivers),
        "reviews": [one for one in part(reviews) if warned or one["act"] not in EXAMINED],
        "look_backs": looked_back,
        "extensions": part(extensions),
        "signals": [hit if warned else _lead(hit) for hit in part(signal_hits) if warned or hit["signal"] in TOLD],
        "tasks": [task for task in tasks_of_case(conn, row.id) if warned or task["stage"] != STAGE],
        "letters": letters_of_case(conn, row.id) if warned else [],
    }


def list_dossier(conn: Connection, row: Row[Any], *, warned: bool) -> Facts:
    """Return what is kept of the issue list in *row* beside its findings.

    *warned*: whether the reader may know of what was done before the feedback; the inspected unit may not.
    """
    name_of = _Names(conn)
    parts: Mapping[str, Table] = {"receipts": receipts, "reviews": reviews, "papers": papers}
    kept = {
        name: [
            _plain(found, name_of, {})
            for found in conn.execute(select(table).where(_of(table, row.id)).order_by(table.c.id)).mappings()
        ]
        for name, table in parts.items()
    }
    if not warned:
        kept |= {name: [one for one in kept[name] if one["act"] not in INTERNAL] for name in ("reviews", "papers")}
    return _head(row, name_of, warned) | kept | {"tasks": tasks_of_case(conn, row.id)}


def timeline(conn: Connection, case_id: int, *, warned: bool, after: int = 0, limit: int = 500) -> list[Recorded]:
    """Return the events of a case behind *after*, oldest first.

    Who is not *warned* reads neither of visits that are to come, nor of what was done before the feedback, nor of
    what was entered into a register that the unit does not see, nor of what is looked for and how it is examined.
    """
    events = of_case(conn, case_id)
    last_visit = max((event.seq for event in events if event.event in _VISITED), default=0)
    shown = events if warned else [_own(event) for event in events if not _is_kept_from_unit(event, last_visit)]
    return [event for event in shown if event.seq > after][:limit]


def _is_kept_from_unit(event: Recorded, last_visit: int) -> bool:
    confidential = event.body.get("facts", {}).get("register") in CONFIDENTIAL
    examined = (event.act in EXAMINED and event.event not in _CONCLUDED) or event.event in _OF_DETECTION
    return confidential or examined or event.act in INTERNAL or _foretells(event, last_visit)


def _own(event: Recorded) -> Recorded:
    """Return an event without the codes of signals that the unit is not told of."""
    facts = event.body.get("facts")
    if not isinstance(facts, Mapping) or not NAMING & set(facts):
        return event
    return replace(event, body=event.body | {"facts": own_naming(facts)})


def _foretells(event: Recorded, last_visit: int) -> bool:
    """Whether an event tells of a visit that is not on record yet: its appointment, or who took the task of it."""
    about = event.body.get("facts", {}).get("task")
    return event.seq > last_visit and (event.act in UNANNOUNCED or about in OF_A_VISIT)


def tasks_of_case(conn: Connection, case_id: int) -> list[Facts]:
    """Return what a case waits for."""
    names = ("id", "act", "form", "stage", "role", "label", "item", "since", "due_on")
    query = select(*(open_tasks.c[name] for name in names)).where(open_tasks.c.case_id == case_id)
    return [dict(found) for found in conn.execute(query.order_by(open_tasks.c.since)).mappings()]


def letters_of_case(conn: Connection, case_id: int) -> list[Facts]:
    """Return who was told what of a case, oldest first; addresses stay inside."""
    names = ("letter", "role", "state", "created_at", "sent_at", "read_at")
    query = select(*(outbox.c[name] for name in names)).where(outbox.c.case_id == case_id).order_by(outbox.c.id)
    return [dict(found) for found in conn.execute(query).mappings()]


def file_of_evidence(conn: Connection, evidence_id: int, visible: ColumnElement[bool]) -> Row[tuple[str, str]] | None:
    """Return (sha256, filename) of a piece of evidence of a finding that *visible* lets through."""
    query = select(evidence.c.sha256, evidence.c.filename).join(findings, findings.c.id == evidence.c.finding_id)
    return conn.execute(query.where(evidence.c.id == evidence_id, visible)).one_or_none()


class _Names:
    """Names of people, units and posts, each asked once."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._known: dict[tuple[str, int], str | None] = {}

    def person(self, person_id: int | None) -> str | None:
        return self._of(people, "name", person_id)

    def unit(self, unit_id: int | None) -> str | None:
        return self._of(units, "name", unit_id)

    def post(self, post_id: int | None) -> str | None:
        return self._of(posts, "title", post_id)

    def _of(self, table: Table, column: str, key: int | None) -> str | None:
        if key is None:
            return None
        place = (table.name, int(key))
        if place not in self._known:
            self._known[place] = self._conn.scalar(select(table.c[column]).where(table.c.id == int(key)))
        return self._known[place]


def _of(table: Table, case_id: int) -> ColumnElement[bool]:
    return (table.c.finding_id if "finding_id" in table.c else table.c.case_id) == case_id


def _lead(hit: Facts) -> Facts:
    """What the inspected unit reads of a signal."""
    own = {"facts": own_facts(hit["facts"]), "quotes": own_quotes(hit["signal"], hit["quotes"])}
    return {name: value for name, value in hit.items() if name in _LEAD} | own


def _head(row: Row[Any], name_of: _Names, warned: bool) -> Facts:
    """The columns of the case itself, ids of units and posts said by name; the last change may be one to hide."""
    shown: Facts = {}
    for name, value in row._mapping.items():
        if name in _OF_THE_CHANGE and not warned:
            continue
        if name.endswith("_post_id"):
            shown[name.removesuffix("_id")] = name_of.post(value)
        elif name.endswith("unit_id"):
            shown[name.removesuffix("_id")] = name_of.unit(value)
        elif name not in ("id", "list_id", "round_id", "unit_path", "parent_id", "seq", "source_sha256"):
            shown[name] = value
    return shown


def _plain(found: Mapping[Any, Any], name_of: _Names, seqs: Mapping[int, int]) -> Facts:
    shown: Facts = {}
    for name, value in found.items():
        if name in _PERSONS:
            shown[name.removesuffix("_id")] = name_of.person(value)
        elif name == "measure_id":
            shown["measure"] = seqs.get(value)
        elif name not in _OF_THE_CASE:
            shown[name] = value
    return shown


def _with_ids(conn: Connection, shown: list[Facts], finding_id: int) -> list[Facts]:
    """Evidence is downloaded by its id: text, because a browser's numbers end at 2^53."""
    ids: Iterable[int] = conn.scalars(
        select(evidence.c.id).where(evidence.c.finding_id == finding_id).order_by(evidence.c.id)
    )
    pairs = zip(ids, shown, strict=True)
    return [{"id": str(key)} | {k: v for k, v in each.items() if k != "replaces_id"} for key, each in pairs]
