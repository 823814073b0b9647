"""Prefect's server, the process that serves its flows, or the house that keeps them is killed: all come back.

The house goes on answering, no slot is run twice, a run that was left pending is closed, nothing of the dead ones still
runs, and Prefect keeps the timetable again by a slot that it ran. By turns two houses are begun on one data folder:
one of them looks after Prefect, and when it is killed, the other one does.
"""

import json
import os
import signal
import sqlite3
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from persistence.tables import patrol_runs, timekeeping
from tests.faults.houses import House
from tests.faults.mail_faults import wait_for
from tests.faults.people import Served, serve
from tests.faults.rounds import Found, Ground, Kind, Verdict
from workflows.prefect_api import deployment_name

COMES = 300.0  # seconds until Prefect stands beside the house, on a loaded machine
CLOSES = 120.0  # seconds until a run that was pending when its process died is closed
EACH_MINUTE = "audit=* * * * *"
LEFT = {"type": "PENDING", "message": "left by somebody who died"}


def attempt(ground: Ground, number: int, rng: Random) -> Found:
    """Kill one of them, wait until all is as before, and count what is left."""
    way = list(WAYS)[number % len(WAYS)]
    house, verdict = ground.house(), Verdict()
    house.more = {"XIAOHAO_TIMETABLE": EACH_MINUTE}
    serving = [serve(house, more=()) for _ in range(2 if way == "one of two" else 1)]
    try:
        for one in serving:
            one.wait()
        verdict.expect(wait_for(lambda: _pid(house, "flows") is not None, COMES), f"{way}: Prefect never came")
        verdict.expect(wait_for(lambda: _leave_a_run_pending(house), COMES), f"{way}: no run could be left pending")
        time.sleep(rng.uniform(0, 8))  # it takes up the slots that were missed, and runs them
        before = {name: _pid(house, name) for name in ("server", "flows")}
        serving = WAYS[way](house, serving)
        for one in serving:
            one.wait()
        _all_is_as_before(house, before, verdict, way)
    finally:
        for one in serving:
            one.child.kill(signal.SIGTERM)
        ends = [one.child.wait(60) for one in serving]
    for ended in ends:
        verdict.expect(ended.status in (0, -signal.SIGTERM), f"{way}: serve ended {ended.said}")
        verdict.spoke(ended, way)
    twice = select(patrol_runs.c.name).group_by(patrol_runs.c.name, patrol_runs.c.period).having(func.count() > 1)
    verdict.doubled += len(house.ask(twice))
    house.let_time_pass()
    verdict.examine(house, way)
    ground.done_with(house)
    return verdict.found()


def _all_is_as_before(house: House, before: Mapping[str, int | None], verdict: Verdict, way: str) -> None:
    """Both processes are there, what was killed is gone, nothing is pending, and Prefect ran a slot by itself."""
    verdict.expect(wait_for(lambda: _is_back(house, before), COMES), f"{way}: Prefect did not come back")
    ours = {_pid(house, name) for name in before}
    verdict.expect(
        wait_for(lambda: not [pid for pid in before.values() if pid and pid not in ours and _lives(pid)], CLOSES),
        f"{way}: what belonged to the dead still runs",
    )
    verdict.expect(wait_for(lambda: not _pending(house), CLOSES), f"{way}: runs are pending for ever")
    verdict.stuck += len(_pending(house))
    verdict.expect(wait_for(lambda: _keeper(house) == ("prefect", "kept"), COMES), f"{way}: {_keeper(house)}")
    verdict.acknowledged += 1


def _is_back(house: House, before: Mapping[str, int | None]) -> bool:
    now = {name: _pid(house, name) for name in before}
    return all(now.values()) and now["flows"] != before["flows"]  # whatever was killed, the flows were begun anew


# --- ways -----------------------------------------------------------------------------------------------------------


def _kill_flows(house: House, serving: list[Served]) -> list[Served]:
    _kill(_pid(house, "flows"))
    return serving


def _kill_server(house: House, serving: list[Served]) -> list[Served]:
    _kill(_pid(house, "server"))
    return serving


def _kill_serve(house: House, serving: list[Served]) -> list[Served]:
    """Kill the house and begin it again at the same address at once, while what it left still runs."""
    os.kill(serving[0].child.pid, signal.SIGKILL)
    wait_for(lambda: not serving[0].child.runs(), 10)
    return [serve(house, more=(), port=serving[0].port)]


def _kill_one_of_two(house: House, serving: list[Served]) -> list[Served]:
    """Kill the one that looks after Prefect."""
    flows = _pid(house, "flows")
    keeper = int(Path(f"/proc/{flows}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(keeper, signal.SIGKILL)
    return [one for one in serving if one.child.pid != keeper]


WAYS: Mapping[str, Callable[[House, list[Served]], list[Served]]] = {
    "Prefect's server killed": _kill_server,
    "Prefect's flows killed": _kill_flows,
    "serve killed": _kill_serve,
    "one of two": _kill_one_of_two,
}


def _kill(pid: int | None) -> None:
    if pid is not None:
        os.killpg(pid, signal.SIGKILL)


# --- what can be seen -----------------------------------------------------------------------------------------------


def _pid(house: House, name: str) -> int | None:
    """Return the pid of Prefect's process of that name, None while there is none."""
    try:
        pid = int(json.loads(Path(house.data, "prefect", f"{name}.pid.json").read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None
    return pid if _lives(pid) else None


def _lives(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _leave_a_run_pending(house: House) -> bool:
    """Leave a run in Prefect as a process does that dies right before it begins."""
    ((identity, pages),) = house.ask(select(timekeeping.c.house, timekeeping.c.pages))
    if pages is None:
        return False
    name = deployment_name("letters", identity)
    try:
        found = _answer(f"{pages}/api/deployments/name/patrol/{name}")
        _answer(f"{pages}/api/deployments/{found['id']}/create_flow_run", {"state": LEFT})
    except OSError:  # loaded, or not yet registered
        return False
    return True


def _answer(address: str, given: Mapping[str, object] | None = None) -> Mapping[str, object]:
    told = None if given is None else json.dumps(given).encode()
    request = urllib.request.Request(address, told, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        document: Mapping[str, object] = json.load(answer)
    return document


def _keeper(house: House) -> tuple[str, str]:
    ((keeper, why),) = house.ask(select(timekeeping.c.keeper, timekeeping.c.why))
    return keeper, why


def _pending(house: House) -> list[str]:
    """Return the runs that Prefect takes for pending since more than a moment."""
    path = house.data / "prefect" / "prefect.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as line:
        long_since = "state_type = 'PENDING' AND state_timestamp < datetime('now', '-20 seconds')"
        return [row[0] for row in line.execute(f"SELECT name FROM flow_run WHERE {long_since}")]


KIND = Kind("prefect-is-killed", "Prefect's server, its flows or a serving house killed, one or two", attempt, 0)
