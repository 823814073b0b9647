"""A house to be hurt: its folder and database, its commands, and what is counted of it afterwards."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, inspect, or_, select, update

from config.policy import NUMBERS
from persistence.database import Database
from persistence.tables import idempotency, instances, leases, ledger, messages, metadata, outbox
from tests.faults.forks import Child, Ended, Forks, Kill

TIDYING = {"leases", "checkpoints", "sessions", "page_views", "file_openings", "drafts", "heartbeats", "settings"}
"""Tables whose rows may differ after a fault: who works on what just now, and when something was sealed."""


@dataclass
class House:
    """A house in a folder of its own; *url* is empty for SQLite in that folder."""

    forks: Forks
    folder: Path
    url: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further variables of the environment, the address of a mail server for instance."""

    @property
    def data(self) -> Path:
        """Its XIAOHAO_DATA."""
        return self.folder / "data"

    @property
    def database_url(self) -> str:
        """Where its rows are."""
        return self.url or f"sqlite:///{self.data}/xiaohao.sqlite"

    @property
    def environment(self) -> dict[str, str]:
        """What its commands are told; what they leave lying about lies in its folder."""
        scratch = self.folder / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        return {
            "XIAOHAO_DATA": str(self.data),
            "XIAOHAO_DATABASE_URL": self.database_url,
            "XIAOHAO_LANG": "en",
            "TMPDIR": str(scratch),
            **self.more,
        }

    def run(self, *what: str, kill: Kill | None = None, seconds: float = 180) -> Ended:
        """Run a command of this house to its end."""
        return self.forks.run(what, self.environment, kill=kill, within=str(self.folder), seconds=seconds)

    def start(self, *what: str, kill: Kill | None = None) -> Child:
        """Start a command of this house."""
        return self.forks.start(what, self.environment, kill=kill, within=str(self.folder))

    # --- what stands there ------------------------------------------------------------------------------------------

    def ask(self, query: Any) -> Sequence[Any]:
        """Return the rows of a query."""
        database = Database(self.database_url)
        try:
            with database.reading() as conn:
                return conn.execute(query).all()
        finally:
            database.dispose()

    def census(self) -> Counter[str]:
        """Count what a house must neither lose nor double: the rows of each table, the events of each kind."""
        counted: Counter[str] = Counter()
        database = Database(self.database_url)
        try:
            with database.reading() as conn:
                there = set(inspect(conn).get_table_names())
                for table in metadata.sorted_tables:
                    if table.name in there - TIDYING:
                        counted[table.name] = conn.scalar(select(func.count()).select_from(table)) or 0
                if "ledger" in there:
                    for name, count in conn.execute(select(ledger.c.event, func.count()).group_by(ledger.c.event)):
                        counted[f"event {name}"] = count
        finally:
            database.dispose()
        return counted

    def events_with(self, word: str) -> int:
        """Count the events whose body holds *word*."""
        return int(self.ask(select(func.count()).where(ledger.c.body.like(f"%{word}%")))[0][0])

    def let_time_pass(self) -> None:
        """Let every lease and claim of a dead process run out, as it would within minutes."""
        database = Database(self.database_url)
        try:
            with database.writing() as conn:
                if inspect(conn).has_table("leases"):
                    conn.execute(update(leases).values(until=datetime(2000, 1, 1, tzinfo=UTC)))
        finally:
            database.dispose()

    def let_time_pass_if_there(self) -> None:
        """Let time pass where there is a database already."""
        if self.has_database():
            self.let_time_pass()

    def is_begun(self) -> bool:
        """Whether somebody filled it."""
        return self.has_database() and bool(self.census()["accounts"])

    def has_database(self) -> bool:
        """Whether there is a database to ask."""
        return bool(self.url) or Path(self.data, "xiaohao.sqlite").exists()

    # --- how it is --------------------------------------------------------------------------------------------------

    def complaints(self) -> list[str]:
        """Return what `doctor` and `audit verify` have to say against it; empty means healthy."""
        found = []
        doctor = self.run("doctor", "--json")
        if doctor.status != 0:
            said = (doctor.document or {}).get("complaints") if isinstance(doctor.document, dict) else None
            found += [f"doctor {one['check']}: {one['what']}" for one in said or ()] or [f"doctor {doctor.said}"]
        verify = self.run("audit", "verify", "--json")
        if verify.status != 0:
            said = verify.document.get("problems") if isinstance(verify.document, dict) else None
            found.append(
                f"audit verify {verify.status}: {json.dumps(said, ensure_ascii=False)[:300] if said else verify.said}"
            )
        return found

    def stuck(self) -> list[str]:
        """Return what will not go on by itself: messages given up, claims of the dead, faulted cases."""
        database = Database(self.database_url)
        try:
            with database.reading() as conn:
                return list(_stuck(conn))
        finally:
            database.dispose()


def _stuck(conn: Connection) -> Sequence[str]:
    found = []
    given_up = messages.c.taken_at.is_(None) & (messages.c.failures >= NUMBERS["messages.attempts"])
    found += [f"message {name} given up" for name in conn.scalars(select(messages.c.name).where(given_up))]
    faulted = select(instances.c.id).where(instances.c.status == "faulted")
    found += [f"instance {one} faulted" for one in conn.scalars(faulted)]
    for_ever = or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until > datetime(2100, 1, 1, tzinfo=UTC))
    claimed = select(outbox.c.id).where(outbox.c.state == "sending", for_ever)
    found += [f"letter {one} claimed for ever" for one in conn.scalars(claimed)]
    return found


def keys_answered(house: House) -> int:
    """Count the acts that were acknowledged under a key."""
    return int(house.ask(select(func.count()).select_from(idempotency))[0][0])


def copy_of(template: House, folder: Path, *, url: str = "") -> House:
    """Return a copy of *template* in the new *folder*; on PostgreSQL *url* names a copy of its database."""
    shutil.copytree(template.data, folder / "data", ignore=shutil.ignore_patterns("*.sqlite*") if url else None)
    return House(template.forks, folder, url)


def left_behind(folder: Path) -> list[str]:
    """Return files below *folder* that others on the machine may read."""
    found = []
    for place, _, names in os.walk(folder):
        found += [str(Path(place, name)) for name in names if (Path(place, name).lstat().st_mode & 0o077)]
    return found
