"""角色: the list of roles, and the form by which the security administrator enters one."""

from fastapi import Request
from fastapi.responses import Response

from cases.rights import Side
from persistence import roles
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, was_done
from web.house import House, TheHouse
from web.signed_in import Filled, SignedIn

router = office_router("edit_people")


@router.get("/roles")
def roles_page(request: Request, house: TheHouse, done: str | None = None) -> Response:
    return _roles(request, house, done=done)


@router.post("/roles")
def change_role(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, "edit_role")
    if tried.answer is None:
        return _roles(request, house, tried=tried)
    return back_to("/roles", tried.act)


def _roles(request: Request, house: House, *, tried: Attempt = NOTHING, done: str | None = None) -> Response:
    with house.office.read() as conn:
        found, posts = roles.every_role(conn), roles.posts_by_role(conn)
    known = {role.code for role in found}
    return pages.show(
        request, "office/roles.html", status=422 if tried.act and tried.answer is None else 200, found=found,
        posts=posts, sides=list(Side), tried=tried, done=was_done(done),
        renamed=tried.given.get("code") if tried.given.get("code") in known else None,
    )  # fmt: skip
