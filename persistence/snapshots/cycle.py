"""The rows of one cycle of a finding: every table is read once, when somebody first asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Connection, Integer, Row, Select, Table, bindparam, select

from persistence.tables import evidence, extensions, look_backs, progress_reports, reviews, submissions

_finding: BindParameter[int] = bindparam("finding", type_=BigInteger)
_number: BindParameter[int] = bindparam("cycle", type_=Integer)


def _rows_of(table: Table, key: str = "finding_id") -> Select[Any]:
    return select(table).where(table.c[key] == _finding, table.c.cycle == _number).order_by(table.c.id)


# Built once: a night asks them for every finding, and building one takes longer than SQLite takes to run it.
_progress, _extensions, _submissions = _rows_of(progress_reports), _rows_of(extensions), _rows_of(submissions)
_evidence, _look_backs, _reviews = _rows_of(evidence), _rows_of(look_backs), _rows_of(reviews, "case_id")


@dataclass(frozen=True)
class Cycle:
    """A cycle of a finding; the rows of its tables come in the order of their ids, later ones too."""

    conn: Connection
    finding_id: int
    number: int

    def _read(self, query: Select[Any]) -> Sequence[Row[Any]]:
        return self.conn.execute(query, {"finding": self.finding_id, "cycle": self.number}).all()

    @cached_property
    def progress(self) -> Sequence[Row[Any]]:
        """Entries of progress."""
        return self._read(_progress)

    @cached_property
    def extensions(self) -> Sequence[Row[Any]]:
        """Asked extensions."""
        return self._read(_extensions)

    @cached_property
    def submissions(self) -> Sequence[Row[Any]]:
        """What the unit submitted."""
        return self._read(_submissions)

    @cached_property
    def evidence(self) -> Sequence[Row[Any]]:
        """Evidence, what was withdrawn too."""
        return self._read(_evidence)

    @cached_property
    def look_backs(self) -> Sequence[Row[Any]]:
        """Look-backs, what is not confirmed too."""
        return self._read(_look_backs)

    @cached_property
    def reviews(self) -> Sequence[Row[Any]]:
        """Opinions of every kind."""
        return self._read(_reviews)
