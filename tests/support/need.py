"""Fetch what the tests need beside Python packages, or say what will be skipped: ``python -m tests.support.need``.

On Debian as root it installs what is missing; everybody else is told the one command that does. It never fails: a test
that cannot run skips by itself and says why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.support.browser import BrowserMissing, find_chromium
from tests.support.postgres import PostgresMissing, find_binaries


@dataclass(frozen=True)
class Need:
    """Something that tests need from the system."""

    package: str
    """Debian's name for it."""
    there: Callable[[], bool]
    without: str
    """What happens where it is missing, to be read after "Without <package>"."""
    starts_a_service: bool = False
    """Left to people: a machine does not get a new service from running tests."""


def _chromium_is_there() -> bool:
    try:
        find_chromium()
    except BrowserMissing:
        return False
    return True


def _postgres_is_there() -> bool:
    try:
        find_binaries()
    except PostgresMissing:
        return "TEST_DATABASE_URL" in os.environ
    return True


def _chinese_font_is_there() -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=False).stdout.strip())


def _libreoffice_is_there(program: str) -> bool:
    """Whether LibreOffice is installed, with *program* (swriter, scalc)."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    return office is not None and os.path.exists(os.path.join(os.path.dirname(os.path.realpath(office)), program))


NEEDS = (
    Need("chromium", _chromium_is_there, "the tests in a browser are skipped"),
    Need("fonts-noto-cjk", _chinese_font_is_there, "pictures of pages show boxes for Chinese"),
    Need("libreoffice-writer", partial(_libreoffice_is_there, "swriter"), "no Word paper is opened and printed as PDF"),
    Need("libreoffice-calc", partial(_libreoffice_is_there, "scalc"), "no Excel paper is opened and printed as PDF"),
    Need("postgresql", _postgres_is_there, "the tests on PostgreSQL are skipped", starts_a_service=True),
)


def missing() -> list[Need]:
    """Return what is not on this machine, in the order of NEEDS."""
    return [need for need in NEEDS if not need.there()]


def _apt_get(*words: str) -> None:
    """Run apt-get without questions; what it could not do is seen by looking again."""
    unattended = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", *words], env=unattended, stdout=subprocess.DEVNULL, check=False)


def main() -> None:
    """Install what is missing where we may, and say what is missing still."""
    wanted = [need.package for need in missing() if not need.starts_a_service]
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(wanted)} for the tests ...", flush=True)
        _apt_get("update")
        _apt_get("install", "-y", "--no-install-recommends", *wanted)

    for need in missing():
        print(f"Without {need.package}, {need.without}. To have it: sudo apt-get install {need.package}", flush=True)


if __name__ == "__main__":
    main()
