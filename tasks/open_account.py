"""开户: an account for a person, without a password; he sets it by a link that works once."""

import hashlib
import re
import secrets
from datetime import timedelta

from sqlalchemy import select

from cases.events import Event
from cases.refusals import FormIncomplete
from persistence.columns import new_id
from persistence.tables import accounts, one_time_links, people
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.roster import require_other, row_of
from tasks.sign_in import LINK_HOURS
from tasks.work import Work

LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,59}")


@act(on="office", needs=("person", "login"), task=False, permission="edit_people")
def open_account(work: Work, case: OfficeCase, form: Form) -> None:
    """Open an account; the answer holds the token of the link, told once and kept as a hash only."""
    person, login = row_of(work, people, form, "person"), form.text("login").lower()
    if not LOGIN.fullmatch(login):
        raise FormIncomplete({"login": "wrong"})
    if work.conn.scalar(select(accounts.c.id).where(accounts.c.login == login)) is not None:
        raise FormIncomplete({"login": "taken"})
    if person.left_on is not None:
        raise FormIncomplete({"person": "not_a_choice"})
    require_other(work, person.id)

    account = {"id": new_id(), "person_id": person.id, "login": login, "must_change": False, "failures": 0}
    work.create(accounts, [account | {"created_at": work.at}])
    hand_link(work, account["id"])
    work.record(case, Event("AccountOpened", {"login": login, "person": person.name}))


def hand_link(work: Work, account_id: int) -> None:
    """Put down a one-time link and tell its token in the answer; the act is done without an idempotency key."""
    token = secrets.token_urlsafe(32)
    ends = work.recorded_at + timedelta(hours=LINK_HOURS)
    work.add(
        one_time_links, token_hash=hashlib.sha256(token.encode()).hexdigest(), account_id=account_id, expires_at=ends
    )
    work.answer |= {"link": f"/first-password/{token}"}
