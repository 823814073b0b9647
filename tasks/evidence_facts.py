"""佐证识读: files of evidence are read behind the requests, once per content, and their cases told of it.

Nobody waits for it and nothing is lost by it: a reader that dies lets its claim lapse, one that died too often marks
the file as unreadable, and the file stays what it is.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from cases.events import Event
from cases.evidence import PROCESS, RESULT, EvidenceKind
from cases.evidence_facts import ReadState, day_of, document_date, proposed_kind
from cases.finding import State
from cases.known_words import required
from cases.moments import shanghai_date
from documents.evidence.reading import READER_VERSION, ReaderDied, ReadingLimits, read_evidence
from persistence import evidence_facts as kept
from persistence.attachments import Attachments, FileLost
from persistence.columns import new_id
from persistence.evidence_facts import Claim, Reading
from persistence.tables import evidence, messages
from tasks.case import AnyCase, FindingCase
from tasks.work import EVIDENCE_READ, LOOK_FOR_SIGNALS, Work

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
SPARE = timedelta(minutes=2)  # a claim outlives the longest reading by this much
AGAIN = timedelta(minutes=1)  # between two tries, times the tries so far


@dataclass(frozen=True, slots=True)
class Costs:
    """What reading may cost, as the house has set it."""

    limits: ReadingLimits
    tries: int


def read_waiting(
    office: "Office", attachments: Attachments, *, limit: int = 20, at: datetime | None = None
) -> dict[str, int]:
    """Read at most *limit* files that wait; return how many were read, unreadable, refused, and how many died.

    Any number of readers may do so at once. Never call it inside a request.
    """
    counts = Counter[str]()
    for _ in range(limit):
        now = at or office.now()
        with office.read() as conn:
            costs = costs_of(office, conn, shanghai_date(now))
        until = now + timedelta(seconds=costs.limits.seconds) + SPARE
        with office.database.writing() as conn:
            claim = kept.claim(conn, version=READER_VERSION, now=now, until=until)
        if claim is None:
            break
        counts[_read(office, attachments, claim, costs, now)] += 1
    return dict(counts)


def costs_of(office: "Office", conn: Connection, day: date) -> Costs:
    """Return what reading one file may cost on *day*."""

    def number(name: str) -> int:
        return office.number_setting(conn, f"reading.{name}", day)

    limits = replace(
        ReadingLimits(),
        pages=number("pages"),
        seconds=number("seconds"),
        cpu_seconds=number("seconds"),
        unpacked_bytes=number("unpacked_megabytes") << 20,
        memory_bytes=number("memory_megabytes") << 20,
        pixels=number("megapixels") * 1_000_000,
    )
    return Costs(limits, number("tries"))


def _read(office: "Office", attachments: Attachments, claim: Claim, costs: Costs, now: datetime) -> str:
    """Read one file and keep what came of it; return the word under which it counts."""
    try:
        with attachments.open(claim.sha256) as file:
            read = read_evidence(claim.filename, file.read(), costs.limits)
        reading = Reading(read.state, read.text, read.facts, read.pages, read.reason)
    except FileLost:
        reading = Reading(ReadState.UNREADABLE, reason="file_lost")
    except ReaderDied as why:
        log.warning("the reader of %s died (try %s): %s", claim.sha256, claim.tries, why)
        if claim.tries < costs.tries:
            with office.database.writing() as conn:
                kept.give_back(conn, claim, until=now + AGAIN * claim.tries)
            return "died"
        reading = Reading(ReadState.UNREADABLE, reason="reading_took_too_long")
    with office.database.writing() as conn:
        if not kept.keep(conn, claim, reading, version=READER_VERSION, now=now):
            return "overtaken"
        told = [
            {"id": new_id(), "case_id": case, "name": EVIDENCE_READ, "facts": {"sha256": claim.sha256}, "told_at": now}
            for case in kept.findings_with(conn, claim.sha256)
        ]
        if told:
            conn.execute(insert(messages), told)
    return str(reading.state)


def note_reading(work: Work, case: AnyCase, told: Mapping[str, Any]) -> None:
    """Take over what a file says of itself, where the unit said nothing; put down where it says otherwise."""
    assert isinstance(case, FindingCase)
    if case.finding.state is State.SIGNED_OFF:
        work.tell(case.id, LOOK_FOR_SIGNALS)  # its dossier stays as it was signed off, whatever shows now
    if case.finding.state is not State.OPEN:
        return
    sha256 = str(told["sha256"])
    if kept.states_of(work.conn, [sha256])[sha256][0] is ReadState.WAITING:
        return  # its reader tells the case when it is done
    facts = kept.facts_of(work.conn, [sha256])[sha256]
    own = select(evidence).where(
        evidence.c.finding_id == case.id,
        evidence.c.cycle == case.finding.cycle,
        evidence.c.sha256 == sha256,
        evidence.c.withdrawn_at.is_(None),
    )
    stated, proposal = document_date(facts), proposed_kind(facts)
    for piece in work.conn.execute(own).all():
        news: dict[str, Any] = {}
        if stated is not None and piece.effective_on is None:
            news |= {"effective_on": day_of(stated), "effective_on_found": True}
        if proposal != piece.kind_proposed:
            news["kind_proposed"] = proposal
        if news:
            work.set(evidence, piece.id, **news)
            work.record(case, Event("EvidenceRead", {"evidence": piece.id, **news}))
        if "kind_proposed" in news and proposal in PROCESS and required(EvidenceKind, piece.kind) in RESULT:
            doubt = {"evidence": piece.id, "proposed": proposal, "claimed": piece.kind}
            work.record(case, Event("EvidenceKindDoubted", doubt))
    work.tell(case.id, LOOK_FOR_SIGNALS)  # once the day stands in the tables
