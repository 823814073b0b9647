import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT


def run_without_programs(empty: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python with *words* where the shell finds no program at all."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**bare, "PATH": str(empty)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_missing_is_named_with_the_command_that_brings_it(tmp_path: Path) -> None:
    said = run_without_programs(tmp_path, "-m", "tests.support.need")

    assert said.returncode == 0
    assert (
        "Without chromium, the tests in a browser are skipped. To have it: sudo apt-get install chromium" in said.stdout
    )
    assert "fonts-noto-cjk" in said.stdout


@pytest.mark.slow
def test_a_test_without_its_browser_is_skipped_in_plain_sight(tmp_path: Path) -> None:
    said = run_without_programs(
        tmp_path, "-m", "pytest", "-rs", "-p", "no:cacheprovider", "tests/support/test_browser.py"
    )

    assert said.returncode == 0, said.stdout
    assert " skipped in " in said.stdout
    assert "passed" not in said.stdout
    assert "no Chromium: apt-get install chromium" in said.stdout
