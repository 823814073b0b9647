"""Pages of the signal rules, of back-tests and of reviewers' figures: who opens them and what they lead to."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from cases.finding import Kind
from persistence.tables import back_tests, findings, releases, reviews
from tasks.rule_tables import settings_of
from tests.support import city as cities
from tests.web.city import CHECKED, City, with_pages
from tests.web.visitor import Visitor, proof


@pytest.fixture
def city(city_at: Callable[[str], cities.City]) -> Iterator[City]:
    made = with_pages(city_at("registered"))
    yield made
    made.office.database.dispose()


def submitted(city: City) -> str:
    """Return a finding that was submitted, reviewed by the leader, and returned by the chief."""
    number = city.issue((Kind.IMMEDIATE,))[0]
    city.act("u11handler", "accept_finding", number)
    with city.office.read() as conn:
        finding_id = conn.scalar(select(findings.c.id).where(findings.c.number == number))
    assert finding_id is not None
    city.office.perform(
        city.actor("u11handler"), "submit_rectification", number,
        {"completion": "资金已全部清退上缴财政专户，责任人已作出处理", "measures_done": ["1 已清退", "2 已修订"]},
        attachments=proof(city, finding_id),
    )  # fmt: skip
    city.act("u11leader", "review_rectification", number, verdict="agreed", comment=CHECKED)
    return number


@pytest.mark.parametrize("login", ["u11handler", "u11chief", "secadmin1", "auditor1"])
def test_the_rules_are_for_those_who_watch(city: City, login: str) -> None:
    visitor = Visitor(city, login)

    assert visitor.get("/rules").status_code == 404
    assert visitor.post("/rules", {"PR-17.project_days": "20"}).status_code == 404


def test_the_leading_group_reads_the_rules_and_changes_nothing(city: City) -> None:
    visitor = Visitor(city, "signer1")
    page = visitor.get("/rules")

    assert page.status_code == 200
    assert "PR-17" in page.text
    assert 'name="PR-17.project_days"' not in page.text
    assert visitor.post("/rules", {"PR-17.project_days": "20"}).status_code == 404


def test_a_change_is_tried_drafted_and_published_by_another(city: City) -> None:
    submitted(city)
    office = Visitor(city, "office1")
    assert office.get("/rules").status_code == 200

    begun = office.post("/rules", {"PR-09.severity": "CRITICAL", "PR-17.project_days": "20", "since": "2020-01-01"})
    assert begun.status_code == 303
    address = begun.headers["location"].partition("?")[0]
    shown = office.get(address)
    assert "20" in shown.text
    assert office.get(f"{address}/progress").headers["hx-refresh"] == "true"
    assert office.post(f"{address}/draft", {"title": ""}).status_code == 422
    assert office.post(f"{address}/draft", {"title": "工程类二十天"}).status_code == 303

    with city.office.read() as conn:
        draft = conn.execute(select(releases).where(releases.c.state == "draft")).one()
        assert conn.scalar(select(back_tests.c.draft_id)) == draft.id
    admin = Visitor(city, "sysadmin1")
    assert address in admin.get(f"/releases/{draft.id}").text
    assert admin.post(f"/releases/{draft.id}", {"act": "publish_release"}).status_code == 303
    with city.office.read() as conn:
        in_force = city.office.engine(conn, city.office.release_in_force(conn)).release
    assert settings_of(in_force)["PR-17.project_days"].value == "20"
    assert office.get("/rules").status_code == 200


def test_what_is_no_threshold_is_refused_beside_its_field(city: City) -> None:
    visitor = Visitor(city, "office1")

    assert visitor.post("/rules", {"PR-17.project_days": "twenty"}).status_code == 422
    assert visitor.post("/rules", {"PR-17.project_days": "30"}).status_code == 422  # as in force
    with city.office.read() as conn:
        assert conn.execute(select(back_tests)).all() == []


def test_everybody_sees_his_own_opinions_and_the_office_sees_all(city: City) -> None:
    number = submitted(city)
    city.act("u11chief", "sign_rectification", number, verdict="returned", comment=CHECKED)
    with city.office.read() as conn:
        leader = conn.scalar(select(reviews.c.person_id).where(reviews.c.act == "review_rectification"))
        chief = conn.scalar(select(reviews.c.person_id).where(reviews.c.act == "sign_rectification"))

    own, office = Visitor(city, "u11leader"), Visitor(city, "office1")
    assert f"/reviewing/{leader}?" in own.get("/reviewing").text
    assert f"/reviewing/{chief}?" not in own.get("/reviewing").text
    assert own.get(f"/reviewing/{chief}").status_code == 404
    assert number in own.get(f"/reviewing/{leader}").text
    for person_id in (leader, chief):
        assert f"/reviewing/{person_id}?" in office.get("/reviewing").text
    assert "<td>后一环节退回" in office.get(f"/reviewing/{leader}").text
    assert "<td>后一环节退回" not in office.get(f"/reviewing/{chief}").text
    assert Visitor(city, "u11handler").get("/reviewing").status_code == 404
    assert Visitor(city, "sysadmin1").get("/reviewing").status_code == 404
