"""签收反馈: each of the three who were told signs for it."""

from cases.events import Event
from persistence.tables import receipts
from tasks.acts import act
from tasks.case import ListCase
from tasks.form import Form
from tasks.papers import file_papers
from tasks.work import Work


@act(on="issue_list")
def sign_receipt(work: Work, case: ListCase, form: Form) -> None:
    """Sign the receipt of the feedback or the notice; a receipt on paper names its sheet."""
    assert work.task is not None
    work.add(
        receipts,
        case_id=case.id,
        role=work.task.role,
        person_id=work.actor.person_id,
        signed_at=work.at,
        on_paper=form.text("on_paper") or None,
    )
    file_papers(work, case)
    work.record(case, Event("ReceiptSigned", {"role": work.task.role}))

    work.complete(case)
