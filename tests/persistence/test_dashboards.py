"""What leaders look at counts as the figures do, on SQLite and PostgreSQL."""

from datetime import date

import pytest
from sqlalchemy import Connection, true

from cases.figures import Quantity, Tally
from persistence.dashboards import cells, ends_of_months, months, passages
from persistence.database import Database
from persistence.figures import FigureFilters, Step, counted_findings, tally
from persistence.tables import look_backs
from persistence.visibility import below
from tests.persistence.lives import issued, marked, noon, put, revoked, signed, submitted
from tests.persistence.stock import a_finding, add_findings, found_city

TODAY = date(2026, 9, 10)


@pytest.fixture
def store(database: Database) -> Database:
    with database.writing() as connection:
        found_city(connection)
        _some_lives(connection)
    return database


def _some_lives(connection: Connection) -> None:
    for id in range(10, 22):
        facts = {"unit_id": 3, "unit_path": "/1/3/"} if id % 2 else {}
        issued(connection, id, category="作风" if id % 3 else "", **facts)
        submitted(connection, id, noon(3, 12))
        if id % 4 != 2:
            signed(connection, id, noon(4 + id % 4, 20))
    for id, because in ((12, "recurred"), (13, "found_false")):
        revoked(connection, id, noon(7, 31), because)
    signed(connection, 13, noon(8, 31), cycle=2)
    issued(connection, 22, closed_as="split", closed_at=noon(6, 3))
    marked(connection, 18, noon(4, 2))
    add_findings(connection, a_finding(23, state="registered"))
    put(connection, look_backs, finding_id=11, cycle=1, method="on_site", inspectors=[], result="held",
        confirmed_at=noon(3, 22), durability=False)  # fmt: skip


def test_the_months_are_the_figures_of_their_last_days(store: Database) -> None:
    with store.reading() as connection:
        shown = months(connection, true(), FigureFilters(TODAY), 8)
        counted = [tally(connection, true(), FigureFilters(month.day)) for month in shown]

    assert [month.day.isoformat() for month in shown][-3:] == ["2026-07-31", "2026-08-31", "2026-09-10"]
    assert [(month.tally.total, month.tally.done) for month in shown] == [(one.total, one.done) for one in counted]
    assert len({month.tally.done for month in shown}) > 3
    assert {month.tally.total for month in shown} == {0, 12, 13}


def test_months_end_where_months_end() -> None:
    assert ends_of_months(date(2024, 3, 31), 3) == (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31))


def test_the_cells_add_up_to_the_figures_and_open_by_their_age(store: Database) -> None:
    with store.reading() as connection:
        found = cells(connection, true(), FigureFilters(TODAY))
        whole = tally(connection, true(), FigureFilters(TODAY))
        for cell in found:
            narrowed = FigureFilters(TODAY, own_unit_id=cell.unit_id, category=cell.category, age=cell.age)
            rows = counted_findings(connection, true(), narrowed, Quantity.UNDONE)
            assert len(rows) == cell.tally.undone

    assert sum((cell.tally for cell in found), Tally()) == whole
    assert {(cell.unit, cell.category) for cell in found} == {
        ("局2", ""),
        ("局2", "作风"),
        ("局3", ""),
        ("局3", "作风"),
    }
    assert {cell.age for cell in found if cell.tally.undone} == {1, 3}  # opened on 31 July, and on 2 March


def test_the_passage_counts_each_step_with_its_median_days(store: Database) -> None:
    with store.reading() as connection:
        found = {one.step: one for one in passages(connection, true(), FigureFilters(TODAY))}
        until_may = {one.step: one.count for one in passages(connection, true(), FigureFilters(date(2026, 5, 31)))}
        behind = counted_findings(connection, true(), FigureFilters(TODAY, reached=Step.SUBMITTED), Quantity.TOTAL)

    assert [found[step].count for step in (Step.ISSUED, Step.SUBMITTED, Step.LOOKED_BACK, Step.SIGNED_OFF)] == [
        12, 10, 1, 8,
    ]  # fmt: skip
    assert len(behind) == found[Step.SUBMITTED].count
    assert found[Step.LOOKED_BACK].days is None  # nobody verified it
    assert (until_may[Step.ISSUED], until_may[Step.SIGNED_OFF]) == (13, 6)


def test_nothing_is_shown_that_may_not_be_seen(store: Database) -> None:
    mine = below("/1/2/")

    with store.reading() as connection:
        assert {cell.unit for cell in cells(connection, mine, FigureFilters(TODAY))} == {"局2"}
        assert passages(connection, mine, FigureFilters(TODAY))[0].count == 6
        assert months(connection, mine, FigureFilters(TODAY))[-1].tally.total == 6
