"""指派核查人员: at least two people who have nothing to do with a drawn finding go and check it."""

from cases.events import Event
from cases.refusals import CaseError
from persistence.tables import sampled
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.sampling import drawn_finding, open_sample, require_drawer, require_unconcerned
from tasks.work import Work


class CheckedAlready(CaseError):
    """What was found at a drawn finding is on record."""

    code = "checked_already"


@act(on="office", needs=("sample", "numbers", "inspectors"), task=False, permission="draw_sample")
def assign_sampled(work: Work, _case: OfficeCase, form: Form) -> None:
    """Name who checks the drawn findings *numbers*; all of them are assigned, or none."""
    case, sample = open_sample(work, form)
    require_drawer(work, sample)
    inspectors = list(dict.fromkeys(form.ids("inspectors")))
    numbers = list(dict.fromkeys(form.texts("numbers")))
    for number in numbers:
        row, finding = drawn_finding(work, sample, number)
        if row.result is not None:
            raise CheckedAlready()
        require_unconcerned(work, finding, inspectors)
        work.set(sampled, row.id, assigned_to=inspectors, assigned_at=work.at)
    shown = {"title": sample.purpose}
    work.record(case, Event("SampledAssigned", {"numbers": numbers, "persons": inspectors, "shown": shown}))
