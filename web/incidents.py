"""异常: what stands still and needs a hand; numbers of cases only, never their contents."""

from fastapi import Request
from fastapi.responses import Response

from persistence import incidents
from tasks.acts import ACTS
from tasks.between_cases import most_failures
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, was_done
from web.house import House, TheHouse
from web.signed_in import Filled, SignedIn

router = office_router("repair_case")


@router.get("/incidents")
def incidents_page(request: Request, house: TheHouse, done: str | None = None) -> Response:
    return _incidents(request, house, done=done)


@router.post("/incidents")
def mend(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, "retry_message", "repair_case")
    if tried.answer is None:
        return _incidents(request, house, tried=tried)
    return back_to("/incidents", tried.act)


def _incidents(request: Request, house: House, *, tried: Attempt = NOTHING, done: str | None = None) -> Response:
    with house.office.read() as conn:
        facts = {
            "faulted": incidents.faulted(conn),
            "unheard": incidents.unheard(conn),
            "failing": incidents.failing(conn),
            "given_up": most_failures(house.office, conn),
            "dead": incidents.letter_counts(conn).get("dead", 0),
        }
    return pages.show(
        request, "office/incidents.html", status=422 if tried.text else 200, tried=tried, done=was_done(done),
        can_repair="repair_case" in ACTS, **facts,
    )  # fmt: skip
