"""One column that holds two: 责任领导及责任部门, 责任单位/责任人, 整改措施及时限, 存在问题及整改措施.

Such a column is taken apart before the rows are read: the second part becomes a column of its own behind the others, so
that everything after it sees two plain columns. What cannot be told apart stays whole in the first, and is asked.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from cases.dirty_text import clean
from cases.written_dates import read_date
from documents.bodies import is_body
from documents.headings import Heading, Headings, field_named, plain_heading, synonyms
from documents.limited import Place, Sheet
from documents.measures import deadlines_in, split_measures

_JOINTS = re.compile(r"[/／\\、,，+＋&|\n()（）]|及其?|和|与")
_ORGANISATIONS = frozenset({"lead_org", "responsible_org"})
_PROBLEM = frozenset({"title", "detail"})
_WHO = _ORGANISATIONS | {"responsible_leader", "responsible_person", "phone"}
_PIECES = re.compile(r"[/／\n;；|（()）,，]+")
_LOOSE_PIECES = re.compile(r"[/／\n;；|（()）,，、\s]+")


@dataclass(frozen=True)
class Composite:
    """The two fields of a composite heading, the first one first, and how the second is named."""

    first: str
    second: str
    named: str


def taken_apart(
    sheet: Sheet, headings: Headings, mapping: Mapping[str, str | None] | None = None
) -> tuple[Sheet, Headings, frozenset[Place]]:
    """Return *sheet* and *headings* with a column more for each composite one, and the cells that stayed whole.

    *mapping* is what people corrected, as ``find_headings`` takes it: a composite that they gave another meaning stays.
    """
    corrected = {plain_heading(written): field for written, field in (mapping or {}).items()}
    rows = [list(row) for row in sheet.rows]
    columns, merged, whole = list(headings.columns), list(sheet.merged), set[Place]()
    for heading, composite in _composites(headings):
        width = max(heading.column for heading in columns) + 1
        name = plain_heading(heading.written)
        written = f"{heading.written}·{composite.named}"
        columns.append(Heading(width, written, corrected.get(plain_heading(written), composite.second)))
        merged += [((top, width), (bottom, width)) for (top, left), (bottom, _) in merged if left == heading.column]
        for index, row in enumerate(rows):
            row += [""] * (width + 1 - len(row))
            cell = row[heading.column]
            if index <= headings.last or not isinstance(cell, str) or plain_heading(cell) in {"", name}:
                continue
            parts = apart(cell, composite)
            if parts is None:
                whole.add((index, heading.column))
            else:
                row[heading.column], row[width] = parts
    if len(columns) == len(headings.columns):
        return sheet, headings, frozenset()
    return (
        replace(sheet, rows=rows, merged=tuple(merged)),
        replace(headings, columns=tuple(columns)),
        frozenset(whole),
    )


@lru_cache(maxsize=1024)
def composite_of(written: str) -> Composite | None:
    """Return the two fields that a heading names; None for one field, and for two that are not told apart."""
    named = [part for part in _JOINTS.split(written) if part.strip()]
    if len(named) != 2 or field_named(_JOINTS.sub("", written)):
        return None
    first = field_named(named[0])
    second = field_named(named[1]) or field_named(named[0].strip()[:2] + named[1].strip())  # 责任领导及部门
    if first is None or second is None or first == second:
        return None
    return Composite(first, second, named[1].strip()) if _may_share(first, second) else None


def _may_share(first: str, second: str) -> bool:
    if first in _WHO:
        return second in _WHO or second == "due"
    return (first in {"measures", "target"} and second == "due") or (first in _PROBLEM and second == "measures")


def apart(text: str, composite: Composite) -> tuple[str, str] | None:
    """Return what *text* says of either field (empty where it says nothing), None where that cannot be told."""
    if labelled := _labelled(text, composite):
        return labelled
    if {composite.first, composite.second} <= _WHO:
        return _who(text, composite)
    if composite.second == "due":
        return _with_day(text)
    return None


def _composites(headings: Headings) -> Iterator[tuple[Heading, Composite]]:
    taken = {heading.field for heading in headings.columns}
    for heading in headings.columns:
        composite = composite_of(heading.written.rpartition("/")[2]) or composite_of(heading.written)
        if composite and heading.field == composite.first and composite.second not in taken:
            taken.add(composite.second)
            yield heading, composite


def _labelled(text: str, composite: Composite) -> tuple[str, str] | None:
    """责任领导：……；责任部门：…… and 问题：……整改措施：……, in either order."""
    label = re.compile(rf"(?:^|(?<=[\s;；。,，]))({'|'.join(_labels(composite))})\s*[:：]\s*")
    found = list(label.finditer(text))
    if not found or not any(synonyms().get(plain_heading(match[1])) == composite.second for match in found):
        return None
    said = {composite.first: text[: found[0].start()].strip(" ;；\n"), composite.second: ""}
    ends = [match.start() for match in found[1:]] + [len(text)]
    for match, end in zip(found, ends, strict=True):
        field = synonyms()[plain_heading(match[1])]
        said[field] = "\n".join(filter(None, (said[field], text[match.end() : end].strip(" ;；，,\n"))))
    return said[composite.first], said[composite.second]


@lru_cache(maxsize=64)
def _labels(composite: Composite) -> tuple[str, ...]:
    wanted = (composite.first, composite.second)
    return tuple(
        sorted((re.escape(word) for word, field in synonyms().items() if field in wanted), key=len, reverse=True)
    )


def _who(text: str, composite: Composite) -> tuple[str, str] | None:
    """张三/财务科, 财务科（张三）: an organisation is known by its last word, else the order of the heading decides."""
    tight, loose = _pieces(_PIECES, text), _pieces(_LOOSE_PIECES, text)
    if len({composite.first, composite.second} & _ORGANISATIONS) == 1:
        for pieces in (tight, loose):
            bodies = [piece for piece in pieces if is_body(piece)]
            people = [piece for piece in pieces if piece not in bodies]
            if (bodies and people) or (pieces is loose and (bodies or len(tight) != 2)):
                told = "、".join(bodies), "、".join(people)
                return told if composite.first in _ORGANISATIONS else (told[1], told[0])
    for pieces in (tight, loose):
        if len(pieces) == 2:
            return pieces[0], pieces[1]
    return None


def _pieces(cut: re.Pattern[str], text: str) -> list[str]:
    return [piece for part in cut.split(text) if (piece := clean(part))]


def _with_day(text: str) -> tuple[str, str] | None:
    """完善制度；2025年6月底前 and 完善制度（2025年6月底前）: the day is the last piece, and nothing but a day.

    Days that stand inside the measures stay there and are found again when the row is read.
    """
    found = re.search(r"(?<![\n;；。，,（(\s])[\n;；。，,（(\s]+([^\n;；。，,（()）]{2,30})[)）。]?\s*$", text.rstrip())
    if found is not None:
        day = read_date(found[1])
        if day.doubt not in {"not_a_date", "more_than_a_date"} and (day.on or day.kind or day.doubt):
            return text[: found.start()].strip(), found[1].strip()
    return (text, "") if deadlines_in(split_measures(text)) else None
