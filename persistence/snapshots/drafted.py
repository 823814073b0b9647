"""A snapshot with what the unit is about to submit: told and attached, but not kept yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, select

from cases.signals.snapshot import Snapshot
from persistence.snapshots.dossier import exhibits_from
from persistence.snapshots.reference import reference_of
from persistence.tables import findings


@dataclass(frozen=True, slots=True)
class DraftedFile:
    """A file that was uploaded for a submission; the names are those of ``evidence``."""

    id: int
    sha256: str
    filename: str
    kind: str
    purpose: str
    effective_on: date | None
    locator: str
    uploaded_at: datetime
    measure_id: int | None


@dataclass(frozen=True, slots=True)
class Drafted:
    """What would be submitted; *done* is measure number -> what was done about it."""

    completion: str
    done: Mapping[int, str]
    files: Sequence[DraftedFile]


def with_draft(conn: Connection, snapshot: Snapshot, drafted: Drafted, as_of: datetime) -> Snapshot:
    """Return *snapshot* as it would be if *drafted* were submitted now."""
    finding = conn.execute(select(findings).where(findings.c.id == snapshot.finding_id)).one()
    fresh = exhibits_from(conn, finding, {finding.lead_unit_id}, reference_of(conn, as_of), drafted.files, as_of)
    replaced = {file.filename for file in drafted.files}
    kept = tuple(exhibit for exhibit in snapshot.exhibits if exhibit.filename not in replaced)
    return replace(
        snapshot,
        submitted_at=as_of,
        completion=drafted.completion,
        measures=tuple(replace(one, done=drafted.done.get(one.seq, one.done)) for one in snapshot.measures),
        exhibits=kept + fresh,
    )
