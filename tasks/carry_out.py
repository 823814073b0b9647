"""执行决定: each case of a confirmed decision is acted on in the name of who decided, by the act of its own rules.

Done right after the confirmation; what a crash left waiting is taken up by the clock. An item is carried out once: its
idempotency key is its own, and it is marked in the same transaction as the act.
"""

import logging
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from cases.decided import Decided
from cases.events import Event
from cases.refusals import CaseChanged, CaseError, CaseFaulted, RuleFailed
from persistence.database import DatabaseBusy
from persistence.failures import rests
from persistence.people import load_actor
from persistence.tables import decision_items, decisions, meetings, people
from tasks.attempts import Attempts
from tasks.case import AnyCase
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
MOST = 200
WORK = "carry_out"


def carry_out(office: "Office", decision_id: int | None = None, *, at: datetime | None = None) -> int:
    """Carry out what waits of one confirmed decision, or of all; return how many cases were acted on.

    *at*: the moment of the round or act that asks for it, where that is rehearsed.
    """
    query = (
        select(decision_items)
        .join(decisions, decisions.c.id == decision_items.c.decision_id)
        .where(decision_items.c.state == "waiting", decisions.c.state == "confirmed")
    )
    if decision_id is not None:
        query = query.where(decisions.c.id == decision_id)
    now = at or office.now()
    query = query.where(~rests(WORK, decision_items.c.id, now))
    try:
        with office.database.reading() as conn:
            items = conn.execute(query.order_by(decision_items.c.id).limit(MOST)).all()
        if not items:
            return 0
        attempts = Attempts(office, WORK, now)
        done = [attempts.of(item.id, partial(_carry_out, office, item, now), case_id=item.case_id) for item in items]
        return sum(map(bool, done))
    except DatabaseBusy:
        log.warning("the database could not be reached: decisions wait to be carried out")
        return 0


def _carry_out(office: "Office", item: Row[Any], now: datetime) -> bool:
    """Act on one case; what the rules refuse is put down as refused, anything else rises and is tried again."""
    with office.database.reading() as conn:
        at = now if office.is_rehearsal(conn) else None
        decision = conn.execute(select(decisions).where(decisions.c.id == item.decision_id)).one()
        signer = load_actor(conn, item.signed_as, decision.decided_on)
        decided = Decided(
            decision.id, item.id, decision.sheet_number, decision.decided_on,
            recorded_by=_name(conn, decision.recorded_by), confirmed_by=_name(conn, decision.confirmed_by),
            meeting=str(conn.scalar(select(meetings.c.number).where(meetings.c.id == decision.meeting_id)) or ""),
            basis=item.basis,
        )  # fmt: skip
    try:
        office.perform(
            signer, decision.act, item.number, decision.given, key=f"decision {item.id}", decided=decided, at=at
        )
    except (DatabaseBusy, CaseChanged, CaseFaulted, RuleFailed):
        raise
    except CaseError as why:
        _refuse(office, item, decided, why, at)
        return False
    return True


def _name(conn: Any, person_id: int | None) -> str:
    return str(conn.scalar(select(people.c.name).where(people.c.id == person_id)) or "")


def _refuse(office: "Office", item: Row[Any], decided: Decided, why: CaseError, at: datetime | None) -> None:
    """Put down why a case was not acted on, for the page of the decision."""

    def body(work: Work) -> AnyCase:
        case = work.office_case()
        work.set(decision_items, item.id, state="refused", why={"code": why.code, "facts": why.facts})
        facts = {"sheet": decided.sheet_number, "number": item.number, "why": why.code}
        work.record(case, Event("DecisionNotCarriedOut", facts))
        return case

    office.as_clock("carry_out", body, at=at)
