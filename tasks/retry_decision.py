"""重新执行: cases that refused a confirmed decision are asked again, once what stood against it is gone."""

from cases.events import Event
from cases.refusals import FormIncomplete, Unknown
from persistence.meetings import find_decision
from persistence.tables import decision_items
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.work import Work


@act(on="office", needs=("decision",), task=False, permission="confirm_paper_decision")
def retry_decision(work: Work, case: OfficeCase, form: Form) -> None:
    """Let the refused items of a confirmed decision wait again; every rule is asked anew."""
    decision = find_decision(work.conn, work.actor, form.number("decision") or 0)
    if decision is None:
        raise Unknown()
    refused = [item for item in decision.items if item.state == "refused"]
    if decision.row.state != "confirmed" or not refused:
        raise FormIncomplete({"decision": "not_a_choice"})
    for item in refused:
        work.set(decision_items, item.id, state="waiting", why=None)
    work.record(case, Event("DecisionRetried", {"sheet": decision.row.sheet_number}))
    work.confirmed = decision.row.id
