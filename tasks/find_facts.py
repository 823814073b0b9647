"""认定: the leading group finds, having considered what the unit said; only what it establishes has consequences."""

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
    require_considered,
    require_others,
    running_of,
    settle,
)
from tasks.work import Work

CLEARING = {"explained": "explained", "not_proved": "insufficient"}  # finding -> what becomes of the suspicions


@act(on="finding", needs=("verdict", "comment"))
def find_facts(work: Work, case: FindingCase, form: Form) -> None:
    """Find the facts established, explained or not proved; nothing follows before the unit could ask for a review."""
    running = running_of(work, case)
    examined = last_examination(work, case, running)
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    require_others(work, case, running, *EXAMINING, "put_facts")
    verdict = form.choice("verdict", "established", *CLEARING)
    require_substance(form.text("comment"))
    require_considered(work, case, running, form)

    keep_review(work, case, form, verdict, items=in_this_hearing(running))
    work.record(case, Event("FactsFound", {"verdict": verdict}))
    if verdict != "established":
        reason = form.text("comment")
        settle(work, case, dict.fromkeys(proposed_by(examined), (CLEARING[verdict], reason)))

    work.complete(case, determination=verdict)
