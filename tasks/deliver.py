"""发送函件: letters that wait are claimed, written, sent outside any transaction, and settled one by one."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from random import SystemRandom
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, update

from cases.moments import shanghai_date
from notifications import smtp
from notifications.letters import Letter, LetterBook, LetterError, message_id, shipped_letters
from notifications.smtp import Server, backoff, send_all
from persistence import outbox
from persistence.case_store import live_instances
from persistence.outbox import Claimed, Fate, Outcome, State
from persistence.tables import outbox as rows
from persistence.tables import settings

if TYPE_CHECKING:
    from tasks.office import Office

LEASE_SECONDS = 300  # a batch is sent within this, or another worker takes it over
FROZEN = "outbox.frozen"  # setting: after a restore nothing goes out before somebody has looked
_chance = SystemRandom()


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
    with office.database.writing() as conn:
        claimed = outbox.claim(conn, now, limit, LEASE_SECONDS)
    if not claimed:
        return counts

    outcomes, letters = _written(office, claimed, house)
    if letters:
        answers = asyncio.run(send_all([letter for _, letter in letters], server))
        outcomes += [_outcome(of, answer, now) for (of, _), answer in zip(letters, answers, strict=True)]
    with office.database.writing() as conn:
        most = office.number_setting(conn, "letters.attempts", shanghai_date(now))
        outbox.settle(conn, outcomes, now=now, give_up_after=most)
    attempts = {letter.id: letter.attempt for letter in claimed}
    for outcome in outcomes:
        gives_up = outcome.fate is not Fate.SENT and attempts[outcome.id] >= most
        counts["dead" if gives_up or outcome.fate is Fate.REFUSED else str(outcome.fate)] += 1
    return counts


def _written(
    office: "Office", claimed: Sequence[Claimed], house: House
) -> tuple[list[Outcome], list[tuple[Claimed, Letter]]]:
    """Return what cannot be sent at all, with the reason, and the letters as they travel."""
    hopeless, letters = [], []
    with office.read() as conn:
        for row in claimed:
            try:
                if not row.address:
                    raise LetterError("no address: the post is vacant or the person has none")
                letters.append((row, written(office, conn, row, house)))
            except LetterError as why:
                hopeless.append(Outcome(row.id, row.attempt, Fate.REFUSED, str(why)))
    return hopeless, letters


def written(office: "Office", conn: Connection, row: Claimed, house: House) -> Letter:
    """Return an outbox row as a letter, in the words of the release that its case is pinned to. Raises LetterError."""
    facts = dict(row.facts)
    items = facts.pop("items", ())
    return book_of(office, conn, row.case_id).render(
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
    return _book(office, conn, live[0].release_id) if live else shipped_letters()


def _book(office: "Office", conn: Connection, release_id: str) -> LetterBook:
    files = office.engine(conn, release_id).release.files
    return _read_once(release_id, tuple((path, text) for path, text in files.items() if path.startswith("letters/")))


@lru_cache(maxsize=8)
def _read_once(_release: str, texts: tuple[tuple[str, bytes], ...]) -> LetterBook:
    return LetterBook(dict(texts)) if texts else shipped_letters()


def _outcome(row: Claimed, answer: smtp.Outcome, now: datetime) -> Outcome:
    again = now + backoff(row.attempt, _chance)
    match answer:
        case smtp.Sent(text):
            return Outcome(row.id, row.attempt, Fate.SENT, text)
        case smtp.Refused(code, text):
            return Outcome(row.id, row.attempt, Fate.REFUSED, f"{code} {text}")
        case smtp.Deferred(code, text):
            return Outcome(row.id, row.attempt, Fate.DEFERRED, f"{code or ''} {text}".strip(), again)
        case smtp.Unknown(text):
            return Outcome(row.id, row.attempt, Fate.UNKNOWN, text, again)


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
