"""免职: a person gives a post up; what he had claimed goes back to the post, for his successor or the chief."""

from datetime import date
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from cases.events import Event
from cases.refusals import FormIncomplete
from persistence.tables import open_tasks, people, posts, tenures
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
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
    moved = _tasks_that_move(work, tenure, last)
    if last <= work.today:
        give_back_tasks(work, tenure.person_id)
    name = work.conn.scalar(select(people.c.name).where(people.c.id == tenure.person_id))
    title = work.conn.scalar(select(posts.c.title).where(posts.c.id == tenure.post_id))
    work.answer |= {"tasks": moved}
    work.record(case, Event("TenureEnded", {"person": name, "post": title, "until": str(last), "tasks": moved}))


def _tasks_that_move(work: Work, tenure: Row[Any], last: date) -> int:
    """Return how many open tasks go on to a successor, or stand with the chief of the unit until there is one."""
    after = (tenures.c.post_id == tenure.post_id, tenures.c.id != tenure.id)
    lasting = or_(tenures.c.valid_until.is_(None), tenures.c.valid_until > last)
    shared = work.conn.scalar(select(tenures.c.id).where(*after, lasting, tenures.c.valid_from <= work.today).limit(1))
    claimed = open_tasks.c.claimed_by == tenure.person_id
    on_post = open_tasks.c.holder == f"post:{tenure.post_id}"
    concerned = and_(on_post, claimed) if shared else and_(on_post, or_(claimed, open_tasks.c.claimed_by.is_(None)))
    return int(work.conn.scalar(select(func.count()).where(concerned)) or 0)
