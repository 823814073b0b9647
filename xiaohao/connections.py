"""Connections of strangers: none is held longer than an honest client needs it, and nobody holds all of them.

uvicorn bounds nothing but the rest between two requests: whoever sends a byte now and then, says nothing at all, or
never reads an answer keeps a handle for good. Here a head, a body and an answer each have their time. A house that is
full lets go of whoever has waited longest without a request, from the address that holds most, before it turns a
newcomer away; whoever is being answered is never let go for another.
"""

import asyncio
import logging
import resource
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from cases.moments import shanghai_date

if TYPE_CHECKING:
    from tasks.office import Office

log = logging.getLogger(__name__)
AT_ONCE = 64  # connections that may queue; asyncio takes them all in before the first is counted here
OTHER_HANDLES = 100 + 3 * AT_ONCE  # databases, children, letters, logs; who just came, was counted, was let go
SAYS_EVERY = 60.0  # seconds
AGAIN = 1.0  # second until a body is looked at again that the house itself has not taken


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be, and how long each may take for what."""

    most: int
    most_of_one: int  # network address; everybody behind one proxy is one
    head_seconds: float  # from the connection, or the last answer, to a whole head
    body_seconds: float  # for any body, and a second for each of the bytes below
    body_bytes_per_second: int
    answer_seconds: float  # in which a reader takes something of his answer


def bounds_of(office: "Office") -> Bounds:
    """Return the settings in force; they count from the next start on."""
    today = shanghai_date(office.now())
    with office.read() as conn:

        def number(name: str) -> int:
            return office.number_setting(conn, f"connections.{name}", today)

        return Bounds(
            number("most"), number("most_of_one"), number("head_seconds"), number("body_seconds"),
            number("body_kilobytes_per_second") << 10, number("answer_seconds"),
        )  # fmt: skip


def within_handles(bounds: Bounds) -> Bounds:
    """Raise the limit of open files as far as the system lets us, and return no more connections than it carries."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = bounds.most + OTHER_HANDLES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return bounds
    most = max(soft - OTHER_HANDLES, soft // 2)
    log.warning("only %d files may be open: %d connections at once instead of %d", soft, most, bounds.most)
    return replace(bounds, most=most, most_of_one=min(bounds.most_of_one, most))


@dataclass
class Told:
    """Says in the log who is let go and why, a line a minute: an attack does not fill the disk with it."""

    said_at: float = float("-inf")
    count: int = 0

    def note(self, now: float, address: str, why: str) -> None:
        """Count one that was let go, and say so unless that was said a moment ago."""
        self.count += 1
        if now - self.said_at >= SAYS_EVERY:
            log.warning("%d connections let go; the last from %s: %s", self.count, address or "somewhere", why)
            self.said_at, self.count = now, 0


class Bounded(H11Protocol):
    """A connection with its times; `bounded` makes the class for the bounds of a house."""

    bounds: ClassVar[Bounds]
    told: ClassVar[Told]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._since = self.loop.time()
        self._received = 0
        self._unread = 0  # bytes of an answer that the reader had not taken when we last looked
        self._due: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._phase = self._phase_now()
        self._wait_for_head()
        self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self._stop_watching_reader()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        super().data_received(data)
        self._note_phase()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note_phase()

    def shutdown(self) -> None:
        """End with the house: whoever has not sent his whole request was promised nothing."""
        if self._is_sending_body():
            self.transport.abort()
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop_watching_reader()
        self._reading = self.loop.call_later(self.bounds.answer_seconds, self._look_at_reader, self._left_to_read())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_watching_reader()

    # --- what it is at ----------------------------------------------------------------------------------------------

    def _is_between_requests(self) -> bool:
        """Whether no whole head has come since the last answer."""
        return self.cycle is None or self.cycle.response_complete

    def _is_sending_body(self) -> bool:
        return not self._is_between_requests() and self.cycle.more_body

    def _phase_now(self) -> tuple[str, int]:
        """Return what it is at, and in which request."""
        if self._is_between_requests():
            return "head", id(self.cycle)
        return "body" if self.cycle.more_body else "answer", id(self.cycle)

    def _note_phase(self) -> None:
        """Begin the time of whatever the connection is at now, if that is something new."""
        phase = self._phase_now()
        if phase == self._phase:
            return
        self._phase, self._since, self._received = phase, self.loop.time(), 0
        self._disarm()
        if self._is_between_requests():
            self._wait_for_head()
        elif self._is_sending_body():
            self._due = self.loop.call_later(self.bounds.body_seconds, self._look_at_body)

    def _wait_for_head(self) -> None:
        self._unread = self._left_to_read()
        seconds = self.bounds.answer_seconds if self._unread else self.bounds.head_seconds
        self._due = self.loop.call_later(seconds, self._look_at_head)

    def _look_at_head(self) -> None:
        left = self._left_to_read()
        if 0 < left < self._unread:  # the last answer is still being read
            self._wait_for_head()
        else:
            self._let_go("no request came")

    def _look_at_body(self) -> None:
        if self.flow.read_paused:  # it waits for us, not we for it
            self._since += AGAIN
            self._due = self.loop.call_later(AGAIN, self._look_at_body)
            return
        allowed = self.bounds.body_seconds + self._received / self.bounds.body_bytes_per_second
        left = allowed - (self.loop.time() - self._since)
        if left <= 0:
            self._let_go("its body came too slowly")
        else:
            self._due = self.loop.call_later(max(left, AGAIN), self._look_at_body)

    def _look_at_reader(self, before: int) -> None:
        left = self._left_to_read()
        if left >= before:
            self._let_go("nobody read the answer")
        else:
            self._reading = self.loop.call_later(self.bounds.answer_seconds, self._look_at_reader, left)

    def _left_to_read(self) -> int:
        return self.transport.get_write_buffer_size()

    def _disarm(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _stop_watching_reader(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    # --- room for others --------------------------------------------------------------------------------------------

    def _make_room(self) -> None:
        """Let go of the least deserving where there are too many, or of this one where all others are at work."""
        there = [
            one for one in self.connections if isinstance(one, Bounded) and not one.transport.is_closing()
        ]  # what was let go a moment ago is still among the connections
        of_one = Counter(one.address for one in there)
        if of_one[self.address] > self.bounds.most_of_one:
            crowded = self.address
        elif len(there) > self.bounds.most:
            crowded = of_one.most_common(1)[0][0]
        else:
            return
        waiting = [one for one in there if one.address == crowded and one is not self and not one.is_at_work()]
        least = min(waiting, key=lambda one: one.merit(), default=self)
        least._let_go("others wait for a place")

    @property
    def address(self) -> str:
        """The network address at the other end."""
        return self.client[0] if self.client else ""

    def is_at_work(self) -> bool:
        """Whether its request is whole and its reader takes the answer: it is not let go for another."""
        return not self._is_between_requests() and not self.cycle.more_body and self._reading is None

    def merit(self) -> tuple[int, float]:
        """How much it deserves its place: without a request least, the longest first; then the slowest body."""
        age = self.loop.time() - self._since
        if self._is_between_requests():
            return 0, -age
        if self._is_sending_body():
            return 1, self._received / max(age, AGAIN)
        return 2, -age

    def _let_go(self, why: str) -> None:
        self.told.note(self.loop.time(), self.address, why)
        self.transport.abort()  # closing would wait for a reader who may never read


def bounded(given: Bounds) -> type[Bounded]:
    """Return the protocol of connections that keep *given*."""

    class OfThisHouse(Bounded):
        bounds = given
        told = Told()

    return OfThisHouse
