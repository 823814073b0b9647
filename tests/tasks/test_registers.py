"""Registers: who may enter what, and that each signal which lives on a register is raised by entering into it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from cases.evidence_facts import Fact, FactKind, ReadState
from cases.refusals import CaseError, FormIncomplete, NotPermitted, Unknown
from cases.sign_off import NotFromOutside
from persistence import evidence_facts
from persistence.columns import new_id
from persistence.tables import findings, issue_lists, ledger, posts, register_entries, signal_hits, tenures
from tasks.import_register import RowsRejected
from tasks.registering import RegisterMisplaced
from tests.tasks.town import UNIT, Town, at, proof

ONE, TWO = "XC2026-001-001", "XC2026-001-002"
RESULT = proof("缴款凭证.pdf", "FUND_RECEIPT", effective_on=date(2026, 3, 20))
RECOVERY = {"at": "2026-03-20 10:30", "amount": "50000", "payer": "某公司", "account": "国库"}
Step = Callable[[Town], object]


def enter(register: str, number: str = ONE, login: str = "office1", **fields: Any) -> Step:
    """Return the step that enters a row."""
    return lambda town: town.act(login, "enter_register", number, {"register": register, **fields})


def recovered(**fields: Any) -> Step:
    return enter("recovery", **RECOVERY | fields)


def at_unit(register: str, **fields: Any) -> Step:
    return enter(register, "office", unit=str(UNIT), login=fields.pop("login", "office1"), **fields)


def of_list(register: str, **fields: Any) -> Step:
    return lambda town: town.act("office1", "enter_register", list_number(town), {"register": register, **fields})


def withdraw_last(town: Town) -> None:
    with town.office.read() as conn:
        entry = conn.scalar(select(register_entries.c.id).order_by(register_entries.c.id.desc()).limit(1))
    town.act("office1", "withdraw_entry", ONE, {"entry": str(entry), "reason": "登记有误，已核对"})


def becomes(number: str = ONE, **columns: Any) -> Step:
    """Return the step that makes a finding another one: the town has three of one kind."""

    def change(town: Town) -> None:
        with town.database.writing() as conn:
            conn.execute(update(findings).where(findings.c.number == number).values(columns))

    return change


def submitted(*files: Any) -> Step:
    def submit(town: Town) -> None:
        town.now = at("2026-04-01")
        town.submit(ONE, RESULT, *files)

    return submit


def later(day: str) -> Step:
    def wait(town: Town) -> None:
        town.now = at(day)

    return wait


def photographed(where: str) -> Step:
    """Return the step by which the picture that waits is read."""

    def read(town: Town) -> None:
        with town.database.writing() as conn:
            for _ in range(2):
                claim = evidence_facts.claim(conn, version=1, now=town.now, until=at("2027-01-01"))
                assert claim is not None
                place = (Fact(FactKind.PHOTO_GPS, where, where, "EXIF"),) if claim.filename.endswith(".jpg") else ()
                reading = evidence_facts.Reading(ReadState.READ, facts=place)
                evidence_facts.keep(conn, claim, reading, version=1, now=town.now)

    return read


def list_number(town: Town) -> str:
    with town.office.read() as conn:
        return str(conn.scalar(select(issue_lists.c.number)))


def raised(town: Town) -> set[str]:
    with town.office.read() as conn:
        return set(conn.scalars(select(signal_hits.c.signal)))


SIGNED_OFF: dict[str, Any] = {"state": "signed_off", "stage": "signed_off", "signed_off_at": at("2026-05-01")}
EARLIER = SIGNED_OFF | {"signed_off_at": at("2025-12-01"), "title": "国有资产出租不规范"}


@dataclass(frozen=True)
class Case:
    """What is so before, and what is entered then; the signal is raised by the last step and not before."""

    signal: str
    steps: Sequence[Step]


CASES = (
    Case(
        "PR-03",
        [
            submitted(proof("整改后.jpg", "PHOTO_PAIR", effective_on=date(2026, 3, 20))),
            photographed("30.5000,114.3000"),
            enter("particulars", on="2026-04-01", place="城东泵站", latitude="30.9", longitude="114.9"),
        ],
    ),
    Case("PR-10", [becomes(amount_yuan=Decimal(120_000)), recovered(), withdraw_last, submitted(), recovered()]),
    Case("PR-11", [submitted(), enter("particulars", on="2026-04-01", fund="fiscal"), recovered(account="本单位账户")]),
    Case(
        "PR-12",
        [
            submitted(),
            recovered(),
            at_unit("payment", at="2026-03-20 16:00", amount="50000", payee="某公司", purpose="借款"),
        ],
    ),
    Case("PR-13", [submitted(), recovered(), enter("claimed_refund", on="2026-04-01", amount="90000", persons="6")]),
    Case(
        "PR-14",
        [
            becomes(category="违规发放津补贴"),
            enter("person_action", on="2026-03-25", person="某科长", kind="talk"),
            submitted(),
            withdraw_last,
        ],
    ),
    Case(
        "PR-15",
        [
            submitted(),
            enter("person_action", login="discipline1", on="2026-03-10", person="某科长", kind="dismissal"),
            later("2026-06-01"),
            at_unit(
                "appointment",
                login="organisation1",
                on="2026-05-20",
                person="某科长",
                title="副局长",
                kind="promoted",
            ),
        ],
    ),
    Case(
        "PR-23",
        [
            becomes(number=TWO, **EARLIER),
            enter("particulars", TWO, on="2026-03-02", object="城东门面房"),
            submitted(),
            enter("particulars", on="2026-04-01", object="城东门面房"),
        ],
    ),
    Case(
        "PR-24",
        [
            becomes(**SIGNED_OFF),
            later("2026-06-01"),
            at_unit("complaint", on="2026-05-20", source="petition", text="反映租金收缴不到位，第 1 处至今没有收"),
        ],
    ),
    Case(
        "PR-25",
        [
            enter("execution", on="2026-03-25", title="租金管理办法", kind="use"),
            submitted(proof("租金管理办法.pdf", "REGULATION", effective_on=date(2026, 3, 20))),
            later("2026-07-10"),
            withdraw_last,
        ],
    ),
    Case(
        "PR-27",
        [
            becomes(kind="CONTINUOUS", amount_yuan=Decimal(120_000)),
            enter("particulars", on="2026-03-02", place="城东泵站"),
        ],
    ),
    Case(
        "PR-28",
        [
            becomes(is_systemic=True),
            enter("self_check", on="2026-03-25", scope="全部门面房", checked="20", found="0"),
            submitted(),
            withdraw_last,
        ],
    ),
    Case("PR-29", [submitted(), enter("spot_check", on="2026-04-01", asked="5", mismatches="2")]),
    Case("PR-33", [of_list("survey", on="2026-03-02", asked="100", answered="20", satisfied="99")]),
    Case("PR-34", [of_list("meeting", on="2026-03-02", title="专题会", chief_attended="false")]),
    Case("PR-36", [of_list("report", on="2026-03-02", done="2", total="3", rate="98")]),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.signal)
def test_a_signal_that_lives_on_a_register_is_raised_by_entering_into_it(town: Town, case: Case) -> None:
    town.now = at("2026-03-25")
    for step in case.steps[:-1]:
        step(town)
        town.office.settle(100)
    assert case.signal not in raised(town)

    case.steps[-1](town)
    town.office.settle(100)

    assert case.signal in raised(town)


def test_an_honest_refund_into_the_treasury_raises_nothing(town: Town) -> None:
    town.now = at("2026-03-25")
    for step in (becomes(amount_yuan=Decimal(50_000)), recovered(), submitted()):
        step(town)
        town.office.settle(100)

    assert raised(town) == set()


def test_a_row_is_kept_with_its_moment_and_its_whole_input_is_in_the_ledger(town: Town) -> None:
    town.now = at("2026-03-25")
    recovered(note="x")(town)
    recovered(at="2026-03-21")(town)

    with town.office.read() as conn:
        exact, day = conn.execute(select(register_entries).order_by(register_entries.c.id)).all()
        entered = conn.scalars(select(ledger.c.body).where(ledger.c.event == "RegisterEntered")).all()
    assert (exact.at, exact.fields["at_timed"]) == (at("2026-03-20", 10).replace(minute=30), True)
    assert exact.fields["amount"] == "50000.00"
    assert (day.at, day.fields["at_timed"]) == (at("2026-03-21", 12), False)
    assert exact.fields["account"] == "treasury"
    assert json.loads(entered[0])["input"]["payer"] == "某公司"


def refusal(town: Town, step: Step) -> CaseError:
    with pytest.raises(CaseError) as refused:
        step(town)
    return refused.value


def test_whoever_belongs_to_the_unit_does_not_speak_for_its_honesty(town: Town) -> None:
    waiver = {"on": "2026-03-02", "what": "amount", "reason": "已核销"}
    assert isinstance(refusal(town, enter("waiver", login="u11chief", **waiver)), NotPermitted)
    spot = {"on": "2026-03-02", "asked": "5", "mismatches": "0"}
    assert isinstance(refusal(town, enter("spot_check", login="u11handler", **spot)), NotPermitted)


def test_an_inspector_of_the_unit_itself_is_refused_as_a_person(town: Town) -> None:
    """A post outside does not help somebody who has another one inside."""
    person = town.actor("office1").person_id
    with town.database.writing() as conn:
        post = conn.scalar(select(posts.c.id).where(posts.c.unit_id == UNIT).limit(1))
        held = {"id": new_id(), "post_id": post, "person_id": person, "deputy": False, "valid_from": date(2026, 1, 1)}
        conn.execute(tenures.insert().values(held))
    refused = refusal(town, enter("particulars", on="2026-03-02", place="城东"))
    assert isinstance(refused, NotFromOutside)


def test_fields_that_are_wrong_are_named_and_nothing_is_kept(town: Town) -> None:
    refused = refusal(town, recovered(at="2099-01-01", amount="很多", payer=""))

    assert isinstance(refused, FormIncomplete)
    assert refused.errors == {"at": "in_future", "amount": "not_an_amount", "payer": "required"}
    with town.office.read() as conn:
        assert conn.execute(select(register_entries)).all() == []


def test_a_register_is_kept_where_it_belongs(town: Town) -> None:
    assert isinstance(refusal(town, enter("survey", on="2026-03-02")), RegisterMisplaced)
    assert isinstance(refusal(town, enter("account", on="2026-03-02")), RegisterMisplaced)
    assert isinstance(refusal(town, enter("no_such_register")), Unknown)
    refused = refusal(town, enter("payment", "office", unit="无此单位"))
    assert isinstance(refused, FormIncomplete)
    assert refused.errors == {"unit": "owner_unknown"}


def test_an_entry_of_another_finding_is_not_withdrawn_from_here(town: Town) -> None:
    town.now = at("2026-03-25")
    recovered()(town)
    with town.office.read() as conn:
        entry = str(conn.scalar(select(register_entries.c.id)))
    for number in (TWO, "office"):
        with pytest.raises(Unknown):
            town.act("office1", "withdraw_entry", number, {"entry": entry, "reason": "登记有误"})
    with pytest.raises(FormIncomplete):
        town.act("office1", "withdraw_entry", ONE, {"entry": entry, "reason": "错"})


def test_rows_are_imported_all_or_none_and_never_twice(town: Town) -> None:
    town.now = at("2026-03-25")
    rows = [RECOVERY | {"place": "甲 3"}, RECOVERY | {"place": "甲 4"}, RECOVERY | {"place": "甲 5", "amount": "x"}]
    with pytest.raises(RowsRejected) as refused:
        town.act("office1", "import_register", ONE, {"register": "recovery", "rows": rows})
    assert refused.value.facts["place"] == "甲 5"

    first = town.act("office1", "import_register", ONE, {"register": "recovery", "rows": rows[:2]})
    again = town.act("office1", "import_register", ONE, {"register": "recovery", "rows": [*rows[:2], RECOVERY]})

    assert first.more == {"kept": 2, "repeated": 0}  # two alike are two
    assert again.more == {"kept": 1, "repeated": 2}


def test_a_workbook_of_the_office_names_the_findings_and_each_keeps_it_in_its_ledger(town: Town) -> None:
    town.now = at("2026-03-25")
    rows = [RECOVERY | {"finding": number} for number in (ONE, TWO, ONE)]
    town.act("office1", "import_register", "office", {"register": "recovery", "rows": rows})

    with town.office.read() as conn:
        told = select(findings.c.number, ledger.c.body).join(ledger, ledger.c.case_id == findings.c.id)
        told = told.where(ledger.c.event == "RegisterImported").order_by(findings.c.number)
        assert [(n, json.loads(body)["facts"]["count"]) for n, body in conn.execute(told)] == [(ONE, 2), (TWO, 1)]
    stranger = [RECOVERY | {"finding": ONE}]
    with pytest.raises(RowsRejected):
        town.act("u12handler", "import_register", "office", {"register": "recovery", "rows": stranger})
