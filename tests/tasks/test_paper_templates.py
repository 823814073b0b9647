"""An office's own template: drafted by one person, put in force by another, from a day on, and back again."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cases.refusals import FormIncomplete, NotPermitted, Unknown
from documents.papers.sandbox import TemplateSaysTooMuch
from documents.papers.words import SHIPPED
from persistence.tables import paper_templates
from tasks.office import Answer
from tasks.paper_templates import SecondReleaserNeeded, draft_template, in_force, version_of, versions_of
from tests.documents.hostile_templates import saying, template
from tests.support.city import City

OWN = template(saying("本单位自拟"))


def draft(city: City, login: str = "office1", content: bytes | None = OWN) -> int:
    return int(draft_template(city.office, city.actor(login), "plan", content, "加一段").more["version"])


def release(city: City, version: int | str, login: str = "sysadmin1", **told: str) -> Answer:
    given = {"paper": "plan", "version": str(version), "valid_from": str(city.today)} | told
    return city.office.perform(city.actor(login), "release_template", "office", given)


def content_on(city: City, days: int = 0) -> bytes | None:
    with city.office.read() as conn:
        return in_force(conn, "plan", city.today + timedelta(days=days)).content


def test_a_draft_makes_no_paper_until_another_person_releases_it(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    version = draft(city)
    assert content_on(city) is None
    with pytest.raises(SecondReleaserNeeded):
        release(city, version, "office1")

    release(city, version, valid_from=str(city.today + timedelta(days=3)))

    assert [content_on(city, days) for days in (0, 2, 3)] == [None, None, OWN]
    with city.office.read() as conn:
        kept = versions_of(conn, "plan")[0]
    assert (kept.version, kept.note) == (1, "加一段")
    assert kept.drafter != kept.releaser


def test_the_shipped_template_comes_back_by_the_same_two_steps(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    release(city, draft(city))
    assert content_on(city) == OWN

    release(city, draft(city, content=None))

    with city.office.read() as conn:
        assert in_force(conn, "plan", city.today).said == SHIPPED.said
        first = version_of(conn, "plan", "1")
    assert first is not None
    assert first.content == OWN  # what made earlier papers is still there


def test_both_steps_stand_in_the_ledger(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")

    answer = release(city, draft(city))

    assert answer.events == ("TemplateReleased",)


def test_what_the_door_refuses_is_not_kept(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")

    with pytest.raises(TemplateSaysTooMuch):
        draft(city, content=template(saying("{{ unit.__class__ }}")))

    assert not city.ask(paper_templates.select())


@pytest.mark.parametrize("login", ["u11chief", "verifier1", "secadmin1"])
def test_who_looks_after_no_papers_changes_none(city_at: Callable[[str], City], login: str) -> None:
    city = city_at("registered")

    with pytest.raises(NotPermitted):
        draft(city, login)
    version = draft(city)
    with pytest.raises(NotPermitted):
        release(city, version, login)


def test_a_template_is_released_once_for_a_paper_that_exists_and_not_for_days_gone_by(
    city_at: Callable[[str], City],
) -> None:
    city = city_at("registered")
    version = draft(city)
    with pytest.raises(FormIncomplete):
        release(city, version, valid_from=str(city.today - timedelta(days=1)))
    for wrong in (9, "x"):
        with pytest.raises(FormIncomplete):
            release(city, wrong)
    with pytest.raises(Unknown):
        draft_template(city.office, city.actor("office1"), "love_letter", OWN, "")

    release(city, version)

    with pytest.raises(FormIncomplete):
        release(city, version)
