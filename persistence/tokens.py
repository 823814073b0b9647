"""API tokens: kept as SHA-256 only, each belongs to one account and ends with it."""

import hashlib

from sqlalchemy import Connection, select

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


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
