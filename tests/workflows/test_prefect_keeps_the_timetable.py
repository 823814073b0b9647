"""Prefect for real: it schedules the patrols by itself and runs them, served and with a work pool, each house its own.

One server for all: house A keeps it, house B serves its flows to it, house C is with a work pool. The timetable of the
place has the audit each minute (``XIAOHAO_TIMETABLE``); nothing else is different from an office.
"""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from config.timetable import TIMETABLE, timetable_of
from persistence.database import Database
from persistence.seal import Keyring
from persistence.tables import patrol_runs, settings
from persistence.timekeeping import Keeping, house_of
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.office import Office
from tests.support.waiting import wait_until
from workflows.prefect_api import deployment_name, queue_of, tag_of
from workflows.prefect_child import House, PrefectChild
from workflows.prefect_watch import Elsewhere, Neighbour, Watch

pytestmark = pytest.mark.slow
WITHIN = 400.0  # seconds; the machine may be loaded
EACH_MINUTE = "audit=* * * * *"
LOADED = re.compile("database is locked|TimeoutError|CancelledError")  # the next round makes up for it


@dataclass
class Housed:
    """A house in a folder of its own, and its identity."""

    folder: Path
    office: Office

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'house.sqlite'}"

    @property
    def identity(self) -> str:
        return house_of(self.office.database)

    def child(self, api_url: str | None = None) -> PrefectChild:
        return PrefectChild(House(self.folder, self.url, self.identity, api_url))

    def environment(self, api_url: str) -> dict[str, str]:
        place = {"XIAOHAO_DATABASE_URL": self.url, "XIAOHAO_DATA": str(self.folder)}
        quiet = {"PREFECT_HOME": str(self.folder / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        return {**os.environ, **place, **quiet, "PREFECT_API_URL": api_url, "DO_NOT_TRACK": "1"}

    def flow_runs_of_slots(self) -> list[str]:
        """Return the Prefect ids of the runs that patrolled, for slots of the timetable."""
        woken = patrol_runs.c.woken_by == "prefect", patrol_runs.c.ended_at.is_not(None), patrol_runs.c.name == "audit"
        with self.office.read() as conn:
            return [str(run) for run in conn.scalars(select(patrol_runs.c.flow_run).where(*woken))]

    def look(self, prefect: Neighbour) -> Keeping:
        return Watch(self.office, timetable_of(), prefect).look()

    def comes_to_find(self, prefect: Neighbour, *why: str) -> Keeping:
        """Look until one of *why* is found: a server that is busy may not answer a look in time."""
        seen: list[Keeping] = []

        def found() -> bool:
            seen.append(self.look(prefect))
            return seen[-1].why in why

        assert wait_until(found, within=WITHIN, every=2), seen[-1]
        return seen[-1]


@dataclass
class Street:
    """Houses on one server, and what Prefect's own database says of their runs."""

    a: Housed
    b: Housed
    c: Housed
    server: PrefectChild
    served: PrefectChild
    worker: "subprocess.Popen[bytes]"

    def completed(self, house: Housed) -> set[str]:
        """Return the runs that Prefect scheduled by itself and that did the patrol of *house* to its end."""
        ended = {run for run, state in self.scheduled_by_prefect(house) if state == "COMPLETED"}
        return ended & set(house.flow_runs_of_slots())

    def scheduled_by_prefect(self, house: Housed) -> list[tuple[str, str]]:
        """Return id and state of the runs that Prefect scheduled by itself for *house* and that have ended."""
        with sqlite3.connect(f"file:{self.a.folder / 'prefect' / 'prefect.db'}?mode=ro", uri=True) as conn:
            query = """SELECT flow_run.id, state_type, deployment.tags FROM flow_run
                       JOIN deployment ON deployment.id = flow_run.deployment_id
                       WHERE auto_scheduled AND state_type NOT IN ('SCHEDULED', 'PENDING', 'RUNNING')"""
            return [(run, state) for run, state, tags in conn.execute(query) if tag_of(house.identity) in tags]

    def ask(self, path: str, **asked: Any) -> Any:
        told = json.dumps(asked).encode() if asked else None
        request = urllib.request.Request(self.server.api_url + path, told, {"Content-Type": "application/json"})
        for pause in (1, 5, 20, 0):  # a loaded server answers 503 and asks to come again
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as why:
                if why.code != 503 or not pause:
                    raise
                time.sleep(pause)
        raise AssertionError(path)

    def begin(self, deployment: str, **asked: Any) -> str:
        found = self.ask(f"/deployments/name/patrol/{deployment}")
        return str(self.ask(f"/deployments/{found['id']}/create_flow_run", **asked)["id"])

    def state(self, run: str) -> tuple[str, str]:
        state = self.ask(f"/flow_runs/{run}")["state"]
        return state["type"], state["message"] or ""


def house(folder: Path) -> Housed:
    folder.mkdir()
    every_act()
    office = Office(Database(f"sqlite:///{folder / 'house.sqlite'}"), Keyring.make(folder / "keys.json"))
    begin(office)
    patient = {"name": "timetable.grace_seconds", "version": 1, "valid_from": date(2020, 1, 1), "body": 300}
    with office.database.writing() as conn:  # the machine may be loaded
        conn.execute(insert(settings), patient | {"set_at": office.now()})
    return Housed(folder, office)


def said_at_last(command: list[str], environment: dict[str, str]) -> str:
    """Return what a command of Prefect prints; one that a busy server has turned away is given again."""
    said: list[subprocess.CompletedProcess[str]] = []

    def done() -> bool:
        said.append(
            subprocess.run(command, env=environment, check=False, capture_output=True, timeout=WITHIN, text=True)
        )
        return said[-1].returncode == 0

    assert wait_until(done, within=WITHIN, every=5), said[-1].stderr[-2_000:]
    return said[-1].stdout


def with_a_pool(house: Housed, api_url: str) -> "subprocess.Popen[bytes]":
    """Register *house* with a work pool as docs/running.md says, and return the worker."""
    environment = house.environment(api_url)
    prefect = [sys.executable, "-m", "prefect"]
    pool = [*prefect, "work-pool", "create", "--overwrite", "--type", "process", "xiaohao"]
    register = [sys.executable, "-m", "workflows.served", "--pool", "xiaohao"]
    said = [said_at_last(command, environment) for command in (pool, register)]
    begin_worker = f"prefect worker start --pool xiaohao --work-queue {queue_of(house.identity)}"
    assert begin_worker in said[1]
    command = [*prefect, *begin_worker.split()[1:]]
    with (house.folder / "worker.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a session, with what it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    place = tmp_path_factory.mktemp("street")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XIAOHAO_TIMETABLE", EACH_MINUTE)
        a, b, c = house(place / "a"), house(place / "b"), house(place / "c")
        with ExitStack() as ends:
            server = a.child()
            server.start()
            ends.callback(server.stop)
            assert wait_until(lambda: server.where().api_url, within=WITHIN, every=0.5)
            served = b.child(server.api_url)
            served.start()
            ends.callback(served.stop)
            worker = with_a_pool(c, server.api_url)
            ends.callback(end, worker)
            yield Street(a, b, c, server, served, worker)
    assert not list(place.glob("*/prefect/*.pid.json"))


def test_prefect_schedules_the_patrols_by_itself_and_runs_them(street: Street) -> None:
    assert wait_until(lambda: street.completed(street.a), within=WITHIN, every=1)
    found = street.a.comes_to_find(street.server, "kept")

    assert found.scheduled >= 3 * len(TIMETABLE) - 3
    assert found.pages == street.server.api_url.removesuffix("/api")
    log = (street.a.folder / "prefect" / "server.log").read_text().splitlines()
    errors = [line for line in log if re.match(r"[\w.]*(Error|Exception)\b", line) and not LOADED.search(line)]
    assert errors == []


def test_two_houses_on_one_server_run_their_own_patrols(street: Street) -> None:
    assert wait_until(lambda: street.completed(street.a) and street.completed(street.b), within=WITHIN, every=1)

    of_a = {run for run, _ in street.scheduled_by_prefect(street.a)}
    of_b = {run for run, _ in street.scheduled_by_prefect(street.b)}
    assert not of_a & of_b
    assert not set(street.a.flow_runs_of_slots()) & of_b
    assert not set(street.b.flow_runs_of_slots()) & of_a
    assert street.b.comes_to_find(street.served, "kept", "first_awaited")


def test_a_run_that_reaches_a_process_of_another_house_refuses(street: Street) -> None:
    name = deployment_name("letters", street.a.identity)

    run = street.begin(name, parameters={"name": "letters", "house": street.b.identity})

    assert wait_until(lambda: street.state(run)[0] == "FAILED", within=WITHIN, every=1)
    assert "Nothing was run" in street.state(run)[1]
    with street.a.office.read() as conn:
        assert conn.scalar(select(patrol_runs.c.id).where(patrol_runs.c.flow_run == run)) is None


def test_with_a_work_pool_and_a_worker_prefect_keeps_it_too(street: Street) -> None:
    anywhere = Elsewhere(street.server.api_url)

    assert wait_until(lambda: street.completed(street.c), within=WITHIN, every=1)
    assert street.c.comes_to_find(anywhere, "kept")

    end(street.worker)
    assert not street.c.comes_to_find(anywhere, "not_served", "missed").waits


@pytest.mark.long
def test_a_killed_flow_process_is_named_started_again_and_its_pending_run_is_closed(street: Street) -> None:
    name = deployment_name("letters", street.a.identity)
    stuck = street.begin(name, state={"type": "PENDING", "message": "left"})
    pid = json.loads((street.a.folder / "prefect" / "flows.pid.json").read_text())["pid"]
    before = street.server.where().served_since

    os.kill(pid, signal.SIGKILL)

    assert wait_until(lambda: street.server.where().why == "flows_ended", every=0.1)
    assert not street.a.look(street.server).waits
    assert wait_until(lambda: street.server.where().served_since not in (None, before), within=WITHIN, every=0.5)
    assert street.a.comes_to_find(street.server, "kept", "first_awaited").waits
    assert street.state(stuck) == ("CRASHED", "It never began: its process was ended before.")
