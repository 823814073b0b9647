"""The image of a proved row: what is digested of it, the same whoever read or wrote it."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from json.encoder import encode_basestring
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    Table,
    Text,
    select,
    type_coerce,
)
from sqlalchemy.types import BigInteger

from persistence.columns import Json, Moment, Money, canonical, moment_text
from persistence.declared import PROVED

Image = dict[str, Any]  # of a row: column -> text, number or None


class Imaged:
    """How the rows of one proved table become images, texts and scopes; made once per table."""

    def __init__(self, table: Table) -> None:
        declared = PROVED[table.name]
        self.table = table
        self.name = table.name
        self.scope_of = declared.scope
        self.left_out = declared.left_out
        self.columns = {name: column for name, column in table.c.items() if name not in declared.uncovered}
        self.key = tuple(declared.key or (column.name for column in table.primary_key))
        self._texts = sorted(self.columns)
        self._absent = {name: _default_text(column) for name, column in self.columns.items()}
        self._rests = [(name, self._absent[name], f',"{name}",') for name in self._texts]
        self._begins = f'["{table.name}"'
        self._givers = [(name, *_giver(column, self._absent[name])) for name, column in self.columns.items()]
        self._as_given = {name: as_given for name, as_given, _ in self._givers}
        self.raw = [_raw(column).label(name) for name, column in self.columns.items()]

    @property
    def shape(self) -> list[list[Any]]:
        """What a text depends on beside the row."""
        return [[name, self._absent[name]] for name in self._texts]

    def covers(self, image: Image) -> bool:
        """Whether the row is proved; some rows of a proved table are not."""
        return self.left_out is None or image[self.left_out[0]] != self.left_out[1]

    def given(self, values: Mapping[str, Any]) -> Image:
        """Return the image of a row that is about to be inserted with *values*."""
        image: Image = {}
        for name, as_given, at_rest in self._givers:
            if name not in values:
                image[name] = at_rest()
            else:
                value = values[name]
                image[name] = None if value is None else as_given(value)
        return image

    def changed(self, before: Image, values: Mapping[str, Any]) -> Image:
        """Return the image of a row after *values* were put in."""
        image = dict(before)
        for name, value in values.items():
            if (as_given := self._as_given.get(name)) is not None:
                image[name] = None if value is None else as_given(value)
        return image

    def read(self, row: Sequence[Any]) -> Image:
        """Return the image of a row that was read with `raw`."""
        return {
            name: value if value.__class__ in _AS_THEY_ARE else _read(value)
            for name, value in zip(self.columns, row, strict=True)
        }

    def key_of(self, image: Image) -> str:
        """Return the primary key as text."""
        return "/".join(str(image[name]) for name in self.key)

    def text(self, image: Image) -> str:
        """Return what is digested: the table and every covered column that is not at rest.

        A column at its default of the schema is left out, so that a new column changes no digest.
        """
        said = [self._begins]
        for name, rest, named in self._rests:
            value = image[name]
            if value != rest:
                said += (named, _encoded(value))
        said.append("]")
        return "".join(said)

    def texts(self, before: Image, after: Image) -> tuple[str, str]:
        """Return `text` of both images of a row; what stayed is said once."""
        was, now = [self._begins], [self._begins]
        for name, rest, named in self._rests:
            value, new = before[name], after[name]
            if value is new:
                if value != rest:
                    same = (named, _encoded(value))
                    was += same
                    now += same
                continue
            if value != rest:
                was += (named, _encoded(value))
            if new != rest:
                now += (named, _encoded(new))
        return "".join((*was, "]")), "".join((*now, "]"))


def _encoded(value: str | int | None) -> str:
    """Return what JSON is of *value*; an encoder for all of JSON takes three times as long."""
    if value is None:
        return "null"
    return encode_basestring(value) if isinstance(value, str) else str(value)


@cache
def imaged(table: Table) -> Imaged:
    """Return how the rows of *table* become images."""
    return Imaged(table)


def _raw(column: Any) -> Any:
    """Return *column* as it is stored: without the cost of understanding it, and whatever somebody put there."""
    return type_coerce(column, BigInteger if isinstance(column.type, Money | Integer | Boolean) else Text)


_AS_THEY_ARE = frozenset({str, int, type(None)})


def _read(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return int(value)  # a bool too
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(value).hexdigest()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _giver(column: Any, absent: Any) -> tuple[Callable[[Any], Any], Callable[[], Any]]:
    """Return how a value of *column* becomes part of an image, and what stands there where none is given.

    Asked once per column: which it is costs more than the digest of a row.
    """
    as_given, default = _as_given(column.type), column.default
    if default is None:
        return as_given, lambda: absent
    if default.is_callable:
        return as_given, lambda: as_given(default.arg(None))
    rest = None if default.arg is None else as_given(default.arg)
    return as_given, lambda: rest


def _as_given(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, Json):
        return canonical
    if isinstance(kind, Moment):
        return moment_text
    if isinstance(kind, Money):
        return lambda value: int((value * 100).to_integral_exact())
    if isinstance(kind, Boolean):
        return lambda value: int(bool(value))
    if isinstance(kind, Integer | BigInteger):
        return int
    if isinstance(kind, LargeBinary):
        return lambda value: hashlib.sha256(value).hexdigest()
    return _as_text


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)  # of a StrEnum its word
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _default_text(column: Any) -> Any:
    """Return what the schema puts into a column that nobody fills."""
    if column.server_default is None:
        return None
    said = column.server_default.arg
    said = said if isinstance(said, str) else str(said)
    if isinstance(column.type, Boolean):
        return int(said.lower() in ("true", "1"))
    return int(said) if isinstance(column.type, Integer | BigInteger) else said


def batched(images: Iterator[Image], size: int) -> Iterator[list[Image]]:
    """Yield *images* in lists of *size*."""
    while part := list(islice(images, size)):
        yield part


def short(digest: bytes) -> str:
    """Return 11 characters by which a row is known again; they tell nothing of the digest."""
    return base64.urlsafe_b64encode(hashlib.sha256(digest).digest()[:8]).decode().rstrip("=")


def rows_of(connection: Connection, table: Table, scope: str) -> list[Image]:
    """Return the images of the rows of *table* that are proved in *scope*."""
    how = imaged(table)
    query = select(*how.raw).where(how.scope_of.condition(table, scope))
    return [image for image in map(how.read, connection.execute(query)) if how.covers(image)]


def every_row(connection: Connection, table: Table) -> Iterator[Image]:
    """Yield the images of all rows of *table* that are proved, streaming."""
    how = imaged(table)
    for row in connection.execute(select(*how.raw), execution_options={"yield_per": 2_000}):
        image = how.read(row)
        if how.covers(image):
            yield image
