"""Prefect beside `serve`: a server on the loopback with a data folder of its own, and a process that serves the flows.

The port is bound here and handed down, so the server on it is ours and nobody else's from the first moment. One process
per data folder looks after Prefect; when it is gone, another one that serves the same house takes over. Both children
are started, watched, started again with growing pauses, and ended by their own pid. What a killed `serve` left is
found at the next start by the pid files and ended, but only when the command line is still the one written there.
"""

import fcntl
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from workflows.parents import VARIABLE as PARENT
from workflows.prefect_api import PrefectApi, PrefectSilent
from workflows.prefect_watch import Where

log = logging.getLogger(__name__)
FIRST_PORT = 4217
STARTS_WITHIN = 180.0  # seconds until the server answers; 10-20 are usual
PAUSES = (1.0, 5.0, 15.0, 60.0)  # between attempts
ENDS_WITHIN = 8.0  # what an earlier start left behind
STOPS_WITHIN = 1.2  # each of our own two, when the house ends: whoever stops it waits for both
LOOKS_EVERY = 15.0  # seconds; whether a pool has taken the patrols over
TRIES_EVERY = 5.0  # seconds; whether the process that looks after Prefect is gone


@dataclass(frozen=True, slots=True)
class House:
    """Where the flows find the house, and where Prefect keeps its own things."""

    data: Path
    database_url: str
    identity: str
    api_url: str | None = None  # of a server that runs already; None: our own


class PrefectChild:
    """Supervises Prefect in a thread; `start` returns at once, the first page never waits."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._home = house.data / "prefect"
        self._lock: IO[str] | None = None
        self._listening: socket.socket | None = None
        self._ending = threading.Event()
        self._stopping = threading.Lock()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._trouble = "starting"  # "": Prefect is in place
        self._served_since: datetime | None = None
        self._thread = threading.Thread(target=self._supervise, name="prefect", daemon=True)

    @property
    def api_url(self) -> str:
        """Address of the API."""
        port = self._listening.getsockname()[1] if self._listening else 0
        return self._house.api_url or f"http://127.0.0.1:{port}/api"

    def where(self) -> Where:
        """Return where Prefect can be asked about this house, or why not."""
        if self._house.api_url is not None:
            return Where(self._house.api_url)
        return Where(None, self._trouble) if self._trouble else Where(self.api_url, served_since=self._served_since)

    def start(self) -> None:
        """End what an earlier start left behind, and begin; while another process of the house does it, wait."""
        self._home.mkdir(parents=True, exist_ok=True)
        self._take_over()
        self._thread.start()

    def stop(self) -> None:
        """End both processes, first the flows; whoever calls besides waits until that is done."""
        self._ending.set()
        self._trouble = "stopped"
        with self._stopping:
            self._end("flows", STOPS_WITHIN)
            self._end("server", STOPS_WITHIN)
            if self._thread.ident is not None:
                self._thread.join(STOPS_WITHIN)
            listening, self._listening = self._listening, None  # the clock may still ask where Prefect is
            if listening:
                listening.close()
            lock, self._lock = self._lock, None
            if lock:
                lock.close()

    def _take_over(self) -> bool:
        """Become the process that looks after Prefect, and return whether we are. Raises OSError."""
        if self._lock is None:
            self._lock = _held(self._home / "lock")
            if self._lock is None:
                self._trouble = "elsewhere"
                return False
            self._trouble = "starting"
            for name in ("flows", "server"):
                end_left_behind(self._pid_file(name))
        if self._house.api_url is None and self._listening is None:
            self._listening = listen_on_loopback(FIRST_PORT)
        return True

    def _is_ours_at_last(self) -> bool:
        """Wait until nobody else looks after Prefect; return False when we end before."""
        while not self._ending.is_set():
            try:
                if self._take_over():
                    return True
            except OSError as why:
                log.warning("Prefect: %s", why)
            self._ending.wait(TRIES_EVERY)
        return False

    def _supervise(self) -> None:
        if not self._is_ours_at_last():
            return
        failures = 0
        while not self._ending.is_set():
            since = time.monotonic()
            try:
                ended = self._run_once()
            except OSError as why:
                log.warning("Prefect: %s", why)
                ended = "server"
            if self._ending.is_set():
                return
            self._trouble = f"{ended}_ended"
            failures = 0 if time.monotonic() - since > 300 else failures + 1
            pause = PAUSES[min(failures, len(PAUSES)) - 1] if failures else PAUSES[0]
            log.warning("Prefect's %s ended; next attempt in %.0f s", ended, pause)
            self._end("flows")
            if ended == "server":
                self._end("server")
            self._ending.wait(pause)

    def _run_once(self) -> str:
        """Start what does not run and return which of both has ended."""
        if self._listening is not None and "server" not in self._children:
            held = self._listening.fileno()
            if not self._begin("server", ["-m", "workflows.prefect_server", str(held)], hand_down=(held,)):
                return "server"
        deadline = time.monotonic() + STARTS_WITHIN
        while not _answers(self.api_url):
            if self._ending.wait(0.5) or time.monotonic() > deadline or self._has_ended("server"):
                return "server"
        while self._is_with_a_pool():
            self._trouble = ""
            if self._ending.wait(LOOKS_EVERY):
                return "flows"
        self._served_since = datetime.now(UTC)
        if not self._begin("flows", ["-m", "workflows.served"]):
            return "flows"
        self._trouble = ""
        while not self._ending.wait(1.0):
            if self._has_ended("server"):
                return "server"
            if self._has_ended("flows"):
                return "flows"
        return "flows"

    def _is_with_a_pool(self) -> bool:
        """Whether the patrols of this house are registered with a work pool, whose workers run them."""
        if self._house.api_url is None:
            return False
        try:
            found = PrefectApi(self.api_url, self._house.identity).deployments()
        except PrefectSilent as why:
            raise OSError(str(why)) from why
        return any(one.pool for one in found)

    def _begin(self, name: str, arguments: list[str], hand_down: tuple[int, ...] = ()) -> bool:
        """Start a process; return whether it was, for nothing is begun any more once the house ends."""
        command = [sys.executable, *arguments]
        with self._stopping, (self._home / f"{name}.log").open("ab") as output:
            if self._ending.is_set():
                return False
            child = subprocess.Popen(
                command,
                cwd=self._house.data,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=hand_down,
                start_new_session=True,  # Ctrl-C is for serve, which ends its children itself
            )
            self._children[name] = child
        self._pid_file(name).write_text(json.dumps({"pid": child.pid, "command": command}), encoding="utf-8")
        return True

    def _environment(self) -> Mapping[str, str]:
        ours = {
            "PREFECT_HOME": str(self._home),
            "PREFECT_API_URL": self.api_url,
            "PREFECT_UI_API_URL": self.api_url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            "PREFECT_RUNNER_POLL_FREQUENCY": "5",
            "PREFECT_SERVER_DATABASE_TIMEOUT": "60",  # a loaded machine holds its SQLite longer than the usual 10 s
            "XIAOHAO_DATABASE_URL": self._house.database_url,
            "XIAOHAO_DATA": str(self._house.data),
            "XIAOHAO_PREFECT_API_URL": self.api_url,
            "XIAOHAO_PREFECT_OWN": "" if self._house.api_url else "1",
            PARENT: str(os.getpid()),
        }
        return {**os.environ, **ours}

    def _has_ended(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.poll() is not None

    def _end(self, name: str, within: float = ENDS_WITHIN) -> None:
        child = self._children.pop(name, None)
        if child is not None:
            _end_group(child.pid, within)
            child.wait()
            self._pid_file(name).unlink(missing_ok=True)

    def _pid_file(self, name: str) -> Path:
        return self._home / f"{name}.pid.json"


def end_left_behind(pid_file: Path) -> bool:
    """End the process that *pid_file* names if it is still the one that was started there; return whether it was."""
    try:
        written = json.loads(pid_file.read_text("utf-8"))
        running = Path(f"/proc/{written['pid']}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    except (OSError, ValueError, KeyError):
        pid_file.unlink(missing_ok=True)
        return False
    is_ours: bool = running == written["command"]
    if is_ours:
        _end_group(int(written["pid"]))
    pid_file.unlink(missing_ok=True)
    return is_ours


def _end_group(pid: int, asked_within: float = ENDS_WITHIN) -> None:
    """End a process that leads a session of its own, with what it started: asked first, then by force."""
    for what, within in ((signal.SIGTERM, asked_within), (signal.SIGKILL, 2.0)):
        try:
            os.killpg(pid, what)
        except ProcessLookupError:
            return
        until = time.monotonic() + within
        while time.monotonic() < until:
            if not _lives(pid):
                return
            time.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _answers(api_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{api_url}/health", timeout=2):  # noqa: S310  # the address that we were given
            return True
    except OSError:  # nobody there yet, or an answer that is an error
        return False


def listen_on_loopback(wanted: int) -> socket.socket:
    """Return a socket that listens on *wanted*, or on another port where somebody has that one. Raises OSError."""
    for port in (wanted, 0):
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind(("127.0.0.1", port))
            held.listen(128)  # two may bind a port, only one can listen on it
        except OSError:
            held.close()
            if port == 0:
                raise
            continue
        return held
    raise OSError("no free port on the loopback")


def _held(path: Path) -> IO[str] | None:
    """Return the file *path* locked for this process until it ends, None while another process holds it."""
    file = path.open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
