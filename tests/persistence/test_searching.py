"""A search finds what people mean, whatever width, case and blanks they wrote, on both databases alike."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, true, update

from cases.search_words import words_of
from persistence.ledger_search import Sought, search
from persistence.overviews import FindingFilters, list_findings
from persistence.roster import find_people
from persistence.tables import findings
from tests.support.city import City

TITLES = ("房产租金  收缴不到位ABC", "ｃｏｎｔｒａｃｔ　租金_100%\\", "公务接待Ⅷ审批不严")
FOUND = {
    "租金  ": 2,
    "　租金　": 2,
    "房产 租金": 1,
    "租金　房产": 1,
    "房产 接待": 0,
    "ＡＢＣ": 1,
    "abc": 1,
    "CONTRACT": 1,
    "ＸＣ２０２６": 3,
    "xc2026 租": 2,
    "VIII": 1,
    "Ⅷ": 1,
    "100%": 1,
    "%": 1,
    "_": 1,
    "\\": 1,
    "租": 2,
    "租金": 2,
    "ABC\t房产\n收缴": 1,
    "江夏 租金": 2,
    "'": 0,
    "": 3,
    "   ": 3,
}


@pytest.fixture
def titled(city_at: Callable[[str], City]) -> City:
    city = city_at("registered")
    for number, title in zip(city.numbers, TITLES, strict=True):
        city.change(update(findings).where(findings.c.number == number).values(title=title, detail=""))
    return city


def test_every_way_of_writing_the_words_finds_the_same(titled: City) -> None:
    with titled.office.read() as conn:
        found = {words: len(list_findings(conn, true(), FindingFilters(search=words), limit=50)) for words in FOUND}

    assert found == FOUND


def test_people_and_the_ledger_are_searched_in_the_same_form(titled: City) -> None:
    with titled.office.read() as conn:
        one = find_people(conn, "office1")[0]["person"]
        for words in (" ＯＦＦＩＣＥ１　", "Office1", f"office1 {one.name}", f"{one.name} "):
            assert one.id in {each["person"].id for each in find_people(conn, words)}
        assert find_people(conn, "office1 nobody") == []
        assert len(search(conn, Sought(who="　系统 时钟 "))) == len(search(conn, Sought(who="系统时钟")))
        assert conn.execute(select(findings.c.id)).first() is not None


def test_words_are_told_apart_by_every_kind_of_blank() -> None:
    assert words_of("　Ａ b\u00a0c\tb\n") == ("a", "b", "c")
    assert words_of("\u200b租金\ufeff") == ("租金",)  # marks that nobody sees, pasted from a page
