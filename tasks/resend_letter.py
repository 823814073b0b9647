"""重发: a letter that was given up goes out again, and a message between cases that failed is told again."""

from sqlalchemy import select, update

from cases.events import Event
from cases.refusals import CaseError, FormIncomplete
from persistence.failures import mending
from persistence.outbox import State
from persistence.tables import messages, outbox, people
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.work import Work


class NothingToResend(CaseError):
    """The letter is on its way, was sent, or has no address to go to."""

    code = "nothing_to_resend"


@act(on="office", needs=("letter",), task=False, permission="repair_case")
def resend_letter(work: Work, case: OfficeCase, form: Form) -> None:
    """Let a dead or held letter wait again, for the address that its person has now. Raises NothingToResend."""
    letter = work.conn.execute(select(outbox).where(outbox.c.id == form.number("letter"))).one_or_none()
    if letter is None:
        raise FormIncomplete({"letter": "not_a_choice"})
    address = work.conn.scalar(select(people.c.email).where(people.c.id == letter.person_id)) or ""
    if letter.state not in (State.DEAD, State.HELD) or not address:
        raise NothingToResend()

    again = update(outbox).where(outbox.c.id == letter.id, outbox.c.state == letter.state)
    work.write_later(again.values(state=State.WAITING, attempts=0, next_at=work.at, address=address))
    work.record(case, Event("LetterResent", {"letter": letter.letter, "id": str(letter.id)}))


@act(on="office", needs=("message",), task=False, permission="repair_case")
def retry_message(work: Work, case: OfficeCase, form: Form) -> None:
    """Let a case hear again what it could not take up."""
    waiting = messages.c.taken_at.is_(None)
    message = work.conn.execute(select(messages).where(messages.c.id == form.number("message"), waiting)).one_or_none()
    if message is None:
        raise FormIncomplete({"message": "not_a_choice"})
    work.set(messages, message.id, failures=0)
    work.write_later(mending("message", [str(message.id)], work.at))
    work.told = True
    work.record(case, Event("MessageRetried", {"message": message.name, "case": str(message.case_id)}))
