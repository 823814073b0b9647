"""Where the benchmarks keep what they measure on: databases that a power cut would not harm, as in an office."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.postgres import DURABLE, PostgresMissing, PostgresServer, serve

ROOT = Path(__file__).parents[2]
VAR = ROOT / "var" / "bench"


@dataclass
class Places:
    """A folder on the disk of the checkout, and a PostgreSQL server where there is one."""

    folder: Path
    postgres: PostgresServer | None
    missing: str = ""  # why there is no PostgreSQL
    large: bool = False  # sections that know a larger size take it
    _count: int = field(default=0)

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of databases that can be made here."""
        return ("SQLite", "PostgreSQL") if self.postgres else ("SQLite",)

    def fresh(self, kind: str) -> str:
        """Return the URL of an empty database of *kind*."""
        if kind == "PostgreSQL":
            assert self.postgres is not None
            return self.postgres.fresh_database()
        self._count += 1
        return f"sqlite:///{self.folder}/{self._count}.sqlite"


@contextmanager
def places(*, large: bool = False) -> Iterator[Places]:
    """Give a place for one run and leave nothing of it behind."""
    VAR.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=VAR))
    server: PostgresServer | None = None
    missing = ""
    try:
        try:
            server = serve(folder, DURABLE)
        except PostgresMissing as why:
            missing = str(why)
        yield Places(folder, server, missing, large)
    finally:
        if server is not None:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)
