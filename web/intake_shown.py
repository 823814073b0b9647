"""What a file left open, as people read it: reasons in their language, dirt marked, and a sheet to take away."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from config.messages import say
from documents.readings import Intake
from persistence.tables import intakes, readings
from web.seeing import Seen

BOM = "\ufeff"  # without it Excel reads Chinese as mojibake


@dataclass(frozen=True, slots=True)
class OpenRow:
    """One row that was not taken over as it stands; *result*: rejected, flagged, repeated or note."""

    result: str
    sheet: str
    row: int | str
    column: str
    value: str
    why: str


def rows_of(left_open: Mapping[str, Any] | None, language: str) -> list[OpenRow]:
    """Return the rows in ``tasks.intake_kept.left_open`` with their reasons said."""
    if left_open is None:
        return []

    def said(entry: Mapping[str, Any]) -> str:
        return say(language, f"intake.{entry['code']}", **entry["facts"])

    rows = [
        OpenRow(result, entry["sheet"], entry["row"] or "", entry.get("column", ""), _value(entry), said(entry))
        for result, name in (("rejected", "rejected"), ("flagged", "flagged"), ("note", "notes"))
        for entry in left_open[name]
    ]
    rows += [
        OpenRow("repeated", each["sheet"], each["row"], "", "", say(language, "office.repeats", of=each["of"]))
        for each in left_open["repeated"]
    ]
    return rows


def left_open_of(seen: Seen) -> Mapping[str, Any] | None:
    """Return what the file of a list left open; None without one, and for the unit, whose affair it is not."""
    if not seen.from_outside:
        return None
    kept: Mapping[str, Any] | None = seen.conn.scalar(select(intakes.c.body).where(intakes.c.list_id == seen.case.id))
    return kept or None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the file beside what it was taken for; *pieces*: its text, dirt apart."""

    field: str
    column: str
    sheet: str
    row: int
    pieces: Sequence[tuple[str, str]]
    understood: str
    answered: bool


def cells_of(seen: Seen, row: Mapping[str, Any]) -> list[Cell]:
    """Return what was written about a finding, beside what its *row* says; nothing for the unit."""
    kept = seen.conn.scalar(select(readings.c.body).where(readings.c.finding_id == seen.case.id))
    if not kept or not seen.from_outside:
        return []
    return [
        Cell(
            cell["field"], cell["column"], cell["sheet"], cell["row"], marked(cell["text"], cell["dirt"]),
            _understood(seen.person.language, cell, row), "answer" in cell,
        )
        for cell in kept
    ]  # fmt: skip


def _understood(language: str, cell: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Return what a cell was taken for, in words; empty where its text is taken over as it stands."""
    match cell["field"]:
        case "due" | "starts_on":
            day = row["due_on" if cell["field"] == "due" else "starts_on"]
            return day.isoformat() if day else "—"
        case "amount":
            return f"{row['amount_yuan']:,.2f} {say(language, 'intake_page.yuan')}" if row["amount_yuan"] else "—"
        case "kind":
            return say(language, f"kind.{row['kind']}")
        case "measures":
            return say(language, "written.measures", count=len(row["measures"]))
        case "responsible_leader" | "responsible_person":
            post = row["leader_post" if cell["field"] == "responsible_leader" else "handler_post"]
            return str(post or say(language, "written.not_mapped"))
        case "status" | "sign_off" if row["claim"]:
            return say(language, f"claim.{row['claim']}")
        case "":
            return say(language, "written.kept_aside")
    return say(language, "written.same")


def _value(entry: Mapping[str, Any]) -> str:
    return str(entry.get("value", entry["facts"].get("value", "")))


def as_csv(rows: Iterable[OpenRow], language: str) -> str:
    """Return the rows as a sheet that a spreadsheet program opens; no text in it can become a formula."""
    sheet = io.StringIO()
    write = csv.writer(sheet)
    headings = ("intake_page.result", "office.sheet", "office.row", "office.column", "intake_page.value", "office.why")
    write.writerow([say(language, heading) for heading in headings])
    for one in rows:
        result = say(language, f"intake_page.result_{one.result}")
        write.writerow([_text(each) for each in (result, one.sheet, one.row, one.column, one.value, one.why)])
    return BOM + sheet.getvalue()


def _text(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def marked(text: str, dirt: Iterable[Sequence[Any]]) -> list[tuple[str, str]]:
    """Return *text* in pieces with the kind of dirt of each, empty for clean ones; *dirt* is [kind, start, end]."""
    pieces: list[tuple[str, str]] = []
    done = 0
    for kind, start, end in dirt:
        if start < done:
            continue  # two kinds at one place: the first says enough
        pieces += [(text[done:start], ""), (text[start:end], kind)]
        done = end
    return [(piece, kind) for piece, kind in [*pieces, (text[done:], "")] if piece]


def quotes(intake: Intake) -> dict[tuple[str, int, str], str]:
    """Return what stands in a flagged cell, by sheet, row and heading."""
    wanted = {(flagged.sheet, flagged.row, flagged.column) for flagged in intake.flagged}
    return {
        place: written.text
        for finding in intake.findings
        for written in finding.written.values()
        if (place := (written.sheet, written.row, written.column)) in wanted
    }
