"""疑点巡检: draws the sketches of what changed, then looks at it, at its neighbours, and at what time made suspect.

First all sketches, then all looks: two findings that copied each other on the same day see each other. A round that
died is repeated from the beginning and finds its sketches drawn and its signals kept.
"""

import logging
from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, select

from cases.refusals import CaseError
from persistence import sketches, suspects
from persistence.snapshots import Reference, reference_of
from persistence.suspects import Silence
from persistence.tables import findings
from tasks.case import AnyCase
from tasks.patrols.round import Counts, Round
from tasks.signals import look_for_signals, table_in_force
from tasks.work import Work

log = logging.getLogger(__name__)
ACT = "patrol_signals"


def signals(patrol: Round) -> Counts:
    """Raise the signals that the acts could not see yet."""
    counts: Counter[str] = Counter(sketched=0, looked_at=0, lists=0, raised=0)
    now = max(patrol.now, patrol.office.now())  # a slot that is made up for late sees what happened meanwhile
    with patrol.office.read() as conn:
        fresh = suspects.changed(conn, patrol.since, but_by=ACT)
        undrawn = suspects.without_sketches(conn)
        silence = _silence(patrol, conn)
        chosen = suspects.to_look_at(conn, patrol.since, fresh, now, silence)
        lists = suspects.lists_to_look_at(conn, patrol.since, fresh, now, but_by=ACT)
        reference = reference_of(conn, now)

    for finding_id in sorted(fresh | undrawn):
        counts["sketched"] += _draw(patrol, finding_id)
    for finding_id in chosen:
        counts["looked_at"] += 1
        counts["raised"] += _look(patrol, finding_id, now, reference)
    for list_id in lists:
        counts["lists"] += 1
        counts["raised"] += _look(patrol, list_id, now, reference)
    return counts


def _silence(patrol: Round, conn: Connection) -> Silence:
    """Return the days after which time alone makes suspect, as the decision table has them."""
    table, _ = table_in_force(patrol.office, conn)
    known = {
        name: number
        for signal in ("PR-16", "PR-25")
        if signal in table
        for name, number in table[signal].numbers.items()
    }
    return Silence(**{name: known[name] for name in Silence.__slots__ if name in known})


def _draw(patrol: Round, finding_id: int) -> int:
    """Bring the sketches of a finding up to date; return whether there was anything to draw."""
    with patrol.office.read() as conn:
        unit_id = conn.scalar(select(findings.c.unit_id).where(findings.c.id == finding_id))
        if unit_id is None or not sketches.renewal(conn, finding_id, unit_id):
            return 0
    with patrol.office.database.writing() as conn:
        patrol.guard(conn)
        sketches.refresh(conn, finding_id, unit_id)
    return 1


def _look(patrol: Round, case_id: int, now: datetime, reference: Reference) -> int:
    raised = 0

    def body(work: Work) -> AnyCase:
        nonlocal raised
        work.guard = patrol.guard
        case = work.any_case(case_id)
        raised = len(look_for_signals(work, case, reference=reference))
        return case

    try:
        patrol.office.as_clock(ACT, body, at=now)
    except CaseError:  # one case that cannot be looked at, or that people kept moving, holds up no other
        log.exception("case %s was not looked at", case_id)
        return 0
    return raised
