"""发送函件: letters that wait are claimed, written, sent outside any transaction, each settled at its own answer."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, update

from cases.moments import shanghai_date
from cases.standing_in import Line, who_acts, who_reads
from notifications.letters import ASKS, Letter, LetterBook, LetterError, message_id, shipped_letters
from notifications.smtp import Server, carry_all
from persistence import outbox
from persistence.case_store import live_instances
from persistence.outbox import Claimed, State
from persistence.standing_in import seats_behind
from persistence.tables import outbox as rows
from persistence.tables import settings
from tasks.asked import holder_in_words
from tasks.kept_releases import ReleaseChanged
from tasks.letters import title_before
from tasks.postbag import Bag, terms_of

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
ASKS_NOTHING: dict[str, Any] = dict.fromkeys([*sorted(ASKS), "doer"], "")
FROZEN = "outbox.frozen"  # setting: after a restore nothing goes out before somebody has looked


@dataclass(frozen=True, slots=True)
class House:
    """What letters say of where they come from: *base* is the address of the pages, *sender* that of the letters."""

    base: str = "http://127.0.0.1:8000"
    sender: str = ""
    domain: str = field(init=False)

    def __post_init__(self) -> None:
        host = urlsplit(self.base).hostname or "localhost"
        domain = "localhost" if host.replace(".", "").isdigit() or ":" in host else host
        object.__setattr__(self, "domain", domain)
        if not self.sender:
            object.__setattr__(self, "sender", f"xiaohao@{domain}")


def deliver(
    office: "Office", server: Server | None, house: House, *, now: datetime, limit: int = 200
) -> Mapping[str, int]:
    """Send at most *limit* letters that are due and return how many were sent, deferred, dead, unknown.

    Without a *server* they stay where they are: the mailbox page shows them. A frozen outbox sends nothing.
    """
    counts: Counter[str] = Counter(sent=0, deferred=0, dead=0, unknown=0)
    if server is None or is_frozen(office):
        return counts
    with office.read() as conn:
        terms = terms_of(office, conn, now)
        waiting, stale = outbox.due_count(conn, now, limit), outbox.has_stale(conn, office.now())
    if stale:
        with office.database.writing() as conn:
            outbox.release_stale(conn, office.now())
            waiting = outbox.due_count(conn, now, limit)
    if waiting == 0:
        return counts

    bag = Bag(
        office,
        lambda conn, row: written(office, conn, _for_its_reader(conn, row, shanghai_date(now)), house),
        terms,
        now=now,
        limit=limit,
    )
    lines, patience = min(terms.lines, waiting), terms.answer.total_seconds()
    try:
        trouble = asyncio.run(carry_all(bag, server, lines=lines, timeout=patience))
    except ExceptionGroup as of_lines:  # all lines stumble over one and the same
        raise of_lines.exceptions[0] from of_lines
    if trouble is not None:
        bag.put_off(trouble)
    counts.update(bag.counts)
    return counts


def _for_its_reader(conn: Connection, row: Claimed, day: date) -> Claimed:
    """Return a letter as it goes to its person, or to who stands in for him on *day*. Raises LetterError.

    Who only reads for him is asked for nothing: he is told whose it is.
    """
    if row.person_id is None and row.address:
        return row
    holder = f"person:{row.person_id or 0}"
    seats = seats_behind(conn, holder, day, role=row.role)
    readers = who_reads(seats)
    if not readers:
        raise LetterError("nobody can be written to: neither the person, nor who stands in, has an address")
    reader = readers[0]
    if reader.person_id == row.person_id:
        return replace(row, address=row.address or reader.email)
    facts = {**row.facts, "post": title_before(conn, reader, holder, row.role)}
    if reader not in who_acts(seats) and any(facts.get(fact) for fact in ASKS):
        facts |= {fact: "" for fact in ASKS if fact in facts}
        facts["doer"] = holder_in_words(conn, holder, row.role, reader.language)
    letter = row.letter
    if reader.line is Line.ADMINISTRATOR:  # he reads nothing of findings
        letter, facts = (
            "nobody_reads",
            {"number": row.facts.get("number", ""), "link": "/outbox", "post": facts["post"]},
        )
    return replace(row, letter=letter, facts=facts, address=reader.email, language=reader.language)


def written(office: "Office", conn: Connection, row: Claimed, house: House) -> Letter:
    """Return an outbox row as a letter, in the words of the release that its case is pinned to. Raises LetterError.

    A letter that the house learned to write only after that release comes from this checkout; one that was owed before
    the house knew what its reader can do asks for nothing.
    """
    if not row.address:
        raise LetterError("no address: the post is vacant or the person has none")
    facts = {**ASKS_NOTHING, **row.facts}
    items = facts.pop("items", ())
    book = book_of(office, conn, row.case_id)
    if row.letter not in book.every_letter():
        log.info("the release of case %s has no letter %s: the one of this checkout stands in", row.case_id, row.letter)
        book = shipped_letters()
    return book.render(
        row.letter,
        row.language,
        row.address,
        facts,
        items=items,
        message_id=message_id(row.id, house.domain),
        sender=house.sender,
        base=house.base,
        written_at=row.created_at,
    )


def book_of(office: "Office", conn: Connection, case_id: int | None) -> LetterBook:
    """Return the letters of the case's release; those of this checkout where no process runs."""
    live = live_instances(conn, case_id) if case_id else []
    if not live:
        return shipped_letters()
    try:
        return _book(office, conn, live[0].release_id)
    except ReleaseChanged:
        log.warning("case %s: its letters were changed, those of this checkout stand in", case_id)
        return shipped_letters()


def _book(office: "Office", conn: Connection, release_id: str) -> LetterBook:
    files = office.engine(conn, release_id).release.files
    return _read_once(release_id, tuple((path, text) for path, text in files.items() if path.startswith("letters/")))


@lru_cache(maxsize=8)
def _read_once(_release: str, texts: tuple[tuple[str, bytes], ...]) -> LetterBook:
    return LetterBook(dict(texts)) if texts else shipped_letters()


def is_frozen(office: "Office") -> bool:
    """Whether the letters of a restored database wait for somebody to say that they may go."""
    with office.read() as conn:
        newest = select(settings.c.body).where(settings.c.name == FROZEN).order_by(settings.c.version.desc()).limit(1)
        return bool(conn.scalar(newest))


def thaw(office: "Office", *, forget: bool) -> int:
    """Let letters go again after a restore; *forget* supersedes those that wait (they were sent before the restore)."""
    now = office.now()
    with office.database.writing() as conn:
        waiting = rows.c.state.in_((State.WAITING, State.SENDING, State.HELD))
        changed = 0
        if forget:
            changed = conn.execute(update(rows).where(waiting).values(state=State.SUPERSEDED)).rowcount
        conn.execute(update(settings).where(settings.c.name == FROZEN).values(body=False, set_at=now))
    return changed
