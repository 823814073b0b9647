"""The pages tell how those who must decide looked at a case, and PR-22 rests on it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from persistence.tables import evidence, file_openings, page_views
from tests.support.city import REVIEWERS, stands_at
from tests.web.city import City, fresh_city
from tests.web.visitor import Visitor


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    made.issue()
    for finding in made.numbers:
        made.accept(finding)
    made.submit_plan()
    made.review_plan(*REVIEWERS)
    made.office.settle(100)
    yield made
    made.office.database.dispose()


@pytest.fixture
def number(city: City) -> str:
    """A finding that waits for the responsible leader of its unit."""
    first = city.numbers[0]
    files = [city.keep(f"凭证{n}.png", measure_id=key) for key in city.measures(first) for n in (1, 2, 3)]
    city.submit(first, files)
    return first


def views(city: City) -> list[Row[Any]]:
    with city.office.read() as conn:
        return list(conn.execute(select(page_views)).all())


def pieces(city: City) -> list[int]:
    with city.office.read() as conn:
        return list(conn.scalars(select(evidence.c.id)))


def raised(city: City, number: str) -> list[str]:
    city.office.settle(100)
    return [row.signal for row in city.signals(number)]


def review(city: City, visitor: Visitor, number: str) -> None:
    form = visitor.get(f"/findings/{number}/acts/review_rectification")
    path = f"/findings/{number}/acts/review_rectification"
    done = visitor.act(path, form, verdict="agreed", comment="已核对第3号凭证和现场照片，情况与报告一致")
    assert done.status_code == 303, done.text


def test_a_view_lasts_as_long_as_was_told_and_never_longer_than_it_was(city: City, number: str) -> None:
    leader = Visitor(city, "u11leader")
    begun = leader.post(f"/findings/{number}/views")
    assert begun.text.startswith("/views/")
    (view,) = views(city)
    assert view.seconds == 0

    leader.post(begun.text, {"seconds": "9000"})
    assert views(city)[0].seconds == 0  # no time has passed
    passing(city, 120)
    leader.post(begun.text, {"seconds": "75"})
    leader.post(begun.text, {"seconds": "20"})  # told late
    assert views(city)[0].seconds == 75
    Visitor(city, "u11handler").post(begun.text, {"seconds": "100"})
    assert views(city)[0].seconds == 75  # a view of somebody else


def test_nobody_is_watched_who_has_nothing_to_decide(city: City, number: str) -> None:
    for login in ("u11handler", "lookback1", "verifier1"):
        assert Visitor(city, login).post(f"/findings/{number}/views").status_code == 204
    Visitor(city, "lookback1").get(f"/evidence/{pieces(city)[0]}")
    with city.office.read() as conn:
        assert conn.execute(select(file_openings)).all() == []
    assert views(city) == []


def test_a_stranger_to_the_case_learns_nothing(city: City, number: str) -> None:
    assert Visitor(city, "u12handler").post(f"/findings/{number}/views").status_code == 404


def test_a_file_that_is_opened_is_put_down_once(city: City, number: str) -> None:
    leader, first = Visitor(city, "u11leader"), pieces(city)[0]
    leader.get(f"/evidence/{first}/preview")
    leader.get(f"/evidence/{first}/inline")
    leader.get(f"/evidence/{first}")
    with city.office.read() as conn:
        (row,) = conn.execute(select(file_openings)).all()
    assert (row.evidence_id, row.person_id) == (first, leader.city.actor("u11leader").person_id)


def test_who_signs_without_looking_raises_pr_22(city: City, number: str) -> None:
    leader = Visitor(city, "u11leader")
    leader.post(f"/findings/{number}/views")
    passing(city, 5)
    review(city, leader, number)
    look(city, number)

    assert "PR-22" in raised(city, number)


def test_who_looked_and_opened_the_files_raises_nothing(city: City, number: str) -> None:
    leader = Visitor(city, "u11leader")
    begun = leader.post(f"/findings/{number}/views")
    for piece in pieces(city):
        leader.get(f"/evidence/{piece}/preview")
    passing(city, 400)
    leader.post(begun.text, {"seconds": "180"})
    review(city, leader, number)
    look(city, number)

    assert "PR-22" not in raised(city, number)


def passing(city: City, seconds: int) -> None:
    """Let time pass."""
    city.office.now = stands_at(city.office.now() + timedelta(seconds=seconds))


def look(city: City, number: str) -> None:
    """Let the case look for signals, as it does after any entry."""
    city.act("office1", "enter_register", number, register="particulars", on="2026-03-02", place="城东")


def test_the_page_asks_only_those_who_decide_to_be_counted(city: City, number: str) -> None:
    assert f'data-watched="/findings/{number}/views"' in Visitor(city, "u11leader").get(f"/findings/{number}").text
    assert "data-watched" not in Visitor(city, "lookback1").get(f"/findings/{number}").text
