"""Whether Prefect keeps the timetable, judged by what came true, never by a process that lives.

Prefect keeps it when every patrol is registered, has coming runs that Prefect scheduled by itself, somebody asks for
them, and the last slot was run by such a run in time. Before its first slot the clock counts as keeper, but lets
Prefect go first; a Prefect that slept over a slot is not waited for until it has run one again.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select

from cases.moments import shanghai_date
from persistence import timekeeping
from persistence.tables import leases, patrol_runs
from persistence.timekeeping import Keeper, Keeping, house_of
from tasks.patrols.run import HERE, was_run
from workflows.prefect_api import Deployed, FlowRun, PrefectApi, PrefectSilent
from workflows.slots import last_slot, period_of

if TYPE_CHECKING:
    from tasks.office import Office


@dataclass(frozen=True, slots=True)
class Where:
    """Where Prefect can be asked, or why it cannot (key of ``timekeeping.*``)."""

    api_url: str | None
    why: str = ""
    served_since: datetime | None = None  # our own flow process began: who asked Prefect before is gone


class Neighbour(Protocol):
    """Whoever knows where Prefect is."""

    def where(self) -> Where:
        """Return where it is now."""
        ...


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A Prefect that this process does not look after: at an address of the settings, or none."""

    api_url: str | None
    why: str = "off"

    def where(self) -> Where:
        """Return where it is."""
        return Where(self.api_url, self.why)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what."""

    grace: timedelta  # a slot for Prefect
    silent: timedelta  # until nobody asks Prefect for runs
    left: timedelta  # until a run that does not begin counts as stuck


@dataclass(frozen=True, slots=True)
class Seen:
    """What a Prefect server said of this house."""

    deployments: tuple[Deployed, ...]
    coming: tuple[FlowRun, ...]
    past: tuple[FlowRun, ...]


def patience_of(office: "Office") -> Patience:
    """Return the settings in force."""
    today = shanghai_date(office.now())
    with office.read() as conn:
        seconds = [
            office.number_setting(conn, f"timetable.{name}_seconds", today) for name in ("grace", "silent", "left")
        ]
    return Patience(*(timedelta(seconds=number) for number in seconds))


def judge(
    seen: Seen,
    timetable: Mapping[str, str],
    now: datetime,
    patience: Patience,
    *,
    served_since: datetime | None,
    in_place_since: datetime | None,
    woke: Callable[[FlowRun], bool],
) -> Keeping:
    """Return who keeps the timetable; *woke* tells of a run that failed whether it had woken its patrol."""
    deployed = {one.patrol: one for one in seen.deployments}
    scheduled = [run for run in seen.coming if run.by_itself and run.patrol in timetable]

    def clock(why: str, **facts: str) -> Keeping:
        return Keeping(Keeper.CLOCK, why, facts, len(scheduled))

    if absent := [name for name in timetable if name not in deployed]:
        return clock("not_registered", patrols=" ".join(absent))
    if paused := [name for name in timetable if deployed[name].paused]:
        return clock("paused", patrols=" ".join(paused))
    if bare := [name for name in timetable if name not in {run.patrol for run in scheduled}]:
        return clock("not_scheduled", patrols=" ".join(bare))
    oldest = max(served_since, now - patience.silent) if served_since else now - patience.silent
    if any((deployed[name].polled or oldest) <= oldest for name in timetable):
        return clock("not_served")

    in_place = in_place_since or now
    began = {(run.patrol, run.due) for run in seen.past if run.by_itself and _came_true(run, patience.grace, woke)}
    slots = [(name, _slot_to_judge(name, cron, now, patience.grace, began)) for name, cron in timetable.items()]
    last, slot = max(slots, key=lambda one: (one[1], one not in began))
    if (last, slot) in began:
        facts = {"patrol": last, "slot": period_of(slot)}
        return Keeping(Keeper.PREFECT, "kept", facts, len(scheduled), in_place_since=in_place)
    if slot >= in_place:
        return replace(clock("missed", patrol=last, slot=period_of(slot)), in_place_since=in_place)
    following = period_of(min(run.due for run in scheduled))
    return replace(clock("first_awaited", slot=following), in_place_since=in_place)


def _slot_to_judge(
    name: str, cron: str, now: datetime, grace: timedelta, began: Collection[tuple[str, datetime]]
) -> datetime:
    """Return the last slot of a patrol that was begun or whose time to begin is over."""
    slot = last_slot(cron, now)
    while now - slot < grace and (name, slot) not in began:
        slot = last_slot(cron, slot - timedelta(seconds=1))
    return slot


def _came_true(run: FlowRun, grace: timedelta, woke: Callable[[FlowRun], bool]) -> bool:
    """Whether *run* was begun at its slot; a patrol that failed was woken all the same."""
    in_time = run.began is not None and run.began - run.due <= grace
    return in_time and (run.state in ("RUNNING", "COMPLETED") or (run.state == "FAILED" and woke(run)))


class Watch:
    """Asks Prefect, keeps the finding in the database, and closes runs that nobody will end."""

    def __init__(self, office: "Office", timetable: Mapping[str, str], prefect: Neighbour) -> None:
        self._office, self._timetable, self._prefect = office, timetable, prefect

    def look(self) -> Keeping:
        """Find out once who keeps the timetable, note it, and return it."""
        now, where = self._office.now(), self._prefect.where()
        asked = False
        if where.api_url is None:
            found = Keeping(Keeper.CLOCK, where.why)
        else:
            try:
                found = self._ask(PrefectApi(where.api_url, house_of(self._office.database)), where, now)
                asked = True
            except PrefectSilent as why:
                found = Keeping(Keeper.CLOCK, "unreachable", {"address": where.api_url, "error": str(why)[:200]})
        with self._office.database.writing() as conn:
            timekeeping.note(conn, found, HERE, now, asked=asked)
            return timekeeping.keeping(conn, now)

    def end(self) -> None:
        """Say that this process asks no more."""
        with self._office.database.writing() as conn:
            timekeeping.note(conn, Keeping(Keeper.CLOCK, "stopped"), HERE, self._office.now(), asked=False)

    def _ask(self, api: PrefectApi, where: Where, now: datetime) -> Keeping:
        patience = patience_of(self._office)
        seen = Seen(api.deployments(), api.coming(now), api.past(now))
        self._close_what_is_left(api, where, now, patience)
        with self._office.read() as conn:
            before = timekeeping.keeping(conn, now)

            def woke(run: FlowRun) -> bool:
                return conn.scalar(select(patrol_runs.c.id).where(patrol_runs.c.flow_run == run.id)) is not None

            found = judge(
                seen, self._timetable, now, patience,
                served_since=where.served_since, in_place_since=before.in_place_since, woke=woke,
            )  # fmt: skip
        assert where.api_url is not None
        return replace(found, pages=where.api_url.removesuffix("/api")) if seen.deployments else found

    def _close_what_is_left(self, api: PrefectApi, where: Where, now: datetime, patience: Patience) -> None:
        """Close late runs whose slot somebody else ran, and runs whose process is gone."""
        for run in api.unfinished(now):
            orphaned = where.served_since is not None and run.since < where.served_since
            waited = now - run.since
            if run.state == "SCHEDULED" and now - run.due > patience.grace and self._is_over(run, now):
                api.close(run, "CANCELLED", f"The slot {period_of(run.due)} was run without this flow run.")
            elif run.state == "PENDING" and (orphaned or waited > patience.left):
                api.close(run, "CRASHED", "It never began: its process was ended before.")
            elif run.state == "RUNNING" and (orphaned or waited > patience.grace) and not self._works(run, now):
                api.close(run, "CRASHED", "Its process was ended while it ran; the slot is run again.")

    def _is_over(self, run: FlowRun, now: datetime) -> bool:
        """Whether the slot of a late run is done, or another one has come since."""
        cron = self._timetable.get(run.patrol)
        if cron is None:
            return True
        with self._office.read() as conn:
            return last_slot(cron, now) > run.due or was_run(conn, run.patrol, period_of(run.due))

    def _works(self, run: FlowRun, now: datetime) -> bool:
        """Whether somebody holds the lease of the patrol for *run*."""
        with self._office.read() as conn:
            until = conn.scalar(select(leases.c.until).where(leases.c.name == f"patrol:{run.patrol}"))
            under_way = conn.scalar(
                select(patrol_runs.c.id).where(patrol_runs.c.flow_run == run.id, patrol_runs.c.ended_at.is_(None))
            )
        return under_way is not None and until is not None and until > now
