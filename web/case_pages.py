"""问题详情 and 问题清单: the pages of one case, its diagrams and its files."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import BackgroundTasks, Depends, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import and_, func, select

from cases.figures import printed_of
from cases.finding import Finding, State
from cases.issue_list import INTERNAL, IssueList
from cases.refusals import Unknown
from cases.rights import outside
from cases.sign_off import SignalUndecided, objections
from config.messages import say
from persistence import case_store, dossiers
from persistence.figures import FigureFilters, tally
from persistence.overviews import reporting_of
from persistence.people import staff_of
from persistence.tables import blobs, evidence, findings, issue_lists, papers, posts, units
from persistence.visibility import visible_findings, visible_lists
from tasks.readiness import lacking
from web import pages
from web.corrections import shown_beside, transferred_page
from web.dossier_shown import drawings_of, events_of, summary_of
from web.hearing import heard_of
from web.house import House, TheHouse
from web.intake_shown import cells_of, left_open_of, rows_of
from web.refusals import sentence
from web.responsibility import steps_of, texts_of
from web.seeing import Room, Seen, seeing
from web.signed_in import Person, SignedIn, page_router
from web.suspicions import suspicion_of
from web.typed import Id, whole
from web.urgency import Clockwork, Shown
from web.watching import note_opening

router = page_router()

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF = "application/pdf"
READ_AS_TEXT = frozenset({"text/plain", "text/csv"})
MOST_TEXT = 20_000  # bytes of a text that a preview shows
CHUNK = 1 << 16
PAGE = 200  # findings on the page of a list


@router.get("/findings/{number}")
def finding_page(request: Request, house: TheHouse, person: SignedIn, number: str, did: str = "") -> Response:
    try:
        return _finding_page(request, house, person, number, did)
    except Unknown:
        return transferred_page(request, house, person, number)


def _finding_page(request: Request, house: House, person: Person, number: str, did: str) -> Response:
    with seeing(house, person, "findings", number) as seen:
        assert isinstance(seen.value, Finding)
        shown = summary_of(seen)
        facts: dict[str, Any] = {
            "s": shown,
            "d": shown.dossier,
            "mine": seen.mine(),
            "beside": seen.beside(),
            "drawings": drawings_of(seen),
            "events": list(reversed(events_of(seen))),
            "objections": _objections(seen),
            **shown_beside(seen),
            "suspicion": suspicion_of(seen),
            "heard": heard_of(seen),
            "cells": cells_of(seen, shown.dossier),
            "did": did if did.isidentifier() else "",
        }
    return pages.show(request, "finding.html", **facts)


def _objections(seen: Seen) -> list[str]:
    """Return what still stands against the sign-off, in words; nothing before the unit has submitted."""
    value = seen.value
    if not isinstance(value, Finding) or value.state is not State.OPEN or value.submitted_at is None:
        return []
    staff = staff_of(seen.conn, value.unit_path, seen.person.today)
    language = seen.person.language
    return [
        say(language, "hearing.facts_open")  # the unit is asked in words, not by the codes of what found it
        if isinstance(one, SignalUndecided) and not seen.from_outside
        else sentence(language, one)
        for one in objections(case_store.dossier(seen.conn, value, staff=staff))
    ]


def _urgency(clockwork: Clockwork, row: Mapping[Any, Any]) -> Shown | None:
    return clockwork.of_finding(row["state"], row["due_on"], row["submitted_at"])


@router.get("/lists/{number}")
def list_page(
    request: Request,
    house: TheHouse,
    person: SignedIn,
    number: str,
    did: str = "",
    mapped: str = "",
    after: str = "",
) -> Response:
    with seeing(house, person, "lists", number) as seen:
        shown = summary_of(seen)
        own = and_(findings.c.list_id == seen.case.id, visible_findings(person.actor))
        page = select(findings).where(own, findings.c.number > after).order_by(findings.c.number).limit(PAGE + 1)
        rows = seen.conn.execute(page).mappings().all()
        missing = lacking(seen.conn, seen.case.id)
        registered = select(findings.c.id).where(own, findings.c.state == State.REGISTERED)
        settles = seen.may("map_posts") and seen.conn.scalar(registered.limit(1)) is not None
        facts: dict[str, Any] = {
            "s": shown,
            "d": shown.dossier,
            "mine": seen.mine(),
            "beside": seen.beside(),
            "rows": [(row, _urgency(seen.clockwork, row), missing.get(row["number"], ())) for row in rows[:PAGE]],
            "lacking": len(missing),
            "total": seen.conn.scalar(select(func.count()).where(own)),
            "midterm": _midterm(seen),
            "after": after,
            "next": rows[PAGE - 1]["number"] if len(rows) > PAGE else "",
            **_foot(seen),
            "texts": texts_of(seen) if settles else None,
            "mapped": whole(mapped),
            "left_open": rows_of(left_open_of(seen), person.language),
            "settles": settles,
            "posts": _posts(seen),
            "drawings": drawings_of(seen),
            "events": list(reversed(events_of(seen))),
            "papers": _papers(seen),
            "did": did if did.isidentifier() else "",
        }
    return pages.show(request, "list.html", **facts)


def _midterm(seen: Seen) -> str:
    value = seen.value
    assert isinstance(value, IssueList)
    return seen.clockwork.counted(value.midterm_on, value.feedback_on, value.report_due_on)


def _foot(seen: Seen) -> dict[str, Any]:
    """Return the figures of a list and its completion, as the list reports."""
    reports = reporting_of(seen.conn, seen.case.id)
    completion = printed_of(reports.completion, reports.rounding)[0]
    counted = tally(
        seen.conn, visible_findings(seen.person.actor), FigureFilters(seen.person.today, list_id=seen.case.id)
    )
    language = seen.person.language
    return {
        "tally": counted,
        "rate": completion.rate(counted).text,
        "rate_name": completion.title(language),
        "sentence": completion.sentence(language),
    }


def settle_facts(seen: Seen) -> dict[str, Any]:
    """Return what the row of a finding on its list's page needs to be settled."""
    row = seen.conn.execute(select(findings).where(findings.c.id == seen.case.id)).mappings().one()
    missing = lacking(seen.conn, row["list_id"]).get(row["number"], ())
    words = say(seen.person.language, "web.list_comma").join(
        say(seen.person.language, f"missing.{name}") for name in missing
    )
    steps = steps_of(seen.conn, row["list_id"])
    return {"row": row, "missing": missing, "missing_words": words, "posts": _posts(seen), "steps": steps}


def _posts(seen: Seen) -> dict[str, list[tuple[int, str]]]:
    """Return the posts of the unit by what they may be responsible for."""
    path = seen.value.unit_path
    query = (
        select(posts.c.id, posts.c.role, posts.c.title, units.c.short_name)
        .join(units, units.c.id == posts.c.unit_id)
        .where(units.c.path >= path, units.c.path < path[:-1] + "0", posts.c.valid_until.is_(None))
        .order_by(units.c.path, posts.c.id)
    )
    of_role = {"leader": "responsible_leader", "handler": "handler", "chief": "chief"}
    rows = seen.conn.execute(query).all()
    return {
        field: [(r.id, f"{r.short_name} {r.title}") for r in rows if r.role == role] for field, role in of_role.items()
    }


def _papers(seen: Seen) -> list[Any]:
    query = select(papers.c.id, papers.c.act, papers.c.filename, papers.c.uploaded_at, papers.c.sha256).where(
        papers.c.case_id == seen.case.id
    )
    kept = seen.conn.execute(query.order_by(papers.c.id))
    return [paper for paper in kept if seen.from_outside or paper.act not in INTERNAL]


@router.get("/{room}/{number}/diagram/{process}")
def diagram(house: TheHouse, person: SignedIn, room: Room, number: str, process: str) -> Response:
    """Return a diagram of the case as it was when its process started."""
    with seeing(house, person, room, number) as seen:
        drawn = next((one for one in drawings_of(seen) if one.process == process), None)
        release = seen.release
        if drawn is None or release is None or drawn.file not in release.files:
            raise Unknown()
        return Response(release[drawn.file], media_type="application/xml", headers={"Cache-Control": "no-store"})


# --- files --------------------------------------------------------------------------------------------------------


class Kept:
    """A stored file that the person may read."""

    def __init__(self, sha256: str, filename: str, media_type: str) -> None:
        self.sha256, self.filename, self.media_type = sha256, filename, media_type


def kept_evidence(house: TheHouse, person: SignedIn, key: Id) -> Kept:
    """Return the file of a piece of evidence. Raises Unknown."""
    with house.office.read() as conn:
        row = dossiers.file_of_evidence(conn, key, visible_findings(person.actor))
        if row is None:
            raise Unknown()
        return Kept(
            row.sha256, row.filename, str(conn.scalar(select(blobs.c.media_type).where(blobs.c.sha256 == row.sha256)))
        )


def kept_paper(house: TheHouse, person: SignedIn, key: Id) -> Kept:
    """Return a paper of a list. Raises Unknown."""
    query = (
        select(papers.c.sha256, papers.c.filename, blobs.c.media_type, papers.c.act, issue_lists.c.unit_path)
        .join(issue_lists, issue_lists.c.id == papers.c.case_id)
        .join(blobs, blobs.c.sha256 == papers.c.sha256)
        .where(papers.c.id == key, visible_lists(person.actor))
    )
    with house.office.read() as conn:
        row = conn.execute(query).one_or_none()
    if row is None or (row.act in INTERNAL and not outside(person.actor, row.unit_path)):
        raise Unknown()
    return Kept(row.sha256, row.filename, row.media_type)


Evidence = Annotated[Kept, Depends(kept_evidence)]
Paper = Annotated[Kept, Depends(kept_paper)]


@router.get("/evidence/{key}")
def download(house: TheHouse, person: SignedIn, kept: Evidence, key: Id, after: BackgroundTasks) -> Response:
    after.add_task(note_opening, house, person, key)
    return send(house, kept, "attachment")


@router.get("/papers/{key}")
def download_paper(house: TheHouse, kept: Paper) -> Response:
    return send(house, kept, "attachment")


@router.get("/evidence/{key}/inline")
def look(house: TheHouse, person: SignedIn, kept: Evidence, key: Id, after: BackgroundTasks) -> Response:
    """Show a picture or a PDF in its frame: by the type that we found, never one that can hold a script of ours."""
    if kept.media_type not in INLINE | {PDF}:
        raise Unknown()
    after.add_task(note_opening, house, person, key)
    return send(house, kept, "inline")


@router.get("/evidence/{key}/preview")
def preview(
    request: Request, house: TheHouse, person: SignedIn, kept: Evidence, key: Id, after: BackgroundTasks
) -> Response:
    text = ""
    after.add_task(note_opening, house, person, key)
    if kept.media_type in READ_AS_TEXT:
        with house.attachments.open(kept.sha256) as file:
            text = file.read(MOST_TEXT).decode("utf-8", "replace")
    with house.office.read() as conn:
        row = conn.execute(select(evidence).where(evidence.c.id == key)).mappings().one()
        size = conn.scalar(select(blobs.c.size).where(blobs.c.sha256 == kept.sha256))
    return pages.show(
        request,
        "parts/preview.html",
        e=row,
        size=int(size or 0),
        how="image" if kept.media_type in INLINE else "pdf" if kept.media_type == PDF else "text" if text else "",
        text=text,
    )


def send(house: TheHouse, kept: Kept, disposition: str) -> Response:
    """Send a kept file that the person may read, as a download or shown in a frame."""
    file = house.attachments.open(kept.sha256)

    def parts() -> Any:
        with file:
            while part := file.read(CHUNK):
                yield part

    inline = disposition == "inline"
    headers = {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(kept.filename)}",
        "Cache-Control": "no-store",
    }
    sandbox = "" if kept.media_type == PDF and inline else "sandbox; "  # the browser's PDF viewer will not run in one
    ancestors = "'self'" if inline else "'none'"
    headers["Content-Security-Policy"] = f"default-src 'none'; {sandbox}frame-ancestors {ancestors}"
    if inline:
        headers["X-Frame-Options"] = "SAMEORIGIN"
    return StreamingResponse(
        parts(), media_type=kept.media_type if inline else "application/octet-stream", headers=headers
    )
