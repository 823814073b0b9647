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

from config.timetable import timetable_of
from persistence.database import Database
from persistence.durable import keep_to_myself
from persistence.seal import Keyring
from persistence.timekeeping import house_of
from tasks.catalogue import every_act
from tasks.office import Office
from tasks.patrols.run import Patrolled, run_patrol
from workflows.slots import last_slot, period_of


class OtherHouse(Exception):
    """A flow run reached a process of another house: it would have run that house's patrol."""


@flow(name="patrol", flow_run_name="patrol-{name}", log_prints=True)
async def patrol(name: str, house: str, again: bool = False) -> dict[str, int]:
    """Run the patrol *name* of *house* for the slot of its timetable; *again* runs it though the slot is done.

    Raises OtherHouse in a process of another house: nothing is run there.
    """
    run, due = str(flow_run.get_id() or ""), flow_run.get_scheduled_start_time()
    done = await asyncio.to_thread(_patrol, name, house, again, run, due)
    print(f"{done.name} {done.period}: {dict(done.counts)}" if done.did else f"{done.name} {done.period}: done already")
    return dict(done.counts)


def _patrol(name: str, house: str, again: bool, run: str, due: datetime) -> Patrolled:
    office = house_of_environment()
    now = datetime.now(UTC)
    try:
        here = house_of(office.database)
        if house != here:
            raise OtherHouse(
                f"This flow run is of house {house}; this process works for house {here}. Nothing was run."
            )
        slot = last_slot(timetable_of()[name], max(now, due))  # two clocks may differ by a breath
        return run_patrol(office, name, now, "prefect", period=None if again else period_of(slot), flow_run=run)
    finally:
        office.database.dispose()


def house_of_environment() -> Office:
    """Return the office that the environment names; a flow has no other way to be told."""
    keep_to_myself()
    data = Path(os.environ.get("XIAOHAO_DATA") or "var").absolute()
    every_act()
    url = os.environ.get("XIAOHAO_DATABASE_URL") or f"sqlite:///{data / 'xiaohao.sqlite'}"
    return Office(Database(url), Keyring.read(data / "keys.json"))
