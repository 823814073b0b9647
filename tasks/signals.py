"""疑点识别: what the rules of `cases.signals` see in a finding or a list, kept once and told to whoever is responsible.

The same function serves acts, patrol and command line. A submission and its evidence are looked at right after their
commit, through a message of the case to itself; before a sign-off the act itself looks again.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from bpmn.decisions import evaluate
from cases.events import Event
from cases.finding import State
from cases.signals import SIGNALS, look, parameters
from cases.signals.snapshot import Answer, Hit, Parameters
from persistence.sketches import renewal
from persistence.snapshots import Reference, list_snapshot_of, snapshot_of
from persistence.tables import signal_hits
from tasks.case import AnyCase, FindingCase, ListCase
from tasks.work import LOOK_FOR_SIGNALS, Work

if TYPE_CHECKING:
    from tasks.office import Office

_TABLE = "signal_parameters"


def look_for_signals(work: Work, case: AnyCase, _facts: Any = None, *, reference: Reference | None = None) -> list[Hit]:
    """Keep the signals that are new and tell of them; return them.

    *reference*: what holds for all findings, read once by whoever looks at many.
    """
    if isinstance(case, ListCase):
        return _of_list(work, case)
    assert isinstance(case, FindingCase)
    for statement, rows in renewal(work.conn, case.id, case.finding.unit_id):
        work.write_later(statement, rows)
    if case.finding.state not in (State.OPEN, State.SIGNED_OFF):
        return []
    table, mark = table_in_force(work.office, work.conn)
    snapshot = snapshot_of(work.conn, case.id, work.at, reference)
    fresh = new_hits(work, case, look(snapshot, table).hits)
    if not fresh:
        return []

    _keep(work, case, fresh, mark)
    case.finding = replace(case.finding, attention=_undecided(work, case) + len(fresh))
    work.record(case, Event("PaperSignalRaised", {"signals": [hit.signal for hit in fresh]}))
    if any(hit.signal == "PR-01" for hit in fresh):  # the other one is as suspect
        for other in {place.finding_id for exhibit in snapshot.exhibits for place in exhibit.elsewhere}:
            work.tell(other, LOOK_FOR_SIGNALS)
    return fresh


def _of_list(work: Work, case: ListCase) -> list[Hit]:
    table, mark = table_in_force(work.office, work.conn)
    fresh = new_hits(work, case, look(list_snapshot_of(work.conn, case.id, work.at), table).hits)
    if fresh:
        _keep(work, case, fresh, mark)
        work.record(case, Event("PaperSignalRaised", {"signals": [hit.signal for hit in fresh]}))
    return fresh


def _keep(work: Work, case: FindingCase | ListCase, fresh: Sequence[Hit], mark: str) -> None:
    finding = isinstance(case, FindingCase)
    for hit in fresh:
        work.add(
            signal_hits,
            finding_id=case.id if finding else None,
            list_id=None if finding else case.id,
            cycle=_cycle(case),
            signal=hit.signal,
            rule_version=hit.rule_version,
            parameters=mark,
            severity=hit.severity,
            facts=dict(hit.facts),
            quotes=[asdict(quote) for quote in hit.quotes],
            fingerprint=hit.fingerprint,
            raised_at=work.at,
        )


def _cycle(case: FindingCase | ListCase) -> int:
    return case.finding.cycle if isinstance(case, FindingCase) else 1


def answer_of(work: Work, case: FindingCase) -> Answer:
    """Return what the signals say of a finding now, what could not be known included."""
    table, _ = table_in_force(work.office, work.conn)
    return look(snapshot_of(work.conn, case.id, work.at), table)


def signals_standing(work: Work, case: FindingCase) -> list[tuple[str, str]]:
    """Return (signal, severity) that the facts raise now and nobody has kept yet: asked before a sign-off."""
    return [(hit.signal, hit.severity) for hit in new_hits(work, case, answer_of(work, case).hits)]


def new_hits(work: Work, case: FindingCase | ListCase, found: Sequence[Hit]) -> list[Hit]:
    """Return the hits that were not kept in this cycle; what was decided once never counts again for the same facts."""
    subject = signal_hits.c.finding_id if isinstance(case, FindingCase) else signal_hits.c.list_id
    kept = select(signal_hits.c.signal, signal_hits.c.fingerprint).where(
        subject == case.id, signal_hits.c.cycle == _cycle(case)
    )
    known = set(work.conn.execute(kept).tuples())
    return [hit for hit in found if (hit.signal, hit.fingerprint) not in known]


def table_in_force(office: "Office", conn: Connection) -> tuple[dict[str, Parameters], str]:
    """Return the parameters of the release in force, which hold for every case, and the release's id."""
    release = office.release_in_force(conn)
    decision = office.engine(conn, release).decisions[_TABLE]
    rows: list[tuple[str, dict[str, Any]]] = []
    for signal in SIGNALS:
        answer = evaluate(decision, {"signal": signal})
        assert isinstance(answer, list), f"{_TABLE} collects"
        rows += [(signal, dict(row)) for row in answer]
    return parameters(rows), release


def _undecided(work: Work, case: FindingCase) -> int:
    query = select(func.count()).where(
        signal_hits.c.finding_id == case.id,
        signal_hits.c.cycle == case.finding.cycle,
        signal_hits.c.decision.is_(None),
    )
    return int(work.conn.scalar(query) or 0)
