"""Units, findings and tasks to look at, with defaults."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, insert

from persistence.tables import (
    cases,
    findings,
    instances,
    issue_lists,
    open_tasks,
    releases,
    rounds,
    units,
)

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
CASE: dict[str, Any] = {"changed_at": NOW, "changed_by": "", "changed_act": "", "version": 0}


def found_city(connection: Connection) -> None:
    """Committee 1 with the bureaus 2 (/1/2/) and 3 (/1/3/), one round, one list, one release."""
    unit: dict[str, Any] = {"kind": "inspected", "valid_from": date(2020, 1, 1)}
    city: dict[str, Any] = {"id": 1, "parent_id": None, "path": "/1/", "name": "市委", "short_name": "市委"}
    bureaus = [{"id": n, "parent_id": 1, "path": f"/1/{n}/", "name": f"局{n}", "short_name": f"局{n}"} for n in (2, 3)]
    connection.execute(insert(units), [unit | row for row in (city, *bureaus)])
    connection.execute(insert(rounds).values(id=1, name="第一轮", year=2026, office_unit_id=1))
    connection.execute(insert(cases).values(id=1, kind="issue_list", **CASE))
    issue_list: dict[str, Any] = {
        "id": 1,
        "number": "L-1",
        "round_id": 1,
        "unit_id": 2,
        "unit_path": "/1/2/",
        "office_unit_id": 1,
    }
    issue_list |= {"title": "局2问题清单", "state": "RECTIFYING", "created_at": NOW}
    connection.execute(insert(issue_lists).values(issue_list))
    connection.execute(insert(releases).values(id="r", title="", state="published", drafted_at=NOW))
    connection.execute(insert(instances).values(an_instance(1)))


def an_instance(case_id: int) -> dict[str, Any]:
    known = {"process": "close_finding", "cycle": 1, "release_id": "r", "state": b"", "status": "running"}
    return known | {"id": case_id, "case_id": case_id, "path": {}, "opened_at": NOW}


def a_finding(id: int, **facts: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "id": id,
        "number": f"F-{id:07}",
        "list_id": 1,
        "seq": str(id),
        "unit_id": 2,
        "unit_path": "/1/2/",
        "office_unit_id": 1,
        "confidentiality": 1,
        "title": f"问题{id}",
        "kind": "PHASED",
        "state": "OPEN",
        "stage": "rectifying",
        "due_on": date(2026, 4, 1),
    }
    return known | facts


def add_findings(connection: Connection, *rows: dict[str, Any]) -> None:
    connection.execute(insert(cases), [{"id": row["id"], "kind": "finding"} | CASE for row in rows])
    for row in rows:  # one by one: the columns left out differ, and each has its default
        connection.execute(insert(findings).values(row))
    connection.execute(insert(instances), [an_instance(row["id"]) for row in rows])


def a_task(id: str, case_id: int = 10, **facts: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "id": id,
        "instance_id": case_id,
        "case_id": case_id,
        "name": "submit_rectification",
        "act": "submit_rectification",
        "stage": "rectifying",
        "role": "handler",
        "label": "报告整改",
        "holder": "post:5",
        "claimed_by": None,
        "since": NOW,
        "sort_on": "2026-04-01",
    }
    return known | facts


def add_tasks(connection: Connection, *rows: dict[str, Any]) -> None:
    connection.execute(insert(open_tasks), list(rows))
