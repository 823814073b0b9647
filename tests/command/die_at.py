"""Runs a command again and again and kills it at each of its writes: ``python -m tests.command.die_at COMMAND …``.

A write is whatever changes a disk: opening a file for writing, renaming, removing, linking, making a folder, giving
rights, a statement to the database, a commit. Each try is a fork of this process, killed by SIGKILL right before its
n-th write; what is left is looked at in a second fork. One line of JSON per try: ``{"at": n, "write": …, "after": …}``.

``... COMMAND FOLDER [PLACE ...]``: a place is a number, counted from the end when negative, or a share of all writes
(0.5); without any, all of them.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from persistence.database import Database
from xiaohao.archive import backup, restore
from xiaohao.command import main as command
from xiaohao.settings import Settings

_WRITES = {"os.rename", "os.remove", "os.mkdir", "os.link", "os.chmod", "os.truncate", "os.rmdir", "shutil.rmtree"}


def count_writes(heard: Callable[[str], None]) -> None:
    """Tell *heard* of every write that this process is about to do, from now on."""

    def audited(name: str, arguments: tuple[Any, ...]) -> None:
        opens_to_write = name == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if name in _WRITES or opens_to_write:
            heard(f"{name} {arguments[0]}")

    sys.addaudithook(audited)

    @event.listens_for(Engine, "before_cursor_execute")
    def executed(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SELECT", "PRAGMA")):
            heard(statement[:60])

    @event.listens_for(Engine, "commit")
    def committed(_conn: Any) -> None:
        heard("COMMIT")


def die_at(place: int, body: Callable[[], object]) -> tuple[bool, str]:
    """Run *body* in a fork that is killed before its write number *place*; return whether it ended, and that write."""
    seen, told = os.pipe()
    child = os.fork()
    if child == 0:
        done = 0

        def heard(what: str) -> None:
            nonlocal done
            done += 1
            if done == place:
                os.write(told, what.encode())
                os.kill(os.getpid(), signal.SIGKILL)

        count_writes(heard)
        body()
        os.write(told, f"ended after {done}".encode())
        os._exit(0)
    os.close(told)
    _, status = os.waitpid(child, 0)
    with os.fdopen(seen, "rb") as written:
        what = written.read().decode()
    assert what, f"failed by itself: {status}"
    return what.startswith("ended after "), what


def asked(*words: str) -> dict[str, Any]:
    """Run the command line in a fork and return the exit code and the document that it prints."""
    seen, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(told, 1)
        sys.argv = ["xiaohao", *words, "--json"]
        code = 0
        try:
            command()
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
        os._exit(code)
    os.close(told)
    with os.fdopen(seen, "rb") as written:
        printed = written.read()
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": json.loads(printed) if printed else {}}


def places_of(words: Sequence[str], begin: Callable[[], None], body: Callable[[], object]) -> Iterable[int]:
    """Return the places that *words* name; *body* is run once, after *begin*, where its writes have to be counted."""
    if not words:
        return range(1, 1_000_000)
    begin()
    _, ended = die_at(1_000_000, body)
    count = int(ended.rpartition(" ")[2])
    named = [round(float(word) * count) if "." in word else int(word) for word in words]
    return sorted({place if place > 0 else count + 1 + place for place in named})


def backups(work: Path, words: Sequence[str]) -> None:
    """Kill `backup` of the house in *work*/data at some places: the target is absent, or it can be restored."""
    data, target = work / "data", work / "out" / "house.xh"

    def begin() -> None:
        shutil.rmtree(work / "out", ignore_errors=True)
        (work / "out").mkdir()

    def body() -> None:
        backup(Database(Settings.read().database_url), data, target)

    for place in places_of(words, begin, body):
        begin()
        ended, write = die_at(place, body)
        left = sorted((path.name, oct(path.stat().st_mode & 0o777)) for path in (work / "out").iterdir())
        whole = target.exists() and _restores(work, target)
        backup(Database(Settings.read().database_url), data, target)  # the next one clears what is left
        cleared = [path.name for path in (work / "out").iterdir()] == [target.name]
        _tell(at=place, write=write, left=left, there=target.name in dict(left), whole=whole, cleared=cleared)
        if ended:
            return


def _restores(work: Path, target: Path) -> bool:
    again = work / "again"
    shutil.rmtree(again, ignore_errors=True)
    restore(f"sqlite:///{again}/xiaohao.sqlite", again, target)
    return (again / "keys.json").exists()


def restores(work: Path, words: Sequence[str]) -> None:
    """Kill `restore` of *work*/house.xh at some places: the house is whole, or not there, and restoring works."""
    data, source = Path(os.environ["XIAOHAO_DATA"]), work / "house.xh"

    def begin() -> None:
        shutil.rmtree(data, ignore_errors=True)

    def body() -> None:
        restore(Settings.read().database_url, data, source)

    for place in places_of(words, begin, body):
        begin()
        ended, write = die_at(place, body)
        looked = asked("findings")
        again = {} if looked["code"] == 0 else asked("restore", str(source))
        well = asked("doctor")
        left = [path.name for path in data.iterdir() if path.name.startswith(".")]
        _tell(at=place, write=write, looked=_short(looked), again=_short(again), well=well["code"], left=left)
        if ended:
            return


def _short(answer: dict[str, Any]) -> str:
    if not answer:
        return ""
    return answer["said"].get("refused", {}).get("code", "") if answer["code"] else "whole"


def _tell(**facts: object) -> None:
    print(json.dumps(facts, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    which, folder, *wanted = sys.argv[1:]
    {"backup": backups, "restore": restores}[which](Path(folder), wanted)
