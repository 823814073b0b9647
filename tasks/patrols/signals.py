"""疑点巡检: draws the sketches of what changed, then looks at it, at its neighbours, and at what time made suspect.

First all sketches, then all looks: two findings that copied each other on the same day see each other. A round that
died is repeated from the beginning and finds its sketches drawn and its signals kept.
"""

from collections import Counter
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, select

from persistence import sketches, suspects
from persistence.snapshots import Reference, reference_of
from persistence.suspects import Silence
from persistence.tables import findings
from tasks.case import AnyCase
from tasks.kept_releases import new_parameters
from tasks.patrols.letters import fold
from tasks.patrols.round import Counts, Round
from tasks.patrols.undecided import tell_undecided
from tasks.signals import look_for_signals, table_in_force
from tasks.work import Work

ACT = "patrol_signals"
WORK, SKETCH = "signals", "sketch"


def signals(patrol: Round) -> Counts:
    """Raise the signals that the acts could not see yet."""
    counts: Counter[str] = Counter(sketched=0, looked_at=0, lists=0, raised=0)
    attempts = patrol.attempts(WORK)
    with patrol.office.read() as conn:
        now = _moment(patrol, conn)
        is_working_day = patrol.office.calendar(conn).is_working_day(patrol.today)
        fresh = suspects.changed(conn, patrol.since, but_by=ACT)
        undrawn = suspects.without_sketches(conn)
        silence = _silence(patrol, conn)
        new_rules = patrol.since is not None and new_parameters(conn, patrol.since)
        chosen = suspects.to_look_at(conn, patrol.since, fresh, now, silence, new_rules=new_rules)
        lists = suspects.lists_to_look_at(conn, patrol.since, fresh, now, but_by=ACT)
        reference = reference_of(conn, now)

    again = [subject.split() for subject in attempts.due()]  # what failed before would not be chosen a second time
    for finding_id in sorted(fresh | undrawn | {int(one[1]) for one in again if one[0] == SKETCH}):
        drawn = attempts.of(f"{SKETCH} {finding_id}", partial(_draw, patrol, finding_id), case_id=finding_id)
        counts["sketched"] += drawn or 0
    failed = {int(one[0]) for one in again if one[0].isdecimal()}
    for case_id in dict.fromkeys((*chosen, *lists, *sorted(failed))):
        counts["lists" if case_id in lists else "looked_at"] += 1
        look = partial(_look, patrol, case_id, now, reference)
        counts["raised"] += attempts.of(case_id, look, case_id=case_id) or 0
    counts.update(tell_undecided(patrol, now))
    if is_working_day:  # what was held back leaves on no free day
        counts["digests"] = attempts.of("digests", partial(_fold, patrol)) or 0
    return attempts.counted(counts)


def _fold(patrol: Round) -> int:
    with patrol.office.database.writing() as conn:
        patrol.guard(conn)
        return fold(conn, patrol.now)


def _moment(patrol: Round, conn: Connection) -> datetime:
    """Return for when it looks: a slot made up for late sees what happened meanwhile, a rehearsal its own day."""
    if patrol.by_hand and patrol.office.is_rehearsal(conn):
        return patrol.now
    return max(patrol.now, patrol.office.now())


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

    patrol.office.as_clock(ACT, body, at=now)
    return raised
