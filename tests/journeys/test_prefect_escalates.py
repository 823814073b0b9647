"""Prefect escalates 纸面整改: a house in which only its flow patrols tells its own side, by letters that arrive."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from cases.finding import Kind
from cases.moments import shanghai_date
from notifications.smtp import Server
from persistence.database import Database
from persistence.seal import Keyring
from persistence.tables import calendar_days, notices, open_tasks, patrol_runs
from persistence.timekeeping import house_of
from tasks.deliver import House, deliver
from tasks.open_list import NewFinding
from tests.support.hearing import TOLD
from tests.support.mail import MailServer
from tests.tasks import town as towns
from tests.tasks.town import Town, at, build, proof

FOUR = tuple(
    NewFinding(str(n), f"租金收缴不到位之{n}", Kind.PHASED, detail=f"第 {n} 处", measures=("追缴租金", "修订制度"))
    for n in (1, 2, 3, 4)
)
WAITED = (5, 10, 15, 20)  # working days, one finding each
FLOW = """
import asyncio, sys
from workflows.patrol import patrol

async def twice():
    await patrol(name="signals", house=sys.argv[1], again=True)
    await asyncio.sleep(1.1)  # two rounds of one second are one round
    await patrol(name="signals", house=sys.argv[1], again=True)

asyncio.run(twice())
"""


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_only_prefect_runs_and_each_rung_hears_of_the_suspicion_that_came_to_it(
    tmp_path: Path, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(towns, "KEYS", Keyring.make(tmp_path / "keys.json"))
    url = f"sqlite:///{tmp_path / 'house.sqlite'}"
    build(url, FOUR)
    database = Database(url)
    town = Town(database)
    numbers = [f"XC2026-001-00{n}" for n in (1, 2, 3, 4)]
    town.now = at("2026-04-01")
    for number in numbers:
        town.submit(number, proof(f"缴款凭证{number}.pdf", "FUND_RECEIPT", effective_on=at("2026-02-20").date()))
    town.office.settle(100)
    for number in numbers:
        town.act("u11leader", "give_statement", number, {"comment": TOLD})
    _wait_as_long_as_they_shall(town, numbers)
    server = replace(Server.parse(mail_server.url), authorities=str(mail_server.certificate))
    deliver(town.office, server, House("https://xiaohao.example.org"), now=town.now)
    mail_server.received.clear()

    run = subprocess.run(
        [sys.executable, "-c", FLOW, house_of(database)], env=_own_prefect(tmp_path, url), capture_output=True,
        timeout=540, check=False, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3_000:]

    with town.office.read() as conn:
        rows = conn.execute(select(patrol_runs).order_by(patrol_runs.c.started_at)).all()
        told = Counter(conn.scalars(select(notices.c.code).where(notices.c.outcome == "told")))
    assert [(row.name, row.woken_by, row.error) for row in rows] == [("signals", "prefect", None)] * 2
    assert [row.counts["undecided_told"] for row in rows] == [4, 0]
    assert {row.flow_run for row in rows} == _completed(tmp_path)
    assert told == {"verification_reminder": 1, "verification_urging": 1, "verification_report": 2}

    with town.office.read() as conn:
        written_at = conn.scalar(select(patrol_runs.c.ended_at).order_by(patrol_runs.c.started_at.desc()).limit(1))
    deliver(town.office, server, House("https://xiaohao.example.org"), now=written_at)
    arrived = Counter(
        (
            str(letter.message["Subject"]).partition("】")[2].rpartition("-")[2][:3],
            letter.recipients[0].partition("@")[0],
        )
        for letter in mail_server.received
        if "未核定" in str(letter.message["Subject"])
    )
    assert arrived == {
        ("001", "verifier1"): 1,
        ("002", "office1"): 1,
        ("003", "signer1"): 1,
        ("003", "signer2"): 1,
        ("004", "signer1"): 1,
        ("004", "signer2"): 1,
    }
    subjects = {str(letter.message["Subject"]) for letter in mail_server.received}
    assert any("20 个工作日未核定（第2次）：XC2026-001-004" in subject for subject in subjects)
    assert any("15 个工作日未核定（第1次）：XC2026-001-003" in subject for subject in subjects)
    database.dispose()


def _wait_as_long_as_they_shall(town: Town, numbers: list[str]) -> None:
    """Let each verification stand open for its number of working days by the real day, which is worked in this house.

    The flow lives in the real time, so the suspicions are put into the past.
    """
    today = shanghai_date(datetime.now(UTC))
    with town.database.writing() as conn:
        conn.execute(insert(calendar_days), {"day": today, "kind": "make_up", "note": ""})
    with town.office.read() as conn:
        calendar = town.office.calendar(conn)
    for number, waited in zip(numbers, WAITED, strict=True):
        since = calendar.add_working_days(today, -waited).end
        tasks = (open_tasks.c.case_id == town.finding(number).id) & (open_tasks.c.act == "decide_suspicion")
        with town.database.writing() as conn:
            conn.execute(update(open_tasks).where(tasks).values(since=at(since)))


def _own_prefect(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of a process with a Prefect of its own, which ends with it."""
    own = {
        "XIAOHAO_DATA": str(folder),
        "XIAOHAO_DATABASE_URL": url,
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "240",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "XIAOHAO_"))} | own


def _completed(folder: Path) -> set[str]:
    """Return the ids of the flow runs that Prefect itself keeps as completed."""
    with sqlite3.connect(folder / "prefect" / "prefect.db") as conn:
        return {row[0] for row in conn.execute("SELECT id FROM flow_run WHERE state_type = 'COMPLETED'")}
