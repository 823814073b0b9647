"""文书模板: download, change in Word, upload, look at it with a real finding, and have a second person release it."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from cases.refusals import CaseError, FormIncomplete, Unknown
from documents.papers import words
from documents.papers.pdf import as_pdf
from documents.papers.template_door import BOUNDS
from documents.papers.values import FindingValues, ListValues
from documents.papers.words import PAPERS, SHIPPED, Template
from tasks.paper_templates import PERMISSION, draft_template, in_force, sound, version_of, versions_of
from tasks.papers_out import finding_values, list_values
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, refused, was_done
from web.exporting import answer
from web.exports import Job
from web.house import House, TheHouse
from web.signed_in import Filled, Person, SignedIn

router = office_router(PERMISSION)


@router.get("/templates")
def templates_page(request: Request, house: TheHouse, person: SignedIn) -> Response:
    with house.office.read() as conn:
        rows = [(paper, in_force(conn, paper, person.today), versions_of(conn, paper)) for paper in PAPERS]
    return pages.show(request, "office/templates.html", rows=rows)


@router.get("/templates/{paper}")
def template_page(request: Request, house: TheHouse, person: SignedIn, paper: str, done: str | None = None) -> Response:
    return _page(request, house, person, paper, done=done)


@router.post("/templates/{paper}")
def change_template(request: Request, house: TheHouse, person: SignedIn, paper: str, form: Filled) -> Response:
    """Keep a draft, or put one in force."""
    if form.get("act") == "release_template":
        tried = attempt(house, person, form, "release_template", paper=paper)
    else:
        tried = _draft(house, person, paper, form)
    if tried.answer is None:
        return _page(request, house, person, paper, tried=tried)
    return back_to(f"/templates/{paper}", tried.act)


@router.get("/templates/{paper}/{version}/file")
def template_file(house: TheHouse, person: SignedIn, paper: str, version: str) -> Response:
    """Send a template as Word file, place-holders and all. Raises Unknown."""
    template = _template(house, paper, version)
    name = f"{paper}_{version}.docx"
    return answer(house, person, name, f"/templates/{paper}", lambda _: template.bytes_of(paper))


@router.get("/templates/{paper}/{version}/preview.{form}")
def preview(house: TheHouse, person: SignedIn, paper: str, version: str, form: str, number: str = "") -> Response:
    """Send a paper made with a version: of the finding or list *number* that the person may see, else of an example."""
    if form not in ("docx", "pdf"):
        raise Unknown()
    template, values = _template(house, paper, version), _values(house, person, paper, number.strip())

    def make(_: Job) -> bytes:
        made = words.make(paper, values, template)
        return made if form == "docx" else as_pdf(made, "docx")

    return answer(house, person, f"{paper}_{version}.{form}", f"/templates/{paper}", make)


def _page(
    request: Request, house: House, person: Person, paper: str, *, tried: Attempt = NOTHING, done: str | None = None
) -> Response:
    if paper not in PAPERS:
        raise Unknown()
    with house.office.read() as conn:
        facts: dict[str, Any] = {
            "now": in_force(conn, paper, person.today),
            "versions": versions_of(conn, paper),
        }
    names = sorted(
        (name, sorted(fields) if fields is not None else None) for name, fields in words.shape(paper).items()
    )
    return pages.show(
        request, "office/template.html", status=422 if tried.text else 200, paper=paper, names=names, tried=tried,
        done=was_done(done), today=person.today, me=person.actor.person_id, **facts,
    )  # fmt: skip


def _draft(house: House, person: Person, paper: str, form: FormData) -> Attempt:
    note = str(form.get("note") or "").strip()
    try:
        content = None if form.get("act") == "reset_template" else _uploaded(form)
        answer = draft_template(house.office, person.actor, paper, content, note)
    except CaseError as refusal:
        return refused(person, "draft_template", refusal, {"note": note})
    return Attempt("draft_template", answer)


def _uploaded(form: FormData) -> bytes:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise FormIncomplete({"file": "required"})
    return file.file.read(BOUNDS.file_bytes + 1)


def _template(house: House, paper: str, version: str) -> Template:
    if paper not in PAPERS:
        raise Unknown()
    if version == "0":
        return SHIPPED
    with house.office.read() as conn:
        row = version_of(conn, paper, version)
    if row is None:
        raise Unknown()
    return sound(row)


def _values(house: House, person: Person, paper: str, number: str) -> words.Values:
    example = PAPERS[paper].example
    if not number:
        return example
    with house.office.read() as conn:
        if isinstance(example, FindingValues):
            return finding_values(conn, person.actor, number, person.today)
        if isinstance(example, ListValues):
            return list_values(conn, person.actor, number, person.today)
    return example
