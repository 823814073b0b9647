"""Files that come with an act on a list: plans, reports, notices."""

from cases.events import Event
from persistence.tables import papers
from tasks.case import ListCase
from tasks.evidence import keep_blob
from tasks.work import Work


def file_papers(work: Work, case: ListCase) -> None:
    """Keep the attachments of this act with the list."""
    for attachment in work.attachments:
        keep_blob(work, attachment)
        work.add(
            papers,
            case_id=case.id,
            act=work.act,
            sha256=attachment.sha256,
            filename=attachment.filename,
            uploaded_by=work.actor.person_id,
            uploaded_at=work.at,
        )
    if work.attachments:
        work.record(case, Event("PapersFiled", {"files": [attachment.filename for attachment in work.attachments]}))
