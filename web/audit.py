"""审计: whether the ledger is as it was written, and who did what when; what was written stays closed."""

from fastapi import Request
from fastapi.responses import Response

from cases.moments import end_of_day, start_of_day
from persistence import ledger_search, log
from persistence.ledger_search import Place, Sought
from tasks.witness import told_so_far
from web import pages
from web.administration import office_router
from web.house import House, TheHouse
from web.typed import asked_day, moment_of, whole
from web.verifying import Looked

router = office_router("read_ledger")
PAGE = 100
MOST_EVENTS = 2**31 - 1  # of one case


@router.get("/audit")
def audit_page(
    request: Request,
    house: TheHouse,
    who: str = "",
    number: str = "",
    event: str = "",
    since: str = "",
    until: str = "",
    before: str = "",
) -> Response:
    return _page(request, house, {"who": who, "number": number, "event": event, "since": since, "until": until}, before)


@router.post("/audit/verify")
def verify_now(request: Request, house: TheHouse) -> Response:
    house.verification.start()
    return _page(request, house, dict.fromkeys(("who", "number", "event", "since", "until"), ""), "", verified=True)


@router.get("/audit/verdict")
def verdict(request: Request, house: TheHouse) -> Response:
    """How far the verification under way is, or what it found: asked every second by the page."""
    return pages.show(request, "office/verdict.html", running_for=house.verification.running_for, looked=_looked(house))


def _looked(house: House) -> Looked | None:
    return None if house.verification.running_for is not None else house.verification.looked


def _page(request: Request, house: House, asked: dict[str, str], before: str, *, verified: bool = False) -> Response:
    since, until = asked_day(asked["since"]), asked_day(asked["until"])
    sought = Sought(
        who=asked["who"].strip(),
        number=asked["number"].strip(),
        event=asked["event"].strip(),
        since=start_of_day(since) if since else None,
        until=end_of_day(until) if until else None,
    )
    with house.office.read() as conn:
        rows = ledger_search.search(conn, sought, before=_place(before), limit=PAGE)
        checkpoint = log.latest(conn)
    following = f"{rows[-1].at.isoformat()}|{rows[-1].case_id}|{rows[-1].seq}" if len(rows) == PAGE else ""
    return pages.show(
        request, "office/audit.html", rows=rows, asked=asked, following=following, checkpoint=checkpoint,
        running_for=house.verification.running_for, looked=_looked(house) if verified else None,
        witness=told_so_far(house.witness) if house.witness is not None else None,
    )  # fmt: skip


def _place(text: str) -> Place | None:
    """Return where the next page begins; what we did not write begins with the newest."""
    at, _, rest = text.partition("|")
    case_id, _, seq = rest.partition("|")
    moment, case, event = moment_of(at), whole(case_id), whole(seq)
    if moment is None or case is None or event is None or event > MOST_EVENTS:
        return None
    return moment, case, event
