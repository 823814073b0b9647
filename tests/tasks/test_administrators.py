"""What a curious, careless or ambitious administrator cannot do, whichever page or program he does it by."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from cases.refusals import CaseError, FormIncomplete
from cases.rights import Role
from persistence.tables import accounts, posts, tenures, units
from tests.support.city import UNIT, City

SECURITY = "secadmin1"


def own_tenure(city: City, login: str) -> Any:
    """Return the row of the post that *login* holds."""
    query = select(tenures).join(accounts, accounts.c.person_id == tenures.c.person_id)
    return city.ask(query.where(accounts.c.login == login))[0]


def refusal(city: City, act: str, **given: Any) -> CaseError:
    """Return how the security administrator is refused."""
    with pytest.raises(CaseError) as refused:
        city.act(SECURITY, act, "office", **given)
    return refused.value


def test_an_administrator_does_not_name_himself_the_superior_of_a_unit(
    sqlite_city: Callable[[str], City],
) -> None:
    city = sqlite_city("issued")
    unit = city.ask(select(units).where(units.c.id == UNIT))[0]
    named = {"unit": str(UNIT), "name": unit.name, "short_name": unit.short_name, "kind": unit.kind}

    refused = refusal(city, "edit_unit", **named, superior_post=str(own_tenure(city, SECURITY).post_id))

    assert isinstance(refused, FormIncomplete)
    assert refused.errors == {"superior_post": "not_a_choice"}


def test_a_superior_post_reads_only_by_its_role(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("issued")
    city.change(units.update().where(units.c.id == UNIT).values(superior_post_id=own_tenure(city, SECURITY).post_id))

    assert not city.actor(SECURITY).plays(Role.SUPERIOR_LEADER)


def test_the_last_administrator_does_not_lock_everybody_out(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("issued")
    own, today = own_tenure(city, SECURITY), city.today.isoformat()
    post = city.ask(select(posts).where(posts.c.id == own.post_id))[0]

    ended = [
        refusal(city, "end_tenure", tenure=str(own.id), valid_until=today),
        refusal(city, "edit_post", post=str(post.id), title=post.title, clearance="1", valid_until=today),
        refusal(city, "edit_person", person=str(own.person_id), staff_number="D1", name="安全管理员", left_on=today),
        refusal(city, "disable_account", account=str(city.actor(SECURITY).account_id)),
    ]

    assert {refused.code for refused in ended} == {"own_rights"}
