"""The patrols as Prefect flows: one coarse flow per round, never one per case; what it does are plain functions.

Entry point ``workflows.patrol:patrol``. A flow runs in a process of its own, maybe on another machine, so it finds the
house by the same environment as `serve` (``XIAOHAO_DATABASE_URL``, ``XIAOHAO_DATA``).
"""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

from prefect import flow
from prefect.runtime import flow_run

from config.timetable import TIMETABLE
from persistence.database import Database
from persistence.seal import Keyring
from tasks.catalogue import every_act
from tasks.office import Office
from tasks.patrols.run import Patrolled, run_patrol
from workflows.clock import last_slot, period_of


@flow(name="patrol", flow_run_name="patrol-{name}", log_prints=True)
async def patrol(name: str, again: bool = False) -> dict[str, int]:
    """Run the patrol *name* for the slot of its timetable; *again* runs it though the slot is done."""
    run = str(flow_run.get_id() or "")
    done = await asyncio.to_thread(_patrol, name, again, run)
    print(f"{done.name} {done.period}: {dict(done.counts)}" if done.did else f"{done.name} {done.period}: done already")
    return dict(done.counts)


def _patrol(name: str, again: bool, run: str) -> Patrolled:
    office = house_of_environment()
    now = datetime.now(UTC)
    period = None if again else period_of(last_slot(TIMETABLE[name], now))
    try:
        return run_patrol(office, name, now, "prefect", period=period, flow_run=run)
    finally:
        office.database.dispose()


def house_of_environment() -> Office:
    """Return the office that the environment names; a flow has no other way to be told."""
    data = Path(os.environ.get("XIAOHAO_DATA") or "var").absolute()
    every_act()
    url = os.environ.get("XIAOHAO_DATABASE_URL") or f"sqlite:///{data / 'xiaohao.sqlite'}"
    return Office(Database(url), Keyring.read(data / "keys.json"))
