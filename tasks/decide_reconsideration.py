"""复核: others than before uphold a finding or set it aside."""

from cases.comments import require_substance
from cases.events import Event
from cases.sign_off import require_independent
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.hearing import (
    EXAMINING,
    in_this_hearing,
    last_examination,
    proposed_by,
    require_others,
    running_of,
    settle,
)
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def decide_reconsideration(work: Work, case: FindingCase, form: Form) -> None:
    """Uphold the finding or set it aside; what is set aside never had a consequence."""
    running = running_of(work, case)
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    require_others(work, case, running, *EXAMINING, "put_facts", "find_facts")
    verdict = form.choice("verdict", "upheld", "overturned")
    require_substance(form.text("comment"))

    keep_review(work, case, form, verdict, items=in_this_hearing(running))
    work.record(case, Event("ReconsiderationDecided", {"verdict": verdict}))
    if verdict == "overturned":
        examined = last_examination(work, case, running)
        settle(work, case, {hit: ("insufficient", form.text("comment")) for hit in proposed_by(examined)})

    work.complete(case, determination="established" if verdict == "upheld" else "overturned")
