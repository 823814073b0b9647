"""审计 lists come through the same door and go out in their own words."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from cases.reporting import ListSource
from persistence.tables import findings, issue_lists
from tasks.import_list import import_list
from tasks.papers_out import list_values
from tests.support.city import City

LEDGER = """单位：市民政局,,,,,
序号,审计查出问题,整改类型,整改状态,整改时限,整改措施
1,违规收取会议费3.2万元,立行立改,已整改,2026-06-30,退还会议费
2,资产账实不符,分阶段整改,整改中,2026-09-30,清查资产
3,专项资金闲置,持续整改,未整改,2026-12-31,盘活资金
"""


@pytest.fixture
def city(city_at: Callable[[str], City]) -> City:
    return city_at("registered")


def imported(city: City, name: str, of: ListSource | None = None) -> str:
    unit = "市民政局"
    read = import_list(city.office, city.actor("office1"), name, LEDGER.encode(), unit=unit, of=of)
    assert read.list_number is not None
    assert len(read.created) == 3
    return read.list_number


def test_an_audit_ledger_keeps_source_family_kinds_and_claims(city: City) -> None:
    number = imported(city, "审计整改台账.csv")

    (listed,) = city.ask(select(issue_lists).where(issue_lists.c.number == number))
    assert (listed.source, listed.status_family) == ("audit", "audit_c")
    assert listed.title.endswith("审计查出问题清单")
    F = findings.c
    rows = city.ask(select(F.kind, F.status_text, F.state).where(F.list_id == listed.id).order_by(F.number))
    assert [(row.kind, row.status_text, row.state) for row in rows] == [
        ("IMMEDIATE", "已整改", "registered"),  # a claim, nothing is done by it
        ("PHASED", "整改中", "registered"),
        ("CONTINUOUS", "未整改", "registered"),
    ]


def test_its_papers_speak_the_words_of_its_family(city: City) -> None:
    number = imported(city, "审计整改台账.csv")

    with city.office.read() as conn:
        lines = list_values(conn, city.actor("office1"), number, city.today).lines

    assert [line.kind for line in lines] == ["立行立改", "分阶段整改", "持续整改"]
    assert {line.status for line in lines} == {"未整改"}


def test_what_somebody_chose_goes_before_what_the_file_says(city: City) -> None:
    number = imported(city, "审计整改台账.csv", ListSource.INSPECTION)

    (listed,) = city.ask(select(issue_lists).where(issue_lists.c.number == number))
    assert (listed.source, listed.status_family) == ("inspection", None)
    assert listed.title.endswith("巡察反馈问题清单")
