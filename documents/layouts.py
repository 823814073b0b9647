"""How a ledger looked when it came in: its titles, its headings and what was merged, so that it can go out alike."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from cases.money import unit_of
from documents.headings import Headings
from documents.limited import Cell, Sheet

if TYPE_CHECKING:
    from documents.readings import ReadFinding


@dataclass(frozen=True)
class Layout:
    """The upper part of one sheet, and what stood in columns that are none of ours."""

    sheet: str
    rows: tuple[tuple[str, ...], ...]  # titles and headings, from the first row of the sheet
    first_heading: int  # row, from 0
    merged: tuple[tuple[int, int, int, int], ...]  # top, left, bottom, right: from 0, both included
    columns: Mapping[int, str | None]  # column -> field; None: none of ours
    written: Mapping[int, str]  # column -> heading, of two rows as "upper/lower"
    yuan: Mapping[int, str]  # column of money -> yuan of one
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # place of a finding -> heading -> text

    def as_json(self) -> dict[str, Any]:
        """Return what is kept."""
        return asdict(self)

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> "Layout":
        """Return what was kept; JSON knows no numbers as keys."""
        told = dict(kept)
        told["rows"] = tuple(map(tuple, kept["rows"]))
        told["merged"] = tuple(map(tuple, kept["merged"]))
        for name in ("columns", "written", "yuan"):
            told[name] = {int(column): value for column, value in kept[name].items()}
        return Layout(**told)


def layout_of(sheet: Sheet, headings: Headings, findings: "Iterable[ReadFinding]" = ()) -> Layout:
    """Return how *sheet* looks above its first finding; *findings*: those that were read from it."""
    rows = tuple(tuple(map(_text, row)) for row in sheet.rows[: headings.last + 1])
    top = " ".join(text for row in rows[: headings.first] for text in row)
    over_all = unit_of(top.partition("单位：")[2].lstrip()[:4]) if "单位：" in top else None
    return Layout(
        sheet=sheet.name,
        rows=rows,
        first_heading=headings.first,
        merged=tuple((*first, *last) for first, last in sheet.merged if last[0] <= headings.last),
        columns={one.column: one.field for one in headings.columns},
        written={one.column: one.written for one in headings.columns},
        yuan={
            one.column: str(unit)
            for one in headings.columns
            if one.field in ("amount", "recovered") and (unit := unit_of(one.written) or over_all)
        },
        others={
            f"{each.sheet}:{each.row}": dict(each.others)
            for each in findings
            if each.others and each.sheet == sheet.name
        },
    )


def _text(cell: Cell) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)
