"""Whether Prefect keeps the timetable: its process renews a lease, and whoever asks reads it."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from persistence.database import Database
from persistence.insertion import insert_new
from persistence.tables import leases

NAME = "prefect"
BEATS_EVERY = 20  # seconds
LIVES = timedelta(seconds=75)  # without a beat


def beat(database: Database, now: datetime) -> None:
    """Say that Prefect's flows are served; any number of processes may say so."""
    values = {"holder": f"{socket.gethostname()}:{os.getpid()}", "until": now + LIVES}
    with database.writing() as conn:
        conn.execute(insert_new(conn, leases, "name"), values | {"name": NAME, "fence": 1})
        conn.execute(update(leases).where(leases.c.name == NAME).values(**values))


def prefect_is_alive(conn: Connection, now: datetime) -> bool:
    """Whether there was a beat within the last minute or so."""
    until = conn.scalar(select(leases.c.until).where(leases.c.name == NAME))
    return until is not None and until > now
