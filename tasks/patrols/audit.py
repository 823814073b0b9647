"""台账巡检: new events get their place in the signed log, and the ends of the chains that moved are looked at."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import select

from cases.events import Event
from persistence import ledger, log
from persistence.tables import cases
from persistence.tables import ledger as events
from tasks.case import AnyCase
from tasks.patrols.round import Counts, Round
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Office


def audit(patrol: Round) -> Counts:
    """Seal the log and check the end of every chain that moved since the last round."""
    attempts = patrol.attempts("audit")

    def look() -> int:
        broken = list(_broken(patrol))
        if broken:
            _report(patrol, broken)
        return len(broken)

    broken = attempts.of("heads", look) or 0
    sealed = attempts.of("seal", lambda: seal(patrol.office)) or 0
    return attempts.counted({"sealed": sealed, "broken": broken})


def seal(office: "Office") -> int:
    """Seal everything that is recorded so far and return the size of the log, 0 when there was nothing new."""
    size = 0
    while True:
        with office.database.writing() as conn:
            checkpoint = log.seal_log(conn, office.keyring, office.now())
        if checkpoint is None:
            return size
        size = checkpoint.size


def _broken(patrol: Round) -> Iterator[int]:
    """Yield the cases whose head was not written by us, or does not name their last event."""
    last = events.alias("last")
    query = select(cases.c.id, cases.c.ledger_seq, cases.c.ledger_head, cases.c.head_mac, last.c.hash).outerjoin(
        last, (last.c.case_id == cases.c.id) & (last.c.seq == cases.c.ledger_seq)
    )
    if patrol.since is not None:
        query = query.where(cases.c.kind.in_(("finding", "issue_list", "office")), cases.c.changed_at >= patrol.since)
    with patrol.office.read() as conn:
        for case_id, seq, head, mac, found in conn.execute(query, execution_options={"yield_per": 1_000}):
            sound = ledger.head_holds(patrol.office.keyring, ledger.Head(case_id, seq, head, mac))
            if not sound or (seq and found != head):
                yield int(case_id)


def _report(patrol: Round, broken: list[int]) -> None:
    def body(work: Work) -> AnyCase:
        work.guard = patrol.guard
        case = work.office_case()
        work.record(case, Event("LedgerDamaged", {"cases": broken[:100], "count": len(broken)}))
        return case

    patrol.office.as_clock("patrol_audit", body, at=patrol.now)
