"""账号: closed, opened again, unlocked, or given a new link; closing ends sessions and tokens at once."""

from sqlalchemy import delete, select, update

from cases.events import Event
from persistence.tables import accounts, api_tokens, one_time_links, sessions
from tasks.acts import act
from tasks.case import OfficeCase
from tasks.form import Form
from tasks.handing_on import hand_on
from tasks.open_account import hand_link
from tasks.roster import give_back_tasks, require_other, row_of
from tasks.work import Work


@act(on="office", needs=("account",), task=False, permission="edit_people")
def disable_account(work: Work, case: OfficeCase, form: Form) -> None:
    """Close an account: nobody comes in by it any more; what its person had claimed goes back to the posts."""
    account = row_of(work, accounts, form, "account")
    require_other(work, account.person_id)

    work.set(accounts, account.id, disabled_at=work.at)
    _end_everything(work, account.id)
    others = select(accounts.c.id).where(
        accounts.c.person_id == account.person_id, accounts.c.id != account.id, accounts.c.disabled_at.is_(None)
    )
    comes_in = work.conn.scalar(others.limit(1)) is not None  # by another account of his
    hand_on(work, account.person_id, lambda seat: seat.person_id == account.person_id and not comes_in, work.today)
    give_back_tasks(work, account.person_id)
    work.record(case, Event("AccountDisabled", {"login": account.login, **work.answer}))


@act(on="office", needs=("account",), task=False, permission="edit_people")
def enable_account(work: Work, case: OfficeCase, form: Form) -> None:
    """Open a closed account again, by a new password."""
    account = row_of(work, accounts, form, "account")
    require_other(work, account.person_id)

    work.set(accounts, account.id, disabled_at=None, password_hash=None, failures=0, locked_until=None)
    hand_link(work, account.id)
    work.record(case, Event("AccountEnabled", {"login": account.login}))


@act(on="office", needs=("account",), task=False, permission="edit_people")
def unlock_account(work: Work, case: OfficeCase, form: Form) -> None:
    """Let somebody in again who was locked out by wrong passwords."""
    account = row_of(work, accounts, form, "account")

    work.set(accounts, account.id, failures=0, locked_until=None)
    work.record(case, Event("AccountUnlocked", {"login": account.login}))


@act(on="office", needs=("account",), task=False, permission="edit_people")
def renew_link(work: Work, case: OfficeCase, form: Form) -> None:
    """Hand out a new link for somebody who lost his password or his link; the old ones end."""
    account = row_of(work, accounts, form, "account")
    require_other(work, account.person_id)

    work.write_later(
        update(one_time_links)
        .where(one_time_links.c.account_id == account.id, one_time_links.c.used_at.is_(None))
        .values(used_at=work.recorded_at)
    )
    work.set(accounts, account.id, password_hash=None, failures=0, locked_until=None)
    _end_everything(work, account.id)
    hand_link(work, account.id)
    work.record(case, Event("LinkRenewed", {"login": account.login}))


def _end_everything(work: Work, account_id: int) -> None:
    work.write_later(delete(sessions).where(sessions.c.account_id == account_id))
    live = update(api_tokens).where(api_tokens.c.account_id == account_id, api_tokens.c.revoked_at.is_(None))
    work.write_later(live.values(revoked_at=work.recorded_at))
