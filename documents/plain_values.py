"""Values that cross from the limited child as JSON: plain ones, and the few classes of readings by their names.

Nothing else can be made of what a child says, whatever a file has made of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from cases.finding import Kind
from documents.layouts import Layout
from documents.readings import Duplicate, Flagged, Intake, Note, ReadFinding, Rejected, Why, Written, WrittenRow
from documents.register_books import ReadBook, ReadRow

_CLASSES: Mapping[str, Any] = {
    one.__name__: one
    for one in (Duplicate, Flagged, Intake, Layout, Note, ReadBook, ReadFinding, ReadRow, Rejected, Why, Written)
}


class Packing:
    """Makes JSON values; what the rows of a sheet share is written once."""

    def __init__(self) -> None:
        self.shared: list[Any] = []
        self._places: dict[int, int] = {}

    def pack(self, value: Any) -> Any:
        """Return *value* as JSON knows it. Raises TypeError for a class that is none of ours."""
        if value is None or type(value) in (str, int, float, bool):
            return value
        if isinstance(value, WrittenRow):
            sheet, row, texts, columns, sources = value.parts()
            return {"row": [sheet, row, self.pack(texts), self._shared(columns), self.pack(sources)]}
        if type(value).__name__ in _CLASSES:
            return {"is": type(value).__name__, "of": [self.pack(part) for part in _parts(value)]}
        if isinstance(value, Kind):
            return {"kind": str(value)}
        if isinstance(value, date):
            return {"day": value.isoformat()}
        if isinstance(value, Decimal):
            return {"number": str(value)}
        if isinstance(value, Mapping):
            return {"map": [[self.pack(key), self.pack(each)] for key, each in value.items()]}
        if isinstance(value, frozenset):
            return {"set": [self.pack(each) for each in value]}
        if isinstance(value, tuple | list):
            return [self.pack(each) for each in value]
        raise TypeError(f"{type(value).__name__} is no value of readings")

    def _shared(self, value: Any) -> int:
        if id(value) not in self._places:
            self._places[id(value)] = len(self.shared)
            self.shared.append(self.pack(value))
        return self._places[id(value)]


def unpacked(packed: Any, shared: Sequence[Any] = ()) -> Any:
    """Return the value that was packed; lists come back as tuples."""
    return _unpacked(packed, [_unpacked(one, ()) for one in shared])


def _unpacked(packed: Any, shared: Sequence[Any]) -> Any:
    if isinstance(packed, list):
        return tuple(_unpacked(each, shared) for each in packed)
    if not isinstance(packed, dict):
        return packed
    match packed:
        case {"row": [sheet, row, texts, columns, sources]}:
            return WrittenRow(sheet, row, texts, shared[columns], _unpacked(sources, shared))
        case {"is": name, "of": parts}:
            return _made(_CLASSES[name], [_unpacked(each, shared) for each in parts])
        case {"kind": kind}:
            return Kind(kind)
        case {"day": day}:
            return date.fromisoformat(day)
        case {"number": number}:
            return Decimal(number)
        case {"map": pairs}:
            return {_unpacked(key, shared): _unpacked(each, shared) for key, each in pairs}
        case {"set": each}:
            return frozenset(_unpacked(one, shared) for one in each)
    raise ValueError("no value of readings")


def _parts(value: Any) -> list[Any]:
    return [getattr(value, each.name) for each in fields(value)] if is_dataclass(value) else list(value)


def _made(kind: Any, parts: Sequence[Any]) -> Any:
    names = [each.name for each in fields(kind)] if is_dataclass(kind) else kind._fields
    return kind(**dict(zip(names, parts, strict=True)))
