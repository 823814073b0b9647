"""The first day of a database: schema, the office's own ledger, and the release of this checkout."""

from datetime import datetime

from sqlalchemy import insert, select

from cases.events import Event
from persistence.case_store import OFFICE
from persistence.tables import cases, settings
from tasks.case import OfficeCase
from tasks.office import Office
from tasks.releases import everything_shipped, keep_release
from tasks.work import Work


def begin(office: Office, *, rehearsal: bool = False, at: datetime | None = None) -> None:
    """Bring the schema up to date and, in an empty database, lay the ground; nothing happens the second time."""
    office.database.migrate()
    moment = at or office.now()
    with office.database.writing() as conn:
        if conn.execute(select(cases.c.id).where(cases.c.id == OFFICE)).scalar_one_or_none() is not None:
            return
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
        release = everything_shipped()
        keep_release(conn, release, title="初始流程", state="published", drafted_by=None, at=moment)

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        work.record(case, Event("OfficeOpened", {"release": release.id, "rehearsal": rehearsal}))
        return case

    office.as_clock("begin", body, at=moment)
