"""What was signed for on paper is registered with who, when and a scan; the list goes on as if he had clicked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases.decided import ScanMissing, SheetInFuture, SheetKnown, SheetTooEarly
from cases.refusals import CaseError, FormIncomplete, NoSuchTask
from persistence.meetings import letters_without_receipt, paper_receipts_of, signed_for
from persistence.tables import paper_receipts, receipts
from tests.support.city import City
from tests.tasks.group import person_of


@pytest.fixture
def told(city_at: Callable[[str], City]) -> City:
    """The city when the feedback was given and nobody has signed for it."""
    return city_at("issued")


def register(city: City, receiver: str, *, role: str = "", letter: int = 0, **more: Any) -> None:
    """Register a receipt as the office."""
    given: dict[str, Any] = {
        "receiver": str(person_of(city, receiver)), "signed_on": city.today.isoformat(), "sheet_number": "回执1号",
    }  # fmt: skip
    given |= {"role": role} if role else {"letter": str(letter)}
    files = (city.keep("回执扫描件.png"),)
    login, number = more.pop("login", "office1"), more.pop("number", city.list_number)
    city.perform(login, "register_paper_receipt", number, given | more, attachments=files)


def waiting(city: City) -> int:
    return city.waits_for(city.list_number).count("sign_receipt")


def test_a_receipt_on_paper_does_the_task_of_who_signed(told: City) -> None:
    before = waiting(told)

    register(told, "u11chief", role="chief")

    assert waiting(told) == before - 1
    (receipt,) = told.ask(select(receipts))
    assert (receipt.person_id, receipt.on_paper, receipt.role) == (person_of(told, "u11chief"), "回执1号", "chief")
    (kept,) = told.ask(select(paper_receipts))
    assert (kept.registered_by, kept.signed_on) == (person_of(told, "office1"), told.today)
    assert "PaperReceiptRegistered" in told.events(told.list_number)
    assert told.complaints() == []


def test_nobody_signs_on_paper_for_a_post_that_he_does_not_hold(told: City) -> None:
    with pytest.raises(FormIncomplete) as refused:
        register(told, "u11handler", role="chief")

    assert refused.value.errors == {"receiver": "not_a_choice"}


def test_what_was_signed_already_is_not_signed_again(told: City) -> None:
    register(told, "u11chief", role="chief")

    with pytest.raises(NoSuchTask):
        register(told, "u11chief", role="chief", sheet_number="回执2号")
    with pytest.raises(SheetKnown):
        register(told, "u11member", role="leadership_team", sheet_number=" 回执１号")


def test_a_receipt_bears_a_possible_day_and_a_scan(told: City) -> None:
    with pytest.raises(SheetInFuture):
        register(told, "u11chief", role="chief", signed_on=(told.today + timedelta(days=1)).isoformat())
    with pytest.raises(SheetTooEarly):
        register(told, "u11chief", role="chief", signed_on=(told.today - timedelta(days=9)).isoformat())
    with pytest.raises(ScanMissing):
        told.act(
            "office1", "register_paper_receipt", told.list_number, role="chief",
            receiver=str(person_of(told, "u11chief")), signed_on=told.today.isoformat(), sheet_number="回执1号",
        )  # fmt: skip


def test_the_unit_registers_no_receipt(told: City) -> None:
    with pytest.raises(CaseError):
        register(told, "u11chief", role="chief", login="u11chief")


def test_a_letter_that_was_brought_on_paper_is_signed_for_once(told: City) -> None:
    number = told.numbers[0]
    with told.office.read() as conn:
        letter = letters_without_receipt(conn, told.finding(number).id)[0]

    register(told, "u11handler", letter=letter.id, number=number)

    with told.office.read() as conn:
        (kept,) = paper_receipts_of(conn, told.finding(number).id)
        assert (kept.letter, kept.signer) == (letter.letter, told.actor("u11handler").name)
        assert signed_for(conn, [letter.id]) == {letter.id: told.today}
        assert letter.id not in {one.id for one in letters_without_receipt(conn, told.finding(number).id)}
    with pytest.raises(CaseError):
        register(told, "u11handler", letter=letter.id, number=number, sheet_number="回执2号")


def test_a_letter_of_another_case_is_not_signed_for_here(told: City) -> None:
    one, other = told.numbers[:2]
    with told.office.read() as conn:
        letter = letters_without_receipt(conn, told.finding(other).id)[0]

    with pytest.raises(FormIncomplete):
        register(told, "u11handler", letter=letter.id, number=one)
