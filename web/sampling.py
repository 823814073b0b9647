"""抽样核查 and 回头看: draw, assign, check in the field, and a result that says how sure it is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import Connection, select
from starlette.datastructures import FormData, QueryParams

from cases.finding import Kind
from cases.moments import shanghai_date
from cases.refusals import Unknown
from cases.rights import Subject
from cases.sampling import (
    PERMILLE,
    Rate,
    Stratum,
    false_ones,
    frame_text,
    percent_of,
    share_of,
    size_needed,
    still_excluded,
)
from config.messages import say
from documents.papers import words
from documents.papers.pdf import as_pdf
from documents.papers.sampling import DrawnLine, SampleValues
from persistence.samples import (
    CAMPAIGN,
    SPOT_CHECK,
    Drawn,
    Found,
    Frame,
    Sample,
    categories,
    count,
    drawable_units,
    durability_of,
    exported_sample,
    files_of,
    find_sample,
    had_a_hand,
    may_draw_on,
    names_of,
    rate_of,
    results_of,
    samples_of,
)
from persistence.tables import blobs, measures, rounds, submissions
from tasks.eligible import Candidate, may_do
from tasks.paper_templates import in_force
from tasks.papers_out import checkpoint_sentence
from tasks.patrols.campaigns import due_units
from tasks.sampling import BY_CONFIDENCE, BY_SHARE
from web import pages
from web.administration import NOTHING, Attempt, back_to, office_router, was_done
from web.case_pages import Kept, send
from web.deciding import attempt_with_scan, scan_of
from web.exporting import answer
from web.exports import Job
from web.house import House, TheHouse
from web.signed_in import Filled, Person, SignedIn
from web.typed import Id, asked_day, whole

router = office_router("record_sampled")
_POLICY = (
    "sampling.percent", "sampling.risk_percent", "sampling.confidence_percent", "sampling.excluded_permille",
    "campaign.percent", "campaign.after_months", "campaign.again_months",
)  # fmt: skip
MOST_FACTS = 8  # lines of the field form; more of them go into a second sample of the finding


# --- drawing --------------------------------------------------------------------------------------------------------


@router.get("/samples")
def samples_page(request: Request, house: TheHouse, person: SignedIn, done: str = "") -> Response:
    return _samples(request, house, person, done=was_done(done))


@router.post("/samples")
def draw(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt_with_scan(house, person, form, "draw_sample", _plain(form))
    if tried.answer is None:
        return _samples(request, house, person, tried=tried)
    return back_to(f"/samples/{tried.answer.more['sample']}", tried.act)


@router.get("/samples/frame")
def frame_part(request: Request, house: TheHouse, person: SignedIn) -> Response:
    """Say how much the conditions leave, and what the size means; asked again whenever one changes."""
    asked = request.query_params
    with house.office.read() as conn:
        numbers = _policy(house, conn, person)
        units = {unit.id: unit for unit in drawable_units(conn, person.actor)}
        unit = units.get(whole(asked.get("unit", "")) or 0)
        there = count(conn, person.actor, _frame(asked, unit.path)) if unit is not None else 0
    sentence = _size_sentence(person.language, asked, there, numbers) if there else ""
    return pages.show(request, "parts/sample_frame.html", there=there, sentence=sentence)


def _frame(asked: QueryParams, unit_path: str) -> Frame:
    kind = asked.get("kind", "")
    return Frame(
        unit_path,
        signed_from=asked_day(asked.get("signed_from", "")),
        signed_until=asked_day(asked.get("signed_until", "")),
        category=asked.get("category") or None,
        kind=kind if kind in list(Kind) else None,
        round_id=whole(asked.get("round", "")),
    )


def _size_sentence(language: str, asked: QueryParams, there: int, numbers: Mapping[str, int]) -> str:
    """Return what a sample of the asked size can say of the frame, with its numbers."""

    def number(name: str, of: str, most: int) -> int:
        return max(1, min(most, whole(asked.get(name, "")) or numbers[of]))

    confidence = number("confidence_percent", "sampling.confidence_percent", 99)
    if asked.get("size_by") == BY_CONFIDENCE:
        permille = number("excluded_permille", "sampling.excluded_permille", PERMILLE)
        return say(
            language, "sampling.size_sure", confidence=confidence, permille=permille, missed=100 - confidence,
            false=false_ones(there, permille), drawn=size_needed(there, confidence, permille),
        )  # fmt: skip
    percent = number("share_percent", "sampling.percent", 100)
    drawn = share_of(there, percent)
    excluded = still_excluded(there, drawn, confidence)
    return say(
        language, "sampling.size_share", percent=percent, drawn=drawn, confidence=confidence, frame=there,
        excluded=excluded, share=percent_of(excluded, there),
    )  # fmt: skip


def _plain(form: FormData) -> dict[str, Any]:
    besides = ("csrf", "act", "upload", "file")
    return {name: value for name, value in form.items() if isinstance(value, str) and name not in besides}


def _policy(house: House, conn: Connection, person: Person) -> dict[str, int]:
    return {name: house.office.number_setting(conn, name, person.today) for name in _POLICY}


def _samples(request: Request, house: House, person: Person, *, done: str = "", tried: Attempt = NOTHING) -> Response:
    with house.office.read() as conn:
        rows = [(row, tally) for row, tally in samples_of(conn, person.actor) if row.kind == SPOT_CHECK]
        facts = {
            "rows": rows,
            "units": drawable_units(conn, person.actor),
            "categories": categories(conn, person.actor),
            "rounds": conn.execute(select(rounds.c.id, rounds.c.name).order_by(rounds.c.year.desc())).all(),
            "numbers": _policy(house, conn, person),
        }
    return pages.show(
        request, "office/samples.html", status=_status(tried), tried=tried, done=done, kinds=list(Kind),
        by_share=BY_SHARE, by_confidence=BY_CONFIDENCE, **facts,
    )  # fmt: skip


def _status(tried: Attempt) -> int:
    return 422 if tried.act and tried.answer is None else 200


# --- one sample -----------------------------------------------------------------------------------------------------


@router.get("/samples/{number}")
def sample_page(request: Request, house: TheHouse, person: SignedIn, number: str, done: str = "") -> Response:
    return _sample(request, house, person, number, done=was_done(done))


@router.post("/samples/{number}")
def act_on_sample(request: Request, house: TheHouse, person: SignedIn, form: Filled, number: str) -> Response:
    act = str(form.get("act", ""))
    if act not in ("assign_sampled", "close_sample"):
        raise Unknown()
    lists = {name: [str(value) for value in form.getlist(name)] for name in ("numbers", "inspectors")}
    given = _plain(form) | {"sample": number} | (lists if act == "assign_sampled" else {})
    tried = attempt_with_scan(house, person, form, act, given)
    if tried.answer is None:
        return _sample(request, house, person, number, tried=tried)
    return back_to(f"/samples/{quote(number)}", act)


def _sample(
    request: Request, house: House, person: Person, number: str, *, done: str = "", tried: Attempt = NOTHING
) -> Response:
    with house.office.read() as conn:
        sample = _found(conn, person, number)
        results = results_of(conn, sample.row)
        may_draw = may_draw_on(person.actor, sample.unit_path)
        facts = {
            "rate": rate_of(sample.row, results),
            "left": sum(one.result is None for one in results if one.stratum == Stratum.RANDOM),
            "all_done": all(one.result is not None for one in results),
            "risk": _counted([one for one in results if one.stratum == Stratum.RISK]),
            "by_unit": _by_unit(results),
            "names": names_of(conn, _people(sample)),
            "candidates": _candidates(conn, person, sample) if may_draw and sample.row.closed_at is None else [],
            "durability": durability_of(conn, sample.row) if sample.row.kind == CAMPAIGN else {},
        }
    return pages.show(
        request, "office/sample.html", status=_status(tried), tried=tried, done=done, s=sample, may_draw=may_draw,
        me=person.actor.person_id, strata=list(Stratum), percent=percent_of, **facts,
    )  # fmt: skip


def _found(conn: Connection, person: Person, number: str) -> Sample:
    sample = find_sample(conn, person.actor, number)
    if sample is None:
        raise Unknown()
    return sample


def _people(sample: Sample) -> set[int]:
    found = {sample.row.drawn_by, sample.row.closed_by}
    for one in sample.drawn:
        found |= {*(one.row.assigned_to or []), *(one.row.visitors or []), one.row.recorded_by}
    return {person for person in found if person}


def _counted(results: Sequence[Found]) -> dict[str, int]:
    return {
        "drawn": len(results),
        "checked": sum(one.result in ("agrees", "disagrees") for one in results),
        "found": sum(one.result == "disagrees" for one in results),
    }


def _by_unit(results: Sequence[Found]) -> dict[str, dict[str, dict[str, int]]]:
    """Return unit -> stratum -> counts; the strata are never added up."""
    units = dict.fromkeys(one.unit_name for one in results)
    return {
        unit: {
            str(s): _counted([one for one in results if one.unit_name == unit and one.stratum == s]) for s in Stratum
        }
        for unit in units
    }


def _candidates(conn: Connection, person: Person, sample: Sample) -> list[Candidate]:
    """Return who may check some drawn finding that waits; the act itself refuses who is too near to another."""
    waiting = [one for one in sample.drawn if not one.is_done]
    if not waiting:
        return []
    near = set.intersection(*(had_a_hand(conn, one.row.finding_id) for one in waiting))
    highest = max(one.confidentiality for one in waiting)
    subject = Subject(0, sample.unit_path, highest, issued=True)
    return may_do(conn, "record_sampled", subject, person.today, not_these=near)


@router.get("/samples/{number}/export.json")
def export(house: TheHouse, person: SignedIn, number: str) -> Response:
    """Send what anybody needs to draw the sample again."""
    with house.office.read() as conn:
        _whole_sample(conn, person, number)
        out = exported_sample(conn, number)
    assert out is not None
    text = json.dumps(out.as_json(), ensure_ascii=False, indent=1)
    return _file(text, f"{number}.json", "application/json")


@router.get("/samples/{number}/frame.txt")
def frame_file(house: TheHouse, person: SignedIn, number: str) -> Response:
    """Send the frame, one number a line, as its SHA-256 was taken."""
    with house.office.read() as conn:
        sample = _whole_sample(conn, person, number)
    return _file(frame_text(sample.row.frame), f"{number}.txt", "text/plain")


@router.get("/samples/{number}/appendix.{form}")
def appendix(house: TheHouse, person: SignedIn, number: str, form: str) -> Response:
    """Send the appendix of a verification report. Raises Unknown, OfficeMissing."""
    if form not in ("docx", "pdf"):
        raise Unknown()
    with house.office.read() as conn:
        values = _values(conn, person, _whole_sample(conn, person, number))
        template = in_force(conn, "sampling_appendix", person.today)

    def make(_: Job) -> bytes:
        made = words.make("sampling_appendix", values, template)
        return made if form == "docx" else as_pdf(made, "docx")

    return answer(house, person, f"{say('zh', 'paper.sampling_appendix')}{number}.{form}", f"/samples/{number}", make)


def _values(conn: Connection, person: Person, sample: Sample) -> SampleValues:
    row, results = sample.row, results_of(conn, sample.row)
    return SampleValues(
        number=row.number,
        purpose=row.purpose,
        unit=sample.unit_name,
        drawn_on=shanghai_date(row.drawn_at),
        frame=say("zh", "sampling.frame_size", count=len(row.frame)),
        frame_sha256=row.frame_sha256,
        seed=row.seed,
        method=row.method,
        lines=tuple(
            DrawnLine(say("zh", f"sampling.{one.row.stratum}"), one.number, one.title, one.unit_name, _in_words(one))
            for one in sample.drawn
        ),
        sentences=_sentences(rate_of(row, results), results),
        conclusion=row.conclusion,
        checkpoint=checkpoint_sentence(conn, person.today),
    )


def _in_words(one: Drawn) -> str:
    result = say("zh", f"sampling.{one.row.result or 'waits'}")
    counts = {"asked": one.row.asked, "mismatches": one.row.mismatches}
    return f"{result}（{say('zh', 'sampling.checked_of', **counts)}）" if one.row.asked else result


def _sentences(said: Rate, results: Sequence[Found]) -> tuple[str, ...]:
    """Return what the random stratum says of all, once it is whole, and the risk stratum apart."""
    left = sum(one.result is None for one in results if one.stratum == Stratum.RANDOM)
    if left:
        return (say("zh", "sampling.rate_waits", left=left),)
    numbers = {name: getattr(said, name) for name in ("drawn", "checked", "found", "unknown", "frame", "low", "high")}
    percents = {"low_percent": percent_of(said.low, said.frame), "high_percent": percent_of(said.high, said.frame)}
    found = say("zh", "sampling.rate_said", percent=percent_of(said.found, said.checked), **numbers)
    interval = say("zh", "sampling.interval_said", confidence=said.confidence_percent, **numbers, **percents)
    risk = _counted([one for one in results if one.stratum == Stratum.RISK])
    apart = (say("zh", "sampling.risk_said", **risk),) if risk["drawn"] else ()
    return (found, interval, *apart)


def _whole_sample(conn: Connection, person: Person, number: str) -> Sample:
    """Return a sample on whose unit the person draws. Raises Unknown for who was only sent to check."""
    sample = _found(conn, person, number)
    if not may_draw_on(person.actor, sample.unit_path):
        raise Unknown()
    return sample


def _file(text: str, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return PlainTextResponse(text, headers=headers, media_type=f"{media_type}; charset=utf-8")


@router.get("/samples/{number}/files/{key}")
def brought_home(house: TheHouse, person: SignedIn, number: str, key: Id) -> Response:
    """Send a file of a visit to who sees the visit."""
    with house.office.read() as conn:
        sample = _found(conn, person, number)
        own = {paper for one in sample.drawn for paper in one.row.papers or []}
        row = files_of(conn, sample.row.id).get(key) if key in own else None
        if row is None:
            raise Unknown()
        kind = str(conn.scalar(select(blobs.c.media_type).where(blobs.c.sha256 == row.sha256)))
    return send(house, Kept(row.sha256, row.filename, kind), "attachment")


# --- in the field ---------------------------------------------------------------------------------------------------


@router.get("/samples/{number}/{finding}")
def visit_page(request: Request, house: TheHouse, person: SignedIn, number: str, finding: str) -> Response:
    return _visit(request, house, person, number, finding)


@router.post("/samples/{number}/{finding}")
def record(request: Request, house: TheHouse, person: SignedIn, form: Filled, number: str, finding: str) -> Response:
    given = _plain(form) | {"sample": number, "number": finding, "checks": _checks(form)}
    given["visitors"] = [str(value) for value in form.getlist("visitors")]
    tried = attempt_with_scan(house, person, form, "record_sampled", given)
    if tried.answer is None:
        return _visit(request, house, person, number, finding, tried=tried, form=form)
    return back_to(f"/samples/{quote(number)}", tried.act)


def _checks(form: FormData) -> list[dict[str, Any]]:
    """Return the lines of the form in which something was written."""
    lines = []
    for place in range(MOST_FACTS):
        said: dict[str, Any] = {name: str(form.get(f"{name}.{place}", "")) for name in ("fact", "dossier", "found")}
        if any(text.strip() for text in said.values()):
            chosen = form.get(f"agrees.{place}")
            lines.append(said | {"agrees": {"yes": True, "no": False}.get(str(chosen))})
    return lines


def _visit(
    request: Request,
    house: House,
    person: Person,
    number: str,
    finding: str,
    *,
    tried: Attempt = NOTHING,
    form: FormData | None = None,
) -> Response:
    with house.office.read() as conn:
        sample = _found(conn, person, number)
        one = next((drawn for drawn in sample.drawn if drawn.number == finding), None)
        if one is None:
            raise Unknown()
        facts = {
            "said": _said(conn, one),
            "names": names_of(conn, _people(sample)),
            "files": files_of(conn, sample.row.id),
        }
    written = {name: str(value) for name, value in form.items() if isinstance(value, str)} if form else {}
    return pages.show(
        request, "office/visit.html", status=_status(tried), tried=tried, s=sample, one=one, done="",
        sheet=scan_of(house, person, form, "sampling.files"), lines=range(MOST_FACTS), written=written,
        ticked=form.getlist("visitors") if form else [], today=person.today, me=person.actor.person_id, **facts,
    )  # fmt: skip


def _said(conn: Connection, one: Drawn) -> dict[str, Any]:
    """Return what the dossier says: the last account of the unit, measure by measure."""
    last = (
        select(submissions)
        .where(submissions.c.finding_id == one.row.finding_id)
        .order_by(submissions.c.at.desc())
        .limit(1)
    )
    row = conn.execute(last).one_or_none()
    planned = conn.execute(
        select(measures.c.id, measures.c.seq, measures.c.text).where(measures.c.finding_id == one.row.finding_id)
        .order_by(measures.c.seq)
    ).all()  # fmt: skip
    return {"account": row, "measures": planned}


# --- campaigns ------------------------------------------------------------------------------------------------------


@router.get("/campaigns")
def campaigns_page(request: Request, house: TheHouse, person: SignedIn) -> Response:
    return _campaigns(request, house, person)


@router.post("/campaigns")
def open_campaign(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt_with_scan(house, person, form, "open_campaign", _plain(form))
    if tried.answer is None:
        return _campaigns(request, house, person, tried=tried)
    return back_to(f"/samples/{tried.answer.more['sample']}", tried.act)


def _campaigns(request: Request, house: House, person: Person, *, tried: Attempt = NOTHING) -> Response:
    if not person.may("draw_sample"):
        raise Unknown()
    with house.office.read() as conn:
        numbers = _policy(house, conn, person)
        due = [unit for unit in due_units(house.office, conn, person.today) if may_draw_on(person.actor, unit.path)]
        rows = [row for row, _ in samples_of(conn, person.actor) if row.kind == CAMPAIGN]
        progress = {row.id: _counted(results_of(conn, row)) for row in rows}
    return pages.show(
        request, "office/campaigns.html", status=_status(tried), tried=tried, done="", due=due, rows=rows,
        progress=progress, numbers=numbers, may_open=person.may("open_campaign"),
    )  # fmt: skip
