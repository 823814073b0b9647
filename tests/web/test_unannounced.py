"""What the inspected unit learns of a visit that is to come, and of what was done before the feedback: nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from persistence.tables import outbox, papers, signal_hits
from tests.support import city as cities
from tests.web.city import City, token_of
from tests.web.visitor import Visitor


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    opened = cities.open_city(cities.sqlite_copy(tmp_path / "city", "verifying"), tmp_path / "city" / "files")
    opened.office.now = cities.stands_at(cities.at(cities.ISSUED_ON, 15))
    made = City(opened.office, opened.attachments, opened.passwords)
    yield made
    made.office.database.dispose()


def seen_by(city: City, login: str, number: str) -> str:
    """Return everything that *login* is shown of a finding: pages, API and diagrams, moments and tokens left out."""
    browser, headers = Visitor(city, login), {"Authorization": f"Bearer {token_of(login)}"}
    shown = [browser.get(f"/findings/{number}").text.split("<main")[1], browser.get("/findings").text.split("<main")[1]]
    for path in (f"/findings/{number}", f"/findings/{number}/events", "/findings", "/tasks", "/letters"):
        shown.append(browser.client.get(f"/api/v1{path}", headers=headers).text)
    for process in ("look_back", "durability_look_back"):
        shown.append(str(browser.get(f"/findings/{number}/diagram/{process}").status_code))
    known = json.loads(shown[2])
    known.pop("version", None)  # a number that grows whatever is done
    shown[2] = json.dumps(known, ensure_ascii=False)
    return re.sub(r'name="key" value="[^"]*"', "", "\n".join(shown).replace(browser.token, ""))


@pytest.mark.parametrize("login", ["u11handler", "u11chief", "u11member"])
def test_the_unit_does_not_see_that_a_visit_is_prepared(city: City, login: str) -> None:
    number = city.numbers[0]
    city.bring(number, "prepare_look_back")
    before = seen_by(city, login, number)

    city.prepare(number)
    city.act("lookback1", "claim_task", number)

    assert seen_by(city, login, number) == before
    assert "组成回头看小组" not in before


def test_a_page_of_the_unit_is_not_refused_as_stale_because_of_a_visit(city: City) -> None:
    number = city.numbers[0]
    city.bring(number, "prepare_look_back")
    version = city.version_of(number)
    city.prepare(number)

    city.perform("u11handler", "report_progress", number, {"text": "制度执行情况良好，继续跟踪。"}, version=version)

    assert city.events(number)[-1] == "ProgressReported"


def test_once_the_visit_is_on_record_the_unit_reads_of_it(city: City) -> None:
    number = city.numbers[0]
    city.bring(number, "record_look_back")
    city.look(number)

    assert "集团财务部" in seen_by(city, "u11handler", number)


def test_the_inspecting_side_sees_who_goes(city: City) -> None:
    number = city.numbers[0]
    city.bring(number, "record_look_back")

    assert "回头看一组组长" in seen_by(city, "office1", number)


def test_a_signal_tells_the_unit_nothing_of_other_units(city: City) -> None:
    number = city.numbers[0]
    row = {
        "id": 5, "finding_id": city.id_of(number), "cycle": 1, "signal": "PR-01", "rule_version": "1",
        "severity": "HIGH", "parameters": "x", "facts": {"count": 1, "files": "a.pdf", "findings": "XC2026-777-001"},
        "quotes": [{"text": "a.pdf", "place": "XC2026-777-001 别处原文"}],
        "fingerprint": "f",
        "raised_at": city.office.now(),
    }  # fmt: skip
    city.change(signal_hits.insert().values(row))

    inside, outside = seen_by(city, "u11leader", number), seen_by(city, "office1", number)

    assert "PR-01" not in inside
    assert "XC2026-777-001" not in inside
    assert "别处原文" not in inside
    assert "XC2026-777-001" in outside


def test_working_papers_from_before_the_feedback_stay_outside(city: City) -> None:
    own = city.list_number
    filed = city.column(select(papers.c.id).where(papers.c.case_id == city.id_of(own)))[0]
    assert Visitor(city, "u11chief").get(f"/papers/{filed}").status_code == 200  # its own plan
    city.change(update(papers).where(papers.c.id == filed).values(act="register_findings", filename="问题底稿.png"))

    unit, office = Visitor(city, "u11chief"), Visitor(city, "office1")

    assert unit.get(f"/papers/{filed}").status_code == 404
    assert office.get(f"/papers/{filed}").status_code == 200
    for path in (f"/lists/{own}", f"/api/v1/lists/{own}"):
        headers: dict[str, Any] = {"Authorization": f"Bearer {token_of('u11chief')}"}
        page = unit.get(path, headers=headers).text
        assert own in page
        assert "问题底稿" not in page
        assert "登记3个问题" not in page
    assert "问题底稿" in office.get(f"/lists/{own}").text


def test_letters_of_an_appointment_go_to_nobody_of_the_unit(city: City) -> None:
    number = city.numbers[0]
    city.bring(number, "record_look_back")

    told = city.column(select(outbox.c.person_id).where(outbox.c.letter == "look_back_appointed"))

    assert set(told) == {city.actor(login).person_id for login in ("lookback1", "lookback2")}
