"""正在生成文件: a file at once where it is small, else a page that counts and then offers it."""

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from cases.refusals import CaseError, Unknown
from config.messages import say
from web import pages
from web.exports import Job, Make, sent
from web.house import House, TheHouse
from web.refusals import sentence
from web.signed_in import Person, SignedIn, page_router

router = page_router()


def answer(house: House, person: Person, name: str, back: str, make: Make) -> Response:
    """Send the file where it is made at once, else lead to the page that counts."""
    job = house.exports.start(person.actor.person_id, name, back, make)
    return sent(job) if job.is_ready else RedirectResponse(f"/exports/{job.key}", 303)


@router.get("/exports/{key}")
def export_page(request: Request, house: TheHouse, person: SignedIn, key: str) -> Response:
    """Show how far a paper is; the page asks again by itself."""
    job = house.exports.find(person.actor.person_id, key)
    part = "parts/export.html" if request.headers.get("hx-request") else "export.html"
    return pages.show(request, part, job=job, why=_why(person, job))


@router.get("/exports/{key}/file")
def export_file(house: TheHouse, person: SignedIn, key: str) -> Response:
    """Send the file. Raises Unknown while it is not there."""
    job = house.exports.find(person.actor.person_id, key)
    if not job.is_ready:
        raise Unknown()
    return sent(job)


def _why(person: Person, job: Job) -> str:
    """Return why there will be no file; empty while there may be one."""
    if not job.failed:
        return ""
    wrong = job.future.exception() if job.future else None
    return sentence(person.language, wrong) if isinstance(wrong, CaseError) else say(person.language, "paper.not_made")
