"""Statements are compiled once per process and kind of database, not once per test.

SQLAlchemy keeps what it has compiled with the engine. The product has one engine and warms it once; a test run opens
thousands, and compiling the same statements again was a fifth of its time. All engines of a test process share one
cache. Two dialects count as the same where they are of one class, speak to one version of the database and are set
alike.
"""

from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

MOST: Final = 4_000  # statements; a whole run makes some 2,000
SAID: Final = ("paramstyle", "server_version_info", "default_schema_name", "_backslash_escapes", "_json_serializer")

_compiled: LRUCache[Any, Any] = LRUCache(MOST)


def share_compiled() -> None:
    """Let every engine that is made from now on use the cache of this process."""
    begun = Engine.__init__

    def begin(self: Engine, *given: Any, **named: Any) -> None:
        begun(self, *given, **named)
        self._compiled_cache = _compiled

    Engine.__init__ = begin  # type: ignore[method-assign]
    DefaultDialect.__eq__ = lambda one, other: _manner(one) == _manner(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign,assignment]


def _manner(dialect: object) -> tuple[object, ...]:
    """What decides how a dialect writes a statement."""
    return type(dialect), *(getattr(dialect, name, None) for name in SAID)
