"""A PostgreSQL that may be hurt: cut off, stopped in every manner and started again, with every commit on disk."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.postgres import PostgresServer, find_binaries, reachable

ENDING = 30.0  # seconds
SETTINGS = ("listen_addresses=", "max_connections=200", "shared_buffers=64MB")


@dataclass
class OwnPostgres:
    """The server; it ends with the block that runs it."""

    binaries: Path
    folder: Path
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def server(self) -> PostgresServer:
        """It, as somebody who makes databases on it sees it."""
        return PostgresServer(f"postgresql+psycopg://postgres@/postgres?host={self.folder}", "hurt")

    def begin(self) -> None:
        """Make its cluster and start it."""
        words = [
            "initdb",
            "--pgdata",
            str(self._kept),
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
        ]
        self._run([*words, "--no-sync"]).wait(ENDING * 3)
        self.start()

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        options = [f"-c{setting}" for setting in SETTINGS]
        self._process = self._run(["postgres", "-D", str(self._kept), "-k", str(self.folder), *options])
        until = time.monotonic() + ENDING
        while time.monotonic() < until:
            with contextlib.suppress(psycopg.OperationalError):
                self._connect().close()
                return
            time.sleep(0.05)
        raise TimeoutError(f"PostgreSQL does not come back: {(self.folder / 'log').read_text()[-500:]}")

    def stop(self, signal_number: int) -> None:
        """Stop it: SIGINT is fast (who is connected is cut), SIGQUIT immediate (as after a power cut)."""
        assert self._process is not None
        self._process.send_signal(signal_number)
        self._process.wait(ENDING)

    def cut_everybody(self) -> None:
        """Cut every connection but our own."""
        with self._connect() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    @property
    def _kept(self) -> Path:
        return self.folder / "kept"

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(f"postgresql://postgres@/postgres?host={self.folder}", autocommit=True)

    def _run(self, words: list[str]) -> "subprocess.Popen[bytes]":
        """Start one of its programs as a user that PostgreSQL accepts: root is none."""
        nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.binaries / words[0], *words[1:]],
                cwd=self.folder, env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                user=nobody.pw_name if nobody else None, group=nobody.pw_gid if nobody else None,
                extra_groups=[] if nobody else None,
            )  # fmt: skip


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Run one for the length of a block. Raises PostgresMissing."""
    binaries = find_binaries()
    folder = Path(tempfile.mkdtemp(prefix="xiaohao-hurt-"))
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    own = OwnPostgres(reachable(binaries, folder), folder)
    try:
        own.begin()
        yield own
    finally:
        if own._process is not None and own._process.poll() is None:
            own._process.send_signal(3)
            own._process.wait(ENDING)
        shutil.rmtree(folder, ignore_errors=True)
