"""kill -9 in the midst of an import of 5,000 rows leaves none of them; the next import brings them all."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from persistence.tables import aliases, cases, criteria, findings, issue_lists, readings
from tests.support.city import City

ROWS = 5_000
ALL_BUT_THE_COMMIT = "INSERT INTO ledger"
CHECKOUT = Path(__file__).parents[2]


def importer(city: City, file: Path, statement: str) -> "subprocess.Popen[str]":
    url = city.office.database._url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.tasks.import_and_die", url, str(file), statement]
    return subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [f"{n},第{n}号房屋租金未收,追缴租金,2026-09-30" for n in range(1, ROWS + 1)]
    path = tmp_path / "台账.csv"
    path.write_text("\n".join(["序号,问题,整改措施,整改时限", *lines]))
    return path


def test_a_killed_import_leaves_nothing_and_the_next_one_everything(city_at: Callable[[str], City], file: Path) -> None:
    city = city_at("registered")
    tables = (cases, issue_lists, findings, criteria, readings, aliases)
    before = [city.count(table) for table in tables]

    assert importer(city, file, ALL_BUT_THE_COMMIT).wait(120) == -signal.SIGKILL
    assert [city.count(table) for table in tables] == before

    from_outside = importer(city, file, "say")
    assert from_outside.stdout is not None
    assert from_outside.stdout.readline() == "writing\n"
    from_outside.kill()
    assert from_outside.wait(30) == -signal.SIGKILL
    of_town = select(func.count()).where(findings.c.unit_id == 12)
    assert city.column(of_town)[0] in (0, ROWS)

    assert importer(city, file, "live").wait(120) == 0
    assert city.column(of_town) == [ROWS]
    assert not city.complaints()
