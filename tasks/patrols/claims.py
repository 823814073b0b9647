"""认领清理: what somebody had claimed under a post goes back to it on the day after he has left the post."""

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, String, cast, exists, literal, or_, select, update

from cases.events import Event
from persistence.tables import open_tasks, posts, tenures
from tasks.case import AnyCase
from tasks.work import Work

if TYPE_CHECKING:
    from datetime import date

    from tasks.attempts import Attempts
    from tasks.patrols.round import Round


def free_claims(patrol: "Round", attempts: "Attempts") -> int:
    """Give back the open tasks of those whose tenure or deputyship is over; return how many."""
    with patrol.office.read() as conn:
        left = conn.execute(select(open_tasks.c.case_id, open_tasks.c.id).where(_left_behind(patrol.today))).all()
    tasks_of: dict[int, list[str]] = {}
    for case_id, task_id in sorted(left):
        tasks_of.setdefault(case_id, []).append(task_id)
    return sum(
        attempts.of(f"claims {case_id}", partial(_free, patrol, freed), case_id=case_id) or 0
        for case_id, freed in tasks_of.items()
    )


def _free(patrol: "Round", freed: list[str]) -> int:
    def body(work: Work) -> AnyCase:
        case = work.office_case()
        still = (open_tasks.c.id.in_(freed), _left_behind(patrol.today))
        work.guard = patrol.guard
        work.write_later(update(open_tasks).where(*still).values(claimed_by=None))
        work.record(case, Event("ClaimsFreed", {"tasks": freed}))
        return case

    patrol.office.as_clock("patrol_deadlines", body, at=patrol.now)
    return len(freed)


def _left_behind(day: "date") -> ColumnElement[bool]:
    """Whether the claimer of a task held its post until a day before *day*, and holds it no longer."""
    lasts = or_(tenures.c.valid_until.is_(None), tenures.c.valid_until >= day)
    return _held(tenures.c.valid_until < day) & ~_held(lasts)


def _held(when: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the claimer held, *when* says so, the post of a task or one of its role."""
    of_post = literal("post:") + cast(posts.c.id, String)
    of_role = literal("role:") + posts.c.role + literal("@") + cast(posts.c.scope_unit_id, String)
    return exists(
        select(tenures.c.id)
        .join(posts, posts.c.id == tenures.c.post_id)
        .where(
            tenures.c.person_id == open_tasks.c.claimed_by,
            when,
            or_(open_tasks.c.holder == of_post, open_tasks.c.holder == of_role),
        )
        .correlate(open_tasks)
    )
