"""Serves the patrols to a Prefect server, with their cron in Asia/Shanghai: ``python -m workflows.served``.

While it runs it says so in the database (`workflows.heartbeat`), so that the clocks leave the timetable to Prefect.
With ``--pool NAME`` it only registers the deployments with a work pool, for workers on other machines, and ends.
"""

import argparse
import asyncio
import os
import threading
from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from config.timetable import TIMETABLE, ZONE
from tasks.patrols.run import was_run
from workflows.clock import last_slot, period_of
from workflows.heartbeat import BEATS_EVERY, beat
from workflows.patrol import house_of_environment, patrol


def main() -> None:
    """Serve until the process is ended."""
    asked = argparse.ArgumentParser(prog="python -m workflows.served", description=__doc__)
    asked.add_argument("--pool", help="register with this work pool instead of serving")
    pool = asked.parse_args().pool
    if pool:
        asyncio.run(_register(pool))
        return
    threading.Thread(target=_beat, name="heartbeat", daemon=True).start()
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    asyncio.run(_serve())


def deployment(name: str, *, pool: str | None = None) -> RunnerDeployment:
    """Return the deployment ``patrol/<name>`` with the timetable's cron."""
    made = patrol.to_deployment(
        name=name,
        parameters={"name": name},
        schedule=Cron(TIMETABLE[name], timezone=ZONE),
        work_pool_name=pool,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(made, RunnerDeployment)
    return made


async def _register(pool: str) -> None:
    for name in TIMETABLE:
        made = await asyncio.to_thread(deployment, name, pool=pool)
        await made.apply()  # type: ignore[misc]  # awaitable inside a loop, as everything that Prefect calls "sync"


async def _serve() -> None:
    runner = Runner(name="xiaohao", limit=1, pause_on_shutdown=False)
    for name in TIMETABLE:
        made = await asyncio.to_thread(deployment, name)
        identity = await runner.aadd_deployment(made)
        if _is_missed(name):
            async with get_client() as client:
                await client.create_flow_run_from_deployment(identity)
    await runner.start()


def _is_missed(name: str) -> bool:
    office = house_of_environment()
    now = datetime.now(UTC)
    try:
        with office.read() as conn:
            return not was_run(conn, name, period_of(last_slot(TIMETABLE[name], now)))
    finally:
        office.database.dispose()


def _beat() -> None:
    database = house_of_environment().database
    while True:
        try:
            beat(database, datetime.now(UTC))
        except Exception as why:
            print(f"no heartbeat: {why}")
        threading.Event().wait(BEATS_EVERY)


def _end_with_parent() -> None:
    """End when `serve` is gone, also by kill -9: nobody is left who would."""
    parent = os.environ.get("XIAOHAO_PARENT")
    while parent and os.getppid() == int(parent):
        threading.Event().wait(2)
    if parent:
        os.kill(os.getpid(), 15)


if __name__ == "__main__":
    main()
