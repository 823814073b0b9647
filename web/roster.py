"""单位与人员: the security administrator's pages; every change is an act in the office's ledger."""

from fastapi import Request
from fastapi.responses import Response

from cases.refusals import Unknown
from cases.rights import Clearance
from config.messages import LANGUAGES
from persistence import roster
from persistence.roles import names_of_roles
from tasks.edit_unit import KINDS
from web import pages
from web.administration import NOTHING, Attempt, attempt, back_to, office_router, was_done
from web.house import House, TheHouse
from web.signed_in import Filled, Person, SignedIn
from web.typed import AskedId, Id, whole

router = office_router("edit_people")
ON_UNITS = ("edit_unit", "edit_post", "merge_unit")
ON_PEOPLE = (
    "edit_person", "appoint", "end_tenure", "open_account", "disable_account", "enable_account", "unlock_account",
    "renew_link",
)  # fmt: skip
HAND_A_LINK = frozenset({"open_account", "enable_account", "renew_link"})


@router.get("/units")
def units_page(
    request: Request, house: TheHouse, person: SignedIn, unit: AskedId = None, done: str | None = None
) -> Response:
    return _units(request, house, person, unit, done=done)


@router.post("/units")
def change_unit(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, *ON_UNITS)
    shown = str(form.get("unit") or form.get("parent") or form.get("of_unit") or "")
    if tried.answer is None:
        return _units(request, house, person, whole(shown), tried=tried)
    return back_to("/units", tried.act, unit=str(tried.answer.more.get("unit") or shown))


@router.get("/people")
def people_page(
    request: Request, house: TheHouse, person: SignedIn, q: str = "", after: AskedId = None, done: str | None = None
) -> Response:
    return _people(request, house, person, q, after or 0, done=done)


@router.post("/people")
def enter_person(request: Request, house: TheHouse, person: SignedIn, form: Filled) -> Response:
    tried = attempt(house, person, form, "edit_person")
    if tried.answer is None:
        return _people(request, house, person, "", 0, tried=tried)
    return back_to(f"/people/{tried.answer.more['person']}", tried.act)


@router.get("/people/{person_id}")
def person_page(
    request: Request, house: TheHouse, person: SignedIn, person_id: Id, done: str | None = None
) -> Response:
    return _person(request, house, person, person_id, done=done)


@router.post("/people/{person_id}")
def change_person(request: Request, house: TheHouse, person: SignedIn, person_id: Id, form: Filled) -> Response:
    tried = attempt(house, person, form, *ON_PEOPLE, person=str(person_id))
    if tried.answer is None or tried.act in HAND_A_LINK or "handed" in tried.answer.more:
        return _person(request, house, person, person_id, tried=tried)
    return back_to(f"/people/{person_id}", tried.act)


def _units(
    request: Request,
    house: House,
    person: Person,
    unit_id: int | None,
    *,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    with house.office.read() as conn:
        tree, names = roster.unit_tree(conn), names_of_roles(conn, person.language)
        ids = [unit.id for _, unit, _ in tree]
        shown = unit_id if unit_id is not None and unit_id in ids else ids[0] if ids else 0
        facts = {"posts": roster.posts_of(conn, shown), "open_posts": roster.open_posts(conn, person.today)}
        facts["former"] = roster.former_names(conn, shown)
    chosen = next((unit for _, unit, _ in tree if unit.id == shown), None)
    return pages.show(
        request, "office/units.html", status=_status(tried), tree=tree, chosen=chosen, kinds=KINDS, roles=list(names),
        role_names=names, clearances=list(Clearance), tried=tried, done=was_done(done), today=person.today,
        **facts,
    )  # fmt: skip


def _people(
    request: Request,
    house: House,
    person: Person,
    words: str,
    after: int,
    *,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    with house.office.read() as conn:
        found = roster.find_people(conn, words.strip(), after=after)
    return pages.show(
        request, "office/people.html", status=_status(tried), found=found, words=words, most=roster.MOST_PEOPLE,
        state_of=lambda account: roster.account_state(account, house.office.now()), languages=LANGUAGES,
        tried=tried, done=was_done(done), today=person.today,
    )  # fmt: skip


def _person(
    request: Request,
    house: House,
    person: Person,
    person_id: int,
    *,
    tried: Attempt = NOTHING,
    done: str | None = None,
) -> Response:
    with house.office.read() as conn:
        found = roster.find_person(conn, person_id)
        if found is None:
            raise Unknown()
        open_posts, names = roster.open_posts(conn, person.today), names_of_roles(conn, person.language)
    link = tried.answer.more.get("link") if tried.answer else None
    handed = tried.answer.more.get("handed") if tried.answer else None
    return pages.show(
        request, "office/person.html", status=_status(tried), shown=found, open_posts=open_posts, tried=tried,
        role_names=names, done=was_done(done), handed=handed,
        link=f"{house.settings.base_url}{link}" if link else "", languages=LANGUAGES,
        today=person.today, state_of=lambda account: roster.account_state(account, house.office.now()),
    )  # fmt: skip


def _status(tried: Attempt) -> int:
    return 422 if tried.act and tried.answer is None else 200
