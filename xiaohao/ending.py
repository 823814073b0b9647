"""How a process that serves ends: asked once, in good order but within seconds; asked twice, at once.

What is under way may take minutes: a file that is read, a patrol, a mail server that does not answer. Whoever stops a
house does not wait for it, and need not: whatever is acknowledged is on disk, and what is cut off is found and begun
again, as after a kill. So everything is asked to end, and what has not ended in time is ended.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Never

log = logging.getLogger(__name__)
IN_ORDER = 4.0  # seconds from the first signal until what still runs is cut off
SAME_MOMENT = 0.5  # second; `timeout` and `make` send one signal to us and to our group


class Ending:
    """Hears SIGTERM and SIGINT of this process from `listen` on."""

    def __init__(self, in_order: float = IN_ORDER) -> None:
        self._in_order = in_order
        self._asked_at: float | None = None
        self._begin: Callable[[], None] = _leave
        self._meanwhile: list[Callable[[], None]] = []
        self._is_asked = threading.Event()
        # It waits from the start: a handler that starts a thread may wait for a lock that its own thread holds.
        self._minder = threading.Thread(target=self._see_to_it, name="ending", daemon=True)

    def listen(self) -> None:
        """Take the signals over; the first one raises SystemExit(0) until `begins_with` says otherwise."""
        self._minder.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)

    def begins_with(self, begin: Callable[[], None]) -> None:
        """Let the first signal do *begin*, which must return at once, in the main thread."""
        self._begin = begin

    def meanwhile(self, do: Callable[[], None]) -> None:
        """Let the first signal do *do* in a thread of its own: it waits for nothing that the main thread waits for."""
        self._meanwhile.append(do)

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            self._is_asked.set()
            self._begin()
        elif now - self._asked_at > SAME_MOMENT:
            end_at_once(128 + number)

    def _see_to_it(self) -> None:
        """Give everybody time; a process that has ended by then takes this thread with it."""
        self._is_asked.wait()
        for do in self._meanwhile:
            threading.Thread(target=do, name="ending", daemon=True).start()
        threading.Event().wait(self._in_order)
        log.warning("not ended within %.0f s: what is still under way is cut off", self._in_order)
        end_at_once(0)


def _leave() -> None:
    raise SystemExit(0)


def end_at_once(status: int) -> Never:
    """End this process, and before it all that it has started and what those have started."""
    for pid in descendants(os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    os._exit(status)


def descendants(pid: int) -> list[int]:
    """Return the children of *pid*, their children, and so on, as they stand now."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text("utf-8", errors="replace")
            except OSError:  # it has just ended
                continue
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:  # grows while we go
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]
