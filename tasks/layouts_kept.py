"""How the ledger of a list looked is kept beside the list, and found again when it goes out."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from documents.layouts import Layout
from persistence.tables import issue_lists, ledger_layouts
from tasks.work import Work


def keep_layouts(work: Work, list_id: int, unit_id: int, filename: str, layouts: Sequence[Layout]) -> None:
    """Put down the sheets of the file *filename* from which a new list was read."""
    if layouts:
        row = {"list_id": list_id, "unit_id": unit_id, "filename": filename[:255], "kept_at": work.at}
        work.create(ledger_layouts, [row | {"body": [layout.as_json() for layout in layouts]}])


def layouts_kept(conn: Connection, list_number: str) -> tuple[Layout, ...]:
    """Return the sheets of the file that a list came from; else of the last one that its unit sent, else none."""
    listed = conn.execute(
        select(issue_lists.c.id, issue_lists.c.unit_id).where(issue_lists.c.number == list_number)
    ).one()
    query = select(ledger_layouts.c.body)
    own = conn.scalar(query.where(ledger_layouts.c.list_id == listed.id))
    if own is not None:
        return tuple(map(Layout.from_json, own))
    last = query.where(ledger_layouts.c.unit_id == listed.unit_id).order_by(ledger_layouts.c.kept_at.desc())
    kept = conn.scalar(last.limit(1)) or ()
    return tuple(replace(Layout.from_json(one), others={}) for one in kept)  # what was written there is another list's
