"""结束代理: somebody is back before the day that was named."""

from sqlalchemy import select

from cases.events import Event
from cases.refusals import FormIncomplete, NotPermitted
from persistence.tables import people, tenures
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.roster import row_of
from tasks.work import Work


@act(on="office", needs=("tenure",), task=False, permission="name_deputy")
def end_deputy(work: Work, case: OfficeCase, form: Form) -> None:
    """Let today be the last day on which a deputy holds the post; by the absent, the deputy or an administrator."""
    tenure = row_of(work, tenures, form, "tenure")
    if tenure.for_person_id is None or (tenure.valid_until or work.today) < work.today:
        raise FormIncomplete({"tenure": "not_a_choice"})
    concerned = {tenure.for_person_id, tenure.person_id}
    if work.actor.person_id not in concerned and not work.actor.may_anywhere("edit_people"):
        raise NotPermitted(act=work.act)

    work.set(tenures, tenure.id, valid_until=max(work.today, tenure.valid_from))
    names = dict(work.conn.execute(select(people.c.id, people.c.name).where(people.c.id.in_(concerned))).tuples().all())
    facts = {"person": names[tenure.for_person_id], "deputy": names[tenure.person_id]}
    work.record(case, Event("DeputyEnded", facts))
