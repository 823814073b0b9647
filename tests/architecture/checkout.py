"""What stands in this checkout, for the tests that read the house itself."""

import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@cache
def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def rooms() -> list[str]:
    """Return the names of our top-level packages."""
    packages: list[str] = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return packages


@cache
def files() -> list[Path]:
    """Return every file that is committed or would be, without what .gitignore names.

    Outside a git checkout (an unpacked archive) these are all files, without what is made here.
    """
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        return sorted({path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()})
    made_here = {".venv", "var", "node_modules", "__pycache__"}
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and not made_here & set(path.parts))


def texts() -> list[tuple[Path, str]]:
    """Return path and content of every file of ``files`` that is UTF-8 text."""
    found = []
    for path in files():
        try:
            found.append((path, path.read_text("utf-8")))
        except UnicodeDecodeError:
            continue
    return found
