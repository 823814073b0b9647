"""再检查: a signed-off finding enters a durability look-back."""

from cases.events import Event
from cases.finding import State
from cases.refusals import CaseError
from persistence.columns import new_id
from tasks.acts import act
from tasks.case import FindingCase
from tasks.engine_room import start_facts
from tasks.form import Form
from tasks.work import Work


class DurabilityUnderWay(CaseError):
    """A durability look-back of this finding is under way already."""

    code = "durability_under_way"


@act(on="finding", task=False, permission="start_durability")
def open_durability(work: Work, case: FindingCase, _form: Form) -> None:
    """Open a durability look-back; the office then appoints the inspectors."""
    case.finding.must_be(State.SIGNED_OFF)
    if is_looked_back_on(case):
        raise DurabilityUnderWay()
    open_look_back(work, case)


def is_looked_back_on(case: FindingCase) -> bool:
    """Whether a durability look-back of the finding is under way."""
    return any(running.process_id == "durability_look_back" for running in case.live)


def open_look_back(work: Work, case: FindingCase) -> None:
    """Start the process of a durability look-back."""
    work.record(case, Event("DurabilityOpened"))
    work.start(case, "durability_look_back", start_facts(case), subject_id=new_id(), cycle=case.finding.cycle)
