"""Evidence that comes with an act: rows for files that were kept already."""

from sqlalchemy import Row, func, not_, select

from cases.events import Event
from cases.evidence import EvidenceKind, Purpose
from cases.refusals import FormIncomplete
from cases.rights import outside
from persistence.evidence_facts import let_wait
from persistence.people import staff_of
from persistence.tables import blobs, evidence, measures
from tasks.case import FindingCase
from tasks.work import EVIDENCE_READ, Attachment, Work


def attach(work: Work, case: FindingCase, *, purpose: Purpose | None = None) -> list[int]:
    """Put the attachments of this act into the dossier of *case* and return the ids of the evidence.

    A file of the same name becomes the next version of the earlier one. Raises FormIncomplete for a kind, purpose or
    measure that does not exist.
    """
    own = {row.id for row in work.conn.execute(select(measures.c.id).where(measures.c.finding_id == case.id))}
    ids = []
    for attachment in work.attachments:
        if attachment.kind not in EvidenceKind.__members__:
            raise FormIncomplete({"attachments": "not_a_choice"})
        if attachment.measure_id is not None and attachment.measure_id not in own:
            raise FormIncomplete({"attachments": "not_a_choice"})
        ids.append(_attach(work, case, attachment, purpose or Purpose(attachment.purpose)))
    if ids:
        names = [attachment.filename for attachment in work.attachments]
        work.record(case, Event("EvidenceAttached", {"evidence": ids, "files": names}))
    return ids


def _attach(work: Work, case: FindingCase, attachment: Attachment, purpose: Purpose) -> int:
    keep_blob(work, attachment)
    work.write_later(let_wait(work.conn, attachment.sha256))
    work.tell(case.id, EVIDENCE_READ, {"sha256": attachment.sha256})  # of another finding it may be known already
    before = _earlier_version(work, case, attachment.filename)
    if before is not None:
        work.set(evidence, before.id, withdrawn_at=work.at)
    return work.add(
        evidence,
        finding_id=case.id,
        cycle=case.finding.cycle,
        measure_id=attachment.measure_id,
        sha256=attachment.sha256,
        filename=attachment.filename,
        kind=attachment.kind,
        purpose=str(purpose),
        effective_on=attachment.effective_on,
        locator=attachment.locator,
        version=before.version + 1 if before else 1,
        replaces_id=before.id if before else None,
        uploaded_by=work.actor.person_id,
        uploaded_at=work.at,
    )


def _earlier_version(work: Work, case: FindingCase, filename: str) -> Row[tuple[int, int]] | None:
    """Return (id, version) of what a file of this name replaces: what the unit kept, or what those outside kept.

    Neither side takes the other's evidence away by choosing its name.
    """
    staff = staff_of(work.conn, case.finding.unit_path, work.today)
    inside = evidence.c.uploaded_by.in_(staff)
    own_side = not_(inside) if outside(work.actor, case.finding.unit_path) else inside
    query = select(evidence.c.id, evidence.c.version).where(
        evidence.c.finding_id == case.id,
        evidence.c.cycle == case.finding.cycle,
        evidence.c.filename == filename,
        own_side,
    )
    return work.conn.execute(query.order_by(evidence.c.version.desc()).limit(1)).one_or_none()


def keep_blob(work: Work, attachment: Attachment) -> None:
    """Put down that the file is kept, once per content."""
    kept = work.conn.execute(select(func.count()).where(blobs.c.sha256 == attachment.sha256)).scalar_one()
    if not kept and attachment.sha256 not in work.kept_now:
        work.kept_now.add(attachment.sha256)
        work.add(
            blobs,
            sha256=attachment.sha256,
            size=attachment.size,
            media_type=attachment.media_type,
            stored_at=work.at,
        )


def live_evidence(work: Work, case: FindingCase) -> int:
    """Return how many pieces of evidence the present cycle has, this act's included."""
    kept = select(func.count()).where(
        evidence.c.finding_id == case.id,
        evidence.c.cycle == case.finding.cycle,
        evidence.c.withdrawn_at.is_(None),
    )
    return int(work.conn.execute(kept).scalar_one()) + len(work.attachments)
