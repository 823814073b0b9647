"""审批延期: the leading group decides; a timeout never approves."""

from sqlalchemy import select

from cases.comments import require_substance
from cases.events import Event
from cases.extension import ExtensionTooShort
from cases.refusals import FormIncomplete
from cases.sign_off import SamePerson, require_outside
from persistence.tables import extensions
from tasks.acts import act
from tasks.case import FindingCase
from tasks.due_day import move_due_day
from tasks.facts_of_case import keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def decide_extension(work: Work, case: FindingCase, form: Form) -> None:
    """Approve the extension, perhaps to an earlier day than asked, or refuse it."""
    assert work.task is not None
    running = next(r for r in case.live if r.id == work.task.instance_id)
    asked = work.conn.execute(select(extensions).where(extensions.c.id == running.subject_id)).one()
    require_outside(work.actor, case.finding.unit_path)
    if work.is_same_person(asked.asked_by, asked.asked_at):
        raise SamePerson(earlier="ask_extension")
    verdict = form.choice("verdict", "approved", "refused")
    require_substance(form.text("comment"))
    until = form.day("until") or asked.until
    if until > asked.until:
        raise FormIncomplete({"until": "later_than_asked"})
    due_on = case.finding.due_on  # may have moved since it was asked: a milestone held, a suspension ended
    if verdict == "approved" and due_on is not None and until <= due_on:
        raise ExtensionTooShort(due_on=due_on)

    keep_review(work, case, form, verdict)
    work.set(
        extensions,
        asked.id,
        verdict=verdict,
        until=until,
        decided_by=work.actor.person_id,
        decided_at=work.at,
        comment=form.text("comment"),
    )
    if verdict == "approved":
        move_due_day(work, case, until)
    work.record(case, Event("ExtensionDecided", {"verdict": verdict, "until": str(until)}))

    work.complete(case, extension_verdict=verdict)
