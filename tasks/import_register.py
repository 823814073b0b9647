"""导入登记簿: the rows of a workbook are kept, all of them or none; what stands already is left as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from cases.events import Event
from cases.refusals import CaseError, FormIncomplete
from documents.refusals import TooManyRows
from tasks.acts import act
from tasks.case import AnyCase
from tasks.evidence import keep_blob
from tasks.form import Form
from tasks.registering import Row, judge, keep, register_named
from tasks.work import Work

MOST_ROWS = 5_000


class RowsRejected(CaseError):
    """Some rows can't be kept, so none is; facts: count, place."""

    code = "rows_rejected"
    field = "file"


@act(on="anywhere", needs=("register", "rows"), task=False, permission="enter_register")
def import_register(work: Work, case: AnyCase, form: Form) -> None:
    """Keep *rows*, each with its ``place`` in the workbook that comes as the attachment."""
    register = register_named(form.text("register"))
    judged = judge(work, case, register, rows_in(form))
    if judged.rejected:
        raise RowsRejected(count=len(judged.rejected), place=judged.rejected[0].place)

    source = next(iter(work.attachments), None)
    if source is not None and judged.rows:
        keep_blob(work, source)
    keep(work, register, judged.rows, source=source.sha256 if source else None)
    work.answer |= {"kept": len(judged.rows), "repeated": judged.repeated}
    for owner_case, rows in _by_case(judged.rows):
        facts = {"register": register.name, "count": len(rows), "file": source.filename if source else ""}
        work.record(owner_case, Event("RegisterImported", facts))


def rows_in(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that were given. Raises FormIncomplete, TooManyRows."""
    rows = form["rows"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FormIncomplete({"rows": "wrong"})
    if len(rows) > MOST_ROWS:
        raise TooManyRows(limit=MOST_ROWS)
    return rows


def _by_case(rows: Sequence[Row]) -> list[tuple[AnyCase, list[Row]]]:
    found: dict[int, tuple[AnyCase, list[Row]]] = {}
    for row in rows:
        found.setdefault(row.owner.case.id, (row.owner.case, []))[1].append(row)
    return list(found.values())
