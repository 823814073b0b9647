"""Column types that read the same on SQLite and PostgreSQL, and the ids that we give out."""

import json
import secrets
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Dialect, Integer, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.types import BigInteger, TypeEngine

EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z


def moment_text(moment: datetime) -> str:
    """Return *moment* as it stands in the database. Raises ValueError for one without an offset."""
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"  # strftime takes half as long again


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept as UTC ISO text of fixed width, so that it sorts as text on every database."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Money(TypeDecorator[Decimal]):
    """Yuan with two decimals; kept in fen as an integer, because SQLite would make a float of it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((value * 100).to_integral_exact())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Json(TypeDecorator[Any]):
    """A JSON document as text in the order it was written; never JSONB, which sorts keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """Return *value* as compact JSON, in the order it was built; moments and money as text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_text)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    isoformat = getattr(value, "isoformat", None)
    if isoformat is None:
        raise TypeError(f"{type(value).__name__} does not go into JSON")
    return str(isoformat())


class _Ids:
    """63-bit numbers that grow with time: 41 bits of milliseconds, 22 bits that start at random in each of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> int:
        now = (time.time_ns() // 1_000_000 - EPOCH_MS) << 22
        with self._lock:
            self._last = max(self._last + 1, now + secrets.randbits(21))
            return self._last


new_id = _Ids()

Path = String(255).with_variant(String(255, collation="C"), "postgresql")  # a subtree is a range of paths
Id: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER is SQLite's own row number
Blob: TypeEngine[bytes] = LargeBinary()
