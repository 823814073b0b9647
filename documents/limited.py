"""Opens files of strangers: what they are is looked at, then they are read in a child process with narrow limits."""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cases.refusals import CaseError
from documents.refusals import (
    FileDamaged,
    FileDisguised,
    FileEncrypted,
    FileKindUnknown,
    FileTooLarge,
    ReadingTookTooLong,
    TooManyRows,
    UnpacksTooLarge,
)

Cell = str | int | float | date  # an empty cell is an empty text
Place = tuple[int, int]  # row and column, both from 0
Range = tuple[Place, Place]  # first and last place, both included


@dataclass(frozen=True)
class Limits:
    """What one file may cost."""

    file_bytes: int = 20 << 20
    rows: int = 20_000
    cells: int = 2_000_000
    cell_characters: int = 10_000  # of a text in one cell; what is longer is cut, and said
    unpacked_bytes: int = 300 << 20
    entries: int = 2_000
    memory_bytes: int = 2 << 30
    cpu_seconds: int = 30
    seconds: int = 90  # on the wall; the machine may be busy


LIMITS = Limits()


@dataclass(frozen=True)
class Sheet:
    """One sheet as it was saved: values, never formulas; an invisible sheet has no rows here."""

    name: str
    rows: Sequence[Sequence[Cell]]
    visible: bool = True
    merged: tuple[Range, ...] = ()
    formulas: frozenset[Place] = frozenset()
    months: frozenset[Place] = frozenset()  # date cells that show a month only
    errors: frozenset[Place] = frozenset()  # cells that hold an error such as #REF!
    hidden_rows: frozenset[int] = frozenset()  # folded away or filtered out; their values are here all the same
    hidden_columns: tuple[tuple[int, int], ...] = ()  # first and last


@dataclass(frozen=True)
class Book:
    """The sheets of a workbook, and from when its days are counted."""

    sheets: tuple[Sheet, ...]
    since_1904: bool = False


_BY_SUFFIX: Mapping[str, tuple[str, ...]] = {
    ".xlsx": ("xlsx",),
    ".xls": ("xls",),
    ".et": ("xls", "xlsx"),  # WPS writes what Excel reads, under names of its own
    ".csv": ("text",),
    ".tsv": ("text",),
    ".txt": ("text",),
    ".docx": ("docx",),
    ".doc": ("doc",),
    ".wps": ("doc", "docx"),
}
DOCUMENTS = frozenset({"docx", "doc"})

_REFUSALS: Mapping[str, type[CaseError]] = {
    refusal.code: refusal for refusal in (FileDamaged, FileEncrypted, TooManyRows, UnpacksTooLarge, ReadingTookTooLong)
}


_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Word and Excel wrote until 2003
_SIGNATURES: Mapping[bytes, str] = {  # in lower case, as the head is compared
    b"%pdf": "pdf", b"\x89png": "png", b"\xff\xd8\xff": "jpeg", b"{\\rtf": "rtf", b"rar!": "rar", b"gif8": "gif",
    b"7z\xbc\xaf\x27\x1c": "7z", b"\x1f\x8b": "gzip",
}  # fmt: skip


def kind_of(name: str, content: bytes, limits: Limits = LIMITS) -> str:
    """Return xlsx, xls, docx, doc or text, where name and content agree; else refuse, as what is too large."""
    if len(content) > limits.file_bytes:
        raise FileTooLarge(limit=limits.file_bytes >> 20)
    expected = _BY_SUFFIX.get(Path(name).suffix.lower())
    if expected is None:
        raise FileKindUnknown(name=name)
    really = sniff(content)
    if really == "encrypted":
        raise FileEncrypted(name=name)
    if really not in expected:
        if not content or (really == "text" and "text" not in expected and not content.strip(b"\0")):
            raise FileDamaged(name=name)
        raise FileDisguised(name=name, really=really)
    return really


def is_old_document(name: str, content: bytes, limits: Limits = LIMITS) -> bool:
    """Whether `kind_of` would say doc; no package of a stranger is opened for the answer."""
    return content.startswith(_COMPOUND) and kind_of(name, content, limits) == "doc"


def read_book(kind: str, content: bytes, limits: Limits = LIMITS) -> Book:
    """Return the workbook in *content*; *kind* is xlsx or xls."""
    answer = in_child(kind, content, limits)
    sheets = tuple(
        Sheet(
            name=sheet["name"],
            visible=sheet["visible"],
            rows=sheet["rows"],
            merged=tuple(((top, left), (bottom, right)) for (top, left), (bottom, right) in sheet["merged"]),
            formulas=frozenset(map(tuple, sheet.get("formulas", ()))),
            months=frozenset(map(tuple, sheet.get("months", ()))),
            errors=frozenset(map(tuple, sheet.get("errors", ()))),
            hidden_rows=frozenset(sheet.get("hidden_rows", ())),
            hidden_columns=tuple((first, last) for first, last in sheet.get("hidden_columns", ())),
        )
        for sheet in answer["sheets"]
    )
    return Book(sheets, answer["since_1904"])


def in_child(kind: str, content: bytes, limits: Limits = LIMITS) -> dict[str, Any]:
    """Have *content* read by the limited child; a child that dies or idles is a refusal too."""
    order = {
        "kind": kind, "rows": limits.rows, "cells": limits.cells, "entries": limits.entries,
        "unpacked_bytes": limits.unpacked_bytes, "memory_bytes": limits.memory_bytes, "cpu_seconds": limits.cpu_seconds,
    }  # fmt: skip
    try:
        child = subprocess.run(
            [sys.executable, "-I", str(Path(__file__).with_name("limited_child.py"))],
            input=json.dumps(order).encode() + b"\n" + content,
            capture_output=True,
            timeout=limits.seconds,
            env={},  # no address of a database, no password
            check=False,
        )
        answer = json.loads(child.stdout, object_hook=_cell)
    except (subprocess.TimeoutExpired, ValueError):
        raise ReadingTookTooLong from None
    if refused := answer.get("refused"):
        raise _REFUSALS[refused](limit=limits.rows)
    return dict(answer)


def _cell(value: dict[str, Any]) -> Any:
    if "date" in value:
        return date.fromisoformat(value["date"])
    return value.get("time", value)


def sniff(content: bytes) -> str:
    """Return what *content* is: xlsx, xls, docx, zip, encrypted, pdf, png, html, text ... Raises FileDamaged."""
    head = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(b"PK"):
        return _sniff_package(content)
    if content.startswith(_COMPOUND):
        return _sniff_compound(content)
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if re.match(rb"(?:<!doctype html|<html|<table|<head|<meta|<script|<div)", head):
        return "html"
    return "xml" if head.startswith(b"<?xml") else "text"


def _sniff_package(content: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise FileDamaged from None
    if "xl/workbook.xml" in names:
        return "xlsx"
    return "docx" if "word/document.xml" in names else "zip"


def _sniff_compound(content: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "encrypted"
    if "WordDocument".encode("utf-16-le") in content:
        return "doc"
    return "xls"
