"""导入台账: a ledger that was read becomes an issue list; what is certain is taken over, the rest is asked."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from cases.finding import Kind
from cases.reporting import ListSource, Origin, recognised
from cases.rights import Actor
from config.status_families import Claim, claim_of
from documents.apart import read_file_apart
from documents.readings import Intake, ReadFinding
from persistence.tables import rounds, units
from tasks.answers import Answers, take_answers
from tasks.column_memory import Remembered, remembered
from tasks.intake_kept import left_open, written_beside
from tasks.open_list import NewFinding, Source, UnknownUnit, open_list

if TYPE_CHECKING:
    from tasks.office import Office

_KEPT_ASIDE = (
    "number",
    "progress",
    "result",
    "person_actions",
    "unfinished_reason",
    "next_steps",
    "extensions",
    "review_opinion",
    "sign_off",
    "remark",
    "phone",
)


_TITLES = {ListSource.INSPECTION: "巡察反馈问题清单", ListSource.AUDIT: "审计查出问题清单"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: what was read, and the list that it gave (None after a dry run).

    *as_last_time*: what was remembered about its columns, where they were read by it.
    """

    intake: Intake
    list_number: str | None
    created: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    as_last_time: Remembered | None = None

    def as_json(self, language: str) -> dict[str, Any]:
        """Return what ``import --json`` prints: CONTRACT's keys, and the list."""
        return self.intake.as_json(language) | {"list": self.list_number, "created": list(self.created)}


def import_list(
    office: "Office",
    actor: Actor,
    name: str,
    content: bytes,
    *,
    unit: str | None = None,
    feedback_on: date | None = None,
    sheet: str | None = None,
    mapping: dict[str, str | None] | None = None,
    answers: Answers | None = None,
    of: ListSource | None = None,
    dry_run: bool = False,
    key: str | None = None,
    at: datetime | None = None,
) -> Imported:
    """Read the ledger *content* and open an issue list with its findings, all of them or none.

    *unit*: name of the inspected unit, before what the file says; *mapping*: what headings are, None for what was
    confirmed for this unit before, empty for what the headings say by themselves; *answers*: to what the file leaves
    open; *of*: whose list it is, None for what its names say; *key*: as ``Office.perform``. Raises the refusals of
    ``documents`` and UnknownUnit.
    """
    found = _read(office, name, content, unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=mapping)
    intake, taken = take_answers(found.intake, answers or {})
    if dry_run:
        return Imported(intake, None, as_last_time=found.as_last_time)
    if found.unit_id is None:
        raise UnknownUnit(unit=intake.unit or "")
    with office.read() as conn:
        round_id = newest_round(conn)
    origin = origin_of(name, intake, of)
    answer = open_list(
        office,
        actor,
        unit_id=found.unit_id,
        round_id=round_id,
        title=f"{intake.unit}{_TITLES[origin.source]}",
        new=[_new(finding, taken.get(place, {})) for place, finding in enumerate(intake.findings)],
        source=Source(
            name,
            hashlib.sha256(content).hexdigest(),
            intake.mapping,
            left_open(intake, answers or {}),
            intake.layouts,
        ),
        origin=origin,
        key=key,
        at=at,
    )
    more = answer.more
    return Imported(intake, str(more["list"]), tuple(more["created"]), tuple(more["known"]), found.as_last_time)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file as it was read, and whose it is."""

    intake: Intake
    unit_id: int | None
    as_last_time: Remembered | None = None


def _read(
    office: "Office",
    name: str,
    content: bytes,
    *,
    unit: str | None,
    feedback_on: date | None,
    sheet: str | None,
    mapping: dict[str, str | None] | None,
) -> _Found:
    """Read the file, a second time where its unit's columns were taken for something else the last time."""
    intake = read_file_apart(name, content, unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=mapping)
    with office.read() as conn:
        unit_id = find_unit(conn, intake.unit or "")
        before = remembered(conn, unit_id, intake.mapping) if unit_id and intake.mapping and mapping is None else None
    if before is None or before.columns == dict(intake.mapping):
        return _Found(intake, unit_id)
    again = read_file_apart(name, content, unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=before.columns)
    return _Found(again, unit_id, before)


def find_unit(conn: Connection, name: str) -> int | None:
    """Return the unit of that name or short name, or the only one whose name begins with it or the other way round."""
    bare = name.strip()
    if not bare:
        return None
    known = conn.execute(
        select(units.c.id, units.c.name, units.c.short_name).where(units.c.valid_until.is_(None))
    ).all()
    exact = [row.id for row in known if bare in (row.name, row.short_name)]
    if exact:
        return int(exact[0])
    near = [row.id for row in known if row.name.startswith(bare) or bare.startswith(row.name)]
    return int(near[0]) if len(near) == 1 else None


def newest_round(conn: Connection) -> int:
    """Return the inspection round that is under way: the newest one."""
    newest = select(rounds.c.id).order_by(rounds.c.year.desc(), rounds.c.id.desc()).limit(1)
    return int(conn.execute(newest).scalar_one())


def origin_of(name: str, intake: Intake, of: ListSource | None = None) -> Origin:
    """Return whose list a file is: what somebody chose, or what its name, sheets, titles and headings say."""
    titles = [cell for layout in intake.layouts for row in layout.rows[: layout.first_heading] for cell in row]
    headings = [heading for heading in intake.mapping if heading.startswith("审计")]
    sheets = [layout.sheet for layout in intake.layouts]
    states = {finding.status for finding in intake.findings}
    return recognised([name, *sheets, *titles, *headings], states, of)


def claim_in(read: ReadFinding) -> Claim | None:
    """Return what a row claims about its state, by its 整改状态 or its 销号 column."""
    for field in ("sign_off", "status"):
        if field in read.written and (claim := claim_of(read.written[field].text, read.written[field].column)):
            return claim
    return None


def _new(read: ReadFinding, answers: Mapping[str, str]) -> NewFinding:
    claim = claim_in(read)
    return NewFinding(
        seq=str(read.seq or read.row),
        title=read.title,
        detail=read.detail,
        aspect=read.aspect,
        category=read.category,
        target=read.target,
        amount_yuan=read.amount_yuan,
        headcount=read.headcount,
        kind=Kind(str(read.kind)) if read.kind else Kind.PHASED,
        measures=read.measures,
        leader_text=read.responsible_leader,
        handler_text=read.responsible_person,
        lead_unit_text=read.lead_org,
        responsible_unit_text=read.responsible_org,
        starts_on=read.starts_on,
        due_on=read.due_on,
        due_text=read.due_text,
        status_text=read.status,
        claim=claim or "",
        historic=claim == "historic_signed_off",
        known_as=read.number or "",
        place=f"{read.sheet}:{read.row}",
        written={field: str(getattr(read, field)) for field in _KEPT_ASIDE if getattr(read, field)},
        cells=written_beside(read, answers),
    )
