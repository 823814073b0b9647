"""Facts of a case that several acts ask for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from cases.sign_off import Dossier, SamePerson
from persistence import case_store
from persistence.people import staff_of
from persistence.tables import reviews, submissions
from tasks.case import FindingCase, ListCase
from tasks.form import Form
from tasks.work import Work


def dossier_of(work: Work, case: FindingCase) -> Dossier:
    """Return the facts of the present cycle on which verification and sign-off rest."""
    staff = staff_of(work.conn, case.finding.unit_path, work.today)
    return case_store.dossier(work.conn, case.finding, staff=staff)


def require_not_submitter(work: Work, case: FindingCase) -> None:
    """Raise SamePerson where the actor, or whom he stands for, made the submission that is looked at."""
    own = (submissions.c.finding_id == case.id, submissions.c.cycle == case.finding.cycle)
    last = select(submissions.c.person_id, submissions.c.at).where(*own).order_by(submissions.c.at.desc()).limit(1)
    if any(work.is_same_person(person_id, at) for person_id, at in work.conn.execute(last)):
        raise SamePerson(earlier="submit_rectification")


def keep_review(
    work: Work,
    case: FindingCase | ListCase,
    form: Form,
    verdict: str,
    *,
    act: str | None = None,
    body: str = "",
    items: Mapping[str, Any] | None = None,
) -> int:
    """Put down a person's verdict with his opinion."""
    subject = case.finding.subject if isinstance(case, FindingCase) else case.issue_list.subject
    decided = work.decided
    return work.add(
        reviews,
        case_id=case.id,
        cycle=case.finding.cycle if isinstance(case, FindingCase) else 1,
        act=act or work.act,
        body=body,
        person_id=work.actor.person_id,
        person_name=work.actor.name,
        post_title=work.actor.title_for(work.permission, subject),
        verdict=verdict,
        comment=form.text("comment"),
        items=None if items is None else dict(items),
        sheet_number=(decided.sheet_number if decided else form.text("sheet_number")) or None,
        at=work.at,
        decided_on=decided.decided_on if decided else form.day("decided_on"),
        decision_id=decided.decision_id if decided else None,
    )
