"""What makes names durable, who may read files, and how a full disk is told from other trouble."""

import errno
import os
import stat
from pathlib import Path

UMASK = 0o077
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_full(error: BaseException | None) -> bool:
    """Whether *error*, or what led to it, says that the disk (or the quota) is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def keep_to_myself() -> None:
    """Let nothing that this process, or a child of it, makes be read by others."""
    os.umask(UMASK)


def close_to_others(path: Path) -> bool:
    """Take from group and others what they may do with *path*; return whether they may do nothing now."""
    try:
        mode = path.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            return True  # what it points to is not ours to change
        if mode & 0o077:
            path.chmod(stat.S_IMODE(mode) & ~0o077)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
