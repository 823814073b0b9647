"""What was read in files of evidence: text and facts by content, and which content still waits for its reader.

A row waits while its *reader_version* is older than the reader's. Whoever claims it has it until *claimed_until*; a
reader that died lets it lapse, and the next one takes it up.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update
from sqlalchemy.sql.base import Executable

from cases.evidence_facts import Fact, FactKind, ReadState
from cases.known_words import known, required
from persistence.insertion import insert_new
from persistence.tables import evidence, evidence_facts, evidence_texts

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
AT_ONCE = 500  # parameters of one statement


_contents: BindParameter[str] = bindparam("contents", expanding=True)
_facts = (
    select(evidence_facts)
    .where(evidence_facts.c.sha256.in_(_contents))
    .order_by(evidence_facts.c.sha256, evidence_facts.c.seq)
)
_numbers = (
    select(evidence_facts.c.sha256, evidence_facts.c.value)
    .where(evidence_facts.c.sha256.in_(_contents), evidence_facts.c.kind == FactKind.DOC_NO)
    .order_by(evidence_facts.c.sha256, evidence_facts.c.seq.desc())
)
_texts = select(evidence_texts.c.sha256, evidence_texts.c.text).where(
    evidence_texts.c.sha256.in_(_contents), evidence_texts.c.text.is_not(None)
)


def facts_of(conn: Connection, sha256s: Iterable[str]) -> dict[str, tuple[Fact, ...]]:
    """Return the facts of each content that was read, in the order found; a content without any has an empty entry."""
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    wanted = sorted(set(sha256s))
    for some in _portions(wanted):
        for row in conn.execute(_facts, {"contents": some}):
            if (kind := known(FactKind, row.kind)) is not None:
                found[row.sha256].append(Fact(kind, row.value, row.written, row.place, row.start, row.end))
    return {sha256: tuple(found[sha256]) for sha256 in wanted}


def numbers_of(conn: Connection, sha256s: Iterable[str]) -> dict[str, str]:
    """Return the number of each content that has one; of several the first."""
    numbers: dict[str, str] = {}
    for some in _portions(sorted(set(sha256s))):
        numbers |= dict(conn.execute(_numbers, {"contents": some}).tuples().all())  # the first comes last
    return numbers


def texts_of(conn: Connection, sha256s: Iterable[str]) -> dict[str, str]:
    """Return the text of each content that was read; what is unread or unreadable has no entry."""
    texts = {}
    for some in _portions(sorted(set(sha256s))):
        for sha256, packed in conn.execute(_texts, {"contents": some}):
            texts[sha256] = zlib.decompress(packed).decode()
    return texts


def states_of(conn: Connection, sha256s: Iterable[str]) -> dict[str, tuple[ReadState, str]]:
    """Return how far the reading of each content is, and the code of what must be said of it."""
    states = {}
    for some in _portions(sorted(set(sha256s))):
        query = select(evidence_texts.c.sha256, evidence_texts.c.state, evidence_texts.c.reason)
        for sha256, state, reason in conn.execute(query.where(evidence_texts.c.sha256.in_(some))):
            states[sha256] = (required(ReadState, state), str(reason))
    return states


# --- the reader's side ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """A content that one reader has to itself until *until*; *filename* is the one it was first uploaded with."""

    sha256: str
    filename: str
    tries: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a content, as it is kept."""

    state: ReadState
    text: str = ""
    facts: Sequence[Fact] = ()
    pages: int = 0
    reason: str = ""


def let_wait(conn: Connection, sha256: str) -> Executable:
    """Return the statement which puts down that a content is to be read, unless it is known."""
    row = {"sha256": sha256, "state": ReadState.WAITING, "claimed_until": LONG_AGO, "tries": 0}
    statement: Executable = insert_new(conn, evidence_texts, "sha256").values(row)
    return statement


def claim(conn: Connection, *, version: int, now: datetime, until: datetime) -> Claim | None:
    """Take the next content that readers before *version* have not read, None where nothing waits."""
    waiting = (
        select(evidence_texts.c.sha256)
        .where(evidence_texts.c.reader_version < version, evidence_texts.c.claimed_until <= now)
        .order_by(evidence_texts.c.reader_version, evidence_texts.c.claimed_until)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite has one writer and knows no such word
    )
    taken = (
        update(evidence_texts)
        .where(evidence_texts.c.sha256 == waiting.scalar_subquery(), evidence_texts.c.claimed_until <= now)
        .values(claimed_until=until, tries=evidence_texts.c.tries + 1)
        .returning(evidence_texts.c.sha256, evidence_texts.c.tries)
    )
    row = conn.execute(taken).one_or_none()
    if row is None:
        return None
    first = select(evidence.c.filename).where(evidence.c.sha256 == row.sha256).order_by(evidence.c.id).limit(1)
    return Claim(row.sha256, str(conn.scalar(first) or ""), row.tries, until)


def keep(conn: Connection, claim: Claim, reading: Reading, *, version: int, now: datetime) -> bool:
    """Keep what was read in the place of what was known; return False for a claim that lapsed and was taken over."""
    ours = (evidence_texts.c.sha256 == claim.sha256) & (evidence_texts.c.claimed_until == claim.until)
    kept = conn.execute(
        update(evidence_texts)
        .where(ours)
        .values(
            state=reading.state,
            reader_version=version,
            tries=0,
            claimed_until=LONG_AGO,
            read_at=now,
            pages=reading.pages,
            text=zlib.compress(reading.text.encode()) if reading.text else None,
            reason=reading.reason,
        )
    )
    if not kept.rowcount:
        return False
    conn.execute(delete(evidence_facts).where(evidence_facts.c.sha256 == claim.sha256))
    rows = [
        {
            "sha256": claim.sha256, "seq": seq, "kind": fact.kind, "value": fact.value, "written": fact.written,
            "place": fact.place[:200], "start": fact.start, "end": fact.end,
        }
        for seq, fact in enumerate(reading.facts)
    ]  # fmt: skip
    if rows:
        conn.execute(insert(evidence_facts), rows)
    return True


def give_back(conn: Connection, claim: Claim, *, until: datetime) -> None:
    """Let a claimed content wait until *until*, for another try."""
    ours = (evidence_texts.c.sha256 == claim.sha256) & (evidence_texts.c.claimed_until == claim.until)
    conn.execute(update(evidence_texts).where(ours).values(claimed_until=until))


def findings_with(conn: Connection, sha256: str) -> list[int]:
    """Return the findings in whose dossiers the content is evidence."""
    query = select(evidence.c.finding_id).where(evidence.c.sha256 == sha256, evidence.c.withdrawn_at.is_(None))
    return list(conn.scalars(query.distinct().order_by(evidence.c.finding_id)))


def _portions(sha256s: Sequence[str]) -> Iterable[Sequence[str]]:
    return (sha256s[start : start + AT_ONCE] for start in range(0, len(sha256s), AT_ONCE))
