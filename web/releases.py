"""流程: releases with diagrams, tables, forms and letters; a draft is judged, and published by a second person."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Row, select
from starlette.datastructures import FormData, UploadFile

from bpmn.checker import Problem
from bpmn.decisions import read_decision
from bpmn.forms import FormRefused, read_form
from bpmn.reading import DiagramRefused
from bpmn.release import FOLDERS, NotInRelease, Release
from cases.refusals import CaseError, FormIncomplete, Unknown
from persistence.tables import back_tests, people, releases
from tasks.backtest.comparing import Found
from tasks.kept_releases import release_kept
from tasks.release_roles import roles_of_house
from tasks.releases import draft_release, problems_of
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, refused, was_done
from web.house import House, TheHouse
from web.signal_rules import sums_of
from web.signed_in import Filled, Person, SignedIn

router = office_router("publish_release")
LARGEST_FILE = 2_000_000  # bytes of one diagram, table or form


class FileNotOfRelease(CaseError):
    """A file that is no diagram, table or form, or too large to be one; facts: filename."""

    code = "file_not_of_release"
    field = "files"


@router.get("/releases")
def releases_page(request: Request, house: TheHouse, done: str | None = None) -> Response:
    return _releases(request, house, done=done)


@router.post("/releases")
def draft(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    try:
        release_id = draft_release(house.office, _files(form), _title(form), person.actor.person_id)
    except DiagramRefused as unsafe:
        problems = [Problem(unsafe.file, each.element, each.code, dict(each.facts)) for each in unsafe.refusals]
        return _releases(request, house, problems=problems)
    except CaseError as refusal:
        return _releases(request, house, tried=refused(person, "draft_release", refusal, {"title": _title(form, "")}))
    return back_to(f"/releases/{release_id}", "draft_release")


@router.get("/releases/{release_id}")
def release_page(
    request: Request, house: TheHouse, person: SignedIn, release_id: str, file: str = "", done: str | None = None
) -> Response:
    return _release(request, house, person, release_id, file, done=done)


@router.post("/releases/{release_id}")
def publish(request: Request, house: TheHouse, person: SignedIn, release_id: str, form: Filled) -> Response:
    tried = attempt(house, person, form, "publish_release", release=release_id)
    if tried.answer is None:
        return _release(request, house, person, release_id, "", tried=tried)
    return back_to(f"/releases/{release_id}", tried.act)


@router.get("/releases/{release_id}/file")
def release_file(house: TheHouse, release_id: str, path: str) -> Response:
    with house.office.read() as conn:
        _, release = _found(conn, release_id)
    try:
        content = release[path]
    except NotInRelease:
        raise Unknown() from None
    name = quote(PurePosixPath(path).name, safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    return Response(content, 200, headers, "text/plain; charset=utf-8")


def _releases(
    request: Request,
    house: House,
    *,
    problems: list[Problem] | None = None,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    with house.office.read() as conn:
        rows = conn.execute(_with_names().order_by(releases.c.drafted_at.desc())).all()
        try:
            in_force = house.office.release_in_force(conn)
        except CaseError:
            in_force = ""
    return pages.show(
        request, "office/releases.html", status=422 if tried.text or problems else 200, rows=rows, in_force=in_force,
        problems=problems or [], tried=tried, done=was_done(done),
    )  # fmt: skip


def _release(
    request: Request,
    house: House,
    person: Person,
    release_id: str,
    file: str,
    *,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    with house.office.read() as conn:
        row, release = _found(conn, release_id)
        in_force = "" if row.state == "draft" else house.office.release_in_force(conn)
        before = release_kept(conn, house.office.release_in_force(conn)) if row.state == "draft" else release
        roles = roles_of_house(conn, person.today)
        reason = conn.execute(select(back_tests).where(back_tests.c.draft_id == release_id).limit(1)).one_or_none()
    shown = file if file in release.files else next(iter(release.names("processes", ".bpmn")), "")
    problems = problems_of(release, roles)
    marked = [{"element": p.element, "text": p.sentence(person.language)} for p in problems if p.file == shown]
    return pages.show(
        request, "office/release.html", status=422 if tried.text else 200, row=row, groups=_groups(release),
        changed={path for path, content in release.files.items() if before.files.get(path) != content},
        shown=shown, view=_view(release, shown), problems=problems, marked=marked, in_force=in_force == release_id,
        own=row.drafted_by == person.actor.person_id, reason=reason,
        sums=sums_of(Found.kept(reason.found)) if reason else {}, tried=tried, done=was_done(done),
    )  # fmt: skip


def _found(conn: Any, release_id: str) -> tuple[Row[Any], Release]:
    row = conn.execute(_with_names().where(releases.c.id == release_id)).one_or_none()
    if row is None:
        raise Unknown()
    return row, release_kept(conn, release_id)


def _with_names() -> Any:
    drafter, publisher = people.alias(), people.alias()
    return (
        select(releases, drafter.c.name.label("drafter"), publisher.c.name.label("publisher"))
        .outerjoin(drafter, drafter.c.id == releases.c.drafted_by)
        .outerjoin(publisher, publisher.c.id == releases.c.published_by)
    )


def _groups(release: Release) -> Mapping[str, list[str]]:
    """Return the files by folder; letters are folded into one line each."""
    return {folder: list(release.names(folder)) for folder in ("processes", "decisions", "forms", "letters")}


def _view(release: Release, path: str) -> dict[str, Any]:
    """Return what shows a file: a diagram, a table, the fields of a form, or its text."""
    folder = path.partition("/")[0]
    content = release.files.get(path, b"")
    try:
        if folder == "decisions":
            return {"kind": "decision", "table": read_decision(path, content)}
        if folder == "forms":
            return {"kind": "form", "form": read_form(content)}
    except (DiagramRefused, FormRefused):
        return {"kind": "text", "text": content.decode("utf-8", "replace")}
    if folder == "processes":
        return {"kind": "diagram"}
    return {"kind": "text", "text": content.decode("utf-8", "replace")}


def _files(form: FormData) -> dict[str, bytes]:
    folders = {suffix: folder for folder, suffix in FOLDERS.items()}
    found: dict[str, bytes] = {}
    for file in form.getlist("files"):
        if not isinstance(file, UploadFile) or not file.filename:
            continue
        name = PurePosixPath(file.filename.replace("\\", "/")).name
        folder = folders.get(PurePosixPath(name).suffix.lower())
        content = file.file.read(LARGEST_FILE + 1)
        if folder is None or len(content) > LARGEST_FILE:
            raise FileNotOfRelease(filename=name)
        found[f"{folder}/{name}"] = content
    if not found:
        raise FormIncomplete({"files": "required"})
    try:
        Release(found)
    except ValueError:
        raise FileNotOfRelease(filename=next(iter(found)).partition("/")[2]) from None
    return found


def _title(form: FormData, otherwise: str | None = None) -> str:
    title = str(form.get("title") or "").strip()[:120]
    if not title and otherwise is None:
        raise FormIncomplete({"title": "required"})
    return title or str(otherwise or "")
