"""Transactions, their ends and their races, on both databases."""

import multiprocessing
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from persistence import database as database_module
from persistence.database import Database, DatabaseBusy, DiskFull
from persistence.tables import cases, checkpoints, counters, ledger, metadata

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def a_case(**facts: Any) -> dict[str, Any]:
    return {"id": 1, "kind": "finding", "changed_at": NOW, "changed_by": "", "changed_act": ""} | facts


def test_the_revisions_make_exactly_the_tables_that_the_code_names(database: Database) -> None:
    with database.reading() as connection:
        difference = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert difference == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(counters).values(name="finding", last=7))

    database.migrate()

    with database.reading() as connection:
        assert connection.scalar(select(counters.c.last)) == 7


def test_what_was_written_is_there_and_what_failed_is_not(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(counters).values(name="kept", last=1))
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        connection.execute(insert(counters).values(name="undone", last=1 // 0))

    with database.reading() as connection:
        assert connection.scalars(select(counters.c.name)).all() == ["kept"]


def test_a_reader_sees_one_moment_however_long_it_reads(database: Database) -> None:
    with database.reading() as connection:
        before = connection.scalar(select(func.count()).select_from(counters))
        with database.writing() as writer:
            writer.execute(insert(counters).values(name="later", last=1))
        after = connection.scalar(select(func.count()).select_from(counters))

    assert (before, after) == (0, 0)


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as connection:
        connection.execute(insert(counters).values(name="x", last=1))


def test_writers_take_turns_and_none_of_their_work_is_lost(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(counters).values(name="n", last=0))

    def count_up() -> None:
        for _ in range(20):
            with database.writing() as connection:
                row = select(counters.c.last).where(counters.c.name == "n").with_for_update()
                last = connection.scalars(row).one()
                connection.execute(update(counters).values(last=last + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.reading() as connection:
        assert connection.scalar(select(counters.c.last)) == 80


def test_a_database_that_stays_busy_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(database_module, "PAUSES", (0.01,))
    one, other = (Database(f"sqlite:///{tmp_path / 'busy.db'}") for _ in range(2))
    one.migrate()

    with one.writing(), pytest.raises(DatabaseBusy), other.writing():
        pass
    with other.writing() as connection:
        connection.execute(insert(counters).values(name="after", last=1))


@pytest.mark.parametrize("name", ["SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"])
def test_no_room_for_the_file_or_for_what_lies_beside_it_is_a_full_disk(database: Database, name: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = name

    with pytest.raises(DiskFull), database.reading():
        raise DBAPIError("SELECT 1", {}, error)


def test_a_server_that_is_not_there_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "PAUSES", (0.01,))

    with pytest.raises(DatabaseBusy), Database("postgresql://nobody@127.0.0.1:9/none").reading():
        pass


def _migrate(url: str) -> None:
    database = Database(url)
    database.migrate()
    database.dispose()


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_migrate, args=(url,)) for _ in range(3)]

    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    with Database(url).reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger SET who = 'somebody else'",
        "UPDATE ledger SET leaf = 5",
        "UPDATE ledger SET leaf = NULL",
        "DELETE FROM ledger",
        "UPDATE checkpoints SET root = ''",
        "DELETE FROM checkpoints",
    ],
)
def test_the_database_itself_refuses_to_change_the_ledger(database: Database, change: str) -> None:
    with database.writing() as connection:
        connection.execute(insert(cases).values(a_case()))
        row = {"case_id": 1, "seq": 1, "event": "", "act": "", "at": NOW, "recorded_at": NOW, "who": "", "body": "{}"}
        connection.execute(insert(ledger).values(row | {"previous": "", "hash": "h"}))
        connection.execute(update(ledger).values(leaf=0))
        connection.execute(insert(checkpoints).values(size=1, root="r", peaks="", at=NOW, previous="", signature="s"))

    with pytest.raises(DBAPIError, match="only ever appended"), database.writing() as connection:
        connection.execute(text(change))
