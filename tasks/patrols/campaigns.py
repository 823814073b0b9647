"""回头看巡检: proposes units whose sign-offs have waited long enough; whether one goes there, people decide."""

from collections import Counter
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from cases.events import Event
from cases.rights import Role
from cases.sampling import months_before
from persistence.columns import new_id
from persistence.people import holders_of_role
from persistence.samples import CAMPAIGN, DueUnit, due_for_campaign
from persistence.tables import notices
from tasks.case import AnyCase
from tasks.patrols.round import Counts, Round
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Office


def campaigns(patrol: Round) -> Counts:
    """Propose each due unit to its inspecting office, once in half a year."""
    counts: Counter[str] = Counter(looked_at=0, proposed=0)
    attempts = patrol.attempts("campaigns")
    period = f"{patrol.today.year}H{1 if patrol.today.month <= 6 else 2}"
    with patrol.office.read() as conn:
        waiting = due_units(patrol.office, conn, patrol.today)
    for unit in waiting:
        counts["looked_at"] += 1
        counts["proposed"] += attempts.of(f"unit {unit.unit_id}", partial(_propose, patrol, unit, period)) or 0
    return attempts.counted(counts)


def due_units(office: "Office", conn: Connection, today: date) -> list[DueUnit]:
    """Return the units that are due on *today* by the numbers in force."""

    def months_ago(name: str) -> date:
        return months_before(today, office.number_setting(conn, name, today))

    return due_for_campaign(
        conn,
        signed_until=months_ago("campaign.after_months"),
        none_since=months_ago("campaign.again_months"),
    )


def _propose(patrol: Round, unit: DueUnit, period: str) -> int:
    proposed = 0

    def body(work: Work) -> AnyCase:
        nonlocal proposed
        work.guard, work.holds_letters = patrol.guard, patrol.is_catching_up
        case = work.office_case()
        notice = {"kind": "unit", "subject": unit.unit_id, "cycle": 1, "code": CAMPAIGN, "trigger": CAMPAIGN}
        known = select(notices.c.id).where(*(notices.c[name] == value for name, value in notice.items()))
        proposed = int(work.conn.execute(known.where(notices.c.period == period)).first() is None)
        if proposed:
            work.write_later(
                insert(notices), notice | {"id": new_id(), "period": period, "outcome": "proposed", "at": work.at}
            )
            office = holders_of_role(work.conn, Role.INSPECTION_OFFICE, unit.office_unit_id, work.today)
            facts: dict[str, object] = {
                "unit": unit.name,
                "waiting": unit.waiting,
                "notice": f"{CAMPAIGN}|{unit.unit_id}|{period}",
            }
            facts["persons"] = [one.person_id for one in office]
            facts["shown"] = {"title": unit.name, "link": "/campaigns", "number": period}
            work.record(case, Event("CampaignProposed", facts))
        return case

    patrol.office.as_clock("patrol_campaigns", body, at=patrol.now)
    return proposed
