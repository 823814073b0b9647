"""Files of the house are its owner's: what an earlier version, or a wide umask, left open to others is closed."""

from collections.abc import Iterator
from pathlib import Path

from persistence.durable import close_to_others

_OWN = ("keys.json", "xiaohao.sqlite", "xiaohao.sqlite-wal", "xiaohao.sqlite-shm", "evidence", "prefect")


def close_house(data: Path) -> tuple[Path, ...]:
    """Close what lies open in a house to group and others; return what could not be closed: `doctor` says so."""
    return tuple(path for path in _of_house(data) if not close_to_others(path))


def _of_house(data: Path) -> Iterator[Path]:
    if not (data / "keys.json").exists():
        return  # some other folder, or none: not ours to close
    yield data
    yield from (data / name for name in _OWN if (data / name).exists())
    yield from (data / "prefect").glob("*.db*")
