"""代理: while somebody is away, another person stands for him, under his own name."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from cases.events import Event
from cases.refusals import CaseError, FormIncomplete, NotPermitted
from persistence.tables import people, posts, tenures
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.roster import require_excluding, row_of, span
from tasks.work import Work


class OwnDeputy(CaseError):
    """Nobody is his own deputy."""

    code = "own_deputy"
    field = "deputy"


@act(on="office", needs=("deputy", "valid_from", "valid_until", "reason"), task=False)
def name_deputy(work: Work, case: OfficeCase, form: Form) -> None:
    """Let ``deputy`` hold every post of ``person`` from-to; whoever is no administrator names one for himself alone.

    A deputy cannot pass on what he holds for another, and by oneself one names only a colleague of one's own unit.
    Raises OwnDeputy, NotPermitted, AdministratorsExclude.
    """
    absent_id = form.number("person") or work.actor.person_id
    deputy = row_of(work, people, form, "deputy")
    first, last = span(form)
    if deputy.id == absent_id:
        raise OwnDeputy()
    if last is None or last < work.today:
        raise FormIncomplete({"valid_until": "same_day_or_later"})
    if deputy.left_on is not None:
        raise FormIncomplete({"deputy": "not_a_choice"})
    held = _held(work, absent_id, first, last)
    if not held:
        raise FormIncomplete({"person": "not_a_choice"})
    _require_may_name(work, absent_id, deputy.id)

    for post in held:
        require_excluding(work, deputy.id, post.role, first, last)
        work.add(
            tenures, post_id=post.id, person_id=deputy.id, deputy=True, for_person_id=absent_id,
            valid_from=first, valid_until=last,
        )  # fmt: skip
    absent = work.conn.scalar(select(people.c.name).where(people.c.id == absent_id))
    facts = {"person": absent, "deputy": deputy.name, "posts": [post.title for post in held]}
    span_told = {"from": str(first), "until": str(last), "reason": form.text("reason")}
    work.record(case, Event("DeputyNamed", facts | span_told))


def _held(work: Work, person_id: int, first: date, last: date) -> Sequence[Any]:
    """Return the posts that the person holds himself at some time of the absence."""
    query = (
        select(posts.c.id, posts.c.title, posts.c.role, posts.c.unit_id)
        .join(tenures, tenures.c.post_id == posts.c.id)
        .where(
            tenures.c.person_id == person_id,
            tenures.c.deputy.is_(False),
            tenures.c.valid_from <= last,
            or_(tenures.c.valid_until.is_(None), tenures.c.valid_until >= first),
        )
    )
    return work.conn.execute(query.order_by(posts.c.id)).all()


def _require_may_name(work: Work, absent_id: int, deputy_id: int) -> None:
    """Raise unless an administrator names a deputy for another, or somebody a colleague for himself."""
    if work.actor.may_anywhere("edit_people"):
        return
    if absent_id != work.actor.person_id:
        raise NotPermitted(act=work.act)
    if deputy_id not in colleagues(work, absent_id):
        raise FormIncomplete({"deputy": "not_a_choice"})


def colleagues(work: Work, person_id: int) -> dict[int, str]:
    """Return id -> name of those who hold a post of today in a unit where *person_id* holds one too."""
    on_day = (
        tenures.c.valid_from <= work.today,
        or_(tenures.c.valid_until.is_(None), tenures.c.valid_until >= work.today),
        tenures.c.deputy.is_(False),
    )
    own = select(posts.c.unit_id).join(tenures, tenures.c.post_id == posts.c.id)
    query = (
        select(people.c.id, people.c.name)
        .join(tenures, tenures.c.person_id == people.c.id)
        .join(posts, posts.c.id == tenures.c.post_id)
        .where(posts.c.unit_id.in_(own.where(tenures.c.person_id == person_id, *on_day)), *on_day)
        .where(people.c.id != person_id, people.c.left_on.is_(None))
        .order_by(people.c.id)
    )
    return dict(work.conn.execute(query).tuples().all())
