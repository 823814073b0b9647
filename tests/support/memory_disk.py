"""Where the files of a test run are kept: in memory where there is plenty, since nothing has to outlive the run.

What takes long to build is built once in a run, by whoever of its workers needs it first: a *template*.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # what the kernel keeps in memory
ENOUGH = 6 << 30  # bytes free: many times what a run holds at once

TEMPORARY = "PYTEST_DEBUG_TEMPROOT"  # where pytest makes its folders, for it and for its workers
TEMPLATES = "XIAOHAO_TEST_TEMPLATES"  # where all workers of a run find what one of them has built


def place() -> Path:
    """Return the folder below which databases and files of tests are made; a TMPDIR that is set goes before."""
    if "TMPDIR" in os.environ:
        return Path(tempfile.gettempdir())
    try:
        roomy = os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free >= ENOUGH
    except OSError:
        roomy = False
    return MEMORY if roomy else Path(tempfile.gettempdir())


@contextmanager
def files_kept_there() -> Iterator[None]:
    """Let pytest make its folders there, unless somebody said where; templates are there as long as it lasts."""
    os.environ.setdefault(TEMPORARY, str(place()))
    with tempfile.TemporaryDirectory(prefix="xiaohao-templates-", dir=place()) as folder:
        os.environ[TEMPLATES] = folder
        yield


def template(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder *name*, which *make* has filled once for all workers; nobody changes it, all copy it."""
    folder = Path(os.environ[TEMPLATES], name)
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)  # of a making that failed: the next test says why again
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes of the run out while it lasts."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
