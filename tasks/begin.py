"""The first day of a database: schema, the office's own ledger, and the release of this checkout."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, insert, select

from cases.events import Event
from persistence.case_store import OFFICE
from persistence.tables import cases, settings
from tasks.case import OfficeCase
from tasks.office import Office
from tasks.proving import begin_proof, follow_schema
from tasks.releases import everything_shipped, keep_release
from tasks.work import Work


class _OpenedMeanwhile(Exception):
    """Another process that found the same half-begun office was first."""


def begin(office: Office, *, rehearsal: bool = False, at: datetime | None = None) -> None:
    """Bring the schema up to date and, in an empty database, lay the ground; the second time only the proof follows.

    Whoever was killed between the ground and its event left an office without history: the next one writes the event.
    """
    office.database.migrate()
    moment = at or office.now()
    with office.database.writing() as conn:
        history = conn.scalar(select(cases.c.ledger_seq).where(cases.c.id == OFFICE))
        if history is None:
            _lay_the_ground(conn, rehearsal, moment)
    if history:
        follow_schema(office)
        return

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        if case.head.version:
            raise _OpenedMeanwhile
        work.stating = begin_proof
        facts = {"release": office.release_in_force(work.conn), "rehearsal": office.is_rehearsal(work.conn)}
        work.record(case, Event("OfficeOpened", facts))
        return case

    with suppress(_OpenedMeanwhile):
        office.as_clock("begin", body, at=moment)


def _lay_the_ground(conn: Connection, rehearsal: bool, moment: datetime) -> None:
    conn.execute(
        insert(cases),
        {
            "id": OFFICE,
            "kind": "office",
            "version": 0,
            "ledger_seq": 0,
            "ledger_head": "",
            "head_mac": "",
            "changed_at": moment,
            "changed_by": "系统",
            "changed_act": "begin",
        },
    )
    if rehearsal:
        row = {"name": "rehearsal", "version": 1, "valid_from": moment.date(), "body": True, "set_at": moment}
        conn.execute(insert(settings), row)
    keep_release(conn, everything_shipped(), title="初始流程", state="published", drafted_by=None, at=moment)
