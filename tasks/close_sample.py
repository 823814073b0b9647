"""核查结项: the sample has its result once every drawn finding was checked or could not be reached."""

from cases.comments import require_substance
from cases.events import Event
from cases.refusals import CaseError
from persistence.samples import rate_of, results_of
from persistence.tables import samples
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.sampling import open_sample, require_drawer
from tasks.work import Work


class SampleNotDone(CaseError):
    """Some drawn findings were not checked yet; facts: left."""

    code = "sample_not_done"


@act(on="office", needs=("sample", "comment"), task=False, permission="draw_sample")
def close_sample(work: Work, _case: OfficeCase, form: Form) -> None:
    """Close a sample with its rate: of the random stratum alone, with the exact interval."""
    case, sample = open_sample(work, form)
    require_drawer(work, sample)
    require_substance(form.text("comment"))
    results = results_of(work.conn, sample)
    left = sum(one.result is None for one in results)
    if left:
        raise SampleNotDone(left=left)

    said = rate_of(sample, results)
    by = {"closed_by": work.actor.person_id, "closed_at": work.at}
    work.set(samples, sample.id, conclusion=form.text("comment"), **by)
    told = {"found": said.found, "drawn": said.drawn, "low": said.low, "high": said.high, "frame": said.frame}
    work.record(case, Event("SampleClosed", told))
