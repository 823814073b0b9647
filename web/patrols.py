"""巡检: what the house looks after by itself: when it ran, who woke it, what it found; and a button to run it now."""

from fastapi import BackgroundTasks, Request
from fastapi.responses import Response
from sqlalchemy import select

from cases.refusals import Unknown
from config.timetable import TIMETABLE
from persistence.tables import patrol_runs
from tasks.patrols import PATROLS
from tasks.patrols.run import run_patrol
from web import pages
from web.administration import back_to, office_router, was_done
from web.house import TheHouse

router = office_router("run_patrol")
RUNS = 60


@router.get("/patrols")
def patrols_page(request: Request, house: TheHouse, done: str | None = None) -> Response:
    with house.office.read() as conn:
        runs = conn.execute(select(patrol_runs).order_by(patrol_runs.c.started_at.desc()).limit(RUNS)).all()
    latest = {name: next((run for run in runs if run.name == name), None) for name in PATROLS}
    return pages.show(
        request, "office/patrols.html", runs=runs, latest=latest, timetable=TIMETABLE, done=was_done(done),
        prefect_url=house.settings.prefect_url,
    )  # fmt: skip


@router.post("/patrols/{name}")
def run_now(house: TheHouse, name: str, afterwards: BackgroundTasks) -> Response:
    if name not in PATROLS:
        raise Unknown()
    afterwards.add_task(run_patrol, house.office, name, house.office.now(), "page")
    answer = back_to("/patrols", "run_patrol")
    answer.background = afterwards
    return answer
