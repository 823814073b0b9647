"""申请延期: more time, asked for before the deadline, with reasons."""

from sqlalchemy import select

from cases.events import Event
from cases.extension import PastRequests, require_extension
from cases.finding import State
from persistence.tables import extensions
from tasks.acts import act
from tasks.case import FindingCase
from tasks.engine_room import start_facts
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("until", "reason"), task=False)
def ask_extension(work: Work, case: FindingCase, form: Form) -> None:
    """Ask for a later due date; the decision is a case of its own beside the way."""
    case.finding.must_be(State.OPEN)
    due_on, until = case.finding.due_on, form.needed_day("until")
    assert due_on is not None, "an issued finding has a due date"
    most = work.office.number_setting(work.conn, "extensions.most", work.today)
    require_extension(due_on, until, _past(work, case), today=work.today, most=most)

    extension = work.add(
        extensions,
        finding_id=case.id,
        cycle=case.finding.cycle,
        asked_by=work.actor.person_id,
        asked_at=work.at,
        from_due_on=due_on,
        until=until,
        reason=form.text("reason"),
    )
    work.record(case, Event("ExtensionAsked", {"until": str(until), "reason": form.text("reason")}))
    work.start(case, "extend_deadline", start_facts(case), subject_id=extension, cycle=case.finding.cycle)


def _past(work: Work, case: FindingCase) -> PastRequests:
    verdicts = [
        verdict
        for (verdict,) in work.conn.execute(
            select(extensions.c.verdict).where(
                extensions.c.finding_id == case.id, extensions.c.cycle == case.finding.cycle
            )
        )
    ]
    return PastRequests(approved=verdicts.count("approved"), pending=None in verdicts)
