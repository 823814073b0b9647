"""How those who must decide looked at a case: how long its page was before them, and which files they opened.

What a page tells is bounded by the clock of this house: nobody looks longer than time has passed.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, insert, select, update

from cases.rights import Actor, Role
from persistence.columns import new_id
from persistence.tables import evidence, file_openings, open_tasks, page_views

ONCE = timedelta(minutes=10)  # a file that is opened again so soon was opened once


def decides_on(conn: Connection, actor: Actor, case_id: int) -> bool:
    """Whether a task of the case waits for *actor* that is not the handler's own work."""
    t = open_tasks.c
    held = (t.claimed_by == actor.person_id) | (t.claimed_by.is_(None) & t.holder.in_(actor.holders))
    query = select(exists().where(t.case_id == case_id, t.role != Role.HANDLER, held))
    return bool(conn.scalar(query))


def begin_view(conn: Connection, case_id: int, person_id: int, now: datetime) -> int:
    """Put down that somebody has the case before him; return the id of the view."""
    view = new_id()
    conn.execute(insert(page_views).values(id=view, case_id=case_id, person_id=person_id, opened_at=now, seconds=0))
    return view


def keep_view(conn: Connection, view: int, person_id: int, seconds: int, now: datetime) -> None:
    """Keep how long a view of *person_id* lasted so far; a view of somebody else stays as it is."""
    v = page_views.c
    opened = conn.scalar(select(v.opened_at).where(v.id == view, v.person_id == person_id))
    if opened is None:
        return
    lasted = min(seconds, int((now - opened).total_seconds()))
    conn.execute(update(page_views).where(v.id == view, v.seconds < lasted).values(seconds=lasted))


def case_of_evidence(conn: Connection, evidence_id: int) -> int | None:
    """Return the finding to which a piece of evidence belongs."""
    found: int | None = conn.scalar(select(evidence.c.finding_id).where(evidence.c.id == evidence_id))
    return found


def was_just_opened(conn: Connection, evidence_id: int, person_id: int, now: datetime) -> bool:
    """Whether the person has opened the file within the last minutes."""
    o = file_openings.c
    query = select(exists().where(o.person_id == person_id, o.evidence_id == evidence_id, o.at > now - ONCE))
    return bool(conn.scalar(query))


def note_opening(conn: Connection, evidence_id: int, person_id: int, now: datetime) -> None:
    """Put down that somebody opened a file."""
    conn.execute(insert(file_openings).values(id=new_id(), evidence_id=evidence_id, person_id=person_id, at=now))
