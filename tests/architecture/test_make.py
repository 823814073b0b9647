import os
import shutil
import subprocess

import pytest

from tests.architecture.checkout import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="no make: apt-get install make")


def make(*words: str) -> str:
    """Return what `make` says with *words*; it does not run recipes when ``-n`` is one of them."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    return subprocess.run(["make", *words], cwd=ROOT, env=clean, capture_output=True, text=True, check=True).stdout


def test_make_alone_lists_every_target() -> None:
    listed = make()

    for target in ("run", "test", "check", "bench", "assets", "lock"):
        assert f"make {target} " in listed


def test_what_lands_has_passed_the_tests_that_everybody_runs() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert script.read_text("utf-8").rstrip().endswith("make --no-print-directory test")


def test_the_whole_test_run_leaves_nothing_out() -> None:
    everything, fast = make("-n", "test"), make("-n", "check")

    for linter in ("ruff check", "ruff format --check", "mypy", "lint-imports", "pytest"):
        assert linter in everything
        assert linter in fast
    assert " -m " not in everything.split("pytest")[-1]


def test_folder_and_port_of_make_run_can_be_chosen() -> None:
    said = make("-n", "run", "PORT=9000", "XIAOHAO_DATA=elsewhere")

    assert 'XIAOHAO_DATA="elsewhere"' in said
    assert '--port "9000"' in said
