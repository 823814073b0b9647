"""采信: whether a piece of evidence proves what it is attached for."""

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import FormIncomplete
from cases.sign_off import require_independent
from persistence.tables import evidence
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("evidence", "verdict", "comment"), task=False)
def adopt_evidence(work: Work, case: FindingCase, form: Form) -> None:
    """Adopt a piece of evidence or reject it, with the reason."""
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    require_substance(form.text("comment"))
    (piece,) = form.ids("evidence")[:1]
    own = select(evidence.c.id).where(evidence.c.finding_id == case.id, evidence.c.id == piece)
    if work.conn.execute(own).scalar_one_or_none() is None:
        raise FormIncomplete({"evidence": "not_a_choice"})

    adopted = form.choice("verdict", "adopted", "rejected") == "adopted"
    work.set(evidence, piece, adopted=adopted, adopted_reason=form.text("comment"))
    work.record(case, Event("EvidenceJudged", {"evidence": piece, "adopted": adopted}))
