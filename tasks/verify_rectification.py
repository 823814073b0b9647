"""核查: somebody from outside the unit checks the dossier against every closure criterion."""

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from cases.sign_off import (
    ResultEvidenceMissing,
    SamePerson,
    SecondReaderMissing,
    measures_without_result,
    require_independent,
)
from persistence.tables import criteria
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.hearing import hears, require_no_hearing
from tasks.suspicion import route_now, second_readers
from tasks.work import LOOK_FOR_SIGNALS, Work


@act(on="finding", needs=("verdict", "comment"))
def verify_rectification(work: Work, case: FindingCase, form: Form) -> None:
    """Confirm the submission, return it as incomplete, or doubt it: then the unit is heard before anybody finds."""
    verdict = form.choice("verdict", "confirmed", "returned", "false")
    dossier = dossier_of(work, case)
    require_independent(work.actor, case.finding.unit_path, dossier)
    require_substance(form.text("comment"))
    if verdict == "false" and hears(work, case):
        require_no_hearing(case)
    concluded = _concluded(work, case, form)
    if verdict == "confirmed":
        if missing := measures_without_result(dossier):
            raise ResultEvidenceMissing(measures=missing)
        _require_second_reader(work, case)
        if any(conclusion != "met" for conclusion in concluded.values()):
            raise FormIncomplete({"criteria_met": "criterion_not_met"})

    keep_review(work, case, form, verdict, items=concluded)
    if verdict == "returned":
        case.finding = case.finding.returned()
        work.record(case, Event("ReviewReturned", {"by": "verification", "comment": form.text("comment")}))
    elif verdict == "false":
        kind = "RectificationDoubted" if hears(work, case) else "RectificationFoundFalse"
        work.record(case, Event(kind, {"by": "verification", "comment": form.text("comment")}))
    else:
        work.record(case, Event("RectificationVerified", {"comment": form.text("comment")}))

    work.complete(case, verification_verdict=verdict)
    if verdict == "confirmed":
        work.tell(case.id, LOOK_FOR_SIGNALS)


def _require_second_reader(work: Work, case: FindingCase) -> None:
    """Raise where the score asks for a second reader and nobody else has read."""
    route = route_now(work, case)
    if not route.second_reader:
        return
    readers = second_readers(work, case)
    if not readers:
        raise SecondReaderMissing(score=route.score)
    if not readers - work.actor.persons:
        raise SamePerson(earlier="read_second")


def _concluded(work: Work, case: FindingCase, form: Form) -> dict[str, str]:
    """Return criterion number -> met or open; what is not ticked is open."""
    wanted = select(criteria.c.seq).where(criteria.c.finding_id == case.id).order_by(criteria.c.seq)
    met = set(form.texts("criteria_met"))
    return {str(seq): "met" if str(seq) in met else "open" for (seq,) in work.conn.execute(wanted)}
