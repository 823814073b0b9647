"""When the sums of rows begin: in a new house, after an upgrade, and where a schema changed what a row is.

From then on every act states what it writes (`persistence.rows`). Sums never begin anew in silence: an event says that
they do and why, and names the rows that differed from what had been stated before.
"""

import hashlib
import json
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, text

from cases.events import Event
from persistence.declared import proved_tables
from persistence.row_images import imaged
from persistence.row_verification import RowFault, verify_rows
from persistence.rows import Writing
from persistence.tables import ledger, row_sums
from tasks.case import OfficeCase
from tasks.work import Work

if TYPE_CHECKING:
    from tasks.office import Office

SCHEMA = "schema"  # the scope whose sum is no sum: it says for which schema the others were made
NAMED = 50  # rows that differed, in the event


def begin_proof(writing: Writing) -> None:
    """Let all sums begin with the rows as they stand, for the schema as it is."""
    writing.begin_all_anew()
    writing.mark(SCHEMA, fingerprint(writing.connection))


def prove_anew(office: "Office", because: str, differing: tuple[RowFault, ...] = ()) -> None:
    """Let all sums begin anew and say why; *differing*: what was not as the events had left it."""
    named = [" ".join(filter(None, (one.fault, one.scope, one.table, one.row))) for one in differing[:NAMED]]
    facts = {"because": because, "differing": len(differing), "named": named}

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        work.stating = begin_proof
        work.record(case, Event("RowsProvedAnew", facts))
        return case

    office.as_clock("prove_anew", body)


def follow_schema(office: "Office") -> None:
    """After an upgrade: prove the rows of a house that proved none yet, or those that the new schema made others."""
    differing: tuple[RowFault, ...] = ()
    with office.read() as conn:
        kept = conn.scalar(select(row_sums.c.total).where(row_sums.c.scope == SCHEMA))
        now = fingerprint(conn)
        if kept == now:
            return
        stated = conn.execute(select(ledger.c.seq).where(ledger.c.stated.is_not(None)).limit(1)).first() is not None
        if not stated and conn.execute(select(row_sums.c.scope).limit(1)).first() is None:
            because = "first_time"
        else:
            because, differing = "schema", verify_rows(conn, office.keyring).faults
    if because == "schema" and not differing:
        _mark_schema(office, now)
        return
    prove_anew(office, because, differing)


def _mark_schema(office: "Office", now: str) -> None:
    """The rows are as they were stated: only the schema has a new name."""

    def body(work: Work) -> OfficeCase:
        case = work.office_case()
        work.stating = lambda writing: writing.mark(SCHEMA, now)
        work.record(case, Event("SchemaFollowed", {}))
        return case

    office.as_clock("prove_anew", body)


def fingerprint(conn: Connection) -> str:
    """Return what the images of rows depend on: the revision of the schema, and the covered columns."""
    revision = conn.scalar(text("SELECT version_num FROM alembic_version"))
    shape = {table.name: imaged(table).shape for table in proved_tables()}
    return hashlib.sha256(json.dumps([revision, shape], sort_keys=True).encode()).hexdigest()
