"""提交前自查: what is missing and what contradicts itself in a submission as drafted, so that the unit may mend it.

That it was shown, and what, is kept: nobody can say later that he was not told.
"""

from dataclasses import asdict

from cases.events import Event
from cases.evidence import EvidenceKind
from cases.finding import State
from cases.refusals import FormIncomplete
from cases.signals import look
from cases.signals.own_view import TOLD, own_facts, own_quotes
from persistence.evidence_facts import let_wait, texts_of
from persistence.snapshots import snapshot_of
from persistence.snapshots.drafted import Drafted, DraftedFile, with_draft
from persistence.tables import signal_hints
from tasks.acts import act
from tasks.case import FindingCase
from tasks.evidence import keep_blob
from tasks.form import Form
from tasks.signals import not_cleared, table_in_force
from tasks.work import Work


@act(on="finding", task=False)
def see_hints(work: Work, case: FindingCase, form: Form) -> None:
    """Answer with the ``hints`` of a submission as it is drafted, and how many of its files are ``unread``."""
    case.finding.must_be(State.OPEN)
    table, _ = table_in_force(work.office, work.conn)
    snapshot = with_draft(work.conn, snapshot_of(work.conn, case.id, work.at), _drafted(work, form), work.at)
    hits = [hit for hit in not_cleared(work, case, look(snapshot, table).hits) if hit.signal in TOLD]

    contents = {file.sha256 for file in work.attachments}
    unread = contents - set(texts_of(work.conn, contents))
    for file in work.attachments:
        if file.sha256 in unread:  # a worker reads it meanwhile, so that the next check knows more
            keep_blob(work, file)
            work.write_later(let_wait(work.conn, file.sha256))
    work.answer = {
        "hints": [
            {
                "signal": hit.signal,
                "severity": hit.severity,
                "facts": own_facts(hit.facts),
                "quotes": own_quotes(hit.signal, [asdict(quote) for quote in hit.quotes]),
            }
            for hit in hits
        ],
        "unread": len(unread),
    }
    if hits:
        signals = [hit.signal for hit in hits]
        work.add(
            signal_hints,
            finding_id=case.id,
            cycle=case.finding.cycle,
            person_id=work.actor.person_id,
            signals=signals,
            at=work.at,
        )
        work.record(case, Event("HintsShown", {"signals": signals}))


def _drafted(work: Work, form: Form) -> Drafted:
    if any(file.kind not in EvidenceKind.__members__ for file in work.attachments):
        raise FormIncomplete({"attachments": "not_a_choice"})
    files = [
        DraftedFile(
            -place,  # no evidence has a number below 0
            file.sha256,
            file.filename,
            file.kind,
            file.purpose,
            file.effective_on,
            file.locator,
            work.at,
            file.measure_id,
        )
        for place, file in enumerate(work.attachments, 1)
    ]
    lines = (line.strip().partition(" ") for line in form.texts("measures_done"))
    done = {int(number): text.strip() for number, _, text in lines if number.isdecimal()}
    return Drafted(form.text("completion"), done, files)
