"""填报进展: how the rectification stands, while it is under way."""

from dataclasses import replace

from cases.events import Event
from cases.finding import State
from persistence.tables import progress_reports
from tasks.acts import act
from tasks.case import FindingCase
from tasks.evidence import attach
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("text",), task=False)
def report_progress(work: Work, case: FindingCase, form: Form) -> None:
    """Report how far the unit has come; evidence may come with it."""
    case.finding.must_be(State.OPEN)
    work.add(
        progress_reports,
        finding_id=case.id,
        cycle=case.finding.cycle,
        person_id=work.actor.person_id,
        text=form.text("text"),
        percent=form.number("percent"),
        at=work.at,
    )
    attach(work, case)
    case.finding = replace(case.finding, progress_at=work.at)
    work.record(case, Event("ProgressReported", {"percent": form.number("percent"), "text": form.text("text")}))
