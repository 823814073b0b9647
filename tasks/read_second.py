"""第二人复核: somebody other than the verifier reads the whole dossier of a finding that the score sends to him."""

from cases.comments import require_substance
from cases.events import Event
from cases.sign_off import require_independent
from tasks.acts import act
from tasks.case import FindingCase
from tasks.facts_of_case import dossier_of, keep_review
from tasks.form import Form
from tasks.work import Work


@act(on="finding", needs=("verdict", "comment"))
def read_second(work: Work, case: FindingCase, form: Form) -> None:
    """Say what a second reader found; whoever verifies has it before him."""
    require_independent(work.actor, case.finding.unit_path, dossier_of(work, case))
    verdict = form.choice("verdict", "consistent", "doubtful")
    require_substance(form.text("comment"))

    keep_review(work, case, form, verdict)
    work.record(case, Event("SecondReadingDone", {"verdict": verdict, "comment": form.text("comment")}))

    work.complete(case, second_reading=verdict)
