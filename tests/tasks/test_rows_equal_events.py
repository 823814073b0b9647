"""Rows equal events: whatever somebody changes in the database behind the office's back is found and named."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, text, update

from cases.events import Event
from persistence import tables as t
from persistence.columns import new_id
from persistence.row_verification import Fault
from persistence.verification import Problem, Verdict, verify
from tasks.case import FindingCase, OfficeCase
from tasks.work import Work
from tests.support.city import NOON, City

Change = Callable[[Connection], None]


def verdict(city: City) -> Verdict:
    return verify(city.office.database, city.office.keyring)


def unguarded(conn: Connection) -> None:
    """What an insider with the database password does first."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET session_replication_role = replica"))
        return
    for name in conn.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        conn.execute(text(f"DROP TRIGGER {name}"))


def tampered(city: City, change: Change) -> tuple[Problem, ...]:
    """Change the database and return what verifying says."""
    assert verdict(city).problems == ()
    city.is_tampered = True
    with city.office.database.writing() as conn:
        unguarded(conn)
        change(conn)
    return verdict(city).problems


@dataclass(frozen=True)
class Tried:
    """A change, and what verifying has to say: the fault, and the table that it names."""

    name: str
    change: Change
    fault: Fault
    table: str
    stage: str = "signing"


def first(conn: Connection, table: Table, *where: Any) -> Any:
    return conn.execute(select(table).where(*where).limit(1)).one()


def verdict_turned(conn: Connection) -> None:
    conn.execute(update(t.reviews).where(t.reviews.c.act == "review_rectification").values(verdict="returned"))


def due_date_moved(conn: Connection) -> None:
    conn.execute(update(t.findings).values(due_on=date(2027, 6, 30)))


def title_changed(conn: Connection) -> None:
    conn.execute(update(t.findings).values(title="公务接待审批略有不规范"))


def confidentiality_lowered(conn: Connection) -> None:
    conn.execute(update(t.findings).values(confidentiality=0))


def evidence_names_another_file(conn: Connection) -> None:
    one, other = conn.execute(select(t.evidence).limit(2)).all()
    conn.execute(update(t.evidence).where(t.evidence.c.id == one.id).values(sha256=other.sha256))


def evidence_deleted(conn: Connection) -> None:
    one = first(conn, t.evidence)
    conn.execute(delete(t.evidence).where(t.evidence.c.id == one.id))


def signed_off_by_hand(conn: Connection) -> None:
    conn.execute(update(t.findings).values(state="signed_off", signed_off_at=NOON))


def verdict_written_in(conn: Connection) -> None:
    row = dict(first(conn, t.reviews)._mapping) | {"id": new_id(), "act": "sign_off", "verdict": "signed"}
    conn.execute(insert(t.reviews).values(**row))


def letters_deleted(conn: Connection) -> None:
    conn.execute(delete(t.outbox))


def suspicions_deleted(conn: Connection) -> None:
    conn.execute(delete(t.suspicions))


def signal_hits_deleted(conn: Connection) -> None:
    conn.execute(delete(t.signal_hits))


def post_made_leading_group(conn: Connection) -> None:
    handler = first(conn, t.posts, t.posts.c.role == "handler")
    conn.execute(update(t.posts).where(t.posts.c.id == handler.id).values(role="leading_group", scope_unit_id=1))


def tenure_back_dated(conn: Connection) -> None:
    one = first(conn, t.tenures)
    earlier = one.valid_from - timedelta(days=400)
    conn.execute(update(t.tenures).where(t.tenures.c.id == one.id).values(valid_from=earlier))


def tenure_given_to_another(conn: Connection) -> None:
    one = first(conn, t.tenures)
    conn.execute(update(t.tenures).where(t.tenures.c.id == one.id).values(person_id=one.person_id + 1))


def password_exchanged(conn: Connection) -> None:
    signer = first(conn, t.accounts, t.accounts.c.login == "signer1")
    other = first(conn, t.accounts, t.accounts.c.login == "u11handler")
    conn.execute(update(t.accounts).where(t.accounts.c.id == signer.id).values(password_hash=other.password_hash))


def token_written_in(conn: Connection) -> None:
    signer = first(conn, t.accounts, t.accounts.c.login == "signer1")
    row = {"token_hash": "0" * 64, "account_id": signer.id, "name": "x", "created_at": NOON}
    conn.execute(insert(t.api_tokens).values(**row))


def link_written_in(conn: Connection) -> None:
    signer = first(conn, t.accounts, t.accounts.c.login == "signer1")
    conn.execute(insert(t.one_time_links).values(token_hash="0" * 64, account_id=signer.id, expires_at=NOON))


def diagram_changed(conn: Connection) -> None:
    path = "processes/close_finding.bpmn"
    file = first(conn, t.release_files, t.release_files.c.path == path)
    changed = file.content.replace(b"held", b"hold")
    conn.execute(update(t.release_files).where(t.release_files.c.path == path).values(content=changed))


def pinned_to_another_release(conn: Connection) -> None:
    known = first(conn, t.releases)
    row = dict(known._mapping) | {"id": "f" * 64}
    conn.execute(insert(t.releases).values(**row))
    conn.execute(update(t.instances).values(release_id="f" * 64))


def blobs_swapped(conn: Connection) -> None:
    one, other = conn.execute(select(t.instances.c.id, t.instances.c.state).limit(2)).all()
    conn.execute(update(t.instances).where(t.instances.c.id == one.id).values(state=other.state))


def timer_stopped(conn: Connection) -> None:
    conn.execute(update(t.instances).values(wake_at=None, waits_for="nothing"))


def setting_written_in(conn: Connection) -> None:
    row = {"name": "lockout.failures", "version": 9, "valid_from": date(2026, 1, 1), "body": 900, "set_at": NOON}
    conn.execute(insert(t.settings).values(**row))


def free_day_written_in(conn: Connection) -> None:
    conn.execute(insert(t.calendar_days).values(day=date(2026, 7, 1), kind="holiday", note=""))


def message_written_in(conn: Connection) -> None:
    finding = first(conn, t.findings)
    told = {"id": new_id(), "case_id": finding.id, "name": "keep_as_history", "facts": {}, "told_at": NOON}
    conn.execute(insert(t.messages).values(**told))


def finding_given_to_another_unit(conn: Connection) -> None:
    conn.execute(update(t.findings).values(unit_path="/1/12/"))


def measure_moved_to_another_finding(conn: Connection) -> None:
    one = first(conn, t.measures)
    other = first(conn, t.findings, t.findings.c.id != one.finding_id)
    conn.execute(update(t.measures).where(t.measures.c.id == one.id).values(finding_id=other.id))


CHANGES = (
    Tried("a verdict", verdict_turned, Fault.ROW_CHANGED, "reviews"),
    Tried("a due date", due_date_moved, Fault.ROW_CHANGED, "findings"),
    Tried("a title", title_changed, Fault.ROW_CHANGED, "findings"),
    Tried("a confidentiality", confidentiality_lowered, Fault.ROW_CHANGED, "findings"),
    Tried("whose a finding is", finding_given_to_another_unit, Fault.ROW_CHANGED, "findings"),
    Tried("a state", signed_off_by_hand, Fault.ROW_CHANGED, "findings"),
    Tried("evidence exchanged", evidence_names_another_file, Fault.ROW_CHANGED, "evidence"),
    Tried("evidence deleted", evidence_deleted, Fault.ROW_MISSING, "evidence"),
    Tried("a verdict written in", verdict_written_in, Fault.ROW_ADDED, "reviews"),
    Tried("a measure moved", measure_moved_to_another_finding, Fault.ROW_CHANGED, "measures"),
    Tried("letters deleted", letters_deleted, Fault.ROW_MISSING, "outbox"),
    Tried("suspicions deleted", suspicions_deleted, Fault.ROW_MISSING, "suspicions"),
    Tried("signal hits deleted", signal_hits_deleted, Fault.ROW_MISSING, "signal_hits"),
    Tried("a post's role", post_made_leading_group, Fault.ROW_CHANGED, "posts"),
    Tried("a tenure back-dated", tenure_back_dated, Fault.ROW_CHANGED, "tenures"),
    Tried("a tenure given away", tenure_given_to_another, Fault.ROW_CHANGED, "tenures"),
    Tried("a password", password_exchanged, Fault.ROW_CHANGED, "accounts"),
    Tried("a token", token_written_in, Fault.ROW_ADDED, "api_tokens"),
    Tried("a one-time link", link_written_in, Fault.ROW_ADDED, "one_time_links"),
    Tried("a diagram", diagram_changed, Fault.ROW_CHANGED, "release_files"),
    Tried("the release of running cases", pinned_to_another_release, Fault.ROW_CHANGED, "instances"),
    Tried("a state blob", blobs_swapped, Fault.ROW_CHANGED, "instances"),
    Tried("a timer", timer_stopped, Fault.ROW_CHANGED, "instances"),
    Tried("a setting", setting_written_in, Fault.ROW_ADDED, "settings"),
    Tried("a free day", free_day_written_in, Fault.ROW_ADDED, "calendar_days"),
    Tried("a message", message_written_in, Fault.ROW_ADDED, "messages"),
)


@pytest.mark.parametrize("tried", CHANGES, ids=lambda tried: tried.name)
def test_a_change_behind_the_office_is_found_and_named(city_at: Callable[[str], City], tried: Tried) -> None:
    city = city_at(tried.stage)

    found = tampered(city, tried.change)

    assert (tried.fault, tried.table) in {(problem.kind, problem.table) for problem in found}
    assert all(problem.row for problem in found if problem.table)
    if tried.fault is not Fault.ROW_ADDED:
        last = [problem for problem in found if problem.table == tried.table]
        assert all(problem.case_id and problem.seq for problem in last), "the last good event is named"


def test_a_row_that_somebody_worked_on_after_it_was_changed_is_still_found(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    number = city.numbers[0]
    city.change(update(t.findings).where(t.findings.c.number == number).values(title="略有不规范"))

    city.submit(number)

    found = [(problem.kind, problem.table, problem.row) for problem in verdict(city).problems]
    assert found == [(Fault.ROW_CHANGED, "findings", str(city.id_of(number)))]


def test_a_row_put_back_as_it_once_was_is_named_so(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    number = city.numbers[0]
    before = dict(city.finding(number)._mapping)
    city.submit(number)
    city.change(update(t.findings).where(t.findings.c.number == number).values(**before))

    found = [(problem.kind, problem.table) for problem in verdict(city).problems]

    assert found == [(Fault.ROW_PUT_BACK, "findings")]


def test_row_and_sum_put_back_together_are_found(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    number = city.numbers[0]
    scope = f"case/{city.id_of(number)}"
    before = dict(city.finding(number)._mapping)
    summed = dict(city.ask(select(t.row_sums).where(t.row_sums.c.scope == scope))[0]._mapping)
    city.submit(number)
    city.change(update(t.findings).where(t.findings.c.number == number).values(**before))
    city.change(update(t.row_sums).where(t.row_sums.c.scope == scope).values(**summed))

    found = {problem.kind for problem in verdict(city).problems}

    assert {Fault.SUM_PUT_BACK, Fault.ROW_PUT_BACK} <= found


def test_sums_that_are_thrown_away_do_not_begin_again_in_silence(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    city.change(delete(t.row_sums))
    city.submit(city.numbers[0])

    found = {problem.kind for problem in verdict(city).problems}

    assert Fault.SUM_MISSING in found


def test_what_is_volatile_may_change_without_an_event(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    city.change(update(t.accounts).values(failures=3))
    city.change(update(t.outbox).values(state="sent", sent_at=NOON))
    city.change(update(t.people).values(language="en"))

    assert verdict(city).problems == ()


def test_rows_that_another_act_writes_meanwhile_stay_in_the_sum(city_at: Callable[[str], City]) -> None:
    city = city_at("rectifying")
    number = city.numbers[0]
    criterion = city.ask(select(t.criteria.c.id).where(t.criteria.c.finding_id == city.id_of(number)))[0].id
    tries: list[int] = []

    def meanwhile(work: Work) -> OfficeCase:  # writes rows of a finding whose head it does not move
        office = work.office_case()
        work.set(t.findings, city.id_of(number), handler_text="财务部")
        work.set(t.criteria, criterion, text="缴款凭证齐全")
        work.record(office, Event("CaseAdvanced"))
        return office

    def body(work: Work) -> FindingCase:
        case = work.finding(number)
        tries.append(1)
        if len(tries) == 1:
            city.office.as_clock("meanwhile", meanwhile)
        case.finding = replace(case.finding, is_key=not case.finding.is_key)
        work.record(case, Event("CaseAdvanced"))
        return case

    city.office.as_clock("change", body)

    assert len(tries) == 2, "what was read before is not built upon"
    assert verdict(city).problems == ()


def test_a_row_that_is_changed_while_an_act_is_thought_through_is_found(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    city.is_tampered = True

    def body(work: Work) -> FindingCase:
        case = work.finding(number)
        city.change(update(t.findings).where(t.findings.c.number == number).values(title="略有不规范"))
        case.finding = replace(case.finding, is_key=not case.finding.is_key)
        work.record(case, Event("CaseAdvanced"))
        return case

    city.office.as_clock("change", body)

    found = [(problem.kind, problem.table, problem.row) for problem in verdict(city).problems]
    assert found == [(Fault.ROW_CHANGED, "findings", str(city.id_of(number)))]
