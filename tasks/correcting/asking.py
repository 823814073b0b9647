"""A correction is asked for and decided; the diagram `correct_finding` says in which order."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from bpmn.decisions import evaluate
from cases.comments import require_substance
from cases.corrections import Approval, Correction, CorrectionPending, CorrectionRefused, state_word, strictest
from cases.events import Event
from cases.known_words import required
from cases.sign_off import SamePerson, require_outside
from persistence.tables import corrections
from tasks.case import FindingCase, Running
from tasks.correcting.asked import Asked
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.work import Work

PROCESS = "correct_finding"
CORRECTING: Mapping[str, tuple[Correction, ...]] = {  # acts, and what they ask for
    "correct_finding": (
        Correction.TEXT, Correction.AMOUNT, Correction.KIND, Correction.DUE_ON, Correction.RESPONSIBLE,
    ),
    "split_finding": (Correction.SPLIT,),
    "merge_findings": (Correction.MERGE,),
    "transfer_finding": (Correction.TRANSFER,),
    "suspend_finding": (Correction.SUSPEND,),
    "resume_finding": (Correction.RESUME,),
}  # fmt: skip


def ask(work: Work, case: FindingCase, what: Iterable[Correction], body: Mapping[str, Any], reason: str) -> None:
    """Ask for a correction of the kinds *what*; where nobody has to consent it is applied at once.

    *body*: what is to be changed, as JSON values. Raises CorrectionRefused, CorrectionPending, EmptyComment.
    """
    require_substance(reason)
    if _is_pending(case):
        raise CorrectionPending()
    approvals = {one: approval_of(work, case, one) for one in what}
    approval = strictest(approvals.values())
    correction = next(one for one, needed in approvals.items() if needed is approval)
    if approval is Approval.REFUSED:
        raise CorrectionRefused(correction=correction, state=state_word(case.finding))

    is_free = approval is Approval.NONE
    correction_id = work.add(
        corrections,
        finding_id=case.id,
        cycle=case.finding.cycle,
        correction=str(correction),
        body=dict(body),
        reason=reason,
        approval=str(approval),
        asked_by=work.actor.person_id,
        asked_at=work.at,
        verdict="approved" if is_free else None,
        decided_at=work.at if is_free else None,
    )
    work.record(case, Event("CorrectionAsked", {"correction": str(correction), "reason": reason}))
    work.correction = Asked(correction_id, correction, body, reason, agreed=is_free)
    facts = {"number": case.number, "correction": str(correction), "state": state_word(case.finding)}
    work.start(case, PROCESS, facts, subject_id=correction_id, cycle=case.finding.cycle)


def decide(work: Work, case: FindingCase, form: Form) -> None:
    """Consent to the correction that waits or refuse it. Raises NotFromOutside, SamePerson, CorrectionRefused."""
    row = work.conn.execute(select(corrections).where(corrections.c.id == _running(work, case).subject_id)).one()
    require_outside(work.actor, case.finding.unit_path)
    if work.is_same_person(row.asked_by, row.asked_at):
        raise SamePerson(earlier=PROCESS)
    verdict, comment = form.choice("verdict", "approved", "refused"), form.text("comment")
    require_substance(comment)
    correction = required(Correction, row.correction)
    if verdict == "approved":  # the finding may have moved on since it was asked
        needed = approval_of(work, case, correction)
        if strictest((required(Approval, row.approval), needed)) != row.approval:
            raise CorrectionRefused(correction=correction, state=state_word(case.finding))

    keep_review(work, case, form, verdict)
    work.set(
        corrections,
        row.id,
        verdict=verdict,
        decided_by=work.actor.person_id,
        decided_at=work.at,
        comment=comment,
    )
    told = {"correction": row.correction, "verdict": verdict, "persons": [row.asked_by]}
    work.record(case, Event("CorrectionDecided", told))
    work.correction = Asked(row.id, correction, row.body, row.reason, agreed=verdict == "approved")
    work.complete(case, correction_verdict=verdict)


def approval_of(work: Work, case: FindingCase, correction: Correction) -> Approval:
    """Return whose consent *correction* needs as the finding stands now."""
    release_id = work.office.release_with(work.conn, case, PROCESS)
    table = work.office.engine(work.conn, release_id).decisions["corrections"]
    answer = evaluate(table, {"correction": str(correction), "state": state_word(case.finding)})
    assert isinstance(answer, dict), "corrections gives one row"
    return Approval(str(answer["approval"]))


def correctable(work: Work, case: FindingCase) -> set[str]:
    """Return the acts by which a correction of *case* may be asked for now; rights are asked apart."""
    if _is_pending(case):
        return set()
    return {
        act
        for act, what in CORRECTING.items()
        if any(approval_of(work, case, one) is not Approval.REFUSED for one in what)
    }


def _is_pending(case: FindingCase) -> bool:
    return any(running.process_id == PROCESS for running in case.live)


def _running(work: Work, case: FindingCase) -> Running:
    assert work.task is not None
    return next(running for running in case.live if running.id == work.task.instance_id)
