"""巡检: what the house looks after by itself: when it ran, who woke it, what it found; and a button to run it now."""

from fastapi import BackgroundTasks, Request
from fastapi.responses import Response
from sqlalchemy import select

from cases.refusals import Unknown
from config.messages import say
from persistence.tables import patrol_runs
from tasks.patrols import PATROLS
from tasks.patrols.run import run_patrol
from tasks.patrols.timekeeping import keeping_of, why_in_words
from web import pages
from web.administration import back_to, office_router, was_done
from web.house import TheHouse
from web.signed_in import SignedIn

router = office_router("run_patrol")
RUNS = 60


@router.get("/patrols")
def patrols_page(request: Request, house: TheHouse, person: SignedIn, done: str | None = None) -> Response:
    with house.office.read() as conn:
        runs = conn.execute(select(patrol_runs).order_by(patrol_runs.c.started_at.desc()).limit(RUNS)).all()
    keeping = keeping_of(house.office)
    latest = {name: next((run for run in runs if run.name == name), None) for name in PATROLS}
    return pages.show(
        request, "office/patrols.html", runs=runs, latest=latest, done=was_done(done),
        when=lambda name: _when(person.language, house.settings.timetable.get(name, "")),
        keeping=keeping, why=why_in_words(person.language, keeping),
    )  # fmt: skip


@router.post("/patrols/{name}")
def run_now(house: TheHouse, name: str, afterwards: BackgroundTasks) -> Response:
    if name not in PATROLS:
        raise Unknown()
    afterwards.add_task(run_patrol, house.office, name, house.office.now(), "page")
    answer = back_to("/patrols", "run_patrol")
    answer.background = afterwards
    return answer


def _when(language: str, cron: str) -> str:
    """Return when a patrol runs by itself, in words; a cron of another shape as it stands."""
    minute, hour, *rest = cron.split() or ["", ""]
    if rest != ["*", "*", "*"] or not minute.isdecimal():
        return cron
    if hour == "*":
        return say(language, "office.hourly", minute=minute.zfill(2))
    return say(language, "office.daily", clock=f"{hour.zfill(2)}:{minute.zfill(2)}") if hour.isdecimal() else cron
