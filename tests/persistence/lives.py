"""Lives of findings as the tables keep them: issued, handed in, signed off, taken back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, insert, update

from persistence.columns import new_id
from persistence.tables import cycles, findings, ledger, reviews, submissions
from tests.persistence.stock import a_finding, add_findings

DUE = date(2026, 4, 1)


def noon(month: int, day: int, hour: int = 4) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def put(connection: Connection, table: Table, **row: Any) -> None:
    connection.execute(insert(table).values({"id": new_id()} | row if "id" in table.c else row))


def issued(connection: Connection, id: int, **facts: Any) -> int:
    """Issue a finding on 2 March, due on 1 April."""
    add_findings(connection, a_finding(id, state="open", **({"due_on": DUE} | facts)))
    put(connection, cycles, finding_id=id, cycle=1, opened_at=noon(3, 2), because="issued", due_on=DUE)
    return id


def submitted(connection: Connection, id: int, at: datetime, *, cycle: int = 1, yuan: int | None = None) -> None:
    recovered = None if yuan is None else Decimal(yuan)
    put(connection, submissions, finding_id=id, cycle=cycle, person_id=7, completion="已清退", measures_done={}, at=at,
        recovered_yuan=recovered)  # fmt: skip


def signed(connection: Connection, id: int, at: datetime, *, cycle: int = 1) -> None:
    put(connection, reviews, case_id=id, cycle=cycle, act="sign_off", person_id=9, person_name="组长",
        verdict="signed", comment="已核对凭证", at=at)  # fmt: skip
    ended = update(cycles).where(cycles.c.finding_id == id, cycles.c.cycle == cycle)
    connection.execute(ended.values(closed_at=at, result="signed_off"))


def revoked(connection: Connection, id: int, at: datetime, because: str) -> None:
    """Take the sign-off of the first cycle back, as the act does: its row stays, another cycle begins."""
    put(connection, cycles, finding_id=id, cycle=2, opened_at=at, because=because, due_on=date(2026, 9, 1))
    connection.execute(update(findings).where(findings.c.id == id).values(cycle=2, due_on=date(2026, 9, 1)))


def told(connection: Connection, id: int, event: str, at: datetime, seq: int = 1) -> None:
    put(connection, ledger, case_id=id, seq=seq, event=event, act="wake", at=at, recorded_at=at, who="时钟",
        body="{}", previous="", hash="")  # fmt: skip


def marked(connection: Connection, id: int, at: datetime, seq: int = 1) -> None:
    told(connection, id, "MarkedOverdue", at, seq)
