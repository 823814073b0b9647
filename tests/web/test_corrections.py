"""The pages of corrections: asked on the finding, decided where it waits, linked for good; and of deputies."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import city as cities
from tests.web.city import CHECKED, City, fresh_city, with_pages
from tests.web.visitor import Visitor

WHY = "核对反馈意见原件第3页，原登记有误"


@pytest.fixture
def city(tmp_path: Path) -> City:
    return fresh_city(tmp_path)


def path_of(number: str, act: str) -> str:
    return f"/findings/{number}/acts/{act}"


def ask(city: City, number: str, act: str, **given: object) -> None:
    office = Visitor(city, "office1")
    form = office.get(path_of(number, act))
    assert form.status_code == 200
    assert office.act(path_of(number, act), form, comment=WHY, **given).status_code == 303


def decide(city: City, number: str) -> None:
    signer = Visitor(city, "signer1")
    waiting = signer.get("/corrections")
    assert waiting.status_code == 200
    assert f"/findings/{number}/acts/decide_correction" in waiting.text
    form = signer.get(path_of(number, "decide_correction"))
    answer = signer.act(path_of(number, "decide_correction"), form, verdict="approved", comment=CHECKED)
    assert answer.status_code == 303


def test_a_correction_is_shown_beside_what_stands_and_then_takes_its_place(
    city_at: Callable[[str], cities.City],
) -> None:
    city = with_pages(city_at("registered"))
    number = city.issue()[0]
    ask(city, number, "correct_finding", title="津贴补贴超标准", amount_yuan="120000")
    page = Visitor(city, "u11chief").get(f"/findings/{number}").text
    assert "有一项更正等待同意" in page
    assert "120,000.00" in page

    decide(city, number)

    assert "<h1>津贴补贴超标准</h1>" in Visitor(city, "u11chief").get(f"/findings/{number}").text
    city.office.database.dispose()


def test_a_split_finding_leads_to_its_parts_and_back(city: City) -> None:
    number = city.issue()[0]
    ask(city, number, "split_finding", **{"parts.1": "多发津贴", "parts.2": "审批不严", "amounts.1": "5000"})
    decide(city, number)

    old = Visitor(city, "office1").get(f"/findings/{number}").text
    parts = [other for other in (f"{city.list_number}-004", f"{city.list_number}-005") if f"/findings/{other}" in old]
    assert len(parts) == 2
    assert "本问题已拆分" in old
    assert f"/findings/{number}" in Visitor(city, "u11handler").get(f"/findings/{parts[0]}").text


def test_the_unit_before_reads_what_was_and_others_nothing(city: City) -> None:
    number = city.issue()[0]
    ask(city, number, "transfer_finding", unit="12")
    decide(city, number)

    before = Visitor(city, "u11chief")
    assert "移交其他单位" in before.get(f"/findings/{number}").text
    assert number in before.get("/corrections").text
    assert Visitor(city, "u12handler").get(f"/findings/{number}").status_code == 200
    assert Visitor(city, "u13chief").get(f"/findings/{number}").status_code == 404


def test_a_deputy_is_named_and_sent_back_on_the_page(city: City) -> None:
    handler, today = Visitor(city, "u11handler"), city.today
    deputy = str(city.actor("u11member").person_id)
    given = {"act": "name_deputy", "deputy": deputy, "valid_from": str(today), "reason": "外出培训"}
    assert handler.post("/deputies", given).status_code == 422
    done = handler.post("/deputies", given | {"valid_until": str(today + timedelta(days=5))})
    assert done.status_code == 303
    assert "代理已登记" in handler.get(done.headers["location"]).text
    assert Visitor(city, "u12handler").get("/deputies").text.count("end_deputy") == 0
