"""How the house is doing, for machines that watch it: no names, no numbers of findings, no session."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import ColumnElement, Connection, Table, func, select, text

from cases.moments import shanghai_date
from cases.refusals import CaseError
from persistence import failures, timekeeping
from persistence.outbox import State, waiting_count
from persistence.overdue import overdue_on
from persistence.tables import findings, instances, messages, open_tasks, outbox, patrol_runs
from tasks.between_cases import most_failures
from tasks.office import Office
from web.house import TheHouse

router = APIRouter(include_in_schema=False)
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process does."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(house: TheHouse) -> Response:
    """Answer 200 once the database is reached and a release is in force, else 503; note the timekeeper and failures."""
    try:
        with house.office.read() as conn:
            conn.execute(text("SELECT 1"))
            house.office.release_in_force(conn)
            kept = timekeeping.keeping(conn, house.office.now())
            failing = failures.count_at_present(conn)
    except CaseError as refusal:
        return PlainTextResponse(f"{refusal.code}\n", 503, {"Retry-After": "2"})
    since = f" since {kept.since:%Y-%m-%dT%H:%M:%SZ}" if kept.since else ""
    said = f"ready\ntimetable: {kept.keeper}{since}, {kept.why}, {kept.scheduled} scheduled\n"
    return PlainTextResponse(said + (f"failing: {failing}, see /incidents\n" if failing else ""))


@router.get("/metrics")
def metrics(house: TheHouse) -> Response:
    """Answer in Prometheus' text format."""
    with house.office.read() as conn:
        lines = [line for metric in _metrics(house.office, conn) for line in metric.lines()]
    return PlainTextResponse("\n".join(lines) + "\n", media_type=EXPOSITION)


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, or one per label; all of them are gauges: a restart loses nothing."""

    name: str
    help: str
    values: tuple[tuple[str, float], ...]  # label set such as `{patrol="deadlines"}`, value

    def lines(self) -> Iterator[str]:
        """Yield the lines of the exposition."""
        yield f"# HELP xiaohao_{self.name} {self.help}"
        yield f"# TYPE xiaohao_{self.name} gauge"
        for labels, value in self.values:
            yield f"xiaohao_{self.name}{labels} {value:.17g}"


def _metrics(office: Office, conn: Connection) -> Iterator[Metric]:
    def count(*conditions: ColumnElement[bool], of: Table) -> float:
        return float(conn.scalar(select(func.count()).select_from(of).where(*conditions)) or 0)

    yield Metric("open_tasks", "Tasks that wait for somebody.", (("", count(of=open_tasks)),))
    overdue = count(overdue_on(shanghai_date(office.now())), of=findings)
    yield Metric("findings_overdue", "Findings past their due day.", (("", overdue),))
    yield Metric("letters_waiting", "Letters not on their way yet.", (("", float(waiting_count(conn))),))
    yield Metric("letters_dead", "Letters given up.", (("", count(outbox.c.state == State.DEAD, of=outbox)),))
    faulted = count(instances.c.status == "faulted", of=instances)
    yield Metric("cases_faulted", "Processes that cannot go on.", (("", faulted),))
    unheard = messages.c.taken_at.is_(None)
    yield Metric("messages_waiting", "Messages between cases not heard yet.", (("", count(unheard, of=messages)),))
    failed = count(unheard, messages.c.failures >= most_failures(office, conn), of=messages)
    yield Metric("messages_failed", "Messages between cases that were given up.", (("", failed),))

    last = select(patrol_runs.c.name, func.max(patrol_runs.c.ended_at)).where(patrol_runs.c.error.is_(None))
    ended = [(name, at) for name, at in conn.execute(last.group_by(patrol_runs.c.name)) if at is not None]
    seconds = tuple((f'{{patrol="{name}"}}', at.timestamp()) for name, at in sorted(ended))
    yield Metric("patrol_last_success_seconds", "When a patrol last ended well, Unix time.", seconds)
