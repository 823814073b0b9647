"""The JSON interface under ``/api/v1``: acts and rights of the pages, with a token instead of a session.

An application of its own, mounted by `web.app`: its OpenAPI describes nothing else, and every refusal is problem
details (RFC 9457). Moments are UTC, days are Shanghai days, money is text with two decimals, ids inside are text.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, BinaryIO, cast
from urllib.parse import quote

from fastapi import Depends, FastAPI, File, Form, Header, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Said
from sqlalchemy import Connection, select
from starlette.exceptions import HTTPException

from cases.evidence import EvidenceKind, Purpose
from cases.figures import Rate, Rounding, Tally, formulas_of
from cases.finding import Kind, State
from cases.ids import ids_as_text
from cases.moments import read_day, shanghai_date
from cases.refusals import CaseError, FormIncomplete, NotPermitted, Unknown
from cases.rights import Actor, outside
from config.messages import say
from documents.limited import LIMITS
from persistence import dossiers, outbox, overviews
from persistence.columns import canonical
from persistence.figures import By, FigureFilters, tallies
from persistence.overviews import FindingFilters, FindingLine, Order
from persistence.people import load_actor
from persistence.tables import findings, issue_lists, measures, units
from persistence.tokens import account_of_token
from persistence.visibility import visible_findings, visible_lists
from tasks.acts import ACTS
from tasks.import_list import import_list
from tasks.work import Attachment
from web import refusals
from web.house import House, TheHouse
from web.json_body import StrictRoute
from web.signed_in import fit_address, visitor_language
from web.typed import MOST_LINES, AskedDay, Day, Id, Limit, Place, whole

CHUNK = 1 << 16  # bytes of a download that are in memory at once


class BadToken(Exception):
    """No token, or none of ours."""


class KeyNeeded(CaseError):
    """A POST came without an idempotency key."""

    code = "key_needed"


class VersionUnclear(CaseError):
    """If-Match holds something else than a version."""

    code = "version_unclear"


class BadPlace(CaseError):
    """*after* was not given out by us."""

    code = "bad_place"


class ReceiptWrong(CaseError):
    """A file was named that this person did not upload; facts: filename."""

    code = "receipt_wrong"


def make_api(house: House) -> FastAPI:
    """Return the application to mount under ``/api/v1``."""
    api = FastAPI(
        title="xiaohao 销号",
        version="1",
        description=__doc__ or "",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "/api/v1"}],
        root_path_in_servers=False,
        dependencies=[Depends(fit_address)],
    )
    api.router.route_class = StrictRoute
    api.state.house = house
    for path, endpoint in _READS.items():
        api.get(path, responses=_PROBLEMS)(endpoint)
    for path, endpoint in _POSTS.items():
        api.post(path, responses=_PROBLEMS, dependencies=[Depends(idempotency_key)])(endpoint)

    api.add_exception_handler(CaseError, refusals.refuse)
    api.add_exception_handler(BadToken, _no_token)
    api.add_exception_handler(RequestValidationError, _malformed)
    api.add_exception_handler(HTTPException, _no_such)
    api.add_exception_handler(Exception, refusals.fail)
    return api


# --- who asks, and how ----------------------------------------------------------------------------------------------

_bearer = HTTPBearer(
    auto_error=False, description="A token of an account; it has the rights that its person has today."
)


def token_actor(house: TheHouse, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Actor:
    """Return the person behind the token with the rights of today. Raises BadToken."""
    with house.office.read() as conn:
        found = account_of_token(conn, given.credentials) if given else None
        if found is None:
            raise BadToken()
        person_id, account_id = found
        return load_actor(conn, person_id, shanghai_date(house.office.now()), account_id=account_id)


def idempotency_key(
    key: Annotated[str | None, Header(alias="Idempotency-Key", description="The same key has one effect.")] = None,
) -> str:
    """Return the key of a POST. Raises KeyNeeded."""
    if not key or len(key) > 80:
        raise KeyNeeded()
    return key


def seen_version(
    if_match: Annotated[str | None, Header(description='Version that was read, as in the ETag: "7".')] = None,
) -> int | None:
    """Return the version that the caller looked at. Raises VersionUnclear."""
    if if_match is None or if_match == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"')
    if (version := whole(number)) is None:
        raise VersionUnclear()
    return version


Asks = Annotated[Actor, Depends(token_actor)]
Key = Annotated[str, Depends(idempotency_key)]
Version = Annotated[int | None, Depends(seen_version)]
After = Annotated[str | None, Query(max_length=400, description="`next` of the page before.")]


# --- reading --------------------------------------------------------------------------------------------------------


def list_findings(
    house: TheHouse,
    actor: Asks,
    unit: Annotated[str | None, Query(description="Name or short name: this unit and all below it.")] = None,
    state: State | None = None,
    stage: Annotated[str | None, Query(max_length=30)] = None,
    kind: Kind | None = None,
    category: Annotated[str | None, Query(max_length=60)] = None,
    overdue: bool | None = None,
    attention: Annotated[bool | None, Query(description="With undecided signals of paper rectification.")] = None,
    list: Annotated[str | None, Query(max_length=40, description="Number of an issue list.")] = None,
    q: Annotated[str | None, Query(max_length=100, description="Part of number, title or detail.")] = None,
    order: Order = Order.DUE,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Findings that you may see, a page at a time."""
    place = _place(after)
    with house.office.read() as conn:
        filters = FindingFilters(
            unit_path=_unit_path(conn, unit) if unit else None,
            state=state, stage=stage, kind=kind, category=category, overdue=overdue,
            list_id=_list_id(conn, actor, list) if list else None,
            search=q, has_attention=attention, today=shanghai_date(house.office.now()),
        )  # fmt: skip
        page = overviews.list_findings(
            conn, visible_findings(actor), filters, after=_finding_place(place, order), limit=limit, order=order
        )
    following = _next(page, limit, lambda line: overviews.place_of(line, order))
    return _json({"findings": [_line(line) for line in page], "next": following})


def get_figures(
    house: TheHouse,
    actor: Asks,
    as_of: Annotated[AskedDay, Query(description="The whole day included; without it today.")] = None,
    by: By = By.UNIT,
    unit: Annotated[str | None, Query(description="Name or short name: this unit and all below it.")] = None,
    list: Annotated[str | None, Query(max_length=40, description="Number of an issue list.")] = None,
    completion: Annotated[str | None, Query(description="What 完成率 means: done_only, done_or_basic, …")] = None,
    rounding: Rounding | None = None,
) -> Response:
    """Figures of the findings that you may see, group by group, each rate with numerator, denominator and formula."""
    with house.office.read() as conn:
        filters = FigureFilters(
            as_of=as_of or shanghai_date(house.office.now()),
            unit_path=_unit_path(conn, unit) if unit else None,
            list_id=_list_id(conn, actor, list) if list else None,
        )
        groups = tallies(conn, visible_findings(actor), filters, by)
    formulas = formulas_of(completion, rounding)

    def shown(key: str, label: str, tally: Tally) -> dict[str, Any]:
        rates = {one.name: _rate(one.rate(tally)) for one in formulas}
        return {"key": key, "label": label, **asdict(tally), "undone": tally.undone, "rates": rates}

    whole = sum((group.tally for group in groups), Tally())
    return _json(
        {
            "as_of": filters.as_of,
            "by": by,
            "groups": [shown(group.key, group.label, group.tally) for group in groups],
            "whole": shown("", "", whole),
            "formulas": {one.name: one.sentence(actor.language) for one in formulas},
        }
    )


def _rate(rate: Rate) -> dict[str, str | None]:
    """Return *rate* with as many decimals as its formula keeps."""
    percent = None if rate.percent is None else str(rate.percent)
    return {"numerator": str(rate.numerator), "denominator": str(rate.denominator), "percent": percent}


def get_finding(house: TheHouse, actor: Asks, number: str) -> Response:
    """The whole dossier of a finding; its version is in the ETag."""
    with house.office.read() as conn:
        row = _finding(conn, actor, number)
        dossier = dossiers.finding_dossier(conn, row, warned=outside(actor, row.unit_path))
    return _json(dossier, headers={"ETag": f'"{row.version}"'})


def get_events(house: TheHouse, actor: Asks, number: str, after: Place = 0, limit: Limit = MOST_LINES) -> Response:
    """What happened to a finding, oldest first, with the hashes that chain it."""
    with house.office.read() as conn:
        row = _finding(conn, actor, number)
        events = dossiers.timeline(conn, row.id, warned=outside(actor, row.unit_path), after=after, limit=limit)
    shown = [
        {"seq": e.seq, "event": e.event, "act": e.act, "at": e.at, "who": e.who, "post": e.post}
        | {"facts": e.body.get("facts", {}), "hash": e.hash, "leaf": e.leaf}
        for e in events
    ]
    return _json({"events": shown, "next": shown[-1]["seq"] if len(shown) == limit else None})


def list_lists(house: TheHouse, actor: Asks, after: After = None, limit: Limit = 50) -> Response:
    """Issue lists that you may see, newest first."""
    place = _place(after)
    names = ("number", "title", "state", "stage", "feedback_on", "report_due_on", "created_at")
    query = select(issue_lists.c.id, *(issue_lists.c[name] for name in names), units.c.name.label("unit"))
    query = query.join(units, units.c.id == issue_lists.c.unit_id).where(visible_lists(actor))
    if place is not None:
        query = query.where(issue_lists.c.id < _whole(place[0]))
    with house.office.read() as conn:
        page = conn.execute(query.order_by(issue_lists.c.id.desc()).limit(limit)).all()
    shown = [{name: value for name, value in row._mapping.items() if name != "id"} for row in page]
    return _json({"lists": shown, "next": _next(page, limit, lambda row: (row.id,))})


def get_list(house: TheHouse, actor: Asks, number: str) -> Response:
    """An issue list with its findings; its version is in the ETag."""
    with house.office.read() as conn:
        row = dossiers.find_case(conn, issue_lists, number, visible_lists(actor))
        if row is None:
            raise Unknown()
        own = overviews.list_findings(
            conn, visible_findings(actor), FindingFilters(list_id=row.id), order=Order.NUMBER, limit=10_000
        )
        dossier = dossiers.list_dossier(conn, row, warned=outside(actor, row.unit_path))
    return _json(dossier | {"findings": [_line(line) for line in own]}, headers={"ETag": f'"{row.version}"'})


def list_tasks(house: TheHouse, actor: Asks, after: After = None, limit: Limit = 50) -> Response:
    """What waits for you (待办), earliest due day first."""
    place = _place(after)
    with house.office.read() as conn:
        page = overviews.my_tasks(
            conn, actor.holders, actor.person_id,
            after=(str(place[0]), str(place[-1])) if place else None, limit=limit,
            visible=visible_findings(actor), visible_lists=visible_lists(actor),
        )  # fmt: skip
    names = ("act", "form", "stage", "role", "label", "item", "since", "due_on", "number", "title")
    shown = [
        {"task": task.id, "unit": task.unit_name, "mine": task.claimed_by == actor.person_id}
        | {name: getattr(task, name) for name in names}
        for task in page
    ]
    return _json({"tasks": shown, "next": _next(page, limit, lambda task: task.place)})


def list_letters(house: TheHouse, actor: Asks, after: After = None, limit: Limit = 50) -> Response:
    """Letters to you, newest first, whether they were sent or not."""
    place = _place(after)
    with house.office.read() as conn:
        page = outbox.mailbox(conn, person_id=actor.person_id, before=_whole(place[0]) if place else None, limit=limit)
    names = ("letter", "role", "facts", "state", "created_at", "sent_at", "read_at")
    shown = [{"id": str(row.id)} | {name: row._mapping[name] for name in names} for row in page]
    return _json({"letters": shown, "next": _next(page, limit, lambda row: (row.id,))})


def download_evidence(house: TheHouse, actor: Asks, evidence: str) -> Response:
    """The file of a piece of evidence."""
    with house.office.read() as conn:
        found = dossiers.file_of_evidence(conn, whole(evidence) or 0, visible_findings(actor))
    if found is None:
        raise Unknown()
    return StreamingResponse(
        _parts(house.attachments.open(found.sha256)),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "ETag": f'"{found.sha256}"',
            "Cache-Control": "no-store",
        },
    )


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while part := stream.read(CHUNK):
            yield part


# --- acting ---------------------------------------------------------------------------------------------------------


class Upload(BaseModel):
    """A file that was uploaded before, and what it is evidence of."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Said(pattern=r"^[0-9a-f]{64}$")
    size: Id
    media_type: str
    filename: str = Said(max_length=255)
    receipt: str = Said(description="As the upload gave it: nobody can name a file that he did not upload.")
    kind: EvidenceKind = EvidenceKind.OTHER
    purpose: Purpose = Purpose.RESULT
    measure: Id | None = Said(None, description="Number of the measure that it proves.")
    effective_on: Day | None = Said(None, description="Date that the document itself states.")
    locator: str = Said("", max_length=120, description="Page or clause.")


class Doing(BaseModel):
    """One act: the fields of its form, and the files that come with it."""

    model_config = ConfigDict(extra="forbid")

    data: dict[str, Any] = {}
    attachments: list[Upload] = []
    task: str | None = Said(None, description="Which open task, where several wait for the same act.")
    version: Id | None = Said(None, description="Instead of If-Match.")


def act_on_finding(
    house: TheHouse, actor: Asks, number: str, act: str, doing: Doing, key: Key, version: Version
) -> Response:
    """Do an act to a finding."""
    with house.office.read() as conn:
        row = _finding(conn, actor, number)
        attached = _attached(conn, house, actor, row.id, doing.attachments)
    return _perform(house, actor, "finding", number, act, doing, attached, key, version)


def act_on_list(
    house: TheHouse, actor: Asks, number: str, act: str, doing: Doing, key: Key, version: Version
) -> Response:
    """Do an act to an issue list."""
    with house.office.read() as conn:
        if dossiers.find_case(conn, issue_lists, number, visible_lists(actor)) is None:
            raise Unknown()
        attached = _attached(conn, house, actor, None, doing.attachments)
    return _perform(house, actor, "issue_list", number, act, doing, attached, key, version)


def _perform(
    house: House,
    actor: Actor,
    on: str,
    number: str,
    act: str,
    doing: Doing,
    attached: tuple[Attachment, ...],
    key: str,
    version: int | None,
) -> Response:
    if act not in ACTS or ACTS[act].on not in (on, "any"):
        raise Unknown()
    answer = house.office.perform(
        actor, act, number, doing.data,
        key=key, version=version if version is not None else doing.version, attachments=attached, task=doing.task,
    )  # fmt: skip
    shown = {name: value for name, value in asdict(answer).items() if name != "more"}
    return _json(dict(answer.more) | shown, headers={"ETag": f'"{answer.version}"'})


def upload_evidence(house: TheHouse, actor: Asks, file: Annotated[UploadFile, File()]) -> Response:
    """Keep a file; name what comes back in the act that it belongs to. The same file gives the same answer."""
    with house.office.read() as conn:
        megabytes = house.office.number_setting(conn, "upload.megabytes", shanghai_date(house.office.now()))
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2][-255:]
    kept = house.attachments.keep(file.file, name, limit_bytes=megabytes * 1_000_000)
    named = {"sha256": kept.sha256, "size": kept.size, "media_type": kept.media_type, "filename": name}
    receipt = house.office.keyring.mac(_receipt_text(actor, named))
    return _json(named | {"receipt": receipt}, status=201)


def import_ledger(
    house: TheHouse,
    actor: Asks,
    file: Annotated[UploadFile, File(description="Workbook, CSV or feedback document.")],
    unit: Annotated[str | None, Form(max_length=200)] = None,
    feedback_on: Annotated[AskedDay, Form()] = None,
    sheet: Annotated[str | None, Form(max_length=100)] = None,
    mapping: Annotated[str | None, Form(max_length=20_000, description="JSON: heading -> field or null.")] = None,
    dry_run: Annotated[bool, Form()] = False,
) -> Response:
    """Read a ledger and open an issue list, whole or not at all; the same file gives the same list."""
    if not actor.may_anywhere("import_list"):
        raise NotPermitted(act="import_list")
    read = import_list(
        house.office, actor, file.filename or "", file.file.read(LIMITS.file_bytes + 1),
        unit=unit, feedback_on=feedback_on, sheet=sheet, mapping=_mapping(mapping), dry_run=dry_run,
    )  # fmt: skip
    return _json(read.as_json(actor.language), status=201 if read.created else 200)


def _mapping(given: str | None) -> dict[str, str | None] | None:
    if not given:
        return None
    try:
        read = json.loads(given)
    except ValueError:
        raise FormIncomplete({"mapping": "not_a_text"}) from None
    if not isinstance(read, dict) or not all(isinstance(field, str | None) for field in read.values()):
        raise FormIncomplete({"mapping": "not_a_text"})
    return {str(heading): field for heading, field in read.items()}


def _attached(
    conn: Connection, house: House, actor: Actor, finding_id: int | None, uploads: list[Upload]
) -> tuple[Attachment, ...]:
    """Return the files of an act. Raises ReceiptWrong, and FormIncomplete for a measure that is not there."""
    seqs = select(measures.c.seq, measures.c.id).where(measures.c.finding_id == finding_id)
    ids = dict(conn.execute(seqs).tuples().all()) if finding_id is not None else {}
    attached = []
    for upload in uploads:
        if not house.office.keyring.mac_holds(_receipt_text(actor, upload.model_dump()), upload.receipt):
            raise ReceiptWrong(filename=upload.filename)
        if upload.measure is not None and upload.measure not in ids:
            raise FormIncomplete({"attachments": "not_a_choice"})
        attached.append(
            Attachment(
                upload.sha256,
                upload.size,
                upload.media_type,
                upload.filename,
                kind=upload.kind,
                purpose=upload.purpose,
                measure_id=ids.get(upload.measure or 0),
                effective_on=upload.effective_on,
                locator=upload.locator,
            )
        )
    return tuple(attached)


def _receipt_text(actor: Actor, named: Mapping[str, Any]) -> str:
    """Return what a receipt vouches for: this person uploaded this file under this name."""
    return canonical(
        ["upload", actor.person_id, *(named[name] for name in ("sha256", "size", "media_type", "filename"))]
    )


_READS: Mapping[str, Callable[..., Response]] = {
    "/findings": list_findings,
    "/findings/{number}": get_finding,
    "/findings/{number}/events": get_events,
    "/figures": get_figures,
    "/lists": list_lists,
    "/lists/{number}": get_list,
    "/tasks": list_tasks,
    "/letters": list_letters,
    "/evidence/{evidence}": download_evidence,
}
_POSTS: Mapping[str, Callable[..., Response]] = {
    "/findings/{number}/acts/{act}": act_on_finding,
    "/lists/import": import_ledger,
    "/lists/{number}/acts/{act}": act_on_list,
    "/evidence": upload_evidence,
}


# --- what goes out --------------------------------------------------------------------------------------------------


def _finding(conn: Connection, actor: Actor, number: str) -> Any:
    row = dossiers.find_case(conn, findings, number, visible_findings(actor))
    if row is None:
        raise Unknown()
    return row


def _unit_path(conn: Connection, name: str) -> str:
    """Return the place of a unit in the tree; one that is not known has nothing below it."""
    found = conn.scalar(select(units.c.path).where((units.c.name == name) | (units.c.short_name == name)).limit(1))
    return str(found or "/0/")


def _list_id(conn: Connection, actor: Actor, number: str) -> int:
    query = select(issue_lists.c.id).where(issue_lists.c.number == number, visible_lists(actor))
    return int(conn.scalar(query) or 0)


def _line(line: FindingLine) -> dict[str, Any]:
    hidden = {"id", "list_id", "unit_id", "unit_path", "leader_post_id", "handler_post_id", "unit_name"}
    return {name: value for name, value in asdict(line).items() if name not in hidden} | {"unit": line.unit_name}


def _json(body: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(ids_as_text(body), ensure_ascii=False, default=_as_text)
    return Response(text, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not go into JSON")


def _next(page: Any, limit: int, place_of: Any) -> str | None:
    """Return where the next page begins, None after the last one: a short text that callers hand back as it is."""
    if len(page) < limit:
        return None
    return base64.urlsafe_b64encode(canonical(place_of(page[-1])).encode()).decode().rstrip("=")


def _place(after: str | None) -> list[Any] | None:
    if after is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (binascii.Error, ValueError):
        raise BadPlace() from None
    if not isinstance(place, list) or not place or not all(isinstance(v, str | int | None) for v in place):
        raise BadPlace()
    return place


def _finding_place(place: list[Any] | None, order: Order) -> overviews.Place | None:
    if place is None:
        return None
    if len(place) != 2:
        raise BadPlace()
    if order is Order.DUE and place[0] is not None:
        try:
            return read_day(str(place[0])), _whole(place[1])
        except ValueError:
            raise BadPlace() from None
    key = _whole(place[0]) if order is Order.NEWEST else place[0] if order is Order.DUE else str(place[0])
    return key, _whole(place[1])


def _whole(value: object) -> int:
    if not isinstance(value, int) or abs(value) >= 1 << 63:
        raise BadPlace()
    return value


# --- problems -------------------------------------------------------------------------------------------------------

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {"description": "Refused: problem details (RFC 9457)", "content": {"application/problem+json": {}}}
}


def _no_token(request: Request, _: Exception) -> Response:
    answer = _problem(request, 401, "not_signed_in")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _malformed(request: Request, error: Exception) -> Response:
    if refusals.is_about_address(error):
        return _problem(request, 404, "no_such_address")
    wrong = cast(RequestValidationError, error).errors()
    where = ", ".join(".".join(str(part) for part in each["loc"]) for each in wrong[:5])
    return _problem(request, 422, "malformed", errors=refusals.errors_of(error), where=where)


_CODE_OF = {400: "body_unreadable", 405: "no_such_method", 413: "too_large"}


def _no_such(request: Request, error: Exception) -> Response:
    status = cast(HTTPException, error).status_code
    answer = _problem(request, status, _CODE_OF.get(status, "no_such_address"))
    answer.headers.update(cast(HTTPException, error).headers or {})
    return answer


def _problem(
    request: Request, status: int, code: str, *, errors: Mapping[str, str] | None = None, **facts: str
) -> Response:
    language = visitor_language(request)
    body: dict[str, object] = {
        "type": f"urn:xiaohao:problem:{code}",
        "title": say(language, f"problem.{code}", **facts),
    }
    body |= {"status": status, "code": code}
    if errors:
        body["errors"] = {
            name: {"code": why, "text": refusals.field_sentence(language, why)} for name, why in errors.items()
        }
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, {"Content-Language": language}, "application/problem+json")
