"""中期监督检查: half-way through, the discipline commission looks at how far the unit has come."""

from cases.comments import require_substance
from cases.events import Event
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list", needs=("record", "verdict"))
def check_midterm(work: Work, case: ListCase, form: Form) -> None:
    """Record the mid-term check; an interview is only proposed."""
    verdict = form.choice("verdict", "on_track", "slow", "perfunctory")
    require_substance(form.text("record"))

    file_papers(work, case)
    facts = {"verdict": verdict, "record": form.text("record"), "proposes_interview": form.flag("propose_interview")}
    work.record(case, Event("MidtermChecked", facts))

    work.complete(case)
