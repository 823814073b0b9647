"""The page of the audit says where checkpoints go, which one left the house last, and compares with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from persistence.tables import checkpoints, ledger
from tasks.patrols.audit import seal
from tasks.witness import Folder, hand_out
from tests.web.city import City, fresh_city
from tests.web.visitor import Visitor, token_in


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    made.witness = Folder(tmp_path / "elsewhere")
    yield made
    made.office.database.dispose()


def audit_of(city: City) -> Visitor:
    return Visitor(city, "auditor1")


def verified(city: City) -> str:
    auditor = audit_of(city)
    return str(auditor.client.post("/audit/verify", data={"csrf": token_in(auditor.get("/audit"))}).text)


def test_the_page_says_where_checkpoints_go_and_which_left_last(city: City) -> None:
    assert "还没有收到过封存点" in audit_of(city).get("/audit").text
    seal(city.office)
    assert city.witness is not None
    hand_out(city.office, city.witness)

    page = audit_of(city).get("/audit").text

    assert str(city.witness.where) in page
    assert "最近送出的封存点为" in page


def test_without_a_witness_the_page_says_what_cannot_be_proved(city: City) -> None:
    city.witness = None

    assert "没有外部见证" in audit_of(city).get("/audit").text


def test_what_the_witness_remembers_and_the_house_forgot_is_found_on_the_page(city: City) -> None:
    seal(city.office)
    assert city.witness is not None
    hand_out(city.office, city.witness)
    assert "个封存点比对" in verified(city)
    with city.office.database.writing() as conn:
        for name in conn.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            conn.execute(text(f"DROP TRIGGER {name}"))
        conn.execute(delete(checkpoints))
        conn.execute(update(ledger).values(leaf=None))

    assert "回退到旧备份" in verified(city)


def test_a_witness_that_cannot_be_read_is_said_not_passed_over(city: City) -> None:
    assert isinstance(city.witness, Folder)
    city.witness.path.mkdir()
    (city.witness.path / "checkpoints.jsonl").write_text("nonsense\n", "utf-8")

    assert "无法读取" in audit_of(city).get("/audit").text
    assert "未与外部见证比对" in verified(city)
