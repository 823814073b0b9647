"""Overdue has one definition: what the rule says of one finding, the database says of all, whatever the patrol did."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select, update

from cases.finding import State, is_overdue
from persistence.overdue import overdue_on
from persistence.tables import findings
from tests.support.city import City

DUE = date(2026, 6, 30)


def lives() -> Iterator[tuple[str, date | None, datetime | None, date | None]]:
    """Yield states, due days, submissions (to the second around midnight in Shanghai) and marks of every kind."""
    midnight = datetime(2026, 6, 30, 16, tzinfo=UTC)
    submitted = (None, midnight - timedelta(days=9), midnight - timedelta(seconds=1), midnight, midnight + timedelta(9))
    for state in State:
        for due in (None, DUE):
            for at in submitted:
                yield from ((str(state), due, at, mark) for mark in (None, DUE + timedelta(days=1)))


def test_the_rule_and_the_database_agree(city: City) -> None:
    key = city.id_of(city.numbers[0])
    days = (DUE - timedelta(days=1), DUE, DUE + timedelta(days=1), DUE + timedelta(days=20))
    seen = set()

    for state, due, at, mark in lives():
        city.change(
            update(findings)
            .where(findings.c.id == key)
            .values(state=state, due_on=due, submitted_at=at, overdue_since=mark)
        )
        for day in days:
            asked = bool(city.column(select(findings.c.id).where(findings.c.id == key, overdue_on(day))))
            assert asked is is_overdue(state, due, at, day), (state, due, at, mark, day)
            seen.add(asked)
    assert seen == {True, False}
