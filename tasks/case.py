"""A case while an act works on it: what was read, what has become of it, what is to be written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bpmn.engine import Process, Turn
from cases.events import Event
from cases.finding import Finding
from cases.issue_list import IssueList
from persistence.case_store import Head, StoredInstance, TaskRow

OWN_DAY: Mapping[str, str] = {
    "decide_suspicion": "verify_suspicion_due",
    "give_statement": "statement_due",
    "answer_facts": "answer_due",
    "ask_reconsideration": "reconsideration_due",
}
"""Tasks that are due on a day of their own, by the key of their deadline; all others with their case."""


@dataclass
class Running:
    """One process of a case; *process* is read from its stored state only when somebody asks for it."""

    id: int
    process_id: str
    release_id: str
    cycle: int
    subject_id: int | None
    path: dict[str, int]
    stored: StoredInstance | None = None  # None: started by this act
    process: Process | None = None
    turn: Turn | None = None  # last turn of this act: to be written
    status: str = "running"
    outcome: str | None = None
    steps: list[Mapping[str, Any]] = field(default_factory=list)  # what the engine was told: enough to play it again


@dataclass
class Case:
    """What every case has: a head, open tasks, running processes, and events of this act."""

    head: Head
    tasks: list[TaskRow]
    live: list[Running]
    events: list[Event] = field(default_factory=list)
    tasks_gone: set[str] = field(default_factory=set)
    tasks_new: list[TaskRow] = field(default_factory=list)

    @property
    def id(self) -> int:
        """Id of the case."""
        return self.head.id

    def open_tasks(self) -> list[TaskRow]:
        """Return the tasks as they stand now."""
        return [task for task in self.tasks if task.id not in self.tasks_gone] + self.tasks_new


@dataclass
class FindingCase(Case):
    """A finding at work."""

    before: Finding = field(kw_only=True)
    finding: Finding = field(kw_only=True)

    @property
    def number(self) -> str:
        """Number for people."""
        return self.finding.number


@dataclass
class ListCase(Case):
    """An issue list at work."""

    before: IssueList = field(kw_only=True)
    issue_list: IssueList = field(kw_only=True)

    @property
    def number(self) -> str:
        """Number for people."""
        return self.issue_list.number


@dataclass
class OfficeCase(Case):
    """What concerns no finding: releases, people, units, settings."""

    number: str = "office"


@dataclass
class SampleCase(OfficeCase):
    """A sample (抽样核查): a ledger of its own, and the rights of the office."""


def new_case_row(case_id: int, kind: str, *, at: datetime, by: str, act: str) -> dict[str, Any]:
    """Return the row of ``cases`` with which a case of *kind* begins."""
    fresh = {"version": 0, "ledger_seq": 0, "ledger_head": "", "head_mac": ""}
    return {"id": case_id, "kind": kind, **fresh, "changed_at": at, "changed_by": by, "changed_act": act}


AnyCase = FindingCase | ListCase | OfficeCase
