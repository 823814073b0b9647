"""安排再检查: who goes back to a signed-off finding, where, when, on which sample."""

from cases.events import Event
from persistence.tables import look_backs
from tasks.acts import act
from tasks.case import FindingCase
from tasks.form import Form
from tasks.prepare_look_back import appointed
from tasks.work import Work


@act(on="finding", needs=("inspectors", "method", "place", "starts_on", "sample"))
def start_durability(work: Work, case: FindingCase, form: Form) -> None:
    """Appoint the durability look-back."""
    inspectors = appointed(work, case, form)
    work.add(
        look_backs,
        finding_id=case.id,
        cycle=case.finding.cycle,
        durability=True,
        method=form.choice("method", "on_site", "call_back"),
        inspectors=inspectors,
        place=form.text("place"),
        started_on=form.needed_day("starts_on"),
        sample=form.text("sample"),
    )
    work.record(case, Event("LookBackAppointed", {"persons": inspectors, "durability": True}))

    work.complete(case)
