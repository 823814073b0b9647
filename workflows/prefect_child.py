"""Prefect beside `serve`: a server on the loopback with a data folder of its own, and a process that serves the flows.

Both are started, watched, started again with growing pauses, and ended by their own pid. What a killed `serve` left
behind is found at the next start by the pid files, and ended only when the command line is still the one written there.
"""

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
from pathlib import Path

log = logging.getLogger(__name__)
FIRST_PORT = 4217
STARTS_WITHIN = 180.0  # seconds until the server answers; 10-20 are usual
PAUSES = (1.0, 5.0, 15.0, 60.0)  # between attempts
ENDS_WITHIN = 8.0


@dataclass(frozen=True, slots=True)
class House:
    """Where the flows find the house, and where Prefect keeps its own things."""

    data: Path
    database_url: str
    api_url: str | None = None  # of a server that runs already; None: our own


class PrefectChild:
    """Supervises Prefect in a thread; `start` returns at once, the first page never waits."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._home = house.data / "prefect"
        self._port = 0
        self._ending = threading.Event()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._thread = threading.Thread(target=self._supervise, name="prefect", daemon=True)

    @property
    def api_url(self) -> str:
        """Address of the API."""
        return self._house.api_url or f"http://127.0.0.1:{self._port}/api"

    @property
    def ui_url(self) -> str:
        """Address of Prefect's own pages."""
        return self.api_url.removesuffix("/api")

    def start(self) -> None:
        """End what an earlier start left behind, and begin."""
        self._home.mkdir(parents=True, exist_ok=True)
        for name in ("flows", "server"):
            end_left_behind(self._pid_file(name))
        self._port = _free_port(FIRST_PORT)
        self._thread.start()

    def stop(self) -> None:
        """End both processes, first the flows."""
        self._ending.set()
        self._end("flows")
        self._end("server")
        self._thread.join(ENDS_WITHIN)

    def _supervise(self) -> None:
        failures = 0
        while not self._ending.is_set():
            since = time.monotonic()
            try:
                self._run_once()
            except OSError as why:
                log.warning("Prefect: %s", why)
            if self._ending.is_set():
                return
            failures = 0 if time.monotonic() - since > 300 else failures + 1
            pause = PAUSES[min(failures, len(PAUSES)) - 1] if failures else PAUSES[0]
            log.warning("Prefect ended; the clock keeps the timetable. Next attempt in %.0f s", pause)
            self._end("flows")
            self._end("server")
            self._ending.wait(pause)

    def _run_once(self) -> None:
        """Start both and return when either has ended."""
        if self._house.api_url is None:
            address = ["--host", "127.0.0.1", "--port", str(self._port)]
            self._begin("server", ["-m", "prefect", "server", "start", *address])
        deadline = time.monotonic() + STARTS_WITHIN
        while not _answers(self.api_url):
            if self._ending.wait(0.5) or time.monotonic() > deadline or self._has_ended("server"):
                return
        self._begin("flows", ["-m", "workflows.served"])
        while not self._ending.wait(1.0):
            if self._has_ended("flows") or self._has_ended("server"):
                return

    def _begin(self, name: str, arguments: list[str]) -> None:
        command = [sys.executable, *arguments]
        with (self._home / f"{name}.log").open("ab") as output:
            child = subprocess.Popen(
                command,
                cwd=self._house.data,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for serve, which ends its children itself
            )
        self._children[name] = child
        self._pid_file(name).write_text(json.dumps({"pid": child.pid, "command": command}), encoding="utf-8")

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
            "XIAOHAO_DATABASE_URL": self._house.database_url,
            "XIAOHAO_DATA": str(self._house.data),
            "XIAOHAO_PARENT": str(os.getpid()),
        }
        return {**os.environ, **ours}

    def _has_ended(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.poll() is not None

    def _end(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is not None:
            _end_group(child.pid)
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


def _end_group(pid: int) -> None:
    """End a process that leads a session of its own, with what it started: asked first, then by force."""
    for what, within in ((signal.SIGTERM, ENDS_WITHIN), (signal.SIGKILL, 2.0)):
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


def _free_port(wanted: int) -> int:
    """Return *wanted* if nobody listens there, else a port that is free now."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback")
