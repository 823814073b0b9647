"""建立问题清单: a list with its findings comes into being, by hand or from a ledger, whole or not at all."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from bpmn.decisions import evaluate
from cases.dirty_text import same_text
from cases.events import Event
from cases.finding import Kind, State
from cases.issue_list import IssueList, ListState
from cases.refusals import CaseError, NotPermitted
from cases.reporting import BY_INSPECTION, Origin
from cases.rights import Actor, Clearance, Subject, may
from config.messages import say
from config.policy import CRITERIA
from documents.layouts import Layout
from persistence import ledger
from persistence.case_store import Head
from persistence.columns import new_id
from persistence.tables import (
    cases,
    counters,
    criteria,
    findings,
    intakes,
    issue_lists,
    measures,
    milestones,
    posts,
    readings,
    rounds,
    units,
)
from tasks.aliases import POST_FIELDS, UNIT_FIELDS, Aliases, aliases_of
from tasks.case import AnyCase, ListCase, new_case_row
from tasks.column_memory import remember
from tasks.layouts_kept import keep_layouts
from tasks.work import CLOCK, Work

if TYPE_CHECKING:
    from tasks.office import Answer, Office


class UnknownUnit(CaseError):
    """The unit of the list is not known, or not named; facts: unit."""

    code = "unknown_unit"
    field = "unit"


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding before it has a number."""

    seq: str
    title: str
    kind: Kind
    detail: str = ""
    aspect: str = ""
    category: str = ""
    target: str = ""
    amount_yuan: Decimal | None = None
    headcount: int | None = None
    measures: tuple[str, ...] = ()
    leader_text: str = ""
    handler_text: str = ""
    lead_unit_text: str = ""
    responsible_unit_text: str = ""
    starts_on: date | None = None
    due_on: date | None = None
    due_text: str = ""
    status_text: str = ""
    claim: str = ""  # config.status_families.Claim
    historic: bool = False  # signed off before it came here
    place: str = ""
    written: Mapping[str, str] = field(default_factory=dict)
    known_as: str = ""  # number in the ledger that it was read from
    cells: Sequence[Mapping[str, Any]] = ()  # tasks.intake_kept.written_beside
    criteria: tuple[str, ...] = ()  # instead of those that every finding begins with
    milestones: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a list was read from, how its columns were understood, and what it left open."""

    name: str
    sha256: str
    columns: Mapping[str, str | None] = field(default_factory=dict)
    left_open: Mapping[str, Any] = field(default_factory=dict)
    layouts: Sequence[Layout] = ()


def open_list(
    office: "Office",
    actor: Actor,
    *,
    unit_id: int,
    round_id: int,
    title: str,
    new: Sequence[NewFinding] = (),
    source: Source | None = None,
    feedback_on: date | None = None,
    origin: Origin = BY_INSPECTION,
    key: str | None = None,
    at: datetime | None = None,
) -> "Answer":
    """Open a list of *unit_id* in *round_id* with the findings *new* and return the answer with its number.

    A finding that the unit has already (same title and detail, or our number) is left out and named under ``known``;
    the same file gives the list that it gave before, one without anything new the list that has its findings, and both
    change nothing. *key*: as ``Office.perform``.
    """

    def body(work: Work) -> AnyCase:
        earlier = _from_same_file(work, unit_id, round_id, source)
        if earlier is not None:
            work.answer |= {"created": [], "known": [finding.place for finding in new], "list": earlier}
            return work.issue_list(earlier)
        fresh, known = _without_known(work, unit_id, new)
        if new and not fresh:
            work.answer |= {"created": [], "known": [place for place, _ in known], "list": _list_of(work, known)}
            return work.issue_list(work.answer["list"])
        case = _create(work, unit_id, round_id, title, fresh, source, feedback_on, origin)
        work.answer |= {"known": [place for place, _ in known]}
        return case

    given = _given(title, new, source)
    identity = ["import_list", unit_id, round_id, given, [finding.title for finding in new]]
    return office.transact(actor, "import_list", body, given=given, key=key, at=at, identity=identity)


def _given(title: str, new: Sequence[NewFinding], source: Source | None) -> dict[str, Any]:
    return {
        "title": title,
        "findings": len(new),
        "file": source.name if source else None,
        "sha256": source.sha256 if source else None,
    }


def _from_same_file(work: Work, unit_id: int, round_id: int, source: Source | None) -> str | None:
    if source is None:
        return None
    query = select(issue_lists.c.number).where(
        issue_lists.c.unit_id == unit_id,
        issue_lists.c.round_id == round_id,
        issue_lists.c.source_sha256 == source.sha256,
    )
    return work.conn.execute(query).scalar_one_or_none()


def _create(
    work: Work,
    unit_id: int,
    round_id: int,
    title: str,
    fresh: Sequence[NewFinding],
    source: Source | None,
    feedback_on: date | None,
    origin: Origin,
) -> ListCase:
    unit = work.conn.execute(select(units).where(units.c.id == unit_id)).one_or_none()
    if unit is None:
        raise UnknownUnit(unit=unit_id)
    inspection = work.conn.execute(select(rounds).where(rounds.c.id == round_id)).one()
    list_id = new_id()
    if work.actor is not CLOCK and not may(
        work.actor, "import_list", Subject(list_id, unit.path, Clearance.INTERNAL, issued=False)
    ):
        raise NotPermitted(act="import_list")

    issue_list = IssueList(
        id=list_id,
        number=_next_number(work, int(inspection.year)),
        round_id=round_id,
        unit_id=unit_id,
        unit_path=unit.path,
        office_unit_id=inspection.office_unit_id,
        title=title,
        state=ListState.REGISTERING,
        stage="registering",
        confidentiality=Clearance.INTERNAL,
        feedback_on=feedback_on,
    )
    work.create(cases, [_case_row(work, list_id, "issue_list")])
    work.create(issue_lists, [_list_row(work, issue_list, source, origin)])
    numbers = create_findings(work, issue_list, fresh)
    if source is not None:
        work.create(intakes, [{"list_id": list_id, "body": dict(source.left_open)}])
        remember(work, unit_id, source.columns)
        keep_layouts(work, list_id, unit_id, source.name, source.layouts)

    case = ListCase(
        Head(list_id, "issue_list", 0, ledger.Head(list_id), work.at, work.actor.name, work.act),
        [],
        [],
        before=issue_list,
        issue_list=issue_list,
    )
    work.add_case(case)
    work.record(case, Event("ListOpened", {"number": issue_list.number, "findings": numbers}))
    work.start(case, "close_issue_list", _start_facts(work, issue_list, len(fresh), origin))
    work.answer |= {"list": issue_list.number, "created": numbers}
    return case


def _next_number(work: Work, year: int) -> str:
    """Return the next number of the year; two who take the same one meet at the unique index, and one tries again."""
    name = f"list:{year}"
    last = work.conn.execute(select(counters.c.last).where(counters.c.name == name)).scalar_one_or_none()
    if last is None:
        work.write_later(insert(counters), {"name": name, "last": 1})
    else:
        work.write_later(update(counters).where(counters.c.name == name, counters.c.last == last).values(last=last + 1))
    return f"XC{year}-{(last or 0) + 1:03d}"


Known = list[tuple[str, int]]  # place in the file, and the list that has the finding


def _without_known(work: Work, unit_id: int, new: Sequence[NewFinding]) -> tuple[list[NewFinding], Known]:
    """Return what is new, and the places of what the unit has already, with the list that has it."""
    F = findings.c
    there: dict[str, int] = {}
    for row in work.conn.execute(select(F.title, F.detail, F.number, F.list_id).where(F.unit_id == unit_id)):
        there[_same(row.title, row.detail)] = there[row.number] = row.list_id
    found = [
        (finding, there.get(finding.known_as) or there.get(_same(finding.title, finding.detail))) for finding in new
    ]
    return (
        [finding for finding, list_id in found if list_id is None],
        [(finding.place, list_id) for finding, list_id in found if list_id is not None],
    )


def _list_of(work: Work, known: Known) -> str:
    """Return the number of the list that has most of what is known."""
    ((list_id, _),) = Counter(list_id for _, list_id in known).most_common(1)
    return work.issue_list(list_id).number


def _same(title: str, detail: str) -> str:
    return hashlib.sha256(re.sub(r"\W+", "", f"{title}|{detail}").encode()).hexdigest()


def _case_row(work: Work, case_id: int, kind: str) -> dict[str, Any]:
    return new_case_row(case_id, kind, at=work.at, by=work.actor.name, act=work.act)


def _list_row(work: Work, issue_list: IssueList, source: Source | None, origin: Origin) -> dict[str, Any]:
    shown = {name: getattr(issue_list, name) for name in IssueList.__dataclass_fields__}
    return shown | {
        "source": str(origin.source),
        "status_family": origin.family,
        "source_name": source.name if source else None,
        "source_sha256": source.sha256 if source else None,
        "created_at": work.at,
    }


def create_findings(work: Work, issue_list: IssueList, new: Sequence[NewFinding]) -> list[str]:
    """Put down findings with the next numbers of their list, and what they consist of; return the numbers."""
    taken = work.conn.execute(select(findings.c.number).where(findings.c.list_id == issue_list.id)).scalars().all()
    chief = _post_of(work, issue_list.unit_id, "chief")
    named = aliases_of(work.conn, issue_list.unit_id)
    rows, own_criteria, own_measures, own_milestones, own_cells, numbers = [], [], [], [], [], []
    for place, finding in enumerate(new, len(taken) + 1):
        finding_id, number = new_id(), f"{issue_list.number}-{place:03d}"
        numbers.append(number)
        rows.append(_finding_row(issue_list, finding, finding_id, number, chief) | _meant(finding, named))
        own_measures += [
            {"id": new_id(), "finding_id": finding_id, "seq": seq, "text": text, "kind": "FIX", "due_on": None}
            for seq, text in enumerate(finding.measures, 1)
        ]
        own_criteria += [
            {"id": new_id(), "finding_id": finding_id, "seq": seq, "code": code, "text": text, "fixed_at": None}
            for seq, (code, text) in enumerate(_criteria(finding), 1)
        ]
        own_milestones += [
            {"id": new_id(), "finding_id": finding_id, "seq": seq, "text": text, "due_on": due_on}
            for seq, (due_on, text) in enumerate(finding.milestones, 1)
        ]
        if finding.cells:
            own_cells.append({"finding_id": finding_id, "body": list(finding.cells)})
    work.create(cases, [_case_row(work, row["id"], "finding") for row in rows])
    work.create(findings, rows)
    work.create(criteria, own_criteria)
    work.create(measures, own_measures)
    work.create(milestones, own_milestones)
    work.create(readings, own_cells)
    return numbers


def _criteria(new: NewFinding) -> list[tuple[str, str]]:
    return [("own", text) for text in new.criteria] or default_criteria(new.amount_yuan)


def _meant(new: NewFinding, named: Aliases) -> dict[str, int | None]:
    """Return the posts and units that the texts of *new* mean, as an officer once decided."""
    texts = {field: getattr(new, f"{field}_text") for field in (*POST_FIELDS, *UNIT_FIELDS)}
    return {
        f"{field}_post_id" if field in POST_FIELDS else f"{field}_id": named.get((field, same_text(text)))
        for field, text in texts.items()
    }


def default_criteria(amount_yuan: Decimal | None) -> list[tuple[str, str]]:
    """Return (code, text) of the closure criteria that every finding begins with; the office may change them."""
    codes = [code for code in CRITERIA if code != "money" or amount_yuan]
    return [(code, say("zh", f"criterion.{code}")) for code in codes]


def _finding_row(
    issue_list: IssueList, new: NewFinding, finding_id: int, number: str, chief: int | None
) -> dict[str, Any]:
    own = {name: getattr(new, name) for name in NewFinding.__dataclass_fields__ if name in findings.c}
    return own | {
        "id": finding_id,
        "number": number,
        "list_id": issue_list.id,
        "unit_id": issue_list.unit_id,
        "unit_path": issue_list.unit_path,
        "office_unit_id": issue_list.office_unit_id,
        "confidentiality": issue_list.confidentiality,
        "kind": str(new.kind),
        "written": dict(new.written),
        "chief_post_id": chief,
        "state": str(State.REGISTERED),
        "stage": "registered",
    }


def _post_of(work: Work, unit_id: int, role: str) -> int | None:
    query = select(posts.c.id).where(posts.c.unit_id == unit_id, posts.c.role == role).order_by(posts.c.id).limit(1)
    found = work.conn.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def _start_facts(work: Work, issue_list: IssueList, count: int, origin: Origin) -> dict[str, Any]:
    engine = work.office.engine(work.conn, work.office.release_in_force(work.conn))
    rows = evaluate(engine.decisions["reviewers"], {"source": str(origin.source), "is_systemic": False})
    assert isinstance(rows, list), "reviewers collects"
    return {
        "number": issue_list.number,
        "findings": count,
        "receipts": ["chief", "leadership_team", "superior_leader"],
        "reviewers": [str(row["reviewer"]) for row in rows],
    }
