"""What was read in files of evidence: text and facts by content, and which content still waits for its reader.

A row waits while its *reader_version* is older than the reader's. Whoever claims it keeps it until *claimed_until*; a
reader that died lets it lapse, and the next one takes it up, `tries` times at most.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from cases.evidence_facts import Fact, FactKind
from persistence.tables import evidence_facts, evidence_texts

AT_ONCE = 500  # parameters of one statement


def facts_of(conn: Connection, sha256s: Iterable[str]) -> dict[str, tuple[Fact, ...]]:
    """Return the facts of each content that was read, in the order of the text; one without facts has an empty entry."""
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    wanted = sorted(set(sha256s))
    for some in _portions(wanted):
        query = select(evidence_facts).where(evidence_facts.c.sha256.in_(some))
        for row in conn.execute(query.order_by(evidence_facts.c.sha256, evidence_facts.c.seq)):
            found[row.sha256].append(Fact(FactKind(row.kind), row.value, row.written, row.place, row.start, row.end))
    return {sha256: tuple(found[sha256]) for sha256 in wanted}


def texts_of(conn: Connection, sha256s: Iterable[str]) -> dict[str, str]:
    """Return the text of each content that was read; what is unread or unreadable has no entry."""
    texts = {}
    for some in _portions(sorted(set(sha256s))):
        query = select(evidence_texts.c.sha256, evidence_texts.c.text).where(
            evidence_texts.c.sha256.in_(some), evidence_texts.c.text.is_not(None)
        )
        for sha256, packed in conn.execute(query):
            texts[sha256] = zlib.decompress(packed).decode()
    return texts


def _portions(sha256s: Sequence[str]) -> Iterable[Sequence[str]]:
    return (sha256s[start : start + AT_ONCE] for start in range(0, len(sha256s), AT_ONCE))
