"""What stands in dossiers and registers, to look at, with defaults."""

import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from persistence.columns import new_id
from persistence.tables import blobs, evidence, evidence_facts, evidence_texts, register_entries
from tests.persistence.stock import NOW


def put_evidence(
    conn: Connection,
    id: int,
    finding: int,
    *,
    sha256: str = "",
    text: str = "",
    facts: Iterable[tuple[str, str]] = (),
    **filed: Any,
) -> None:
    """Put a file into a dossier, read by the worker."""
    sha256 = sha256 or f"{id:064x}"
    if conn.scalar(select(blobs.c.sha256).where(blobs.c.sha256 == sha256)) is None:
        conn.execute(insert(blobs), {"sha256": sha256, "size": 1, "media_type": "", "stored_at": NOW})
        packed = zlib.compress(text.encode()) if text else None
        read = {"state": "read", "reader_version": 1, "claimed_until": NOW, "tries": 0, "reason": "", "text": packed}
        conn.execute(insert(evidence_texts), read | {"sha256": sha256})
        for seq, (kind, value) in enumerate(facts):
            place = {"written": value, "place": "", "start": 0, "end": 0}
            conn.execute(insert(evidence_facts), place | {"sha256": sha256, "seq": seq, "kind": kind, "value": value})
    known = {"id": id, "finding_id": finding, "cycle": 1, "sha256": sha256, "filename": f"{id}.docx", "kind": "REPORT"}
    known |= {"purpose": "RESULT", "locator": "", "uploaded_by": 1, "uploaded_at": NOW}
    conn.execute(insert(evidence), known | filed)


def enter(
    conn: Connection, register: str, *, at: datetime = NOW, entered_at: datetime | None = None, **told: Any
) -> int:
    """Enter a row; what is named ``finding_id``, ``list_id`` or ``unit_id`` says whom it is about."""
    about = {name: told.pop(name) for name in ("finding_id", "list_id", "unit_id") if name in told}
    row = {"id": new_id(), "register": register, "at": at, "entered_at": entered_at or at, "person_id": 1, "place": ""}
    conn.execute(insert(register_entries), row | about | {"fields": told})
    return int(str(row["id"]))
