"""Which column of a unit's ledgers is which, as an officer confirmed it: proposed again for the same headings."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from documents.headings import plain_heading
from persistence.tables import column_mappings, people
from tasks.work import Work

Columns = Mapping[str, str | None]  # heading as written -> field, None for none of ours


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the headings were taken for the last time, by whom and when."""

    id: int
    columns: dict[str, str | None]
    who: str
    set_at: datetime
    valid_from: date


def remembered(conn: Connection, unit_id: int, columns: Columns) -> Remembered | None:
    """Return what is in force for the headings of *columns* in ledgers of *unit_id*, or None."""
    M = column_mappings.c
    query = (
        select(M.id, M.body, people.c.name, M.set_at, M.valid_from)
        .outerjoin(people, people.c.id == M.set_by)
        .where(M.unit_id == unit_id, M.headings == _key(columns), M.valid_until.is_(None))
        .order_by(M.set_at.desc(), M.id.desc())
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Remembered(row.id, row.body, row.name or "", row.set_at, row.valid_from)


def remember(work: Work, unit_id: int, columns: Columns) -> None:
    """Keep what the headings were taken for, beside what was in force until yesterday; the same is not kept twice."""
    before = remembered(work.conn, unit_id, columns)
    if not columns or (before is not None and before.columns == dict(columns)):
        return
    if before is not None:
        last = max(before.valid_from, work.today - timedelta(days=1))
        work.set(column_mappings, before.id, valid_until=last)
    work.add(
        column_mappings,
        unit_id=unit_id,
        headings=_key(columns),
        body=dict(columns),
        set_by=work.actor.person_id,
        set_at=work.at,
        valid_from=work.today,
    )


def _key(columns: Columns) -> str:
    return hashlib.sha256("\n".join(sorted(map(plain_heading, columns))).encode()).hexdigest()
