"""Search for words in columns: one normal form on both databases (`cases.search_words`), every sign taken as it stands.

SQLite is given our own function when a connection is made; PostgreSQL has NFKC and small letters of its own.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Integer, Text, and_, cast, func, literal, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from cases.search_words import words_of

SQLITE_NAME = "search_form"


class _Form(FunctionElement[str]):
    """A text in the form in which words are compared."""

    type = Text()
    inherit_cache = True
    name = "search_form"


@compiles(_Form, "sqlite")
def _on_sqlite(element: _Form, compiler: Any, **more: Any) -> str:
    return f"{SQLITE_NAME}({compiler.process(element.clauses, **more)})"


@compiles(_Form, "postgresql")
def _on_postgresql(element: _Form, compiler: Any, **more: Any) -> str:
    return f"lower(normalize({compiler.process(element.clauses, **more)}, NFKC))"


Holds = Callable[[str], ColumnElement[bool]]


def says_all(asked: str, *columns: ColumnElement[Any], besides: Iterable[Holds] = ()) -> ColumnElement[bool]:
    """Whether each word of *asked* stands in one of *columns*, or one of *besides* holds for it."""
    return and_(
        true(),
        *(
            or_(*(_says(column, word) for column in columns), *(holds(word) for holds in besides))
            for word in words_of(asked)
        ),
    )


def _says(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    return _Place(_Form(func.coalesce(cast(column, Text), "")), literal(word, Text)) > 0


class _Place(FunctionElement[int]):
    """Where a word begins in a text, 0 where it does not stand there: no sign of it means anything else."""

    type = Integer()
    inherit_cache = True
    name = "place_of"


@compiles(_Place, "sqlite")
def _place_on_sqlite(element: _Place, compiler: Any, **more: Any) -> str:
    return f"instr({compiler.process(element.clauses, **more)})"


@compiles(_Place, "postgresql")
def _place_on_postgresql(element: _Place, compiler: Any, **more: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **more)})"
