"""Roles are rows: what an entered one carries, what its side means, and that diagrams and posts can use it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from bpmn.release import Release
from cases.refusals import CaseError, FormIncomplete, NotPermitted
from cases.rights import COMMON, PERMISSIONS, SIDES, Grant, Role, Side
from config.messages import LANGUAGES
from persistence.roles import names_of_roles, sides_of_roles
from persistence.tables import ledger, posts, roles
from tasks.edit_role import RoleCodeRefused
from tasks.release_roles import roles_of_house
from tasks.releases import everything_shipped, problems_of
from tasks.roster import AdministratorsExclude
from tests.support.city import UNIT, City

SECURITY = "secadmin1"
CITY = 1


def enter(city: City, code: str, side: str = "inspecting", **more: str) -> None:
    named = {"name_zh": "督查室", "name_en": "Supervision room", "side": side}
    city.perform(SECURITY, "edit_role", "office", {"code": code, **named, **more})


def seat(city: City, login: str, role: str, *, unit: int, scope: int | None = None) -> int:
    """Give the person of *login* a post of *role* and return its id."""
    where = {"scope": str(scope)} if scope else {}
    post = city.perform(
        SECURITY, "edit_post", "office",
        {"unit": str(unit), "title": "督查专员", "role": role, "clearance": "1", **where},
    ).more["post"]  # fmt: skip
    held = {"post": post, "person": str(city.actor(login).person_id), "valid_from": city.today.isoformat()}
    city.perform(SECURITY, "appoint", "office", held)
    return int(post)


def test_every_role_that_the_rules_name_is_a_row_on_its_side(city_at: Callable[[str], City]) -> None:
    there = city_at("registered")

    with there.office.read() as conn:
        rows = {row.code: Side(row.side) for row in conn.execute(select(roles))}
        assert rows == sides_of_roles(conn) == SIDES
        assert names_of_roles(conn, "zh")["verification_leader"] == "核查组长"
    assert set(rows) == set(Role)


def test_an_entered_role_carries_what_its_side_gives_and_nothing_else(city_at: Callable[[str], City]) -> None:
    there = city_at("issued")
    enter(there, "supervision_room")
    before = there.count(posts)
    seat(there, "organisation1", "supervision_room", unit=6, scope=CITY)

    granted = next(g for g in there.actor("organisation1").grants if g.role == "supervision_room")
    assert {name for name in PERMISSIONS if granted.allows(name)} == COMMON
    assert granted.side is Side.INSPECTING
    assert there.count(posts) == before + 1
    assert there.column(select(func.count()).where(ledger.c.event == "RoleEdited")) == [1]


@pytest.mark.parametrize("side", list(Side))
def test_the_side_decides_what_is_separate(sqlite_city: Callable[[str], City], side: Side) -> None:
    granted = Grant("anything", 11, "/1/11/", 1, entered_side=side)

    assert granted.allows("view") == (side is not Side.ADMINISTRATION)
    assert not any(granted.allows(name) for name in PERMISSIONS if name not in COMMON)


def test_who_holds_an_entered_role_of_the_unit_is_not_from_outside(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    enter(city, "project_office", "unit")
    seat(city, "verifier1", "project_office", unit=5, scope=UNIT)

    with pytest.raises(CaseError) as refused:
        city.verify(city.numbers[0])
    assert refused.value.code == "not_from_outside"


def test_an_entered_administrator_reads_nothing_and_excludes_readers(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("issued")
    enter(city, "backup_admin", "administration")

    with pytest.raises(AdministratorsExclude):
        seat(city, "verifier1", "backup_admin", unit=8)


@pytest.mark.parametrize("code", ["A", "督查室", "x", "role of", "role:x", "a@b", "receiver", "a" * 41])
def test_a_code_means_one_thing_and_fits_a_diagram(sqlite_city: Callable[[str], City], code: str) -> None:
    city = sqlite_city("registered")

    with pytest.raises(RoleCodeRefused):
        enter(city, code)


def test_a_role_is_renamed_and_keeps_code_and_side(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("registered")
    city.perform(SECURITY, "edit_role", "office", {"code": "verifier", "name_zh": "核验组", "name_en": "Checkers"})

    with city.office.read() as conn:
        assert names_of_roles(conn, "zh")["verifier"] == "核验组"
    with pytest.raises(FormIncomplete) as refused:
        enter(city, "verifier", "unit")
    assert refused.value.errors == {"side": "role_side_stays"}
    assert city.column(select(func.count()).where(roles.c.code == "verifier")) == [1]


def test_only_the_security_administrator_enters_roles(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("registered")
    given = {"code": "x_y", "name_zh": "甲", "name_en": "A", "side": "unit"}

    for login in ("sysadmin1", "auditor1", "office1", "u11chief"):
        with pytest.raises(NotPermitted):
            city.perform(login, "edit_role", "office", given)


@pytest.mark.parametrize(
    ("role", "unit", "scope", "holder"),
    [
        ("verification_leader", 5, CITY, CITY),
        ("leading_department", 6, UNIT, UNIT),
        ("resident_discipline_team", 5, UNIT, UNIT),
        ("resident_discipline_team", 5, CITY, CITY),
    ],
)
def test_a_task_drawn_for_a_new_role_stands_on_its_holders_list(
    sqlite_city: Callable[[str], City], role: str, unit: int, scope: int, holder: int
) -> None:
    city = sqlite_city("issued")
    seat(city, "organisation1", role, unit=unit, scope=scope)

    def asked(work: Any) -> Any:
        case = work.finding(city.numbers[0])
        held.append(work.office.holder(work.conn, case, role, work.today))
        return case

    held: list[str] = []
    city.office.as_clock("test", asked)
    assert held == [f"role:{role}@{holder}"]
    assert held[0] in city.actor("organisation1").holders


def test_who_leads_the_verifiers_has_their_tasks_on_his_list(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    seat(city, "organisation1", "verification_leader", unit=5, scope=CITY)

    assert f"role:verifier@{CITY}" in city.actor("organisation1").holders
    city.verify(city.numbers[0], login="organisation1")


def test_codes_fit_what_diagrams_write() -> None:
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{1,39}", role) for role in Role)


READING = "processes/second_reading.bpmn"
LADDER = "decisions/escalation_ladder.dmn"


def drawn_for(role: str) -> Release:
    text = everything_shipped()[READING].decode()
    return everything_shipped().with_files({READING: text.replace("inspection_office", role).encode()})


def said(city: City, release: Release) -> list[str]:
    with city.office.read() as conn:
        problems = problems_of(release, roles_of_house(conn, city.today))
    assert all(one.sentence(language) for one in problems for language in LANGUAGES)
    return [one.code for one in problems]


def test_a_diagram_may_name_an_entered_role_once_somebody_holds_it(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("issued")
    release = drawn_for("supervision_room")
    assert said(city, release) == ["role_unknown"]

    enter(city, "supervision_room")
    assert said(city, release) == ["role_without_holder"]

    seat(city, "organisation1", "supervision_room", unit=6, scope=CITY)
    assert said(city, release) == []


@pytest.mark.parametrize(
    ("side", "problems"),
    [("inspecting", []), ("unit", ["ladder_tells_outside"]), ("superior", ["ladder_tells_outside"])],
)
def test_the_ladder_tells_roles_of_the_house_and_its_own_delay_only_inside(
    sqlite_city: Callable[[str], City], side: str, problems: list[str]
) -> None:
    city = sqlite_city("registered")
    table = everything_shipped()[LADDER].decode().replace('"verification_leader"', '"supervision_room"')
    release = everything_shipped().with_files({LADDER: table.encode()})
    assert said(city, release) == ["ladder_role_unknown"]

    enter(city, "supervision_room", side)
    assert said(city, release) == problems


def test_a_ladder_that_would_tell_the_unit_of_the_inspectors_is_not_published(
    sqlite_city: Callable[[str], City],
) -> None:
    city = sqlite_city("registered")
    table = everything_shipped()[LADDER].decode().replace('"verification_leader"', '"chief"')

    assert said(city, everything_shipped().with_files({LADDER: table.encode()})) == ["ladder_refused"]
