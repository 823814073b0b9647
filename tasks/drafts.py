"""暂存: what somebody has begun to write stays his own until he submits it."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from cases.refusals import CaseError
from persistence.tables import drafts
from tasks.office import Office

LARGEST = 200_000  # characters of a draft, all fields together


class DraftTooLarge(CaseError):
    """More was written than a draft may hold."""

    code = "draft_too_large"


def place_of(number: str, act: str) -> str:
    """Return under what a draft is kept."""
    return f"{number}/{act}"


def keep_draft(office: Office, person_id: int, place: str, body: dict[str, list[str]]) -> datetime:
    """Keep what was written so far, over what was kept before, and return when. Raises DraftTooLarge."""
    if sum(len(text) for texts in body.values() for text in texts) > LARGEST:
        raise DraftTooLarge()
    now = office.now()
    own = (drafts.c.person_id == person_id) & (drafts.c.place == place)
    with office.database.writing() as conn:
        if conn.execute(update(drafts).where(own).values(body=body, saved_at=now)).rowcount == 0:
            conn.execute(insert(drafts), {"person_id": person_id, "place": place, "body": body, "saved_at": now})
    return now


def draft_of(office: Office, person_id: int, place: str) -> tuple[dict[str, Any], datetime] | None:
    """Return what was written and when, or None."""
    query = select(drafts.c.body, drafts.c.saved_at).where(drafts.c.person_id == person_id, drafts.c.place == place)
    with office.read() as conn:
        row = conn.execute(query).one_or_none()
    return None if row is None else (row.body, row.saved_at)


def drop_draft(office: Office, person_id: int, place: str) -> None:
    """Forget a draft: it was submitted."""
    own = (drafts.c.person_id == person_id) & (drafts.c.place == place)
    with office.database.writing() as conn:
        conn.execute(delete(drafts).where(own))
