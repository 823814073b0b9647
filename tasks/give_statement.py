"""情况说明: the unit explains before anybody examines; it is asked, not accused."""

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


@act(on="finding", needs=("comment",))
def give_statement(work: Work, case: FindingCase, form: Form) -> None:
    """Put down what the unit says, with its papers; everybody who judges has it before him."""
    if outside(work.actor, case.finding.unit_path):
        raise NotOfTheUnit()
    require_substance(form.text("comment"))

    files = attach(work, case)
    keep_review(work, case, form, "given", items=in_this_hearing(running_of(work, case)))
    work.record(case, Event("StatementGiven", {"evidence": files}))

    work.complete(case)
