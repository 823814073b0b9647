"""回头看: what the inspectors saw, where, when, by which method, on which sample."""

from typing import Any

from sqlalchemy import select

from cases.events import Event
from cases.finding import Finding
from cases.look_back import NotAnInspector, require_times
from cases.moments import shanghai_date
from cases.refusals import NoSuchTask
from persistence.tables import look_backs, milestones
from tasks.acts import act
from tasks.case import FindingCase
from tasks.evidence import attach
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("method", "place", "started_on", "ended_on", "sample", "record", "result"))
def record_look_back(work: Work, case: FindingCase, form: Form) -> None:
    """Record the look-back; it counts only when another inspector has confirmed it."""
    visit = open_visit(work, case)
    result = form.choice("result", "held", "returned", "false")
    keep_record(work, case, visit, form, result)
    work.record(case, Event("LookBackRecorded", {"result": result, "place": form.text("place")}))

    work.complete(case, look_back_result=result, milestones_left=_left(work, case, visit, result))


def open_visit(work: Work, case: FindingCase) -> dict[str, Any]:
    """Return the look-back that was appointed and not yet confirmed. Raises NoSuchTask, NotAnInspector."""
    query = (
        select(look_backs)
        .where(
            look_backs.c.finding_id == case.id,
            look_backs.c.cycle == case.finding.cycle,
            look_backs.c.confirmed_at.is_(None),
        )
        .order_by(look_backs.c.id.desc())
        .limit(1)
    )
    visit = work.conn.execute(query).mappings().one_or_none()
    if visit is None:
        raise NoSuchTask(act=work.act)
    if work.actor.person_id not in visit["inspectors"]:
        raise NotAnInspector()
    return dict(visit)


def keep_record(work: Work, case: FindingCase, visit: dict[str, Any], form: Form, result: str) -> None:
    """Put down place, time, method, sample, record and result of a visit, with its evidence."""
    started_on, ended_on = form.needed_day("started_on"), form.needed_day("ended_on")
    require_times(started_on, ended_on, today=work.today, submitted_on=_submitted_on(case.finding))
    work.set(
        look_backs,
        visit["id"],
        method=form.choice("method", "on_site", "call_back"),
        place=form.text("place"),
        started_on=started_on,
        ended_on=ended_on,
        sample=form.text("sample"),
        record=form.text("record"),
        result=result,
        satisfaction=form.number("satisfaction"),
        recorded_by=work.actor.person_id,
        recorded_at=work.at,
    )
    attach(work, case)


def _submitted_on(finding: Finding) -> Any:
    since = finding.submitted_at or finding.signed_off_at
    return shanghai_date(since) if since else None


def _left(work: Work, case: FindingCase, visit: dict[str, Any], result: str) -> int:
    """Milestones that are left once this look-back is confirmed."""
    open_ones = select(milestones.c.id).where(milestones.c.finding_id == case.id, milestones.c.held_at.is_(None))
    left = [milestone for (milestone,) in work.conn.execute(open_ones)]
    return len([m for m in left if not (result == "held" and m == visit["milestone_id"])])
