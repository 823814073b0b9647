"""复核登记: a second handler of the team stands for the findings (at least two handlers)."""

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.sign_off import SamePerson
from persistence.tables import reviews
from tasks.acts import act
from tasks.case import ListCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="issue_list", needs=("verdict", "comment"))
def confirm_registration(work: Work, case: ListCase, form: Form) -> None:
    """Confirm the findings as second handler, or return them."""
    verdict = form.choice("verdict", "agreed", "returned")
    own = (reviews.c.case_id == case.id, reviews.c.act == "register_findings")
    first = select(reviews.c.person_id, reviews.c.at).where(*own).order_by(reviews.c.at.desc()).limit(1)
    if any(work.is_same_person(person_id, at) for person_id, at in work.conn.execute(first)):
        raise SamePerson(earlier="register_findings")
    require_substance(form.text("comment"))

    keep_review(work, case, form, verdict)
    work.record(case, Event("RegistrationConfirmed" if verdict == "agreed" else "RegistrationReturned"))

    work.complete(case, registration_verdict=verdict)
