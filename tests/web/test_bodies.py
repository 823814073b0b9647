"""How much somebody may send before anybody has asked who he is, and what is kept under which name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.tables import drafts
from tests.web.city import City, fresh_city, token_of
from tests.web.visitor import Visitor
from web.headers import LARGEST_OF_STRANGERS


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    yield made
    made.office.database.dispose()


@pytest.mark.parametrize("path", ["/sign-in", "/files", "/api/v1/evidence", "/api/v1/lists/import", "/language"])
def test_a_stranger_sends_no_more_than_a_sign_in_form(city: City, path: str) -> None:
    body = {"upload": ("a.png", bytes(LARGEST_OF_STRANGERS + 1), "image/png")}

    assert city.client().post(path, files=body).status_code == 413


def test_a_body_that_announces_nothing_is_cut_off_as_well(city: City) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(50):
            yield bytes(10_000)

    answer = Visitor(city).client.post(
        "/sign-in", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code in (400, 413, 500)


def test_a_program_with_a_token_uploads_what_is_larger(city: City) -> None:
    headers = {"Authorization": f"Bearer {token_of('u11handler')}", "Idempotency-Key": "k"}
    file = ("说明.txt", "整改情况说明\n".encode() * 20_000, "text/plain")

    answer = city.client().post("/api/v1/evidence", files={"file": file}, headers=headers)

    assert answer.status_code == 201


def test_a_draft_belongs_to_an_act_that_there_is(city: City) -> None:
    number = city.numbers[0]
    officer = Visitor(city, "office1")

    refused = officer.post(f"/findings/{number}/acts/{'x' * 300}/draft", {"text": "x"})
    kept = officer.post(f"/findings/{number}/acts/urge/draft", {"text": "x"})

    assert (refused.status_code, kept.status_code) == (404, 200)
    assert city.count(drafts) == 1
