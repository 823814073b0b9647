"""Accounts at the door: sessions, lock-out, one-time links and passwords.

A session is a row; the cookie holds a random token of which only the hash is kept. Failures are counted in the
database, so that a lock-out holds for every process. Who fails is told one sentence, whether the login exists or not.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from cases.events import Event
from cases.moments import shanghai_date
from cases.refusals import CaseError
from cases.rights import Actor
from persistence.people import load_actor
from persistence.tables import accounts, one_time_links, past_passwords, people, sessions
from tasks.case import OfficeCase
from tasks.office import Office
from tasks.passwords import Passwords
from tasks.work import Work

TOUCH = timedelta(minutes=1)  # a session's last sight is written at most this often
LINK_HOURS = 72


class SignInRefused(CaseError):
    """Login or password is wrong, or the account is locked or disabled: one answer; facts: failures, minutes."""

    code = "sign_in_refused"
    field = "password"


class PasswordWrong(CaseError):
    """The present password that was given to change it is wrong."""

    code = "password_wrong"
    field = "present"


class LinkUsedUp(CaseError):
    """A one-time link is unknown, was used, or has expired: one answer."""

    code = "link_used_up"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in, as the cookie's token says."""

    token_hash: str
    account_id: int
    person_id: int
    login: str
    csrf: str
    must_change: bool


def sign_in(office: Office, passwords: Passwords, login: str, password: str) -> tuple[str, Session]:
    """Open a session and return its token, which is told once, and the session. Raises SignInRefused."""
    now = office.now()
    with office.read() as conn:
        limits = _limits(office, conn, now)
        account = (
            conn.execute(select(accounts).where(accounts.c.login == login.strip().lower())).mappings().one_or_none()
        )
    known = account is not None and account["disabled_at"] is None
    fits = passwords.fits(account["password_hash"] if account is not None and known else None, password)
    refused = SignInRefused(failures=limits["lockout.failures"], minutes=limits["lockout.minutes"])
    if account is None or not known:
        raise refused
    with office.database.writing() as conn:
        row = conn.execute(select(accounts).where(accounts.c.id == account["id"]).with_for_update()).mappings().one()
        if row["locked_until"] is not None and row["locked_until"] > now:
            opened = None  # right or wrong: a guess against a locked account learns nothing
        elif not fits:
            _count_failure(conn, row["id"], row["failures"] + 1, limits, now)
            opened = None
        else:
            conn.execute(update(accounts).where(accounts.c.id == row["id"]).values(failures=0, locked_until=None))
            opened = _open(conn, row["id"], limits, now)
    if opened is None:
        raise refused
    token, csrf = opened
    return token, Session(_hash(token), row["id"], row["person_id"], row["login"], csrf, bool(row["must_change"]))


def session_of(office: Office, token: str) -> Session | None:
    """Return the session of a cookie's *token*, or None when it is unknown, expired or idle for too long."""
    now = office.now()
    query = (
        select(sessions, accounts.c.person_id, accounts.c.login, accounts.c.must_change, accounts.c.disabled_at)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(sessions.c.token_hash == _hash(token))
    )
    with office.read() as conn:
        row = conn.execute(query).mappings().one_or_none()
        idle = timedelta(minutes=office.number_setting(conn, "session.idle_minutes", shanghai_date(now)))
    if row is None or row["disabled_at"] is not None or row["expires_at"] <= now or row["seen_at"] + idle <= now:
        return None
    if row["seen_at"] + TOUCH <= now:
        with office.database.writing() as conn:
            conn.execute(update(sessions).where(sessions.c.token_hash == row["token_hash"]).values(seen_at=now))
    return Session(
        row["token_hash"], row["account_id"], row["person_id"], row["login"], row["csrf"], bool(row["must_change"])
    )


def sign_out(office: Office, session: Session) -> None:
    """End a session, and sweep out those that have expired."""
    with office.database.writing() as conn:
        conn.execute(
            delete(sessions).where(
                (sessions.c.token_hash == session.token_hash) | (sessions.c.expires_at <= office.now())
            )
        )


def set_language(office: Office, session: Session, language: str) -> None:
    """Remember which language a person reads, for pages and letters."""
    with office.database.writing() as conn:
        conn.execute(update(people).where(people.c.id == session.person_id).values(language=language))


def change_password(office: Office, passwords: Passwords, session: Session, present: str, password: str) -> None:
    """Give an account a new password; every other session of it ends. Raises PasswordWrong, PasswordTooWeak."""
    with office.read() as conn:
        stored = conn.execute(select(accounts.c.password_hash).where(accounts.c.id == session.account_id)).scalar_one()
    if not passwords.fits(stored, present):
        raise PasswordWrong()
    _set_password(office, passwords, session.account_id, password, keep=session.token_hash, event="PasswordChanged")


def new_link(account_id: int, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return the token of a one-time link, which is told once, and the row of ``one_time_links`` that knows it."""
    token = secrets.token_urlsafe(32)
    return token, {
        "token_hash": _hash(token),
        "account_id": account_id,
        "expires_at": now + timedelta(hours=LINK_HOURS),
    }


def login_of_link(office: Office, token: str) -> str:
    """Return the login that a one-time link is for. Raises LinkUsedUp."""
    with office.read() as conn:
        return str(_link(conn, token, office.now())[1])


def use_link(office: Office, passwords: Passwords, token: str, password: str) -> None:
    """Give an account its password by a one-time link, which is used up. Raises LinkUsedUp, PasswordTooWeak."""
    with office.read() as conn:
        account_id, _ = _link(conn, token, office.now())
    _set_password(office, passwords, account_id, password, keep="", event="PasswordSetByLink", link=_hash(token))


def _link(conn: Connection, token: str, now: datetime) -> tuple[int, str]:
    row = conn.execute(
        select(accounts.c.id, accounts.c.login)
        .join(one_time_links, one_time_links.c.account_id == accounts.c.id)
        .where(
            one_time_links.c.token_hash == _hash(token),
            one_time_links.c.used_at.is_(None),
            one_time_links.c.expires_at > now,
            accounts.c.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise LinkUsedUp()
    return row[0], row[1]


def _set_password(
    office: Office, passwords: Passwords, account_id: int, password: str, *, keep: str, event: str, link: str = ""
) -> None:
    now = office.now()
    with office.read() as conn:
        account = conn.execute(select(accounts).where(accounts.c.id == account_id)).mappings().one()
        actor: Actor = load_actor(conn, account["person_id"], shanghai_date(now), account_id=account_id)
        limits = _limits(office, conn, now)
        query = select(past_passwords.c.password_hash).where(past_passwords.c.account_id == account_id)
        past = list(conn.scalars(query.order_by(past_passwords.c.id.desc()).limit(limits["password.history"])))
    past += [account["password_hash"]] if account["password_hash"] else []
    passwords.require_strong(password, login=account["login"], least=limits["password.least_characters"], past=past)
    hashed = passwords.hash(password)

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        if link:
            fresh = select(one_time_links.c.used_at).where(one_time_links.c.token_hash == link)
            if work.conn.execute(fresh).scalar_one() is not None:
                raise LinkUsedUp()
            work.write_later(
                update(one_time_links).where(one_time_links.c.token_hash == link).values(used_at=work.recorded_at)
            )
        work.set(accounts, account_id, password_hash=hashed, must_change=False, failures=0, locked_until=None)
        work.add(past_passwords, account_id=account_id, password_hash=hashed, set_at=work.recorded_at)
        work.write_later(delete(sessions).where(sessions.c.account_id == account_id, sessions.c.token_hash != keep))
        work.record(case, Event(event, {"login": account["login"]}))
        return case

    office.transact(actor, "change_password", body)


def _open(conn: Connection, account_id: int, limits: dict[str, int], now: datetime) -> tuple[str, str]:
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    conn.execute(
        insert(sessions),
        {
            "token_hash": _hash(token),
            "account_id": account_id,
            "csrf": csrf,
            "created_at": now,
            "seen_at": now,
            "expires_at": now + timedelta(hours=limits["session.hours"]),
        },
    )
    return token, csrf


def _count_failure(conn: Connection, account_id: int, failures: int, limits: dict[str, int], now: datetime) -> None:
    locked = failures >= limits["lockout.failures"]
    conn.execute(
        update(accounts)
        .where(accounts.c.id == account_id)
        .values(
            failures=0 if locked else failures,
            locked_until=now + timedelta(minutes=limits["lockout.minutes"]) if locked else None,
        )
    )


def _limits(office: Office, conn: Connection, now: datetime) -> dict[str, int]:
    names = ("lockout.failures", "lockout.minutes", "session.hours", "password.least_characters", "password.history")
    return {name: office.number_setting(conn, name, shanghai_date(now)) for name in names}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
