"""A word that no set knows in a row: it is named, what it speaks of waits, no patrol stops, no page breaks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, and_, insert, or_, select, update

from persistence.closed_words import CLOSED
from persistence.tables import calendar_days, failures, issue_lists
from tasks.patrols.walk import walk
from tests.rehearsal.house import moment
from tests.support.city import DUE_ON, City
from tests.web import city as with_pages
from tests.web.visitor import Visitor
from xiaohao.doctor import examine

STRANGE = "no_such_word"
FILLED = ("findings", "issue_lists", "roles", "outbox", "calendar_days")  # tables of which the city has rows
CARRIED = [column for column in CLOSED if column.table.name in FILLED]
PAGES = {
    "office1": (
        "/",
        "/findings",
        "/lists",
        "/dashboard",
        "/suspicions",
        "/findings/{one}",
        "/findings/{two}",
        "/calendar",
    ),
    "sysadmin1": ("/incidents", "/outbox", "/patrols"),
}  # fmt: skip


def named(column: Column[Any]) -> str:
    return f"{column.table.name}.{column.name}"


def write_strangely(conn: Connection, column: Column[Any], finding: int) -> None:
    """Put the word into one row, of *finding* where the table speaks of findings."""
    table = column.table
    own = [table.c[name] == finding for name in ("id", "finding_id", "case_id") if name in table.c]
    found = conn.execute(select(*table.primary_key).where(or_(*own)).limit(1)).first() if own else None
    key = found or conn.execute(select(*table.primary_key).limit(1)).one()
    where = and_(*(part == value for part, value in zip(table.primary_key, key, strict=True)))
    conn.execute(update(table).where(where).values({column.name: STRANGE}))


@pytest.mark.parametrize("column", CARRIED, ids=named)
def test_the_others_are_told_and_every_page_opens(sqlite_city: Callable[[str], City], column: Column[Any]) -> None:
    city = sqlite_city("rectifying")
    city.is_tampered = True
    one, two, three = city.numbers
    with city.office.database.writing() as conn:
        if column.table is calendar_days:
            conn.execute(insert(calendar_days), {"day": DUE_ON + timedelta(days=5), "kind": "make_up", "note": ""})
        write_strangely(conn, column, city.id_of(two))
    day = DUE_ON + timedelta(days=1)
    city.office.now = lambda: moment(day)

    walked = walk(city.office, city.attachments, moment(day))

    assert walked.broken == {}
    others = (one, three) if column.table is not issue_lists else ()
    assert [number for number in others if city.finding(number).overdue_since is None] == []
    with city.office.read() as conn:
        causes = conn.scalars(select(failures.c.cause).where(failures.c.subject == f"word {named(column)}")).all()
    assert [STRANGE in cause for cause in causes] == [True]
    assert STRANGE in str([one for one in examine(city.office, city.attachments) if one.check == "words_are_known"])
    assert broken_pages(with_pages.City(city.office, city.attachments, city.passwords), one, two) == []


def broken_pages(city: with_pages.City, one: str, two: str) -> list[str]:
    """Return the pages that break."""
    broken = []
    for login, paths in PAGES.items():
        visitor = Visitor(city, login)
        for path in (path.format(one=one, two=two) for path in paths):
            answer = visitor.get(path)
            broken += [f"{path} {answer.status_code}"] if answer.status_code >= 500 else []
    return broken
