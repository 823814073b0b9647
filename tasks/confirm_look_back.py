"""回头看确认: a second inspector, by an account of his own, confirms the record."""

from dataclasses import replace

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.look_back import SecondPersonNeeded
from cases.refusals import NoSuchTask
from persistence.tables import look_backs, milestones
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.hearing import hears
from tasks.record_look_back import open_visit
from tasks.work import LOOK_AGAIN, LOOK_FOR_SIGNALS, Work


@act(on="finding", needs=("verdict", "comment"))
def confirm_look_back(work: Work, case: FindingCase, form: Form) -> None:
    """Confirm what the first inspector wrote, or send the record back to him."""
    visit = open_visit(work, case)
    if visit["recorded_by"] is None:
        raise NoSuchTask(act=work.act)
    if work.is_same_person(visit["recorded_by"], visit["recorded_at"]):
        raise SecondPersonNeeded()
    verdict = form.choice("verdict", "confirmed", "returned")
    require_substance(form.text("comment"))

    keep_review(work, case, form, verdict)
    if verdict == "confirmed":
        work.set(look_backs, visit["id"], confirmed_by=work.actor.person_id, confirmed_at=work.at)
        _conclude(work, case, str(visit["result"]), visit["milestone_id"])
    else:
        work.record(case, Event("LookBackRecordReturned", {"comment": form.text("comment")}))

    work.complete(case, look_back_confirmed=verdict == "confirmed")
    work.tell(case.id, LOOK_FOR_SIGNALS)


def _conclude(work: Work, case: FindingCase, result: str, milestone_id: int | None) -> None:
    if result == "held":
        work.record(case, Event("LookBackHeld"))
        if milestone_id is not None:
            work.set(milestones, milestone_id, held_at=work.at)
            case.finding = replace(case.finding, basic_done=True)
            _go_on_to_next(work, case, milestone_id)
            work.tell(case.finding.list_id, LOOK_AGAIN)
    elif result == "revoked":
        work.record(case, Event("DurabilityDenied"))  # the diagram has the unit heard, and then the sign-off taken back
    elif result == "returned":
        case.finding = case.finding.returned()
        work.record(case, Event("ReviewReturned", {"by": "look_back"}))
    else:
        kind = "RectificationDoubted" if hears(work, case) else "RectificationFoundFalse"
        work.record(case, Event(kind, {"by": "look_back"}))


def _go_on_to_next(work: Work, case: FindingCase, held: int) -> None:
    """The next milestone's day is what the unit works towards; after the last one the submission stands."""
    following = (
        select(milestones.c.due_on)
        .where(milestones.c.finding_id == case.id, milestones.c.held_at.is_(None), milestones.c.id != held)
        .order_by(milestones.c.seq)
        .limit(1)
    )
    due_on = work.conn.execute(following).scalar_one_or_none()
    if due_on is not None:
        case.finding = replace(case.finding, due_on=due_on, submitted_at=None, overdue_since=None)
