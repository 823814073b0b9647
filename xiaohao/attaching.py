"""Files named on the command line: kept first, then handed to the act as what they are said to be.

Written as ``PATH`` or ``PATH=KIND`` or ``PATH=KIND:MEASURE`` or ``PATH=KIND:MEASURE:DATE``; kinds are those of
`cases.evidence`, the measure is its number in the plan, the date the one that the document states.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import select

from cases.evidence import EvidenceKind
from cases.refusals import CaseError
from persistence.attachments import Attachments
from persistence.tables import findings, measures
from tasks.office import Office
from tasks.work import Attachment

# What a name says about its kind, for files of which nothing was said; the first that fits.
_NAMED = (
    ("缴款|收据|凭证|回单|receipt", EvidenceKind.FUND_RECEIPT),
    ("处分|处理决定|sanction", EvidenceKind.SANCTION),
    ("现场|核查记录|onsite", EvidenceKind.ONSITE_RECORD),
    ("验收|acceptance", EvidenceKind.ACCEPTANCE),
    ("对比|照片|photo", EvidenceKind.PHOTO_PAIR),
    ("回访|callback", EvidenceKind.CALLBACK),
    ("测评|survey", EvidenceKind.SURVEY),
    ("纪要|会议|minutes", EvidenceKind.MEETING_MINUTES),
    ("通知|notice", EvidenceKind.NOTICE),
    ("方案|plan", EvidenceKind.PLAN),
    ("制度|办法|规定|regulation", EvidenceKind.REGULATION),
    ("学习|培训|study", EvidenceKind.STUDY_RECORD),
    ("报告|report", EvidenceKind.REPORT),
)


class FileNotThere(CaseError):
    """A file that was named is not there; facts: path."""

    code = "file_not_there"


class AttachmentUnclear(CaseError):
    """What was written behind the path of a file is no kind, measure or date; facts: text."""

    code = "attachment_unclear"


def attached(office: Office, attachments: Attachments, number: str, written: Sequence[str]) -> tuple[Attachment, ...]:
    """Keep the files of *written* and return what they are said to be. Raises FileNotThere, AttachmentUnclear."""
    with office.read() as conn:
        limit = office.number_setting(conn, "upload.megabytes", date.today()) * 1_000_000
        of_number = select(measures.c.seq, measures.c.id).join(findings, findings.c.id == measures.c.finding_id)
        by_seq = dict(conn.execute(of_number.where(findings.c.number == number)).tuples().all())
    return tuple(_attached(attachments, text, by_seq, limit) for text in written)


def _attached(attachments: Attachments, text: str, by_seq: dict[int, int], limit: int) -> Attachment:
    path, kind, measure, day = _parts(text)
    if not path.is_file():
        raise FileNotThere(path=str(path))
    if measure is not None and measure not in by_seq:
        raise AttachmentUnclear(text=text)
    with path.open("rb") as stream:
        kept = attachments.keep(stream, path.name, limit_bytes=limit)
    return Attachment(
        sha256=kept.sha256,
        size=kept.size,
        media_type=kept.media_type,
        filename=path.name,
        kind=str(kind or kind_by_name(path.name)),
        measure_id=by_seq[measure] if measure is not None else None,
        effective_on=day,
    )


def _parts(text: str) -> tuple[Path, EvidenceKind | None, int | None, date | None]:
    if "=" not in text or Path(text).is_file():
        return Path(text), None, None, None
    path, _, said = text.rpartition("=")
    kind, measure, day = (*said.split(":"), "", "")[:3]
    try:
        return (
            Path(path),
            EvidenceKind(kind) if kind else None,
            int(measure) if measure else None,
            date.fromisoformat(day) if day else None,
        )
    except ValueError:
        raise AttachmentUnclear(text=text) from None


def kind_by_name(filename: str) -> EvidenceKind:
    """Return the kind that a file's name proposes, OTHER where it says nothing."""
    lowered = filename.lower()
    for words, kind in _NAMED:
        if any(word in lowered for word in words.split("|")):
            return kind
    return EvidenceKind.OTHER
