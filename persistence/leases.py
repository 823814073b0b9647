"""Who does the work that only one may do: a lease with a fencing token.

A worker that slept past its lease finds a newer fence and stops before it writes.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select, update

from persistence.insertion import insert_new
from persistence.tables import leases

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class LostLease(Exception):
    """Somebody else has taken the lease since: leave the work to him."""


def take(connection: Connection, name: str, holder: str, now: datetime, seconds: int) -> int | None:
    """Return a fence, larger than every one before, or None while the lease *name* is held, by whomever."""
    until = now + timedelta(seconds=seconds)
    free = update(leases).where(leases.c.name == name, leases.c.until <= now)
    fence = connection.scalar(
        free.values(holder=holder, fence=leases.c.fence + 1, until=until).returning(leases.c.fence)
    )
    if fence is not None:
        return int(fence)
    first = insert_new(connection, leases, "name").values(name=name, holder=holder, fence=1, until=until)
    fence = connection.scalar(first.returning(leases.c.fence))
    return None if fence is None else int(fence)


def hold(connection: Connection, name: str, fence: int) -> None:
    """Make sure that *fence* is still the newest, until this transaction ends. Raises LostLease."""
    newest = connection.scalar(select(leases.c.fence).where(leases.c.name == name).with_for_update())
    if newest != fence:
        raise LostLease(f"{name}: {fence} is not {newest}")


def renew(connection: Connection, name: str, fence: int, now: datetime, seconds: int) -> None:
    """Keep the lease for *seconds* from *now*, also when it ran out and nobody took it. Raises LostLease."""
    hold(connection, name, fence)
    connection.execute(update(leases).where(leases.c.name == name).values(until=now + timedelta(seconds=seconds)))


def release(connection: Connection, name: str, fence: int) -> None:
    """Let the lease go at once; nothing happens when it is somebody else's by now."""
    ours = (leases.c.name == name) & (leases.c.fence == fence)
    connection.execute(update(leases).where(ours).values(until=LONG_AGO))
