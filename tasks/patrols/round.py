"""One round of a patrol: the moment it stands for, the lease under which it works, and since when it looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from cases.moments import shanghai_date
from persistence import leases
from tasks.attempts import Attempts

if TYPE_CHECKING:
    from tasks.office import Office

Counts = Mapping[str, int]
LEASE_SECONDS = 120
CATCHING_UP_AFTER = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Round:
    """What a patrol is told; *since* is the moment of the last round that came to its end, None before the first."""

    office: "Office"
    now: datetime
    lease: str
    fence: int
    since: datetime | None
    by_hand: bool = False  # a person asked for it: what failed before is tried at once

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return shanghai_date(self.now)

    @property
    def is_catching_up(self) -> bool:
        """Whether rounds were missed: what would have been many letters becomes one for each person."""
        return self.since is not None and self.now - self.since > CATCHING_UP_AFTER

    def attempts(self, work: str) -> Attempts:
        """Return the means to try each thing of *work* by itself."""
        return Attempts(self.office, work, self.now, by_hand=self.by_hand)

    def guard(self, conn: Connection) -> None:
        """Make sure, inside a write, that nobody took the work over meanwhile; keeps the lease. Raises LostLease."""
        leases.renew(conn, self.lease, self.fence, self.office.now(), LEASE_SECONDS)


Patrol = Callable[[Round], Counts]
