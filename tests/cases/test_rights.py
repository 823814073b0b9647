"""Who may see and do what: a role on a unit, up to a level, minus recusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.refusals import NotPermitted, Unknown
from cases.rights import (
    ADMINISTRATORS,
    OVERSEEING,
    PERMISSIONS,
    READERS,
    UNIT_SIDE,
    Actor,
    Clearance,
    Grant,
    Role,
    Subject,
    excluding_administrators,
    may,
    outside,
    require,
    scopes,
)

UNIT = "/1/11/"


def actor(*roles: Role, path: str = UNIT, clearance: int = 1, cases: frozenset[int] = frozenset()) -> Actor:
    """Return somebody with *roles* on the unit at *path*."""
    return Actor(7, 7, "", "zh", tuple(Grant(role, 11, path, clearance) for role in roles), recused_cases=cases)


def subject(path: str = UNIT, level: int = 1, issued: bool = True) -> Subject:
    """Return a finding."""
    return Subject(5, path, level, issued)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_no_administrator_reads_a_finding_by_his_role(role: Role) -> None:
    assert scopes(actor(role, path="/1/", clearance=2)) == ()
    with pytest.raises(Unknown):
        require(actor(role, path="/1/"), "view", subject())


@pytest.mark.parametrize("role", sorted(UNIT_SIDE | {Role.SUPERIOR_LEADER}))
def test_before_the_feedback_the_units_side_sees_nothing(role: Role) -> None:
    assert may(actor(role), "view", subject())
    assert not may(actor(role), "view", subject(issued=False))


@pytest.mark.parametrize("role", sorted(OVERSEEING))
def test_those_who_oversee_see_it_before(role: Role) -> None:
    assert may(actor(role, path="/1/"), "view", subject(issued=False))


def test_a_right_reaches_down_the_tree_and_neither_up_nor_aside() -> None:
    handler = actor(Role.HANDLER)

    assert may(handler, "view", subject("/1/11/901/"))
    assert not any(may(handler, "view", subject(path)) for path in ("/1/", "/1/12/", "/1/110/", "/1/1/"))


@pytest.mark.parametrize("level", list(Clearance))
def test_a_level_opens_itself_and_what_is_below(level: Clearance) -> None:
    readable = [other for other in Clearance if may(actor(Role.CHIEF, clearance=level), "view", subject(level=other))]

    assert readable == [other for other in Clearance if other <= level]


def test_who_is_recused_sees_nothing_of_it() -> None:
    away = actor(Role.VERIFIER, cases=frozenset({5}))

    with pytest.raises(Unknown):
        require(away, "verify_rectification", subject())
    assert may(away, "view", Subject(6, UNIT, 1, issued=True))


def test_seeing_and_doing_are_refused_apart() -> None:
    with pytest.raises(NotPermitted):
        require(actor(Role.HANDLER), "sign_off", subject())
    with pytest.raises(Unknown):
        require(actor(Role.HANDLER), "sign_off", subject("/1/12/"))


def test_nobody_of_the_unit_verifies_looks_back_or_signs_by_his_post() -> None:
    for permission in ("verify_rectification", "record_look_back", "confirm_look_back", "sign_off", "decide_extension"):
        assert not PERMISSIONS[permission] & (UNIT_SIDE | {Role.SUPERIOR_LEADER})
    for permission in ("submit_rectification", "report_progress", "sign_rectification"):
        assert PERMISSIONS[permission] <= UNIT_SIDE


def test_nobody_does_what_he_does_not_see() -> None:
    on_findings = {name for name, roles in PERMISSIONS.items() if not roles & ADMINISTRATORS}

    assert all(PERMISSIONS[name] <= READERS for name in on_findings)


@given(st.sets(st.sampled_from(Role)))
def test_administrators_exclude_each_other_and_every_reader(roles: set[Role]) -> None:
    administers = roles & ADMINISTRATORS

    assert excluding_administrators(roles) == (
        len(administers) == 0 or (roles == administers and len(administers) == 1)
    )


@given(st.lists(st.sampled_from(["/1/", "/1/11/", "/1/11/901/", "/1/12/"])))
def test_who_has_one_post_in_the_unit_is_not_from_outside(homes: list[str]) -> None:
    someone = Actor(1, 1, "", "zh", (), home_paths=tuple(homes))

    assert outside(someone, UNIT) == (not {"/1/11/", "/1/11/901/"} & set(homes))


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(Role)), st.sampled_from(["/1/", "/1/11/", "/1/11/901/"]), st.integers(0, 2))
    )
)
def test_scopes_say_the_same_as_the_grants_one_by_one(held: list[tuple[Role, str, int]]) -> None:
    someone = Actor(1, 1, "", "zh", tuple(Grant(role, 1, path, level) for role, path, level in held))

    for one in (subject(path, level, issued) for path in ("/1/", UNIT) for level in (0, 2) for issued in (True, False)):
        alone = [
            role in READERS and one.unit_path.startswith(path) and level >= one.confidentiality
            and (one.issued or role in OVERSEEING)
            for role, path, level in held
        ]  # fmt: skip
        assert may(someone, "view", one) == any(alone)
