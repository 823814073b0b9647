"""django-viewflow beside us, in a process and an environment of its own under var/bench/peers.

Its licence (AGPL) lets us run it for a comparison; it is installed for that only, never into our environment, and no
dependency. Where it cannot be installed, its lines of the table say so.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.places import VAR, Places

HOME = VAR / "peers" / "viewflow"
NEEDS = ("django-viewflow==2.*", "psycopg[binary]==3.*")
APP = "viewflow_app"  # a folder beside this module


@dataclass(frozen=True)
class Peer:
    """*play* lets it do one case and returns the mean seconds of a task; None where it cannot run, *note* says why."""

    play: Callable[[], float] | None
    note: str = ""


@contextmanager
def peer(places: Places, kind: str) -> Iterator[Peer]:
    """Give django-viewflow on a fresh database of *kind*."""
    try:
        python = _environment()
    except (subprocess.SubprocessError, OSError) as why:
        yield Peer(None, f"skipped: django-viewflow could not be installed ({type(why).__name__})")
        return
    process = subprocess.Popen(
        [python, "-m", APP, places.fresh(kind)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    )
    try:
        version = _answer(process)
        yield Peer(lambda: float(_answer(process, "play")), f"django-viewflow {version}")
    finally:
        process.terminate()
        process.communicate()


def _answer(process: "subprocess.Popen[str]", order: str = "") -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    if order:
        process.stdin.write(order + "\n")
        process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"django-viewflow ended with {process.wait()}")
    return str(json.loads(line))


def _environment() -> str:
    """Return the Python of its environment, made when it is not there. Raises SubprocessError, OSError."""
    python, ready = HOME / "bin" / "python", HOME / "ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(HOME)], check=True, timeout=60)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *NEEDS]
        subprocess.run(install, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ready.touch()
    return str(python)
