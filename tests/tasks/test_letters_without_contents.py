"""What leaves the house by mail names no content; a place that wants titles says so, and gets only those."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from notifications.routing import OF_VERIFICATION
from persistence.tables import findings, outbox
from tasks.deliver import book_of
from tests.support.city import BEFORE_FEEDBACK, TITLES, City


def letters(city: City) -> Iterator[tuple[str, str]]:
    """Yield (letter, everything that would be sent) of all that is owed."""
    with city.office.read() as conn:
        for row in conn.execute(select(outbox).where(outbox.c.person_id.is_not(None))):
            facts = {name: value for name, value in row.facts.items() if name != "items"}
            made = book_of(city.office, conn, row.case_id).render(
                row.letter, row.language, "officer@example.org", facts, items=row.facts.get("items", ()),
                message_id="a@example.org", sender="xiaohao@example.org", base="https://xiaohao.example.org",
                written_at=city.office.now(),
            )  # fmt: skip
            yield row.letter, made.content.decode("utf-8", "replace") + str(row.facts)


def live(city: City) -> None:
    """A long way: everything that writes letters about the findings."""
    other, number = city.numbers[0], city.numbers[1]
    city.submit(number, [city.keep("缴款凭证.png", effective_on=BEFORE_FEEDBACK)])
    city.office.settle(100)
    city.hearing(number).establish(city.today)
    city.submit(other)
    city.review(other, "returned")
    city.bring(other, "record_look_back")
    city.look(other)
    city.confirm(other)
    city.sign_off(other)
    city.act("office1", "urge", city.numbers[2], text="请尽快整改到位，责任人分管副书记。")
    city.office.settle(100)


def test_no_title_no_detail_and_no_opinion_leaves_the_house(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    live(city)

    sent = list(letters(city))
    details = city.column(select(findings.c.detail))
    assert len({letter for letter, _ in sent}) > 12
    for letter, text in sent:
        for title in TITLES:
            assert title not in text, letter
        assert not [detail for detail in details if detail and detail in text], letter
        assert "请尽快整改到位" not in text, letter
        assert "情况说明：" not in text, letter


def test_a_place_that_wants_titles_gets_them_and_nothing_else(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    city.act("sysadmin1", "set_number", "office", name="letters.titles", value="1", valid_from=str(city.today))
    live(city)

    told = {letter for letter, text in letters(city) if any(title in text for title in TITLES)}
    assert "rectification_returned" in told
    assert not told & OF_VERIFICATION
    assert not [letter for letter, text in letters(city) if "请尽快整改到位" in text]


@pytest.mark.parametrize("value", ["2", "-1"])
def test_there_is_nothing_between_off_and_on(sqlite_city: Callable[[str], City], value: str) -> None:
    city = sqlite_city("registered")

    with pytest.raises(Exception, match="value"):
        city.act("sysadmin1", "set_number", "office", name="letters.titles", value=value, valid_from=str(city.today))
