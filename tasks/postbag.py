"""The letters that are due, in the hands of the lines that send them: claimed one by one, settled at their own answer.

What all lines bring back at one time is settled in one transaction, which claims their next letters too. So at any
moment no more letters are claimed than are on a line, and a worker that is killed repeats at most those.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from time import monotonic, sleep
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cases.moments import shanghai_date
from notifications import smtp
from notifications.letters import Letter, LetterError
from notifications.smtp import Errand, backoff
from persistence import outbox
from persistence.database import DatabaseBusy
from persistence.outbox import Claimed, Fate, Outcome

if TYPE_CHECKING:
    from tasks.office import Office

LONGEST_ANSWER = timedelta(seconds=30)
ANSWERS_IN_A_LEASE = 6  # a letter takes five at most, so a line that is merely slow never outlives its claim
GATHERED_SECONDS = 0.02  # a line waits so long for others, so that a disk is asked once for all of them
PAUSE_SECONDS = 0.2  # before the database is asked again
_chance = SystemRandom()


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings of one delivery."""

    attempts: int
    lease: timedelta
    lines: int

    @property
    def answer(self) -> timedelta:
        """How long each answer of the server is waited for."""
        return min(LONGEST_ANSWER, self.lease / ANSWERS_IN_A_LEASE)


def terms_of(office: "Office", conn: Connection, now: datetime) -> Terms:
    """Return the settings in force on the day of *now*."""
    attempts, seconds, lines = (
        office.number_setting(conn, f"letters.{name}", shanghai_date(now))
        for name in ("attempts", "lease_seconds", "lines")
    )
    return Terms(attempts, timedelta(seconds=seconds), lines)


@dataclass(slots=True)
class _Asked:
    """A line at the counter: what became of its letter, and whether it takes another one."""

    done: Outcome | None
    takes: bool
    answer: "asyncio.Future[Errand | None]"


class Bag:
    """A postbag (`notifications.smtp.Postbag`) over the outbox, for *limit* letters that are due at *now*.

    *write* makes a letter of a claimed row. Raises LetterError where it cannot be written.
    """

    def __init__(
        self,
        office: "Office",
        write: Callable[[Connection, Claimed], Letter],
        terms: Terms,
        *,
        now: datetime,
        limit: int,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._office, self._write, self._terms, self._now, self._left = office, write, terms, now, limit
        self._claims: dict[int, Claimed] = {}
        self._asked: list[_Asked] = []
        self._out = 0  # letters on a line
        self._counter: asyncio.TimerHandle | None = None

    async def first(self) -> Errand | None:
        """Return a letter to send; None when none is left."""
        return await self._ask(None, takes=True)

    async def next(self, errand: Errand, outcome: smtp.Outcome) -> Errand | None:
        """Keep what became of *errand*, and return another letter to send; None when none is left."""
        return await self._ask(self._judged(errand, outcome), takes=True)

    async def last(self, errand: Errand, outcome: smtp.Outcome) -> None:
        """Keep what became of *errand*; this line takes no more."""
        await self._ask(self._judged(errand, outcome), takes=False)

    def put_off(self, trouble: smtp.Deferred) -> None:
        """Let what is still due wait for the server, and say why."""
        rows = self._settle_and_claim([], self._left)
        self._settle_and_claim([_outcome(row, trouble, self._now) for row in rows], 0)

    async def _ask(self, done: Outcome | None, *, takes: bool) -> Errand | None:
        loop = asyncio.get_running_loop()
        asked = _Asked(done, takes, loop.create_future())
        if not self._asked:
            self._counter = loop.call_later(GATHERED_SECONDS, self._serve)
        self._asked.append(asked)
        if done is not None:
            self._out -= 1
        if self._out == 0 and self._counter is not None:
            self._counter.cancel()
            self._counter = loop.call_later(0, self._serve)
        return await asked.answer

    def _serve(self) -> None:
        """Serve all lines that have come back, and let those that are out go on afterwards."""
        asked, self._asked = self._asked, []
        done = [one.done for one in asked if one.done is not None]
        try:
            errands = self._exchange(done, sum(one.takes for one in asked))
        except Exception as failure:  # nobody waits for us but the lines: they raise it, and the delivery ends
            for one in asked:
                one.answer.set_exception(failure)
            return
        self._out += len(errands)
        for one in asked:
            one.answer.set_result(errands.pop(0) if one.takes and errands else None)

    def _exchange(self, done: list[Outcome], count: int) -> list[Errand]:
        """Keep what became of letters and return up to *count* new ones; one that cannot be written is dead at once."""
        errands: list[Errand] = []
        while rows := self._settle_and_claim(done, count - len(errands)):
            done = []
            with self._office.read() as conn:
                for row in rows:
                    try:
                        errands.append(Errand(row.id, self._write(conn, row), self._holds()))
                    except LetterError as why:
                        done.append(Outcome(row.id, row.attempt, Fate.REFUSED, str(why)))
            if not done:
                break
        return errands

    def _settle_and_claim(self, done: list[Outcome], count: int) -> tuple[Claimed, ...]:
        """Keep *done* and claim the next in one transaction; while the database is away, it is asked again.

        What the server has answered must not be forgotten, or the letter goes again. Raises DatabaseBusy after a lease.
        """
        wanted, asked_until = min(count, self._left), monotonic() + self._terms.lease.total_seconds()
        while True:
            try:
                with self._office.database.writing() as conn:
                    now = self._office.now()
                    outbox.settle(conn, done, now=self._now, give_up_after=self._terms.attempts)
                    claimed = outbox.claim(conn, self._now, wanted, now + self._terms.lease) if wanted else ()
                break
            except DatabaseBusy:
                if monotonic() > asked_until:
                    raise
                sleep(PAUSE_SECONDS)
        self.counts.update(self._called(outcome) for outcome in done)
        self._left -= len(claimed)
        self._claims |= {row.id: row for row in claimed}
        return claimed

    def _holds(self) -> Callable[[], bool]:
        """Return the question whether a letter claimed now is still ours for as long as its text needs an answer."""
        until = self._office.now() + self._terms.lease - self._terms.answer
        return lambda: self._office.now() <= until

    def _judged(self, errand: Errand, answer: smtp.Outcome) -> Outcome:
        return _outcome(self._claims[errand.place], answer, self._now)

    def _called(self, outcome: Outcome) -> str:
        """Return under which word an outcome is counted."""
        gives_up = outcome.fate is not Fate.SENT and self._claims[outcome.id].attempt >= self._terms.attempts
        return "dead" if gives_up or outcome.fate is Fate.REFUSED else str(outcome.fate)


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
