"""安排回头看: the office names at least two people from outside, the method, the place, the day and the sample."""

from sqlalchemy import select

from cases.events import Event
from cases.look_back import VisitMustBeOnSite, require_inspectors
from cases.refusals import FormIncomplete
from cases.rights import may
from persistence.people import load_actor, staff_of
from persistence.tables import look_backs, milestones, people
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of
from tasks.form import Form
from tasks.suspicion import route_now
from tasks.work import Work


@act(on="finding", needs=("inspectors", "method", "place", "starts_on", "sample"))
def prepare_look_back(work: Work, case: FindingCase, form: Form) -> None:
    """Appoint the look-back of the present submission."""
    appoint(work, case, form, durability=False)

    work.complete(case, look_back_ready=True)


def appoint(work: Work, case: FindingCase, form: Form, *, durability: bool) -> None:
    """Put down who goes where, when and to what sample; a look-back before the sign-off holds the next milestone."""
    method = form.choice("method", "on_site", "call_back")
    route = route_now(work, case)
    if route.on_site and method != "on_site" and not durability:
        raise VisitMustBeOnSite(score=route.score)
    inspectors = appointed(work, case, form)
    work.add(
        look_backs,
        finding_id=case.id,
        cycle=case.finding.cycle,
        durability=durability,
        method=method,
        inspectors=inspectors,
        place=form.text("place"),
        started_on=form.needed_day("starts_on"),
        sample=form.text("sample"),
        milestone_id=None if durability else next_milestone(work, case),
    )
    facts = {"persons": inspectors, "place": form.text("place"), "durability": durability}
    work.record(case, Event("LookBackAppointed", facts))


def appointed(work: Work, case: FindingCase, form: Form) -> list[int]:
    """Return the inspectors of the form. Raises unless they are enough, exist, and are from outside the unit."""
    chosen = list(dict.fromkeys(form.ids("inspectors")))
    known = {row.id for row in work.conn.execute(select(people.c.id).where(people.c.id.in_(chosen)))}
    if set(chosen) - known:
        raise FormIncomplete({"inspectors": "not_a_choice"})
    least = work.office.number_setting(work.conn, "look_back.least_inspectors", work.today)
    insiders = staff_of(work.conn, case.finding.unit_path, work.today) | dossier_of(work, case).rectified_by
    require_inspectors(chosen, least, insiders)
    if not all(may(load_actor(work.conn, one, work.today), "record_look_back", case.finding.subject) for one in chosen):
        raise FormIncomplete({"inspectors": "may_not"})  # he would be told of a finding that he may not see
    return chosen


def next_milestone(work: Work, case: FindingCase) -> int | None:
    """Return the first milestone that no look-back has held yet."""
    query = (
        select(milestones.c.id)
        .where(milestones.c.finding_id == case.id, milestones.c.held_at.is_(None))
        .order_by(milestones.c.seq)
        .limit(1)
    )
    found = work.conn.execute(query).scalar_one_or_none()
    return None if found is None else int(found)
