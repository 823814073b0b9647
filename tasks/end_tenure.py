"""免职: a person gives a post up; what he had claimed goes back to the post, for his successor or the chief."""

from datetime import timedelta

from sqlalchemy import select

from cases.events import Event
from cases.refusals import FormIncomplete
from persistence.tables import people, posts, tenures
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.handing_on import hand_on
from tasks.roster import give_back_tasks, require_other, row_of
from tasks.work import Work


@act(on="office", needs=("tenure", "valid_until"), task=False, permission="edit_people")
def end_tenure(work: Work, case: OfficeCase, form: Form) -> None:
    """Name the last day on which a person holds a post; the past is not shortened. Raises OwnRights."""
    tenure, last = row_of(work, tenures, form, "tenure"), form.needed_day("valid_until")
    require_other(work, tenure.person_id)  # the last administrator would lock everybody out
    if last < tenure.valid_from or (tenure.valid_until is not None and tenure.valid_until < work.today):
        raise FormIncomplete({"valid_until": "same_day_or_later"})

    work.set(tenures, tenure.id, valid_until=last)
    hand_on(work, tenure.person_id, lambda seat: seat.tenure_id == tenure.id, last + timedelta(days=1))
    if last <= work.today:
        give_back_tasks(work, tenure.person_id)
    name = work.conn.scalar(select(people.c.name).where(people.c.id == tenure.person_id))
    title = work.conn.scalar(select(posts.c.title).where(posts.c.id == tenure.post_id))
    work.record(case, Event("TenureEnded", {"person": name, "post": title, "until": str(last), **work.answer}))
