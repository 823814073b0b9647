"""执行决定: each case of a confirmed decision is acted on in the name of who decided, by the act of its own rules.

Done right after the confirmation; what a crash left waiting is taken up by the clock. An item is carried out once: its
idempotency key is its own, and it is marked in the same transaction as the act.
"""

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from cases.decided import Decided
from cases.events import Event
from cases.refusals import CaseError
from persistence.database import DatabaseBusy
from persistence.people import load_actor
from persistence.tables import decision_items, decisions, meetings, people
from tasks.case import AnyCase
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
MOST = 200


def carry_out(office: "Office", decision_id: int | None = None) -> int:
    """Carry out what waits of one confirmed decision, or of all; return how many cases were acted on."""
    query = (
        select(decision_items)
        .join(decisions, decisions.c.id == decision_items.c.decision_id)
        .where(decision_items.c.state == "waiting", decisions.c.state == "confirmed")
    )
    if decision_id is not None:
        query = query.where(decisions.c.id == decision_id)
    with office.database.reading() as conn:
        items = conn.execute(query.order_by(decision_items.c.id).limit(MOST)).all()
    return sum(_carry_out(office, item) for item in items)


def _carry_out(office: "Office", item: Row[Any]) -> bool:
    with office.database.reading() as conn:
        decision = conn.execute(select(decisions).where(decisions.c.id == item.decision_id)).one()
        signer = load_actor(conn, item.signed_as, decision.decided_on)
        decided = Decided(
            decision.id, item.id, decision.sheet_number, decision.decided_on,
            recorded_by=_name(conn, decision.recorded_by), confirmed_by=_name(conn, decision.confirmed_by),
            meeting=str(conn.scalar(select(meetings.c.number).where(meetings.c.id == decision.meeting_id)) or ""),
            basis=item.basis,
        )  # fmt: skip
    try:
        office.perform(signer, decision.act, item.number, decision.given, key=f"decision {item.id}", decided=decided)
    except DatabaseBusy:
        return False
    except CaseError as why:
        _refuse(office, item, decided, why)
        return False
    except Exception:
        log.exception("item %s of decision %s was not carried out", item.id, decision.id)
        return False
    return True


def _name(conn: Any, person_id: int | None) -> str:
    return str(conn.scalar(select(people.c.name).where(people.c.id == person_id)) or "")


def _refuse(office: "Office", item: Row[Any], decided: Decided, why: CaseError) -> None:
    """Put down why a case was not acted on, for the page of the decision."""

    def body(work: Work) -> AnyCase:
        case = work.office_case()
        work.set(decision_items, item.id, state="refused", why={"code": why.code, "facts": why.facts})
        facts = {"sheet": decided.sheet_number, "number": item.number, "why": why.code}
        work.record(case, Event("DecisionNotCarriedOut", facts))
        return case

    office.as_clock("carry_out", body)
