"""申辩: the unit accepts the facts that were put to it, or contests them."""

from cases.comments import require_substance
from cases.events import Event
from cases.rights import outside
from cases.sign_off import NotOfTheUnit
from tasks.acts import act
from tasks.case import FindingCase
from tasks.evidence import attach
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.hearing import in_this_hearing, running_of
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def answer_facts(work: Work, case: FindingCase, form: Form) -> None:
    """Put down the unit's answer with its papers; silence admits nothing."""
    if outside(work.actor, case.finding.unit_path):
        raise NotOfTheUnit()
    verdict = form.choice("verdict", "accepted", "contested")
    require_substance(form.text("comment"))

    files = attach(work, case)
    keep_review(work, case, form, verdict, items=in_this_hearing(running_of(work, case)))
    work.record(case, Event("FactsAnswered", {"verdict": verdict, "evidence": files}))

    work.complete(case)
