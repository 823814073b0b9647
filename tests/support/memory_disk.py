"""Where the files of a test run are kept: in memory where there is plenty, since nothing has to outlive the run."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # what the kernel keeps in memory
ENOUGH = 6 << 30  # bytes free: many times what a run holds at once

TEMPORARY = "PYTEST_DEBUG_TEMPROOT"  # where pytest makes its folders, for it and for its workers


def place() -> Path:
    """Return the folder below which databases and files of tests are made; a TMPDIR that is set goes before."""
    if "TMPDIR" in os.environ:
        return Path(tempfile.gettempdir())
    try:
        roomy = os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free >= ENOUGH
    except OSError:
        roomy = False
    return MEMORY if roomy else Path(tempfile.gettempdir())


def keep_files_there() -> None:
    """Let pytest make its folders there, unless somebody said where."""
    os.environ.setdefault(TEMPORARY, str(place()))
