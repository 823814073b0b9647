"""豁免: a measure that can have no result evidence, decided by somebody from outside with reasons."""

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from cases.sign_off import require_independent
from persistence.tables import measures, waivers
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("measure", "verdict", "comment"), task=False)
def decide_waiver(work: Work, case: FindingCase, form: Form) -> None:
    """Waive the result evidence of one measure, or refuse to."""
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    verdict = form.choice("verdict", "waived", "refused")
    require_substance(form.text("comment"))
    (measure,) = form.ids("measure")[:1]
    own = select(measures.c.id).where(measures.c.finding_id == case.id, measures.c.id == measure)
    if work.conn.execute(own).scalar_one_or_none() is None:
        raise FormIncomplete({"measure": "not_a_choice"})

    keep_review(work, case, form, verdict)
    if verdict == "waived":
        work.add(
            waivers,
            finding_id=case.id,
            cycle=case.finding.cycle,
            measure_id=measure,
            reason=form.text("comment"),
            decided_by=work.actor.person_id,
            decided_at=work.at,
        )
    work.record(case, Event("WaiverDecided", {"measure": measure, "verdict": verdict}))
