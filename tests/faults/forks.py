"""A server of processes that has imported the product once: a command starts in a fork of it, within milliseconds.

``python -m tests.faults.forks SOCKET`` serves until its stdin closes. One connection asks for one process; it is told
the pid at once and the end when it comes. A process and all that it starts go when the server or the asker goes.
"""

import ctypes
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

CHECKOUT = Path(__file__).parents[2]
STARTING = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Kill:
    """When a process kills itself: at the *at*-th step of those that it notes in *note* (0: it only notes them)."""

    note: Path
    at: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its status (negative: the signal) and what it said."""

    status: int
    out: str
    err: str

    @property
    def was_killed(self) -> bool:
        """Whether it died by SIGKILL."""
        return self.status == -signal.SIGKILL

    @property
    def document(self) -> Any:
        """What it printed as JSON, None where it printed none."""
        try:
            return json.loads(self.out)
        except ValueError:
            return None

    @property
    def said(self) -> str:
        """The last thing that it said, in one line."""
        lines = (self.err.strip() or self.out.strip() or "nothing").splitlines()
        return f"status {self.status}: {lines[-1][:300]}"


@dataclass
class Child:
    """A process that runs, or ran."""

    pid: int
    folder: Path
    _line: socket.socket
    _status: int | None = None
    _read: bytes = b""

    def wait(self, seconds: float) -> Ended:
        """Wait for its end. Raises TimeoutError, and leaves nothing of it behind then."""
        self._line.settimeout(seconds)
        try:
            while self._status is None:
                part = self._line.recv(100)
                self._read += part
                if b"\n" in self._read:
                    self._status = int(self._read)
                elif not part:
                    raise RuntimeError("the server of processes is gone")
        except TimeoutError:
            self.kill()
            raise TimeoutError(f"not ended within {seconds:.0f} s: {self.said()[-500:]}") from None
        self.kill()  # what it started may still run
        self._line.close()
        return Ended(self._status, self.said("out"), self.said("err"))

    def runs(self) -> bool:
        """Whether it is still there."""
        if self._status is None and select.select([self._line], [], [], 0)[0]:
            self._status = int(self._line.recv(100) or b"-9")
        return self._status is None

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to it and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def said(self, where: str = "err") -> str:
        """Return what it wrote so far."""
        return (self.folder / where).read_text("utf-8", errors="replace")


@dataclass
class Forks:
    """The server as the harness sees it."""

    _process: "subprocess.Popen[bytes] | None" = None
    _folder: "tempfile.TemporaryDirectory[str]" = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="xiaohao-forks-")
    )
    _count: int = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.forks", self._address],
            cwd=CHECKOUT, stdin=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + STARTING
        while not Path(self._address).exists():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the server of processes did not start")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._folder.cleanup()

    @property
    def _address(self) -> str:
        return f"{self._folder.name}/socket"

    def start(
        self, what: Sequence[str], environment: Mapping[str, str], *, kill: Kill | None = None, within: str = ""
    ) -> Child:
        """Start a command of the house (``["doctor", "--json"]``) or a function (``["tests.x:name", "word", …]``)."""
        self._count += 1
        folder = Path(self._folder.name, f"child-{self._count}")
        folder.mkdir()
        asked = {
            "what": list(what),
            "environment": dict(environment),
            "folder": str(folder),
            "kill": None if kill is None else {"note": str(kill.note), "die_at": kill.at, "within": within},
        }
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.connect(self._address)
        line.sendall(json.dumps(asked).encode() + b"\n")
        said = b""
        while not said.endswith(b"\n"):
            said += line.recv(1)
        return Child(int(said), folder, line)

    def run(
        self,
        what: Sequence[str],
        environment: Mapping[str, str],
        *,
        kill: Kill | None = None,
        within: str = "",
        seconds: float = 180,
    ) -> Ended:
        """Run it to its end. Raises TimeoutError."""
        return self.start(what, environment, kill=kill, within=within).wait(seconds)


# --- the server, a process of one thread ----------------------------------------------------------------------------


def _serve(address: str) -> None:
    _import_the_house()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the minders of processes are nobody's to wait for
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(f"{address}.new")
    listening.listen(50)
    os.rename(f"{address}.new", address)  # whoever sees it may knock
    while True:
        ready, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in ready:
            return  # nobody writes there: whoever started us is gone
        line, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _mind(line)
        line.close()


def _import_the_house() -> None:
    for name in ("xiaohao.command", "xiaohao.serve", "xiaohao.doctor", "xiaohao.archive", "xiaohao.first_people",
                 "xiaohao.demonstration_story", "workflows.prefect_child", "tests.faults.children"):  # fmt: skip
        importlib.import_module(name)
    from notifications.letters import shipped_letters
    from tasks.catalogue import every_act

    every_act()
    shipped_letters()


def _mind(line: socket.socket) -> None:
    """Start the process that *line* asks for, and tell it the end."""
    _go_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked = json.loads(line.makefile("rb").readline())
    child = os.fork()
    if child == 0:
        line.close()
        _become(asked)
    with suppress(ProcessLookupError, PermissionError):
        os.setpgid(child, child)  # here too: whoever is told the pid may kill the group at once
    line.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        line.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(asked: dict[str, Any]) -> None:
    """Be the process: what is left when this returns is its end."""
    status = 3
    try:
        os.setpgid(0, 0)
        _go_with_parent()
        folder = Path(asked["folder"])
        for number, name in ((1, "out"), (2, "err")):
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(handle, number)
            os.close(handle)
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        for name in [name for name in os.environ if name.startswith(("XIAOHAO_", "PREFECT_"))]:
            del os.environ[name]
        os.environ.update(asked["environment"])
        tempfile.tempdir = None
        if asked["kill"]:
            from tests.faults.kill_points import install

            kill = asked["kill"]
            install(Path(kill["note"]), die_at=kill["die_at"], within=kill["within"])
        if patience := os.environ.get("FAULTS_SMTP_PATIENCE"):
            _wait_less(float(patience))
        status = _do(asked["what"])
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _wait_less(seconds: float) -> None:
    """Let the SMTP library wait *seconds* where it would wait half a minute: a rehearsal in quick time."""
    import aiosmtplib

    begin: Any = aiosmtplib.SMTP.__init__

    def beginning(self: aiosmtplib.SMTP, *words: Any, **named: Any) -> None:
        begin(self, *words, **named | {"timeout": seconds})

    setattr(aiosmtplib.SMTP, begin.__name__, beginning)


def _do(what: list[str]) -> int:
    try:
        if ":" in what[0]:
            module, _, name = what[0].partition(":")
            getattr(importlib.import_module(module), name)(*what[1:])
            return 0
        from xiaohao.command import main

        sys.argv = ["xiaohao", *what]
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
        return 1  # as the interpreter would end
    return 0


def _go_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


if __name__ == "__main__":
    _serve(sys.argv[1])
