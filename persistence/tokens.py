"""API tokens: kept as SHA-256 only, each belongs to one account and ends with it."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from persistence.tables import accounts, api_tokens


def account_of_token(conn: Connection, token: str) -> tuple[int, int] | None:
    """Return (person id, account id) behind *token*, None for one unknown, revoked or of a closed account."""
    row = conn.execute(
        select(accounts.c.person_id, accounts.c.id)
        .join(api_tokens, api_tokens.c.account_id == accounts.c.id)
        .where(
            api_tokens.c.token_hash == _hash(token),
            api_tokens.c.revoked_at.is_(None),
            accounts.c.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def issue_token(conn: Connection, account_id: int, name: str, *, now: datetime) -> str:
    """Return a new token of *account_id*; it is shown once and kept nowhere."""
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _hash(token), "account_id": account_id, "name": name, "created_at": now}
    conn.execute(insert(api_tokens), row)
    return token


def revoke_tokens(conn: Connection, account_id: int, *, now: datetime) -> int:
    """End every token of an account and return how many there were."""
    live = update(api_tokens).where(api_tokens.c.account_id == account_id, api_tokens.c.revoked_at.is_(None))
    return conn.execute(live.values(revoked_at=now)).rowcount


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
