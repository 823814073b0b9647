"""Serves the patrols to a Prefect server, with their cron in Asia/Shanghai: ``python -m workflows.served``.

With ``--pool NAME`` it only registers the deployments with a work pool, for workers on other machines, and ends; with
``--withdraw`` it takes them back. Deployments, tag and work queue bear the identity of the house, so that two houses on
one server never run each other's patrols.
"""

import argparse
import asyncio
import os
from datetime import UTC, datetime

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowFilter,
    FlowFilterName,
)
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.types.entrypoint import EntrypointType

from config.timetable import ZONE, timetable_of
from persistence.durable import keep_to_myself
from persistence.timekeeping import house_of
from tasks.patrols.run import was_run
from workflows.parents import end_with_parent
from workflows.patrol import house_of_environment, patrol
from workflows.prefect_api import deployment_name, queue_of, tag_of
from workflows.slots import last_slot, period_of

AT_ONCE = 3  # patrols; one that takes long must not make the next one late


def main() -> None:
    """Serve until the process is ended."""
    asked = argparse.ArgumentParser(prog="python -m workflows.served", description=__doc__)
    asked.add_argument("--pool", help="register with this work pool instead of serving")
    asked.add_argument("--withdraw", action="store_true", help="take the deployments of this house back")
    given = asked.parse_args()
    keep_to_myself()
    end_with_parent()
    with temporary_settings({PREFECT_API_URL: _address()}):
        if given.withdraw:
            asyncio.run(_withdraw())
        elif given.pool:
            asyncio.run(_register(given.pool))
        else:
            asyncio.run(_serve())


def deployment(name: str, house: str, *, pool: str | None = None) -> RunnerDeployment:
    """Return the deployment of the patrol *name* with the timetable's cron, as *house* registers it."""
    made = patrol.to_deployment(
        name=deployment_name(name, house),
        parameters={"name": name, "house": house},
        schedule=Cron(timetable_of()[name], timezone=ZONE),
        tags=[tag_of(house)],
        work_pool_name=pool,
        work_queue_name=queue_of(house) if pool else None,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(made, RunnerDeployment)
    return made


async def _register(pool: str) -> None:
    house = _house()
    for name in timetable_of():
        made = await asyncio.to_thread(deployment, name, house, pool=pool)
        await made.apply()  # type: ignore[misc]  # awaitable inside a loop, as everything that Prefect calls "sync"
    print(f"prefect worker start --pool {pool} --work-queue {queue_of(house)}")


async def _withdraw() -> None:
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[tag_of(_house())]))
    async with get_client() as client:
        for one in await client.read_deployments(deployment_filter=ours):
            await client.delete_deployment(one.id)


async def _serve() -> None:
    house = _house()
    async with get_client() as client:
        if os.environ.get("XIAOHAO_PREFECT_OWN"):
            await _sweep(client, house)
    runner = Runner(name=f"xiaohao-{house}", limit=AT_ONCE, pause_on_shutdown=False)
    for name in timetable_of():
        made = await asyncio.to_thread(deployment, name, house)
        identity = await runner.aadd_deployment(made)
        if _is_missed(name):  # asked for by us: no proof that Prefect keeps the timetable, and not counted as one
            async with get_client() as client:
                await client.create_flow_run_from_deployment(identity)
    await runner.start()


async def _sweep(client: PrefectClient, house: str) -> None:
    """Take what an earlier house or version left in our own server: its runs would never be asked for."""
    patrols = FlowFilter(name=FlowFilterName(any_=[patrol.name]))
    for one in await client.read_deployments(flow_filter=patrols):
        if tag_of(house) not in one.tags:
            await client.delete_deployment(one.id)


def _is_missed(name: str) -> bool:
    office = house_of_environment()
    now = datetime.now(UTC)
    try:
        with office.read() as conn:
            return not was_run(conn, name, period_of(last_slot(timetable_of()[name], now)))
    finally:
        office.database.dispose()


def _house() -> str:
    database = house_of_environment().database
    try:
        return house_of(database)
    finally:
        database.dispose()


def _address() -> str | None:
    """Return the address of the server: ours where the house has one of its own, else Prefect's setting."""
    return os.environ.get("XIAOHAO_PREFECT_API_URL") or PREFECT_API_URL.value()


if __name__ == "__main__":
    main()
