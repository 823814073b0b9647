"""The door for files: a ledger as an office sends it -> ``Intake``, every row imported or listed with its reason."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from datetime import date
from decimal import Decimal
from typing import Any

from cases.dirty_text import clean, dirt_in, same_text
from cases.finding import Kind
from cases.money import Amount, in_yuan, read_amount, unit_of
from cases.written_dates import WrittenDate, plausible, read_date, read_kind, read_serial
from config.status_families import claim_of
from documents.bodies import is_body
from documents.composites import taken_apart
from documents.delimited import read_delimited
from documents.headings import Heading, Headings, fields, find_headings, plain_heading
from documents.layouts import layout_of
from documents.limited import DOCUMENTS, LIMITS, Book, Cell, Limits, Place, Sheet, kind_of, read_book
from documents.measures import deadlines_in, split_measures
from documents.readings import Duplicate, Flagged, Intake, Note, ReadFinding, Rejected, Why, Written, WrittenRow
from documents.refusals import FileKindUnknown, HeadingUnknown, NoLedgerFound, SheetHidden, SheetUnknown, TooManyRows

LONGEST: Mapping[str, int] = {
    **dict.fromkeys(("seq", "number", "amount", "amount_unit", "recovered", "headcount", "kind"), 100),
    **dict.fromkeys(("starts_on", "due", "done_on", "phone", "category"), 300),
    **dict.fromkeys(("responsible_leader", "responsible_person", "lead_org", "responsible_org", "aspect"), 1_000),
}
"""Field -> characters that it takes in; what a field not named here holds is prose, as long as any cell."""

__all__ = ["Duplicate", "Flagged", "Intake", "Note", "ReadFinding", "Rejected", "Why", "Written", "read_ledger"]


def read_ledger(
    name: str,
    content: bytes,
    *,
    unit: str | None = None,
    feedback_on: date | None = None,
    sheet: str | None = None,
    mapping: Mapping[str, str | None] | None = None,
    limits: Limits = LIMITS,
) -> Intake:
    """Understand the ledger *content* (.xlsx, .xls, .csv, .tsv; *name* tells which).

    *unit* and *feedback_on* go before what the file says; *sheet* names the one to read (else all visible ledgers);
    *mapping* (heading -> field, None for none of ours) is what people corrected. Raises ``documents.refusals``.
    """
    for heading, wanted in (mapping or {}).items():
        if wanted is not None and wanted not in fields():
            raise HeadingUnknown(heading=heading, field=wanted)
    kind = kind_of(name, content, limits)
    if kind in DOCUMENTS:
        raise FileKindUnknown(name=name)  # documents come through ``documents.door``
    book = Book((read_delimited(name, content, limits),)) if kind == "text" else read_book(kind, content, limits)
    return read_tables(book, unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=mapping, limits=limits)


def read_tables(
    book: Book,
    *,
    unit: str | None = None,
    feedback_on: date | None = None,
    sheet: str | None = None,
    mapping: Mapping[str, str | None] | None = None,
    limits: Limits = LIMITS,
) -> Intake:
    """Understand every ledger in *book*, as ``read_ledger`` does."""
    reading = _Reading(unit=unit, feedback_on=feedback_on)
    ledgers = []
    for table in (_cut(each, limits.cell_characters, reading) for each in _wanted(book, sheet)):
        if not table.visible:
            reading.note(table.name, None, "hidden_sheet")
        elif headings := find_headings(table, mapping):
            ledgers.append((table, headings))
        elif any(any(cell != "" for cell in row) for row in table.rows):
            reading.note(table.name, None, "no_ledger_on_sheet")
    if not ledgers:
        raise NoLedgerFound
    for table, found in ledgers:
        split, headings, whole = taken_apart(table, found, mapping)
        split = _cut_by_field(split, headings, reading)
        _SheetReading(reading, split, headings, whole, since_1904=book.since_1904).read()
        if len(reading.findings) > limits.rows:
            raise TooManyRows(limit=limits.rows)
    layouts = tuple(layout_of(table, headings, reading.findings) for table, headings in ledgers)
    return replace(reading.intake(), layouts=layouts)


def _cut(table: Sheet, longest: int, reading: "_Reading") -> Sheet:
    """Return *table* with no cell longer than that; each one that was is told."""
    if all(len(cell) <= longest for row in table.rows for cell in row if isinstance(cell, str)):
        return table
    rows = []
    for number, row in enumerate(table.rows, 1):
        if any(isinstance(cell, str) and len(cell) > longest for cell in row):
            reading.note(table.name, number, "cell_cut", limit=longest)
        rows.append([cell[:longest] if isinstance(cell, str) else cell for cell in row])
    return replace(table, rows=rows)


def _cut_by_field(table: Sheet, headings: Headings, reading: "_Reading") -> Sheet:
    """Return *table* with no cell longer than its field takes in, so that nobody looks for a day in a long text."""
    short = {heading.column: heading for heading in headings.columns if heading.field in LONGEST}
    rows = [list(row) for row in table.rows]
    for number, row in enumerate(rows[headings.last + 1 :], headings.last + 2):
        for column, heading in short.items():
            cell, longest = row[column] if column < len(row) else "", LONGEST[heading.field or ""]
            if isinstance(cell, str) and len(cell) > longest:
                row[column] = cell[:longest]
                reading.note(table.name, number, "field_cut", column=heading.written, limit=longest)
    return replace(table, rows=rows)


def _wanted(book: Book, name: str | None) -> Sequence[Sheet]:
    if name is None:
        return book.sheets
    named = [sheet for sheet in book.sheets if sheet.name == name]
    if not named:
        raise SheetUnknown(sheet=name, sheets="、".join(sheet.name for sheet in book.sheets if sheet.visible))
    if not named[0].visible:
        raise SheetHidden(sheet=name)
    return named


class _Reading:
    """What was collected from one file so far."""

    def __init__(self, *, unit: str | None, feedback_on: date | None) -> None:
        self.unit = unit  # as it was given
        self.units: dict[str, None] = {}  # as the sheets say it, in their order
        self.feedback_on = feedback_on
        self.findings: list[ReadFinding] = []
        self.rejected: list[Rejected] = []
        self.flagged: list[Flagged] = []
        self.duplicates: list[Duplicate] = []
        self.mapping: dict[str, str | None] = {}
        self.notes: list[Note] = []
        self._seen: dict[tuple[str, ...], ReadFinding] = {}
        self._owners: list[str] = []  # whose finding each is
        self._numbers: dict[tuple[str, str], ReadFinding] = {}
        self._places: dict[tuple[str, ...], int] = {}  # where a finding stands in the list, by what it is

    def note(self, sheet: str, row: int | None, code: str, /, **facts: object) -> None:
        self.notes.append(Note(sheet, row, Why(code, {"sheet": sheet, "row": row or "", **facts})))

    def flag(self, sheet: str, row: int, column: str, code: str, /, **facts: object) -> None:
        self.flagged.append(Flagged(sheet, row, column, Why(code, {"column": column, **facts})))

    def unit_of(self, sheet: Sheet, titled: str) -> str:
        """Return whose *sheet* it is: as its titles say, else its name if a unit has such, else the one before."""
        unit = titled or (sheet.name if is_body(sheet.name) else "") or next(reversed(self.units), "")
        if unit:
            self.units[unit] = None
        return unit

    def keep(self, finding: ReadFinding, unit: str) -> None:
        """Keep *finding* of *unit*, unless a row before said the same; the same number for another problem is asked."""
        number = same_text(finding.number or "")
        said: tuple[str, ...] = (unit, number, same_text(finding.title), same_text(finding.detail))
        if not number:  # without numbers only a row that agrees in everything is a repetition
            said += tuple(
                same_text(w.text) for name, w in finding.written.items() if name not in {"seq", "title", "detail"}
            )
        if before := self._seen.get(said):
            self.duplicates.append(Duplicate(finding.sheet, finding.row, before.row))
            for name in _differences(before, finding):
                written = finding.written.get(name) or before.written[name]
                self.flag(finding.sheet, finding.row, written.column, "repeated_but_different", of=before.row)
            return
        identity = (str(finding.seq), *said[:4])
        if self._completes_another_sheet(finding, identity):
            return
        if number and (other := self._numbers.get((unit, number))):
            self.flag(finding.sheet, finding.row, _column_of(finding, "number"), "number_used_twice", of=other.row)
        self._seen[said] = finding
        self._numbers.setdefault((unit, number), finding)
        self._places.setdefault(identity, len(self.findings))
        self.findings.append(finding)
        self._owners.append(unit)

    def _completes_another_sheet(self, finding: ReadFinding, identity: tuple[str, ...]) -> bool:
        """Whether *finding* stands on another sheet too, as in 问题清单, 任务清单, 责任清单; what is new is added."""
        place = self._places.get(identity)
        if place is None or finding.seq is None or self.findings[place].sheet == finding.sheet:
            return False
        before = self.findings[place]
        new = {name: value for name in _COMPLETED if (value := getattr(finding, name)) and not getattr(before, name)}
        self.findings[place] = replace(before, **new, written={**finding.written, **before.written})
        for name in _differences(before, finding):
            if name in before.written and name in finding.written:
                column = finding.written[name].column
                self.flag(finding.sheet, finding.row, column, "repeated_but_different", of=before.row)
        self.note(finding.sheet, finding.row, "sheets_joined", other=before.sheet, of=before.row)
        return True

    def intake(self) -> Intake:
        several = len(self.units) > 1
        if several:
            self.note("", None, "several_units", units="、".join(self.units))
        return Intake(
            unit=self.unit or (None if several else next(iter(self.units), None)),
            feedback_on=self.feedback_on,
            findings=tuple(map(_with_owner, self.findings, self._owners) if several else self.findings),
            rejected=tuple(self.rejected),
            flagged=tuple(self.flagged),
            duplicates=tuple(self.duplicates),
            mapping=self.mapping,
            notes=tuple(self.notes),
        )


def _with_owner(finding: ReadFinding, unit: str) -> ReadFinding:
    return finding if finding.responsible_org else replace(finding, responsible_org=unit)


_COMPLETED = tuple(
    each.name for each in dataclass_fields(ReadFinding) if each.name not in {"sheet", "row", "seq", "title", "written"}
)


def _differences(before: ReadFinding, again: ReadFinding) -> list[str]:
    names = (before.written.keys() | again.written.keys()) - {"seq"}
    nothing = Written("", "", 0, "")
    return sorted(
        name
        for name in names
        if same_text(before.written.get(name, nothing).text) != same_text(again.written.get(name, nothing).text)
    )


def _column_of(finding: ReadFinding, name: str) -> str:
    return finding.written[name].column if name in finding.written else name


# --- one sheet --------------------------------------------------

_TOTAL = re.compile(r"^(?:合计|总计|小计|共计|总数|累计)(?:[:：\d(（]|$)")
_SIGNATURE = re.compile(
    r"^(?:填表|填报|制表|审核|复核|审批|签发|报送|联系|经办|主要负责|单位负责|负责|分管领导|党组织|党委|书记|主要领导)"
    r"?(?:人|单位|部门|日期|时间|电话|签字|签名|签章|盖章|人员|负责人|书记)*(?:[(（].{0,8}[)）])?\s*[:：]|"
    r"^(?:注|备注|说明|填表说明|填报说明|附注|附件)\s*\d?[:：.]|^[（(](?:签字|盖章|公章|签章)|^20\d\d年\d{1,2}月\d{1,2}日$"
)
_PAGE = re.compile(r"^[\s\-—]*(?:第\s*\d+\s*页.*|共\s*\d+\s*页|\d+\s*/\s*\d+)[\s\-—]*$")
_SECTION = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十]{1,3}[)）]|第[一二三四五六七八九十]{1,3}[部方])"
)
_UNIT = re.compile(
    r"^(?:填报|填表|编报|编制|报送|被巡察|被巡视|被审计|整改|责任)?(?:单位|党组织|部门)(?:名称|全称)?(?:[(（].{0,8}[)）])?\s*[:：]\s*(.*)$"
)
_FEEDBACK = re.compile(r"反馈(?:意见)?(?:日期|时间)\s*[:：]?\s*(.*)$")
_MONEY_UNIT = re.compile(r"^[(（]?(?:金额)?单位\s*[:：]\s*((?:[十百千]?万|[百千]?亿|千)?元)")

_TEXTS = (
    "aspect", "category", "target", "responsible_leader", "lead_org", "responsible_org", "responsible_person", "phone",
    "progress", "status", "result", "person_actions", "unfinished_reason", "next_steps", "extensions", "review_opinion",
    "sign_off", "remark",
)  # fmt: skip
_PROSE = ("title", "detail", "measures", "target", "regulations", "evidence_refs")
_PEOPLE = frozenset({"responsible_leader", "responsible_person"})
_SPREAD_NAME = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000]+(?=[\u4e00-\u9fff](?![\u4e00-\u9fff]))")  # 张　三


class _Row:
    """One row of the sheet: its place from 0, its cells, and their texts as written."""

    __slots__ = ("cells", "index", "texts")

    def __init__(self, index: int, cells: Sequence[Cell], width: int) -> None:
        self.index = index
        self.cells = cells if len(cells) >= width else [*cells, *[""] * (width - len(cells))]
        self.texts = [cell if type(cell) is str else _text(cell) for cell in self.cells]


class _SheetReading:
    """Goes down one sheet, row by row."""

    def __init__(
        self, reading: _Reading, sheet: Sheet, headings: Headings, whole: frozenset[Place], *, since_1904: bool
    ) -> None:
        """*whole*: the cells under a composite heading that could not be taken apart."""
        self.reading = reading
        self.sheet = sheet
        self.headings = _told_by_content(headings, sheet)
        self.since_1904 = since_1904
        self.columns = self.headings.by_field
        self.places = {name: (heading.column, heading.written) for name, heading in self.columns.items()}
        self.texts = tuple((name, self.places[name][0]) for name in _TEXTS if name in self.places)
        self.prose = tuple(self.places[name] for name in (*_PROSE, *_TEXTS) if name in self.places)
        self.others = tuple(heading for heading in self.headings.columns if heading.field is None)
        self.width = max(heading.column for heading in self.headings.columns) + 1
        self.filled = _filled_down(sheet, self.headings.last + 1)
        self.remarks = self._remarks(whole)
        self.heading_texts = {
            plain_heading(part)
            for heading in self.headings.columns
            for part in (heading.written, *heading.written.split("/"))  # two rows of them come again one by one
        }
        self.title_texts: set[str] = set()  # what stands over the headings, and again on every page
        self.money_unit = Decimal(1)
        self.units: dict[str, Decimal] = {}
        self.section = ""
        self.unit = ""  # whose sheet it is, as its title rows say
        self.current: ReadFinding | None = None  # waits for its continuation rows
        self.asked: list[tuple[int, str, str, str]] = []  # row, heading, code and value: flagged with the current one

    def read(self) -> None:
        self._read_titles()
        self.unit = self.reading.unit_of(self.sheet, self.unit)
        for heading in self.headings.columns:
            self.reading.mapping[heading.written] = heading.field
        for name in ("amount", "recovered"):
            if column := self.columns.get(name):
                named = unit_of(column.written)
                self.units[name] = named or self.money_unit
                if named is None and self.money_unit == 1 and "amount_unit" not in self.columns:
                    self.reading.note(self.sheet.name, None, "amount_without_unit", column=column.written)
        if self.sheet.formulas:
            self.reading.note(self.sheet.name, None, "formulas_not_evaluated", count=len(self.sheet.formulas))
        self._note_hidden()
        for index in range(self.headings.last + 1, len(self.filled.rows)):
            row = _Row(index, self.filled.rows[index], self.width)
            if any(row.texts):
                self._read_row(row)
        self._finish()

    def _note_hidden(self) -> None:
        """Say what is folded away or filtered out; it is read, as a filter that was left on must lose no finding."""
        rows = [row + 1 for row in sorted(self.sheet.hidden_rows) if row > self.headings.last and self._is_filled(row)]
        if rows:
            some = "、".join(map(str, rows[:10])) + ("……" if len(rows) > 10 else "")
            self.reading.note(self.sheet.name, None, "hidden_rows", count=len(rows), rows=some)
        columns = [
            heading.written
            for heading in self.headings.columns
            if any(first <= heading.column <= last for first, last in self.sheet.hidden_columns)
        ]
        if columns:
            self.reading.note(self.sheet.name, None, "hidden_columns", columns="、".join(columns))

    def _is_filled(self, row: int) -> bool:
        return row < len(self.sheet.rows) and any(cell != "" for cell in self.sheet.rows[row])

    def _read_titles(self) -> None:
        """Take the unit, the day of feedback and the unit of money from what stands over the headings."""
        cells = [
            (text, next((_text(later).strip() for later in row[column + 1 :] if later != ""), ""))
            for row in self.sheet.rows[: self.headings.first]
            for column, cell in enumerate(row)
            if isinstance(cell, str) and (text := clean(cell))
        ]
        for text, beside in cells:
            self.title_texts.add(same_text(text))
            for line in re.split(r"[\n\u3000]|\s{2,}", text):
                if money := _MONEY_UNIT.match(line):
                    self.money_unit = unit_of(money[1]) or self.money_unit
                elif (found := _UNIT.match(line)) and not self.unit:
                    self.unit = (found[1] or beside).strip()
                if (day := _FEEDBACK.search(line)) and self.reading.feedback_on is None:
                    self.reading.feedback_on = read_date(day[1] or beside).on

    def _remarks(self, whole: frozenset[Place]) -> Mapping[int, list[tuple[str, str]]]:
        """What is odd about single cells: field and code, by row."""
        remarks: dict[int, list[tuple[str, str]]] = {}
        fields_ = {column: name for name, (column, _) in self.places.items()}
        empty = {place for place in self.sheet.formulas if _at(self.filled.rows, place) == ""}
        for places, code in (
            (self.sheet.errors, "cell_error"),
            (empty, "formula_without_value"),
            (self.filled.own, "value_under_merge"),
            (self.filled.moved, "merge_moved"),
            (whole, "not_taken_apart"),
        ):
            for index, column in sorted(places):
                if column in fields_:
                    remarks.setdefault(index, []).append((fields_[column], code))
        return remarks

    # --- one row --------------------------------------------------

    def _read_row(self, row: _Row) -> None:
        first = next(text for text in row.texts if text).strip()
        if self._repeats_headings(row):
            self.reading.note(self.sheet.name, row.index + 1, "repeated_headings")
        elif _TOTAL.match(same_text(first)) or _TOTAL.match(self._said(row, "title")):
            self.reading.note(self.sheet.name, row.index + 1, "total_dropped", text=first)
        elif _stands_alone(row) and (_PAGE.match(first) or same_text(first) in self.title_texts):
            self.reading.note(self.sheet.name, row.index + 1, "page_line_dropped", text=first)
        elif _stands_alone(row) and _SECTION.match(first):
            self.section = _SECTION.sub("", first).strip() or first
            self.reading.note(self.sheet.name, row.index + 1, "section_row", text=first)
        elif not self._is_finding(row) and _SIGNATURE.match(first):
            self.reading.note(self.sheet.name, row.index + 1, "signature_dropped", text=first)
        elif self._continues(row):
            self._add_to_current(row)
        else:
            self._finish()
            self._start(row)

    def _repeats_headings(self, row: _Row) -> bool:
        texts = [text for text in row.texts if text]
        return len(texts) >= 2 and all(plain_heading(text) in self.heading_texts for text in texts)

    def _is_finding(self, row: _Row) -> bool:
        return bool(self._said(row, "title") or self._said(row, "detail")) and not _stands_alone(row)

    def _continues(self, row: _Row) -> bool:
        """Whether this row only adds measures to the finding above it."""
        if self.current is None or not self._said(row, "measures"):
            return False
        texts = [name for name in ("title", "detail") if self._said(row, name)]
        if any(not self._from_above(row, name) for name in texts):
            return False
        identity = [name for name in ("seq", "number") if self._said(row, name)]
        return all(self._from_above(row, name) for name in identity) and not self._from_above(row, "measures")

    def _from_above(self, row: _Row, name: str) -> bool:
        return name in self.places and (row.index, self.places[name][0]) in self.filled.source

    def _start(self, row: _Row) -> None:
        if not self._said(row, "title") and not self._said(row, "detail"):
            wanted = self.columns.get("title") or self.columns["detail"]
            self._reject(row, wanted.written, "", "text_missing")
            return
        self.asked = []
        self.current = self._understand(row)

    def _finish(self) -> None:
        if self.current is not None:
            for number, column, code, value in self.asked:
                self.reading.flag(self.sheet.name, number, column, code, value=value)
            self.reading.keep(self.current, self.unit)
        self.current = None

    def _add_to_current(self, row: _Row) -> None:
        assert self.current is not None
        more: dict[str, Any] = {"measures": self.current.measures + split_measures(self._said(row, "measures"))}
        for name, column in self.texts:
            before, text = getattr(self.current, name), clean(row.texts[column])
            if text and text not in before.split("\n"):
                more[name] = f"{before}\n{text}" if before else text
        said_in = "due" if self._said(row, "due").strip() else "measures"
        due = self._date(row, "due") if said_in == "due" else self._promised(row)[0]
        if due.on and due.on != self.current.due_on:
            more["due_on"] = max(due.on, self.current.due_on or due.on)
            if self.current.due_on:
                self._ask(row, said_in, "several_due_dates")
        self.current = replace(self.current, **more)

    def _understand(self, row: _Row) -> ReadFinding | None:
        """Return the finding of one row, None if a value makes it impossible to keep."""
        due, amount = self._date(row, "due"), self._amount(row, "amount")
        due_text = self._said(row, "due")
        if due.impossible:
            self._reject(row, self.columns["due"].written, self._said(row, "due"), "day_impossible")
            return None
        if amount.impossible:
            self._reject(row, self.columns["amount"].written, self._said(row, "amount"), "amount_impossible")
            return None
        self._ask(row, "due", due.doubt)
        self._ask(row, "amount", amount.doubt)
        self._ask_about_cells(row)
        if not due_text.strip():
            due, due_text = self._promised(row)
        title, detail = clean(self._said(row, "title")), clean(self._said(row, "detail"))
        number = clean(self._said(row, "number")) or None
        return ReadFinding(
            sheet=self.sheet.name,
            row=row.index + 1,
            seq=self._seq(row) or number,
            number=number,
            title=title or detail,
            detail=detail if title else "",
            amount_yuan=amount.yuan,
            headcount=self._headcount(row),
            kind=self._kind(row, due),
            measures=split_measures(self._said(row, "measures")),
            starts_on=self._other_date(row, "starts_on"),
            due_on=due.on,
            due_text=due_text,
            done_on=self._other_date(row, "done_on"),
            recovered_yuan=self._recovered(row),
            regulations=split_measures(self._said(row, "regulations")),
            evidence_refs=split_measures(self._said(row, "evidence_refs")),
            others={h.written: text for h in self.others if (text := row.texts[h.column])},
            written=WrittenRow(self.sheet.name, row.index + 1, row.texts, self.places, self._sources(row)),
            **self._texts(row),
        )

    def _promised(self, row: _Row) -> tuple[WrittenDate, str]:
        """The day that the measures promise, where no column says one; the latest of several, which is asked."""
        written = deadlines_in(split_measures(self._said(row, "measures")))
        days = [read_date(text, feedback_on=self.reading.feedback_on) for text in written]
        certain = [day.on for day in days if day.on and not day.doubt]
        if not certain:
            if days and (doubt := days[0].doubt):
                self._ask(row, "measures", doubt, written[0])
            return replace(days[0], impossible=False) if days else WrittenDate(), "；".join(written)
        if len(set(certain)) > 1:
            self._ask(row, "measures", "several_due_dates", "；".join(written))
        return WrittenDate(max(certain)), "；".join(written)

    def _texts(self, row: _Row) -> dict[str, Any]:
        texts = {name: clean(row.texts[column]) for name, column in self.texts}
        for name in _PEOPLE & texts.keys():
            texts[name] = _SPREAD_NAME.sub("", texts[name])
        texts["aspect"] = texts.get("aspect") or self.section
        return texts

    def _seq(self, row: _Row) -> int | str | None:
        text = same_text(self._said(row, "seq")).strip(".、()")
        return int(text) if text.isdecimal() and len(text) < 10 else clean(self._said(row, "seq")) or None

    def _kind(self, row: _Row, due: WrittenDate) -> Kind | None:
        """The kind that is written; beside the day, in its column or as a category. With a day only: 限期整改."""
        text = self._said(row, "kind")
        kind = read_kind(text) if text else None
        if kind is None and text.strip():
            self._ask(row, "kind", "kind_unknown")
            return due.kind
        return kind or due.kind or read_kind(self._said(row, "category")) or (Kind.PHASED if due.on else None)

    def _headcount(self, row: _Row) -> int | None:
        text = same_text(self._said(row, "headcount"))
        if not text or text in {"/", "-", "无", "—"}:
            return None
        if found := re.fullmatch(r"(\d{1,7})(?:\.0)?[人名个]?次?", text):
            return int(found[1])
        self._ask(row, "headcount", "not_a_number")
        return None

    def _recovered(self, row: _Row) -> Decimal | None:
        amount = self._amount(row, "recovered")
        self._ask(row, "recovered", "not_an_amount" if amount.impossible else amount.doubt)
        return amount.yuan

    def _amount(self, row: _Row, name: str) -> Amount:
        text = self._said(row, name)
        if not text:
            return Amount()
        cell = row.cells[self.places[name][0]]
        unit = (unit_of(self._said(row, "amount_unit")) if name == "amount" else None) or self.units[name]
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return in_yuan(Decimal(repr(cell)), unit=unit)
        return read_amount(text, unit=unit)

    def _other_date(self, row: _Row, name: str) -> date | None:
        day = self._date(row, name)
        self._ask(
            row, name, "done_day_impossible" if day.impossible else None if day.doubt == "not_a_date" else day.doubt
        )
        return day.on

    def _date(self, row: _Row, name: str) -> WrittenDate:
        if not self._said(row, name):
            return WrittenDate()
        cell = row.cells[self.places[name][0]]
        if isinstance(cell, date):
            return plausible(cell)
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return read_serial(cell, since_1904=self.since_1904)
        return read_date(_text(cell), feedback_on=self.reading.feedback_on)

    def _ask(self, row: _Row, name: str, code: str | None, value: str | None = None) -> None:
        """Ask about *value*, or all that the field says."""
        if code is not None:
            said = self._said(row, name) if value is None else value
            self.asked.append((row.index + 1, self.columns[name].written, code, said))

    def _ask_about_cells(self, row: _Row) -> None:
        for name, code in self.remarks.get(row.index, ()):
            self._ask(row, name, code)
        for column, heading in self.prose:
            if found := dirt_in(row.texts[column]):
                for kind in sorted({dirt.kind for dirt in found} - {"invisible"}):
                    self.asked.append((row.index + 1, heading, kind, row.texts[column]))

    def _reject(self, row: _Row, column: str, value: str, code: str) -> None:
        why = Why(code, {"column": column, "value": value})
        self.reading.rejected.append(Rejected(self.sheet.name, row.index + 1, column, value, why))

    def _said(self, row: _Row, name: str) -> str:
        """The text of a field in this row as it was written; empty where it says nothing."""
        place = self.places.get(name)
        return row.texts[place[0]] if place else ""

    def _sources(self, row: _Row) -> Mapping[int, int]:
        return {
            column: source + 1
            for column in self.filled.columns
            if (source := self.filled.source.get((row.index, column))) is not None
        }


def _stands_alone(row: _Row) -> bool:
    """Whether the row says one thing only, as a title or a signature over the whole width does."""
    texts = [text for text in row.texts if text]
    return len(texts) == 1 or len(set(texts)) == 1


@dataclass(frozen=True)
class _Filled:
    """The rows of a sheet with tall merged cells repeated downwards; all places from 0."""

    rows: list[list[Cell]]
    source: dict[Place, int]  # a repeated place -> the row that its value comes from
    own: frozenset[Place]  # places inside merged cells that hold a value of their own
    moved: frozenset[Place]  # places filled although the merged range lies elsewhere
    columns: frozenset[int]  # columns that have repeated places


def _filled_down(sheet: Sheet, first: int) -> _Filled:
    """Repeat tall merged cells from row *first* on. A value that stands in a covered cell is never written over."""
    rows = [list(row) for row in sheet.rows]
    for index, column in sheet.months:
        if isinstance(month := _at(rows, (index, column)), date):
            rows[index][column] = f"{month.year}年{month.month}月"  # what the sheet shows; the day is nobody's
    tall = [(top, left, bottom) for (top, left), (bottom, _) in sheet.merged if bottom > top and bottom >= first]
    own = frozenset(place for span in tall for place in _covered(rows, span) if _at(rows, place) != "")
    shift = _stale_by(rows, tall, first) if own else 0
    source: dict[Place, int] = {}
    for top, left, bottom in tall:
        span = (top + shift, left, bottom + shift)
        value = _at(rows, (span[0], left))
        for index, column in _covered(rows, span) if span[0] >= first and value != "" else ():
            if rows[index][column] == "":
                rows[index][column] = value
                source[index, column] = span[0]
    columns = frozenset(column for _, column in source)
    nowhere: frozenset[Place] = frozenset()
    return _Filled(rows, source, nowhere if shift else own, frozenset(source) if shift else nowhere, columns)


def _stale_by(rows: list[list[Cell]], tall: Sequence[tuple[int, int, int]], first: int) -> int:
    """How many rows the merged ranges lie too high, 0 if that explains nothing.

    openpyxl's ``insert_rows`` moves the values and leaves the ranges: each then covers values, which no spreadsheet
    program allows. One shift that puts a value at the head of every range and nothing under it is the explanation.
    """

    def fits(shift: int) -> bool:
        spans = [(top + shift, left, bottom + shift) for top, left, bottom in tall]
        return all(
            span[0] >= first
            and span[2] < len(rows)
            and _at(rows, (span[0], span[1])) != ""
            and all(_at(rows, place) == "" for place in _covered(rows, span))
            for span in spans
        )

    return next((shift for shift in range(1, first + 1) if fits(shift)), 0)


def _covered(rows: list[list[Cell]], span: tuple[int, int, int]) -> Iterator[Place]:
    top, left, bottom = span
    for index in range(top + 1, min(bottom + 1, len(rows))):
        if left < len(rows[index]):
            yield index, left


def _at(rows: list[list[Cell]], place: Place) -> Cell:
    index, column = place
    return rows[index][column] if index < len(rows) and column < len(rows[index]) else ""


def _told_by_content(headings: Headings, sheet: Sheet) -> Headings:
    """What a heading leaves open and its column tells.

    单位 over 元 and 万元 only, 整改要求 over kinds only, 落实情况 over 完成 and 未完成 only.
    """
    known = headings.by_field

    def texts(heading: Heading) -> set[str]:
        column = heading.column
        rows = sheet.rows[headings.last + 1 :]
        return {_text(row[column]).strip() for row in rows if column < len(row) and row[column] != ""} - {""}

    def better(heading: Heading) -> Heading:
        if plain_heading(heading.written) == "单位" and (said := texts(heading)) and all(map(unit_of, said)):
            return replace(heading, field="amount_unit")
        if heading.field is None and "kind" not in known and re.search("整改|类型", heading.written):
            said = texts(heading)
            if said and all(len(text) <= 8 and read_kind(text) for text in said):
                return replace(heading, field="kind")
        if heading.field == "progress" and "status" not in known:
            said = texts(heading)
            if said and all(len(text) <= 8 and claim_of(text) for text in said):
                return replace(heading, field="status")
        return heading

    return replace(headings, columns=tuple(better(heading) for heading in headings.columns))


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return cell if isinstance(cell, str) else cell.isoformat() if isinstance(cell, date) else str(cell)
