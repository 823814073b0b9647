"""Which column is which: the row of headings under the title rows, and what its words mean.

The words stand in ``config/ledger_headings.toml``, so that people can add what their units write.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

from documents.limited import Cell, Sheet

LONGEST = 200  # characters of a heading; a cell that holds more is none
SEARCHED_ROWS = 40  # titles, notes to the filler and blank rows above the headings
TEXTS = frozenset({"title", "detail"})  # at least one of them makes a table a ledger


@dataclass(frozen=True)
class Heading:
    """One column: where it stands, what is written over it, which field that is (None: none of ours)."""

    column: int
    written: str
    field: str | None


@dataclass(frozen=True)
class Headings:
    """The headings of one sheet; *first* and *last* row from 0, both included."""

    first: int
    last: int
    columns: tuple[Heading, ...]

    @property
    def by_field(self) -> Mapping[str, Heading]:
        """The columns that are understood; of two with the same meaning the first."""
        found: dict[str, Heading] = {}
        for heading in self.columns:
            if heading.field is not None:
                found.setdefault(heading.field, heading)
        return found


def find_headings(sheet: Sheet, mapping: Mapping[str, str | None] | None = None) -> Headings | None:
    """Return the row or the two rows of headings that say most about a ledger; None on a sheet that is none.

    *mapping* (heading as written -> field, None for none) is what people corrected before; it goes first.
    """
    corrected = {plain_heading(written): field for written, field in (mapping or {}).items()}
    candidates = [
        headings
        for row in range(min(SEARCHED_ROWS, len(sheet.rows)))
        for last in (row, row + 1)
        if last < len(sheet.rows) and (headings := _read(sheet, row, last, corrected)) is not None
    ]
    return max(candidates, key=_sureness, default=None)


def field_of(written: str) -> str | None:
    """Return the field that a heading means, None for one that the catalogue does not have."""
    plain = plain_heading(written)
    return synonyms().get(plain) or (_mentioned(plain) if 3 <= len(plain) <= 16 else None)


def field_named(written: str) -> str | None:
    """Return the field that *written* names by itself, None where a known heading is only mentioned in it."""
    return synonyms().get(plain_heading(written))


_ABOUT_OTHERS = re.compile(
    r"验收|审核|复核|复查|检查|受检|填报|填表|制表|(?:分类|编号|代码|数量|个数|次数|附件|照片|图片)$"
)


@cache
def _mentioned(plain: str) -> str | None:
    """The known heading that stands earliest in a longer one: 整改措施及完成时限 is about measures.

    问题明细分类 is no detail and 验收负责人 nobody who rectifies.
    """
    if _ABOUT_OTHERS.search(plain):
        return None
    found = [
        (plain.find(known), -len(known), field)
        for known, field in synonyms().items()
        if len(known) >= 3 and known in plain
    ]
    return min(found)[2] if found else None


_BRACKETED = re.compile(r"[(\[【〔<][^()\[\]【】〔〕<>]*[)\]】〕>]")


@lru_cache(maxsize=8192)
def plain_heading(written: str) -> str:
    """Return *written* half-width, without blanks, line breaks, brackets and closing marks."""
    plain = re.sub(r"[\s\u200b\ufeff*★]+", "", unicodedata.normalize("NFKC", written[:LONGEST]))
    return _BRACKETED.sub("", plain).strip(":：、,。/").casefold() or plain.casefold()


@cache
def synonyms() -> Mapping[str, str]:
    """Return all known headings, plainly written, with their field."""
    table = tomllib.loads(files("config").joinpath("ledger_headings.toml").read_text("utf-8"))
    return {plain_heading(heading): field for field, headings in table.items() for heading in headings}


@cache
def fields() -> tuple[str, ...]:
    """Return the fields of a ledger, as ``import --json`` and a mapping name them."""
    return tuple(tomllib.loads(files("config").joinpath("ledger_headings.toml").read_text("utf-8")))


def _read(sheet: Sheet, first: int, last: int, corrected: Mapping[str, str | None]) -> Headings | None:
    upper = _spread(sheet, first)
    lower: Sequence[str] = ()
    if last != first:
        lower = _texts(sheet.rows[last])
        if not _is_second_row(sheet, first, upper, lower):
            return None
    columns = []
    for column, over in enumerate(upper):
        under = lower[column] if column < len(lower) else ""
        written = f"{over}/{under}" if over and under and over != under else over or under
        if written:
            parts = tuple(part for part in (under, over) if part)  # the lower one says more
            columns.append(Heading(column, written, _meaning(written, parts, corrected)))
    columns = _once_each(columns)
    known = {heading.field for heading in columns if heading.field}
    return Headings(first, last, tuple(columns)) if known & TEXTS and len(known) >= 2 else None


def _meaning(written: str, parts: tuple[str, ...], corrected: Mapping[str, str | None]) -> str | None:
    """What people corrected, else what is known as it stands, else what a known heading is mentioned in."""
    for part in (written, *parts):
        if plain_heading(part) in corrected:
            return corrected[plain_heading(part)]
    exact = map(field_named, parts)
    return next((field for field in (*exact, *map(field_of, parts)) if field), None)


def _once_each(columns: list[Heading]) -> list[Heading]:
    """Two columns of the same meaning cannot both be it: the more usual heading is, the other is kept as written.

    Of two problems the second one is the detail.
    """
    problems = [heading for heading in columns if heading.field == "title"]
    if len(problems) > 1:
        spare = None if any(heading.field == "detail" for heading in columns) else "detail"
        columns = [replace(each, field=spare) if each is problems[1] else each for each in columns]
    winners: dict[str, Heading] = {}
    for heading in sorted(columns, key=_rank, reverse=True):
        if heading.field:
            winners[heading.field] = heading
    winners |= {"title": problems[0]} if problems else {}
    return [each if winners.get(each.field or "") is each else replace(each, field=None) for each in columns]


def _rank(heading: Heading) -> int:
    """How usual a heading is: its place in the catalogue, behind all of them where one is only mentioned in it."""
    places = _places()
    return min((places.get(plain_heading(part), len(places)) for part in heading.written.split("/")), default=0)


@cache
def _places() -> Mapping[str, int]:
    return {heading: place for place, heading in enumerate(synonyms())}


def _is_second_row(sheet: Sheet, first: int, upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the row under *first* belongs to the headings: it holds headings only, or stands under wide ones."""
    filled = [text for text in lower if text]
    known = [text for text in filled if field_of(text)]
    wide = any(top == bottom == first and right > left for (top, left), (bottom, right) in sheet.merged)
    tall = any(top == first and bottom == first + 1 for (top, _), (bottom, _) in sheet.merged)
    paired = len(known) == len(filled) and len(set(upper) - {""}) > 1  # 填报单位：…… alone over them is a title
    return bool(filled) and any(upper) and len(known) * 2 >= len(filled) and (wide or tall or paired)


def _sureness(headings: Headings) -> tuple[int, int, int]:
    known = sum(heading.field is not None for heading in headings.columns)
    return known, -headings.first, -(headings.last - headings.first)


def _spread(sheet: Sheet, row: int) -> list[str]:
    """The texts of *row*, wide cells repeated over what they cover; a title over everything says nothing."""
    texts = _texts(sheet.rows[row])
    for (top, left), (bottom, right) in sheet.merged:
        if top <= row <= bottom and right > left and left < len(texts):
            covered = range(left, min(right + 1, len(texts)))
            for column in covered:
                texts[column] = "" if len(covered) > max(6, len(texts) // 2) else texts[left]
    return texts


def _texts(row: Sequence[Cell]) -> list[str]:
    return [cell.strip() if isinstance(cell, str) else "" for cell in row]
