"""事实见面: the facts are put to the unit before anybody finds them; facts only, no measures."""

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from cases.sign_off import require_independent
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.hearing import in_this_hearing, running_of
from tasks.work import Work


@act(on="finding", needs=("met_on", "place", "present", "comment"))
def put_facts(work: Work, case: FindingCase, form: Form) -> None:
    """Put down when, where and before whom (posts) the facts were put, and the facts."""
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    met_on = form.needed_day("met_on")
    if met_on > work.today:
        raise FormIncomplete({"met_on": "not_after_today"})
    require_substance(form.text("comment"))

    met = {"met_on": str(met_on), "place": form.text("place"), "present": form.text("present")}
    keep_review(work, case, form, "put", items=in_this_hearing(running_of(work, case), **met))
    work.record(case, Event("FactsPut", {"met_on": str(met_on)}))

    work.complete(case)
