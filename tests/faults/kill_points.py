"""Where a process may die: before and after each thing that it writes. Installed in a child only, never in the product.

A step is a statement that writes, a commit, a file opened for writing, a rename, a removal, an fsync. The steps are
noted in a file, one line each before it happens; at the k-th one the process kills itself with SIGKILL.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

WRITING = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")
OF_FILES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.link", "os.truncate"}
TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class _Steps:
    """Counts the steps of this process and ends it at the one that was asked for."""

    def __init__(self, note: Path, die_at: int, within: str) -> None:
        self._note = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._die_at, self._within, self._count, self._process = die_at, within, 0, os.getpid()

    def step(self, what: str) -> None:
        """Note that *what* comes next, and die here when it is this one's turn."""
        if os.getpid() != self._process:
            return  # a child that reads a stranger's file: it writes nothing of ours
        self._count += 1
        os.write(self._note, (" ".join(what.split())[:120] + "\n").encode(errors="replace"))
        if self._count == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Be told by the interpreter what it does with files."""
        if name == "open":
            path, _, flags = arguments
            if isinstance(path, str) and flags & TO_WRITE and path.startswith(self._within):
                self.step(f"open {path.removeprefix(self._within)}")
        elif name in OF_FILES:
            path = os.fspath(arguments[0]) if not isinstance(arguments[0], int) else ""
            if isinstance(path, str) and path.startswith(self._within):
                self.step(f"{name} {path.removeprefix(self._within)}")


def install(note: Path, *, die_at: int, within: str) -> None:
    """Note the steps of this process in *note* and die at the *die_at*-th (0: never).

    Files count when they lie *within* this folder.
    """
    steps = _Steps(note, die_at, within)
    sys.addaudithook(steps.heard)

    @event.listens_for(Engine, "before_cursor_execute")
    def before(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITING):
            steps.step(statement)

    commit: Any = DefaultDialect.do_commit
    fsync: Any = os.fsync

    def committing(self: DefaultDialect, connection: Any) -> None:
        steps.step("COMMIT")
        commit(self, connection)
        steps.step("committed")

    def syncing(handle: Any) -> None:
        steps.step("fsync")
        fsync(handle)

    setattr(DefaultDialect, commit.__name__, committing)
    setattr(os, fsync.__name__, syncing)
