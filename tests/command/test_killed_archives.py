"""Backup and restore are whole or absent wherever they are killed: at each write in the long tests, at some here."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from persistence.database import Database
from tests.journeys.test_an_old_house import archive_of, house

REVISION = "fe3e884"


def killed(command: str, work: Path, *places: str) -> list[dict[str, Any]]:
    """Let *command* be killed before its writes at *places* (all without), and return what was seen."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.command.die_at", command, str(work), *places],
        env=os.environ | {"XIAOHAO_DATA": str(work / ("data" if command == "backup" else "restored"))},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def backups_are_whole_or_absent(tries: list[dict[str, Any]]) -> None:
    """No kill left half an archive, nor anything that others may read, nor anything that the next one keeps."""
    for one in tries:
        assert one["whole"] == one["there"], one
        assert all(mode == "0o600" for _, mode in one["left"]), one
        assert one["cleared"], one


def restores_are_whole_or_absent(tries: list[dict[str, Any]]) -> None:
    """After a kill the house is whole, or a sentence says what to do, and doing it makes it whole."""
    for one in tries:
        assert one["looked"] in ("whole", "not_begun", "restore_unfinished"), one
        assert one["looked"] == "whole" or one["again"] == "whole", one
        assert (one["well"], one["left"]) == (0, []), one


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A house, and its archive."""
    shutil.copytree(house(REVISION), tmp_path / "data")
    database = Database(f"sqlite:///{tmp_path}/data/xiaohao.sqlite")
    database.migrate()
    database.dispose()
    archive_of(REVISION, tmp_path / "house.xh")
    return tmp_path


def test_a_backup_that_is_killed_leaves_a_whole_archive_or_none(work: Path) -> None:
    tries = killed("backup", work, "1", "0.5", "-2", "-1")

    backups_are_whole_or_absent(tries)
    assert {one["whole"] for one in tries} == {True, False}


def test_a_restore_that_is_killed_leaves_a_whole_house_or_none(work: Path) -> None:
    tries = killed("restore", work, "1", "0.7", "-1")

    restores_are_whole_or_absent(tries)
    assert {one["looked"] for one in tries} == {"whole", "not_begun", "restore_unfinished"}


@pytest.mark.long
def test_a_backup_is_killed_at_each_of_its_writes(work: Path) -> None:
    backups_are_whole_or_absent(killed("backup", work))


@pytest.mark.long
def test_a_restore_is_killed_at_each_of_its_writes(work: Path) -> None:
    restores_are_whole_or_absent(killed("restore", work))
