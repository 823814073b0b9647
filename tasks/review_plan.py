"""联审: each body reviews the plan under its own account; one return stops all (退单)."""

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.sign_off import SamePerson, require_outside
from persistence.tables import reviews
from tasks.acts import act
from tasks.case import ListCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="issue_list", needs=("verdict", "grade", "comment"))
def review_plan(work: Work, case: ListCase, form: Form) -> None:
    """Agree to the plan or return it, finding by finding. Raises NotFromOutside, SamePerson."""
    assert work.task is not None
    require_outside(work.actor, case.issue_list.unit_path)
    _require_one_body(work, case, work.task.role)
    verdict = form.choice("verdict", "agreed", "returned")
    require_substance(form.text("comment"))

    returned = {str(place): text for place, text in enumerate(form.texts("returned_findings"), 1)}
    keep_review(work, case, form, verdict, body=work.task.role, items=returned | {"grade": form.text("grade")})
    kind = "PlanReviewed" if verdict == "agreed" else "PlanReturned"
    work.record(case, Event(kind, {"body": work.task.role, "comment": form.text("comment")}))

    work.complete(case, plan_verdict=verdict)


def _require_one_body(work: Work, case: ListCase, body: str) -> None:
    """Nobody speaks for two bodies, in whichever round: a joint review by one person is none."""
    for_another = select(reviews.c.id).where(
        reviews.c.case_id == case.id,
        reviews.c.act == "review_plan",
        reviews.c.person_id == work.actor.person_id,
        reviews.c.body != body,
    )
    if work.conn.execute(for_another.limit(1)).first() is not None:
        raise SamePerson(earlier="review_plan")
