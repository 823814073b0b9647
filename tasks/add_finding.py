"""录入问题: a finding is put on a list by hand while it is registered; a second handler confirms it with the rest."""

from decimal import Decimal

from cases.events import Event
from cases.finding import Kind
from cases.refusals import CaseError, FormIncomplete
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.milestones import read_milestones
from tasks.open_list import NewFinding, create_findings
from tasks.work import Work


class RegistrationOver(CaseError):
    """The findings of the list were handed in already."""

    code = "registration_over"


@act(on="issue_list", needs=("title", "kind"), task=False)
def add_finding(work: Work, case: ListCase, form: Form) -> None:
    """Add one finding with the next number of the list."""
    if not any(task.act == "register_findings" for task in case.tasks):
        raise RegistrationOver()
    headcount, amount = form.number("headcount"), form.money("amount_yuan")
    if headcount is not None and headcount < 0:
        raise FormIncomplete({"headcount": "not_a_number"})
    if amount is not None and amount < Decimal(0):
        raise FormIncomplete({"amount_yuan": "not_an_amount"})

    (number,) = create_findings(
        work,
        case.issue_list,
        [
            NewFinding(
                seq=form.text("seq"),
                title=form.text("title"),
                detail=form.text("detail"),
                aspect=form.text("aspect"),
                category=form.text("category"),
                kind=Kind(form.choice("kind", *Kind)),
                amount_yuan=amount,
                headcount=headcount,
                measures=form.lines("measures"),
                leader_text=form.text("leader_text"),
                handler_text=form.text("handler_text"),
                lead_unit_text=form.text("lead_unit_text"),
                responsible_unit_text=form.text("responsible_unit_text"),
                due_on=form.day("due_on"),
                criteria=form.lines("criteria"),
                milestones=read_milestones(form),
            )
        ],
    )
    work.answer |= {"finding": number}
    work.record(case, Event("FindingAdded", {"number": number, "title": form.text("title")}))
