"""疑点识别: what the rules of `cases.signals` see in a finding or a list, kept once and told to whoever is responsible.

The same function serves acts, patrol and command line. A submission and its evidence are looked at right after their
commit, through a message of the case to itself; before a sign-off the act itself looks again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from cases.events import Event
from cases.finding import State
from cases.signals import look
from cases.signals.own_view import TOLD
from cases.signals.score import CLEARED, SUPERSEDED
from cases.signals.snapshot import SEVERITIES, Answer, Hit, Parameters, Snapshot
from persistence.sketches import renewal
from persistence.snapshots import Reference, list_snapshot_of, snapshot_of
from persistence.tables import signal_hits
from tasks.case import AnyCase, FindingCase, ListCase
from tasks.rule_tables import tables_with
from tasks.suspicion import Raised, open_what_is_needed, raised_of, weigh
from tasks.work import LOOK_FOR_SIGNALS, RECURRED, Work

if TYPE_CHECKING:
    from tasks.office import Office


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
    answer = look(snapshot, table)
    fresh = new_hits(work, case, answer.hits)
    kept = _keep(work, case, fresh, mark)
    grown = _grown(work, case, fresh, answer)
    for old in grown:
        work.set(signal_hits, old, decision=SUPERSEDED, decided_at=work.at)
    raised = [*(one for one in raised_of(work, case) if one.id not in grown), *kept]
    route = weigh(work, case, raised, answer.unsure)
    open_what_is_needed(work, case, raised, route)
    if not fresh:
        return []

    case.finding = replace(case.finding, attention=_undecided(work, case) + len(fresh) - len(grown))
    raised_now: dict[str, list[str]] = {"signals": [hit.signal for hit in fresh]}
    if not TOLD & set(raised_now["signals"]):
        raised_now["roles"] = []  # a letter would lead the unit to what it may not read
    work.record(case, Event("PaperSignalRaised", raised_now))
    for other in _as_suspect(work, snapshot, {hit.signal for hit in fresh}):
        work.tell(other, LOOK_FOR_SIGNALS)
    named = {number for hit in fresh if hit.signal == "PR-23" for number in str(hit.facts["findings"]).split("、")}
    for earlier in snapshot.earlier or ():
        if earlier.number in named:
            work.tell(earlier.finding_id, RECURRED, {"number": case.number})
    return fresh


def _grown(work: Work, case: FindingCase, fresh: Sequence[Hit], answer: Answer) -> set[int]:
    """Return the undecided hits in whose place a new one stands: the same signal, as grave, by facts that have grown.

    A lighter one takes the place of none, or a unit could mend its way from a grave suspicion to a light one.
    """
    standing = {(hit.signal, hit.fingerprint) for hit in answer.hits}
    new = {hit.signal: SEVERITIES.index(hit.severity) for hit in fresh}
    query = select(signal_hits).where(
        signal_hits.c.finding_id == case.id,
        signal_hits.c.cycle == case.finding.cycle,
        signal_hits.c.decision.is_(None),
        signal_hits.c.signal.in_(new),
    )
    return {
        row.id
        for row in work.conn.execute(query)
        if (row.signal, row.fingerprint) not in standing and new[row.signal] >= SEVERITIES.index(row.severity)
    }


def _as_suspect(work: Work, snapshot: Snapshot, raised: set[str]) -> set[int]:
    """Return the findings that share what is suspect here and are not known for it: who copied whom is not seen."""
    sharing = {
        "PR-01": {place.finding_id for exhibit in snapshot.exhibits for place in exhibit.elsewhere},
        "PR-02": {other.finding_id for exhibit in snapshot.exhibits for other in exhibit.similar},
        "PR-03": {other.finding_id for exhibit in snapshot.exhibits for other in exhibit.photos_near},
        "PR-05": {other.finding_id for measure in snapshot.measures for other in measure.similar},
    }
    others = {(finding, signal) for signal in raised & sharing.keys() for finding in sharing[signal]}
    kept = select(signal_hits.c.finding_id, signal_hits.c.signal).where(
        signal_hits.c.finding_id.in_({finding for finding, _ in others}), signal_hits.c.signal.in_(sharing)
    )
    known = set(work.conn.execute(kept).tuples()) if others else set()
    return {finding for finding, _ in others - known} - {snapshot.finding_id}


def note_recurrence(work: Work, case: AnyCase, facts: Mapping[str, Any]) -> None:
    """Note on a finding that was closed that the unit had the same thing found again (PR-23)."""
    work.record(case, Event("RecurrenceNoted", {"number": str(facts["number"])}))


def _of_list(work: Work, case: ListCase) -> list[Hit]:
    table, mark = table_in_force(work.office, work.conn)
    fresh = new_hits(work, case, look(list_snapshot_of(work.conn, case.id, work.at), table).hits)
    if fresh:
        _keep(work, case, fresh, mark)
        work.record(case, Event("PaperSignalRaised", {"signals": [hit.signal for hit in fresh]}))
    return fresh


def _keep(work: Work, case: FindingCase | ListCase, fresh: Sequence[Hit], mark: str) -> list[Raised]:
    finding = isinstance(case, FindingCase)
    kept = []
    for hit in fresh:
        row = work.add(
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
        kept.append(Raised(row, hit.signal, hit.severity))
    return kept


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
    """Return the hits that were not kept in this cycle; what was explained never counts again for the same facts."""
    subject = signal_hits.c.finding_id if isinstance(case, FindingCase) else signal_hits.c.list_id
    kept = select(signal_hits.c.signal, signal_hits.c.fingerprint).where(
        subject == case.id, (signal_hits.c.cycle == _cycle(case)) | (signal_hits.c.decision == "explained")
    )
    known = set(work.conn.execute(kept).tuples())
    return [hit for hit in found if (hit.signal, hit.fingerprint) not in known]


def not_cleared(work: Work, case: FindingCase, found: Sequence[Hit]) -> list[Hit]:
    """Return the hits that nobody has explained or dropped: those that stand already and those that are new."""
    cleared = select(signal_hits.c.signal, signal_hits.c.fingerprint).where(
        signal_hits.c.finding_id == case.id, signal_hits.c.decision.in_(CLEARED)
    )
    known = set(work.conn.execute(cleared).tuples())
    return [hit for hit in found if (hit.signal, hit.fingerprint) not in known]


def table_in_force(office: "Office", conn: Connection) -> tuple[Mapping[str, Parameters], str]:
    """Return the parameters of the release in force, which hold for every case, and the release's id."""
    release = office.release_in_force(conn)
    return tables_with(office.engine(conn, release)).parameters, release


def _undecided(work: Work, case: FindingCase) -> int:
    query = select(func.count()).where(
        signal_hits.c.finding_id == case.id,
        signal_hits.c.cycle == case.finding.cycle,
        signal_hits.c.decision.is_(None),
    )
    return int(work.conn.scalar(query) or 0)
