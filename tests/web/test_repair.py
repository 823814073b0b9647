"""A damaged process stands on the incident list with its cause, and is repaired through the page."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from cases.refusals import CaseFaulted
from persistence.tables import findings, instances, open_tasks
from persistence.verification import verify
from tests.web.city import City, fresh_city
from tests.web.visitor import Visitor, proof


def damage(city: City, number: str) -> int:
    """Change one byte of the stored process of *number* and return the id of the case."""
    with city.office.database.writing() as conn:
        of_number = (
            select(instances.c.id, instances.c.case_id, instances.c.state)
            .join(findings, findings.c.id == instances.c.case_id)
            .where(findings.c.number == number)
        )
        instance_id, case_id, state = conn.execute(of_number).one()
        spoilt = state[:-9] + bytes([state[-9] ^ 1]) + state[-8:]
        conn.execute(update(instances).where(instances.c.id == instance_id).values(state=spoilt))
    return int(case_id)


def status_of(city: City, case_id: int) -> str:
    with city.office.read() as conn:
        return str(conn.scalar(select(instances.c.status).where(instances.c.case_id == case_id)))


@pytest.fixture
def city(tmp_path: Path) -> City:
    return fresh_city(tmp_path)


def test_a_damaged_case_is_read_only_and_the_others_go_on(city: City) -> None:
    damaged, other, _ = city.issue()
    case_id = damage(city, damaged)

    with pytest.raises(CaseFaulted):
        city.act("u11handler", "accept_finding", damaged)
    city.act("u11handler", "accept_finding", other)

    assert status_of(city, case_id) == "faulted"
    with pytest.raises(CaseFaulted):
        city.act("u11handler", "accept_finding", damaged)


def test_the_incident_page_names_the_cause_and_repairs_the_case(city: City) -> None:
    number, *_ = city.issue()
    city.act("u11handler", "claim_task", number)
    case_id = damage(city, number)
    with pytest.raises(CaseFaulted):
        city.act("u11handler", "accept_finding", number)

    administrator = Visitor(city, "sysadmin1")
    assert "SealBroken" in administrator.get("/incidents").text

    repaired = administrator.post("/incidents", {"act": "repair_case", "case": str(case_id)})

    assert repaired.status_code == 303
    assert status_of(city, case_id) == "running"
    with city.office.read() as conn:
        claimed = conn.scalar(select(open_tasks.c.claimed_by).where(open_tasks.c.case_id == case_id))
    assert claimed == city.actor("u11handler").person_id
    city.act("u11handler", "accept_finding", number)
    assert verify(city.office.database, city.office.keyring).problems == ()


def test_a_repair_plays_every_step_that_the_case_has_taken(city: City) -> None:
    city.act("office1", "settle_finding", city.numbers[0], kind="IMMEDIATE")
    number, *_ = city.issue()
    city.act("office1", "urge", number, text="请尽快签收")
    city.act("u11handler", "accept_finding", number)
    before = waiting(city, number)
    case_id = damage(city, number)
    done = {
        "completion": "津贴 3 笔已全部清退，制度已经修订并开始执行。",
        "measures_done": ["1 清退 3 笔", "2 修订 1 份"],
    }
    with pytest.raises(CaseFaulted):
        city.office.perform(
            city.actor("u11handler"), "submit_rectification", number, done, attachments=proof(city, case_id)
        )
    assert status_of(city, case_id) == "faulted"

    city.office.perform(city.actor("sysadmin1"), "repair_case", "office", {"case": str(case_id)})

    assert waiting(city, number) == before


def waiting(city: City, number: str) -> list[tuple[str, str]]:
    with city.office.read() as conn:
        query = (
            select(open_tasks.c.name, open_tasks.c.holder)
            .join(findings, findings.c.id == open_tasks.c.case_id)
            .where(findings.c.number == number)
        )
        return [(name, holder) for name, holder in conn.execute(query)]
