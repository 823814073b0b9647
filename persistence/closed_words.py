"""Columns whose words are a closed set in the code, and which words of theirs no set knows.

Such a column is plain text to the database. An architecture test finds whatever is read from a row as such a set and
asks for its column here; `doctor` and the patrol of deadlines name each strange word, and a test writes one into each
column and sees that nothing else stops.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, func, select

from cases.corrections import Approval, Correction
from cases.evidence import EvidenceKind
from cases.evidence_facts import FactKind, ReadState
from cases.finding import Kind, State
from cases.issue_list import ListState
from cases.meeting import Opinion
from cases.reporting import ListSource
from cases.rights import Side
from cases.sampling import Stratum
from config.calendars import Kind as DayKinds
from persistence.outbox import State as LetterState
from persistence.tables import (
    calendar_days,
    corrections,
    evidence,
    evidence_facts,
    evidence_texts,
    findings,
    issue_lists,
    meeting_votes,
    outbox,
    roles,
    sampled,
    timekeeping,
)
from persistence.timekeeping import Keeper

CLOSED: Mapping[Column[Any], type[StrEnum]] = {
    findings.c.kind: Kind,
    findings.c.state: State,
    issue_lists.c.state: ListState,
    issue_lists.c.source: ListSource,
    evidence.c.kind: EvidenceKind,
    evidence_facts.c.kind: FactKind,
    evidence_texts.c.state: ReadState,
    corrections.c.correction: Correction,
    corrections.c.approval: Approval,
    meeting_votes.c.opinion: Opinion,
    sampled.c.stratum: Stratum,
    roles.c.side: Side,
    calendar_days.c.kind: DayKinds,
    outbox.c.state: LetterState,
    timekeeping.c.keeper: Keeper,
}


@dataclass(frozen=True, slots=True)
class Strange:
    """A word that no set knows, and how many rows have it."""

    column: str
    word: str
    rows: int


def strange_words(conn: Connection) -> Iterator[Strange]:
    """Yield the words of closed columns that the code does not know."""
    for column, closed in CLOSED.items():
        unknown = select(column, func.count()).where(column.not_in([str(word) for word in closed])).group_by(column)
        for word, rows in conn.execute(unknown.order_by(column)):
            yield Strange(f"{column.table.name}.{column.name}", str(word)[:40], rows)
