"""导入台账: a ledger that was read becomes an issue list; what is certain is taken over, the rest is asked."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from cases.finding import Kind
from cases.rights import Actor
from documents.door import read_file
from documents.readings import Intake, ReadFinding
from persistence.tables import rounds, units
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


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: what was read, and the list that it gave (None after a dry run)."""

    intake: Intake
    list_number: str | None
    created: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

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
    dry_run: bool = False,
    at: datetime | None = None,
) -> Imported:
    """Read the ledger *content* and open an issue list with its findings, all of them or none.

    *unit*: name of the inspected unit, before what the file says. Raises the refusals of ``documents`` and UnknownUnit.
    """
    intake = read_file(name, content, unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=mapping)
    if dry_run:
        return Imported(intake, None)
    with office.read() as conn:
        unit_id = find_unit(conn, intake.unit or "")
        round_id = newest_round(conn)
    if unit_id is None:
        raise UnknownUnit(unit=intake.unit or "")
    answer = open_list(
        office,
        actor,
        unit_id=unit_id,
        round_id=round_id,
        title=f"{intake.unit}巡察反馈问题清单",
        new=[_new(finding) for finding in intake.findings],
        source=Source(name, hashlib.sha256(content).hexdigest()),
        at=at,
    )
    more = answer.more
    return Imported(intake, str(more["list"]), tuple(more["created"]), tuple(more["known"]))


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


def _new(read: ReadFinding) -> NewFinding:
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
        place=f"{read.sheet}:{read.row}",
        written={field: str(getattr(read, field)) for field in _KEPT_ASIDE if getattr(read, field)},
    )
