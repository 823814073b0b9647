"""疑点识别: what the rules of `cases.signals` see in a finding, kept once and told to the responsible leader.

The same function serves acts, patrol and command line. A submission and its evidence are looked at right after their
commit, through a message of the case to itself; before a sign-off the act itself looks again.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from bpmn.decisions import evaluate
from cases.events import Event
from cases.evidence import EvidenceKind
from cases.finding import State
from cases.moments import shanghai_date
from cases.signals import SIGNALS, look, parameters
from cases.signals.snapshot import Elsewhere, Exhibit, Hit, Opinion, Parameters, Planned, Snapshot, Visit
from persistence.case_store import of_cycle
from persistence.people import staff_of
from persistence.tables import (
    evidence,
    extensions,
    findings,
    issue_lists,
    look_backs,
    measures,
    reviews,
    signal_hits,
    submissions,
)
from tasks.case import AnyCase, FindingCase
from tasks.work import LOOK_FOR_SIGNALS, Work

if TYPE_CHECKING:
    from tasks.office import Office

_TABLE = "signal_parameters"
_PASSING = ("review_rectification", "sign_rectification", "verify_rectification")  # acts that let a submission on


def look_for_signals(work: Work, case: AnyCase, _facts: Any = None) -> list[Hit]:
    """Keep the signals that are new and tell of them; return them. Signed-off findings are left to the look-back."""
    assert isinstance(case, FindingCase)
    if case.finding.state is not State.OPEN:
        return []
    table, mark = table_in_force(work.office, work.conn)
    snapshot = snapshot_of(work, case)
    fresh = new_hits(work, case, look(snapshot, table).hits)
    if not fresh:
        return []

    for hit in fresh:
        work.add(
            signal_hits,
            finding_id=case.id,
            cycle=case.finding.cycle,
            signal=hit.signal,
            rule_version=hit.rule_version,
            parameters=mark,
            severity=hit.severity,
            facts=dict(hit.facts),
            quotes=[asdict(quote) for quote in hit.quotes],
            fingerprint=hit.fingerprint,
            raised_at=work.at,
        )
    case.finding = replace(case.finding, attention=_undecided(work, case) + len(fresh))
    work.record(case, Event("PaperSignalRaised", {"signals": [hit.signal for hit in fresh]}))
    if any(hit.signal == "PR-01" for hit in fresh):  # the other one is as suspect
        for other in {place.finding_id for exhibit in snapshot.exhibits for place in exhibit.elsewhere}:
            work.tell(other, LOOK_FOR_SIGNALS)
    return fresh


def signals_standing(work: Work, case: FindingCase) -> list[tuple[str, str]]:
    """Return (signal, severity) that the facts raise now and nobody has kept yet: asked before a sign-off."""
    table, _ = table_in_force(work.office, work.conn)
    return [(hit.signal, hit.severity) for hit in new_hits(work, case, look(snapshot_of(work, case), table).hits)]


def new_hits(work: Work, case: FindingCase, found: Sequence[Hit]) -> list[Hit]:
    """Return the hits that were not kept in this cycle; what was decided once never counts again for the same facts."""
    kept = select(signal_hits.c.signal, signal_hits.c.fingerprint).where(
        signal_hits.c.finding_id == case.id, signal_hits.c.cycle == case.finding.cycle
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


def snapshot_of(work: Work, case: FindingCase) -> Snapshot:
    """Return what the signals read, as of the moment of the act."""
    conn, finding = work.conn, case.finding
    feedback_on = conn.scalar(select(issue_lists.c.feedback_on).where(issue_lists.c.id == finding.list_id))
    asked = of_cycle(conn, extensions, finding)
    visits = [row for row in of_cycle(conn, look_backs, finding) if row["confirmed_at"] and not row["durability"]]
    staff = staff_of(conn, finding.unit_path, work.today)
    return Snapshot(
        finding_id=case.id,
        number=finding.number,
        unit_id=finding.unit_id,
        kind=str(finding.kind),
        as_of=work.at,
        feedback_on=feedback_on,
        issued_on=shanghai_date(finding.issued_at) if finding.issued_at else None,
        due_on=finding.due_on,
        overdue_since=finding.overdue_since,
        submitted_at=finding.submitted_at,
        last_progress_on=shanghai_date(finding.progress_at) if finding.progress_at else None,
        extensions=sum(row["verdict"] == "approved" for row in asked),
        measures=_measures(conn, case),
        exhibits=_exhibits(conn, case),
        opinions=_opinions(conn, case),
        visits=tuple(
            Visit(
                id=row["id"],
                inspectors=len(row["inspectors"]),
                from_outside=not staff & {*row["inspectors"], row["recorded_by"], row["confirmed_by"]},
                place=row["place"],
            )
            for row in visits
        ),
    )


def _measures(conn: Connection, case: FindingCase) -> tuple[Planned, ...]:
    told = of_cycle(conn, submissions, case.finding)
    done = told[-1]["measures_done"] if told else {}
    planned = select(measures).where(measures.c.finding_id == case.id).order_by(measures.c.seq)
    return tuple(Planned(row.seq, row.text, done.get(str(row.id), "")) for row in conn.execute(planned))


def _exhibits(conn: Connection, case: FindingCase) -> tuple[Exhibit, ...]:
    live = [row for row in of_cycle(conn, evidence, case.finding) if row["withdrawn_at"] is None]
    shared: dict[str, list[Elsewhere]] = {}
    query = (
        select(evidence.c.sha256, findings.c.id, findings.c.number, findings.c.unit_id, evidence.c.locator)
        .join(findings, findings.c.id == evidence.c.finding_id)
        .where(
            evidence.c.sha256.in_({row["sha256"] for row in live}),
            evidence.c.finding_id != case.id,
            evidence.c.withdrawn_at.is_(None),
            evidence.c.purpose != "BASELINE",
        )
    )
    for sha256, *place in conn.execute(query):
        shared.setdefault(sha256, []).append(Elsewhere(*place))
    return tuple(
        Exhibit(
            id=row["id"],
            sha256=row["sha256"],
            filename=row["filename"],
            kind=EvidenceKind(row["kind"]),
            purpose=row["purpose"],
            effective_on=row["effective_on"],
            locator=row["locator"],
            elsewhere=tuple(shared.get(row["sha256"], ())),
        )
        for row in live
    )


def _opinions(conn: Connection, case: FindingCase) -> tuple[Opinion, ...]:
    """Return the opinions that let the last submission on, with how many the same person gave around them."""
    since = case.finding.submitted_at
    if since is None:
        return ()
    given = select(reviews).where(
        reviews.c.case_id == case.id,
        reviews.c.cycle == case.finding.cycle,
        reviews.c.act.in_(_PASSING),
        reviews.c.verdict.in_(("agreed", "confirmed")),
        reviews.c.at >= since,
    )
    opinions = []
    for row in conn.execute(given.order_by(reviews.c.at, reviews.c.id)).all():
        around = timedelta(minutes=10)
        near = select(func.count(reviews.c.case_id.distinct())).where(
            reviews.c.person_id == row.person_id,
            reviews.c.act == row.act,
            reviews.c.at.between(row.at - around, row.at + around),
        )
        opinions.append(Opinion(row.id, row.act, row.person_name, row.comment, conn.scalar(near) or 1))
    return tuple(opinions)


def _undecided(work: Work, case: FindingCase) -> int:
    query = select(func.count()).where(
        signal_hits.c.finding_id == case.id,
        signal_hits.c.cycle == case.finding.cycle,
        signal_hits.c.decision.is_(None),
    )
    return int(work.conn.scalar(query) or 0)
