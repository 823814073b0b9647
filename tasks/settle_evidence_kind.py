"""确认佐证类别: the unit takes what the reading proposes, or stays with what it said; both are put down."""

from sqlalchemy import select

from cases.events import Event
from cases.finding import State
from cases.refusals import FormIncomplete
from persistence.tables import evidence
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.work import LOOK_FOR_SIGNALS, Work


@act(on="finding", needs=("evidence", "verdict"), task=False, permission="submit_rectification")
def settle_evidence_kind(work: Work, case: FindingCase, form: Form) -> None:
    """Answer what kind a piece of evidence looks like: taken, or the unit's own word kept."""
    case.finding.must_be(State.OPEN)
    (asked,) = form.ids("evidence")[:1]
    verdict = form.choice("verdict", "taken", "kept")
    open_ones = select(evidence.c.kind, evidence.c.kind_proposed).where(
        evidence.c.id == asked,
        evidence.c.finding_id == case.id,
        evidence.c.withdrawn_at.is_(None),
        evidence.c.adopted.is_(None),  # what was judged stays what it was
        evidence.c.kind_proposed.is_not(None),
    )
    piece = work.conn.execute(open_ones).one_or_none()
    if piece is None:
        raise FormIncomplete({"evidence": "not_a_choice"})

    answer = {"kind_answer": verdict, "kind_answered_by": work.actor.person_id, "kind_answered_at": work.at}
    taken = {"kind": piece.kind_proposed} if verdict == "taken" else {}
    work.set(evidence, asked, **answer, **taken)
    said = {"evidence": asked, "proposed": piece.kind_proposed, "claimed": piece.kind, "verdict": verdict}
    work.record(case, Event("EvidenceKindAnswered", said))
    work.tell(case.id, LOOK_FOR_SIGNALS)
