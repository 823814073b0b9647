"""登记纸质签收: who signed on paper for the feedback, a notice or a letter, when, and the scan of his signature."""

from sqlalchemy import Row, select

from cases.decided import ScanMissing, SheetInFuture, SheetKnown, SheetTooEarly, sheet_in_order
from cases.events import Event
from cases.moments import shanghai_date
from cases.refusals import FormIncomplete, NoSuchTask
from persistence.case_store import TaskRow
from persistence.meetings import signed_for
from persistence.people import load_actor
from persistence.tables import outbox, paper_receipts, people, receipts
from tasks.acts import act
from tasks.case import FindingCase, ListCase
from tasks.evidence import keep_blob
from tasks.form import Form
from tasks.work import Work


@act(on="any", needs=("receiver", "signed_on", "sheet_number"), task=False)
def register_paper_receipt(work: Work, case: FindingCase | ListCase, form: Form) -> None:
    """Register a receipt for one *letter*, or for the feedback in a *role*: then the task of signing is done."""
    scan = next(iter(work.attachments), None)
    if scan is None:
        raise ScanMissing()
    sheet, signed_on = sheet_in_order(form.text("sheet_number")), form.needed_day("signed_on")
    if signed_on > work.today:
        raise SheetInFuture()
    known = select(paper_receipts.c.id).where(
        paper_receipts.c.case_id == case.id, paper_receipts.c.sheet_number == sheet
    )
    if work.conn.execute(known).first():
        raise SheetKnown(sheet=sheet)
    receiver = (form.ids("receiver") or [0])[0]
    if work.conn.execute(select(people.c.id).where(people.c.id == receiver)).first() is None:
        raise FormIncomplete({"receiver": "not_a_choice"})

    letter = _letter(work, case, form) if "letter" in form else None
    task = None if letter else _task(work, case, form, receiver)
    since = letter.created_at if letter else task.since if task else work.at
    if signed_on < shanghai_date(since):
        raise SheetTooEarly(number=case.number, since=shanghai_date(since))
    role = letter.role if letter else task.role if task else ""
    keep_blob(work, scan)
    work.add(
        paper_receipts, case_id=case.id, letter_id=letter.id if letter else None, role=role, person_id=receiver,
        signed_on=signed_on, sheet_number=sheet, sha256=scan.sha256, filename=scan.filename,
        registered_by=work.actor.person_id, registered_at=work.at,
    )  # fmt: skip
    facts = {"role": role, "person": receiver, "sheet": sheet, "signed_on": str(signed_on)}
    work.record(case, Event("PaperReceiptRegistered", facts | ({"letter": letter.letter} if letter else {})))
    if task:
        work.add(receipts, case_id=case.id, role=role, person_id=receiver, signed_at=work.at, on_paper=sheet)
        work.task = task
        work.complete(case)


def _letter(work: Work, case: FindingCase | ListCase, form: Form) -> Row[tuple[int, str, str, object]]:
    query = select(outbox.c.id, outbox.c.letter, outbox.c.role, outbox.c.created_at).where(
        outbox.c.id == (form.number("letter") or 0), outbox.c.case_id == case.id
    )
    row = work.conn.execute(query).one_or_none()
    if row is None or signed_for(work.conn, [row.id]):
        raise FormIncomplete({"letter": "not_a_choice"})
    return row


def _task(work: Work, case: FindingCase | ListCase, form: Form, receiver: int) -> TaskRow:
    """Return the receipt that waits for the *role*; the one who signed has to hold it. Raises NoSuchTask."""
    form.need("role")
    waiting = [task for task in case.tasks if task.act == "sign_receipt" and task.role == form.text("role")]
    if not waiting:
        raise NoSuchTask(act="sign_receipt")
    holders = load_actor(work.conn, receiver, form.needed_day("signed_on")).holders
    if waiting[0].holder not in holders:
        raise FormIncomplete({"receiver": "not_a_choice"})
    return waiting[0]
