"""A child ends when `serve` is gone, also by kill -9: nobody is left who would end it."""

import os
import signal
import threading

VARIABLE = "XIAOHAO_PARENT"
LOOKS_EVERY = 2.0  # seconds


def end_with_parent() -> None:
    """End this process with the parent that the environment names; a thread watches it, if there is one."""
    parent = os.environ.get(VARIABLE)
    if parent:
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(LOOKS_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
