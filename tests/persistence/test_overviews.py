"""What people have before them: pages that join without gap or repeat, and only what they may see."""

import random
from datetime import date

import pytest
from sqlalchemy import true

from persistence import overviews
from persistence.database import Database
from persistence.overviews import FindingFilters, FindingLine, Order, Task, place_of
from persistence.tables import findings, unit_names
from persistence.visibility import below
from tests.persistence.stock import a_finding, a_task, add_findings, add_tasks, found_city

SEED = 20260302


def numbers(lines: list[FindingLine]) -> list[int]:
    return [line.id for line in lines]


def ids(tasks: list[Task]) -> list[str]:
    return [task.id for task in tasks]


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.writing() as connection:
        found_city(connection)
        add_findings(
            connection,
            a_finding(10, due_on=date(2026, 4, 1), attention=2),
            a_finding(11, due_on=date(2026, 3, 1), state="open", title="公车私用100%报销"),
            a_finding(12, due_on=None, kind="CONTINUOUS"),
            a_finding(13, unit_id=3, unit_path="/1/3/", due_on=date(2026, 4, 1), stage="sign_off", category="作风"),
            a_finding(14, due_on=None, state="SIGNED_OFF", confidentiality=3),
        )
    return database


def test_a_person_has_what_he_claimed_and_what_nobody_claimed_yet(stocked: Database) -> None:
    with stocked.writing() as connection:
        add_tasks(
            connection,
            a_task("a", sort_on="2026-05-01"),
            a_task("b", claimed_by=7, sort_on="2026-04-01"),
            a_task("c", claimed_by=8),
            a_task("d", holder="role:verifier@1", sort_on="2026-03-01"),
            a_task("e", holder="post:6"),
            a_task("f", holder="post:6", claimed_by=7, sort_on="9999-12-31"),
            a_task("g", case_id=1, sort_on="2026-05-01"),
        )
        mine = ["post:5", "role:verifier@1"]

        tasks = overviews.my_tasks(connection, mine, 7)

        assert ids(tasks) == ["d", "b", "a", "g", "f"]
        assert overviews.my_task_count(connection, mine, 7) == 5
        assert (tasks[0].number, tasks[0].title, tasks[0].unit_name) == ("F-0000010", "问题10", "局2")
        assert (tasks[3].number, tasks[3].title, tasks[3].unit_name) == ("L-1", "局2问题清单", "局2")
        assert ids(overviews.my_tasks(connection, [], 7)) == ["b", "f"]


def test_what_a_person_may_not_see_is_no_task_of_his_and_pages_stay_full(stocked: Database) -> None:
    with stocked.writing() as connection:
        add_tasks(connection, *(a_task(f"t{n}", case_id=13 if n % 2 else 10) for n in range(10)))
        add_tasks(connection, a_task("list", case_id=1, sort_on="2026-01-01"))
        only_bureau_3 = below("/1/3/")

        page = overviews.my_tasks(connection, ["post:5"], 7, visible=only_bureau_3, limit=4)

        assert ids(page) == ["list", "t1", "t3", "t5"]
        assert overviews.my_task_count(connection, ["post:5"], 7, visible=only_bureau_3) == 6


def test_pages_of_tasks_join_without_gap_or_repeat(stocked: Database) -> None:
    dice = random.Random(SEED)
    holders = [f"post:{n}" for n in range(6)]
    rows = [
        a_task(
            f"{n:032x}",
            holder=dice.choice(holders),
            sort_on=f"2026-04-{dice.randint(1, 5):02}",
            claimed_by=dice.choice([None, None, 7, 8]),
        )
        for n in range(300)
    ]
    mine = holders[:3]
    expected = sorted(
        (row["sort_on"], row["id"])
        for row in rows
        if row["claimed_by"] == 7 or (row["claimed_by"] is None and row["holder"] in mine)
    )

    with stocked.writing() as connection:
        add_tasks(connection, *rows)
        seen: list[tuple[str, str]] = []
        while page := overviews.my_tasks(connection, mine, 7, after=seen[-1] if seen else None, limit=7):
            seen += [task.place for task in page]
        counted = overviews.my_task_count(connection, mine, 7)

    assert seen == expected
    assert counted == len(expected)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (FindingFilters(), [11, 10, 13, 12, 14]),
        (FindingFilters(unit_path="/1/2/"), [11, 10, 12, 14]),
        (FindingFilters(unit_path="/1/"), [11, 10, 13, 12, 14]),
        (FindingFilters(state="SIGNED_OFF"), [14]),
        (FindingFilters(stage="sign_off"), [13]),
        (FindingFilters(kind="CONTINUOUS"), [12]),
        (FindingFilters(category="作风"), [13]),
        (FindingFilters(overdue=True, today=date(2026, 3, 2)), [11]),
        (FindingFilters(overdue=False, today=date(2026, 3, 2)), [10, 13, 12, 14]),
        (FindingFilters(round_id=1), [11, 10, 13, 12, 14]),
        (FindingFilters(round_id=2), []),
        (FindingFilters(list_id=1, has_attention=True), [10]),
        (FindingFilters(search="公车"), [11]),
        (FindingFilters(search="100%报"), [11]),
        (FindingFilters(search="1%0"), []),
        (FindingFilters(search="f-0000012"), [12]),
    ],
)
def test_a_list_is_narrowed(stocked: Database, filters: FindingFilters, expected: list[int]) -> None:
    with stocked.reading() as connection:
        assert numbers(overviews.list_findings(connection, true(), filters)) == expected


def test_a_list_shows_only_what_the_person_may_see(stocked: Database) -> None:
    with stocked.reading() as connection:
        lines = overviews.list_findings(connection, findings.c.confidentiality <= 1, FindingFilters(state="SIGNED_OFF"))

    assert lines == []


@pytest.mark.parametrize("order", Order)
def test_pages_of_findings_join_without_gap_or_repeat(database: Database, order: Order) -> None:
    dice = random.Random(SEED)
    days = [None, date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3)]
    rows = [a_finding(n, due_on=dice.choice(days), number=f"F-{dice.random()}") for n in range(10, 110)]
    keys = {
        Order.DUE: lambda row: (row["due_on"] or date.max, row["id"]),
        Order.NEWEST: lambda row: -row["id"],
        Order.NUMBER: lambda row: row["number"],
    }

    with database.writing() as connection:
        found_city(connection)
        add_findings(connection, *rows)
        seen: list[FindingLine] = []
        while page := overviews.list_findings(
            connection,
            true(),
            FindingFilters(),
            after=place_of(seen[-1], order) if seen else None,
            limit=7,
            order=order,
        ):
            assert len(page) == 7 or len(seen) + len(page) == 100
            seen += page

    assert numbers(seen) == [row["id"] for row in sorted(rows, key=keys[order])]


def test_findings_are_counted_by_state_and_the_overdue_apart(stocked: Database) -> None:
    with stocked.reading() as connection:
        counts = overviews.count_findings(connection, true(), FindingFilters(today=date(2026, 3, 2)))

    assert {(c.state, c.overdue): c.count for c in counts} == {
        ("OPEN", False): 3,
        ("open", True): 1,
        ("SIGNED_OFF", False): 1,
    }


def test_numbers_and_titles_are_found_for_findings_and_lists(stocked: Database) -> None:
    with stocked.reading() as connection:
        found = overviews.titles_of(connection, [10, 1, 999])

    assert found == {10: ("F-0000010", "问题10"), 1: ("L-1", "局2问题清单")}


@pytest.mark.parametrize("words", ["局3", "原粮食局"])
def test_a_finding_is_found_by_what_its_unit_is_called_or_was(stocked: Database, words: str) -> None:
    was = {"unit_id": 3, "name": "江夏市原粮食局", "short_name": "粮食局", "valid_from": date(2020, 1, 1)}
    with stocked.writing() as connection:
        connection.execute(unit_names.insert().values(id=90, valid_until=date(2025, 12, 31), **was))

        found = overviews.list_findings(connection, true(), FindingFilters(search=words))

    assert numbers(found) == [13]
