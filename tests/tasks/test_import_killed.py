"""kill -9 in the midst of an import of 5,000 rows leaves none of them or all."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from persistence.tables import aliases, cases, criteria, findings, issue_lists, readings
from tests.support.city import City
from tests.support.waiting import PATIENCE

ROWS = 5_000
CHECKOUT = Path(__file__).parents[2]


def importer(city: City, file: Path) -> "subprocess.Popen[str]":
    url = city.office.database._url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.tasks.import_and_die", url, str(file)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [f"{n},第{n}号房屋租金未收,追缴租金,2026-09-30" for n in range(1, ROWS + 1)]
    path = tmp_path / "台账.csv"
    path.write_text("\n".join(["序号,问题,整改措施,整改时限", *lines]))
    return path


def test_a_killed_import_leaves_nothing_or_everything(city_at: Callable[[str], City], file: Path) -> None:
    city = city_at("registered")
    tables = (cases, issue_lists, findings, criteria, readings, aliases)
    before = [city.count(table) for table in tables]

    at_work = importer(city, file)
    assert at_work.stdout is not None
    assert at_work.stdout.readline() == "writing\n"
    time.sleep(random.uniform(0, 0.5))  # anywhere between the first row and the commit, or just after it
    at_work.kill()
    assert at_work.wait(PATIENCE) in (-signal.SIGKILL, 0)

    left = [city.count(table) - counted for table, counted in zip(tables, before, strict=True)]
    assert left[2] in (0, ROWS)
    assert (left[2] == 0) == (left == [0] * len(tables))
    assert not city.complaints()
