"""疑点核定: a person from outside decides whether a signal is well founded; it is a lead, never a verdict."""

from dataclasses import replace

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.finding import State
from cases.refusals import FormIncomplete
from cases.sign_off import require_independent
from persistence.tables import signal_hits
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.operations import begin_cycle
from tasks.work import Work


@act(on="finding", needs=("signal", "verdict", "comment"), task=False)
def decide_signal(work: Work, case: FindingCase, form: Form) -> None:
    """Confirm, explain or drop a signal; confirmed, the finding begins a new cycle."""
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    verdict = form.choice("verdict", "confirmed", "explained", "insufficient")
    if verdict == "confirmed":
        case.finding.must_be(State.OPEN)  # once signed off, the leading group revokes
    require_substance(form.text("comment"))
    undecided = select(signal_hits.c.id, signal_hits.c.signal).where(
        signal_hits.c.finding_id == case.id,
        signal_hits.c.cycle == case.finding.cycle,
        signal_hits.c.decision.is_(None),
    )
    hits = {str(row.id): row.signal for row in work.conn.execute(undecided)}
    chosen = form.text("signal")
    if chosen not in hits:
        raise FormIncomplete({"signal": "not_a_choice"})

    keep_review(work, case, form, verdict)
    work.set(
        signal_hits,
        int(chosen),
        decision=verdict,
        decided_by=work.actor.person_id,
        decided_at=work.at,
        reason=form.text("comment"),
    )
    case.finding = replace(case.finding, attention=len(hits) - 1)
    work.record(case, Event("SignalDecided", {"signal": hits[chosen], "verdict": verdict}))
    if verdict == "confirmed":
        begin_cycle(work, case, None, because="found_false")
