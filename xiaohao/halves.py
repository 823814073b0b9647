"""What a backup or a restore that died leaves behind: recognised by its lock, which dies with it, and cleared."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cases.refusals import CaseError
from persistence.attachments import place_of
from persistence.database import Database
from persistence.durable import sync_folder

KEYS = "keys.json"
RESTORING = ".restoring"
DRAFT = ".xiaohao-draft"  # how the name of a backup ends that is being written
_LOCK, _LAID = "lock", "laid.json"


class BackupUnderWay(CaseError):
    """Another process writes a backup to the same file."""

    code = "backup_under_way"


class RestoreUnderWay(CaseError):
    """Another process is restoring into this folder."""

    code = "restore_under_way"


class RestoreUnfinished(CaseError):
    """A restore died before its rows were there; facts: folder."""

    code = "restore_unfinished"


# --- backup ---------------------------------------------------------------------------------------------------------


@contextmanager
def drafted(target: Path) -> Iterator[IO[bytes]]:
    """Give a draft beside *target*, for the owner only, which becomes *target* when all went well. Clears dead ones."""
    for dead in target.absolute().parent.glob(f".*{DRAFT}"):
        _clear_draft(dead)
    draft = target.absolute().with_name(f".{target.name}{DRAFT}")
    with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b") as raw:
        if not _locked(raw):
            raise BackupUnderWay()
        try:
            os.fchmod(raw.fileno(), 0o600)  # the keys are inside
            raw.truncate(0)
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
            os.replace(draft, target)
            sync_folder(draft.parent)
        finally:
            draft.unlink(missing_ok=True)


def _clear_draft(draft: Path) -> None:
    try:
        with draft.open("r+b") as raw:
            if _locked(raw):
                draft.unlink(missing_ok=True)
    except OSError:
        return  # somebody else's, or gone already


# --- restore --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Half:
    """A restore under way: *folder* holds what was unpacked."""

    data: Path
    folder: Path

    def lay(self) -> None:
        """Put evidence and keys where the house looks for them, and note first what is put there."""
        unpacked = sorted(path for path in (self.folder / "evidence").glob("*") if path.is_file())
        evidence = self.data / "evidence"
        new = [path.name for path in unpacked if not place_of(evidence, path.name).exists()]
        _write(self.folder / _LAID, json.dumps({"keys": _sha256(self.folder / KEYS), "evidence": new}))
        for path in unpacked:
            place = place_of(evidence, path.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            _move(path, place)
        _move(self.folder / KEYS, self.data / KEYS)


@contextmanager
def restoring(data: Path, database: Database) -> Iterator[Half]:
    """Give a folder to restore in, alone; whatever fails, or died here earlier, is undone. Raises RestoreUnderWay."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = data / RESTORING
    folder.mkdir(exist_ok=True, mode=0o700)
    with (folder / _LOCK).open("a+b") as lock:
        if not _locked(lock):
            raise RestoreUnderWay()
        _undo(data, database)
        _emptied(folder)
        try:
            yield Half(data, folder)
        except BaseException:
            _undo(data, database)
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def settle_restore(data: Path, database: Database) -> None:
    """Clear what a restore left that died after its last step. Raises RestoreUnfinished, RestoreUnderWay."""
    folder = data / RESTORING
    if not folder.exists():
        return
    try:
        with (folder / _LOCK).open("a+b") as lock:
            if not _locked(lock):
                raise RestoreUnderWay()
            if not database.is_filled():
                raise RestoreUnfinished(folder=str(data))
            shutil.rmtree(folder, ignore_errors=True)
    except FileNotFoundError:
        return  # it has just ended


def _undo(data: Path, database: Database) -> None:
    """Take away what was laid, unless the rows that need it are there."""
    try:
        laid = json.loads((data / RESTORING / _LAID).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return  # the note is written before anything is laid
    if database.is_filled():
        return
    keys = data / KEYS
    if keys.exists() and _sha256(keys) == laid["keys"]:
        keys.unlink()
    for sha256 in laid["evidence"]:
        place_of(data / "evidence", sha256).unlink(missing_ok=True)


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def _locked(file: IO[bytes]) -> bool:
    """Whether the lock on *file* is ours now; it goes with the process, however that ends."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, content: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def _move(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.chmod(0o600)
    os.replace(source, target)
    sync_folder(target.parent)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
