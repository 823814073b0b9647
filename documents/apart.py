"""Reads strangers' files apart from everybody else: opening and understanding both happen in a child with limits.

A pattern that runs for a minute, a sheet that fills the memory: the child ends and the officer hears that the file took
too long; the house answers others meanwhile. The child knows no database and no password, and hands plain values back.
"""

import json
import logging
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from types import MappingProxyType
from typing import Any

from cases.refusals import CaseError
from documents import refusals
from documents.converted import as_docx
from documents.door import read_file
from documents.limited import LIMITS, Limits, is_old_document
from documents.plain_values import Packing, unpacked
from documents.readings import Intake
from documents.refusals import ReadersBusy, ReadingTookTooLong
from documents.register_books import ReadBook, read_register

log = logging.getLogger(__name__)

AT_ONCE = 3  # children of one process; each may take a core and its memory
IN_LINE = 5  # who may wait besides: a request that waits holds a thread that others need
POLITE = 10  # the child goes behind whoever serves people
_CHILD = "from documents.apart import in_child; in_child()"
_REFUSALS: Mapping[str, type[CaseError]] = {
    one.code: one
    for one in vars(refusals).values()
    if isinstance(one, type) and issubclass(one, CaseError) and one is not CaseError
}
_turn = threading.BoundedSemaphore(AT_ONCE)
_line = threading.BoundedSemaphore(AT_ONCE + IN_LINE)


def read_file_apart(
    name: str,
    content: bytes,
    *,
    unit: str | None = None,
    feedback_on: date | None = None,
    sheet: str | None = None,
    mapping: Mapping[str, str | None] | None = None,
    limits: Limits = LIMITS,
) -> Intake:
    """Understand any file that is let in, as `documents.door.read_file` does, with its refusals."""
    with _place_in_line(limits):
        word = as_docx(name, content, limits) if is_old_document(name, content, limits) else None
        asked = {
            "unit": unit, "feedback_on": feedback_on.isoformat() if feedback_on else None, "sheet": sheet,
            "mapping": None if mapping is None else list(mapping.items()), "converted": word is not None,
        }  # fmt: skip
        read: Intake = _apart("file", name, content if word is None else word, asked, limits)
    return read


def read_register_apart(
    name: str,
    content: bytes,
    headings: Mapping[str, str],
    *,
    longest: Mapping[str, int] = MappingProxyType({}),
    most: int = LIMITS.rows,
    limits: Limits = LIMITS,
) -> ReadBook:
    """Return the rows of a register's workbook, as `documents.register_books.read_register` does."""
    with _place_in_line(limits):
        asked = {"headings": list(headings.items()), "longest": dict(longest), "most": most}
        read: ReadBook = _apart("register", name, content, asked, limits)
    return read


def _apart(what: str, name: str, content: bytes, asked: Mapping[str, Any], limits: Limits) -> Any:
    order = {"what": what, "name": name, "asked": asked, "limits": asdict(limits)}
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD],
            input=json.dumps(order).encode() + b"\n" + content,
            capture_output=True,
            timeout=limits.seconds,
            env={},  # no address of a database, no password
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ReadingTookTooLong() from None
    if child.returncode > 0:
        raise ReadingBroke(child.stderr[-2_000:].decode(errors="replace"))
    try:
        answer = json.loads(child.stdout)
    except ValueError:  # a limit ended it
        raise ReadingTookTooLong() from None
    if "refused" in answer:
        raise _REFUSALS[answer["refused"]](**answer["facts"])
    return unpacked(answer["read"], answer["shared"])


class ReadingBroke(Exception):
    """The child raised what nobody expects of it; its words are the argument."""


@contextmanager
def _place_in_line(limits: Limits) -> Iterator[None]:
    """Wait for a turn, unless too many wait already. Raises ReadersBusy."""
    if not _line.acquire(blocking=False):
        raise ReadersBusy()
    try:
        if not _turn.acquire(timeout=limits.seconds):
            raise ReadersBusy()
        try:
            yield
        finally:
            _turn.release()
    finally:
        _line.release()


# --- the child ------------------------------------------------------------------------------------------------------


def in_child() -> None:
    """Do what stdin orders under its limits and print what was read; a limit that is hit ends the process."""
    order = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**order["limits"])
    os.nice(POLITE)
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))  # as its own child wants it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    packing = Packing()
    try:
        read = packing.pack(_read(order, sys.stdin.buffer.read(), limits))
        answer = {"read": read, "shared": packing.shared}
    except CaseError as refused:
        answer = {"refused": refused.code, "facts": dict(refused.facts)}
    except MemoryError:
        answer = {"refused": ReadingTookTooLong.code, "facts": {}}
    sys.stdout.write(json.dumps(answer))


def _read(order: Mapping[str, Any], content: bytes, limits: Limits) -> Any:
    name, asked = str(order["name"]), dict(order["asked"])
    if order["what"] == "register":
        return read_register(
            name, content, dict(asked["headings"]), longest=asked["longest"], most=asked["most"], limits=limits
        )
    return read_file(
        name,
        content,
        unit=asked["unit"],
        feedback_on=date.fromisoformat(asked["feedback_on"]) if asked["feedback_on"] else None,
        sheet=asked["sheet"],
        mapping=None if asked["mapping"] is None else dict(asked["mapping"]),
        converted=asked["converted"],
        limits=limits,
    )
