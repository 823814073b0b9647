"""What becomes of a ledger behind the door: columns and names remembered, questions answered, history kept, once."""

import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import RowMapping, select

from cases.finding import Kind, NotReadyToIssue, State
from cases.refusals import FormIncomplete, KeyUsedOtherwise, NotPermitted
from persistence.tables import (
    aliases,
    column_mappings,
    findings,
    intakes,
    issue_lists,
    measures,
    milestones,
    posts,
    readings,
)
from tasks.add_finding import RegistrationOver
from tasks.answers import Place
from tasks.import_list import Imported, import_list
from tasks.unmapped import unmapped
from tests.support.city import CHECKED, City

TOWN, UNIT = 12, "徐庄镇党委"
HEADINGS = ("序号", "问题", "整改措施", "责任领导", "责任人", "整改时限", "整改状态")
ROWS = (
    ("1", "会议费超预算", "清退超支部分", "分管副书记", "王主任", "2026年9月30日", "已完成"),
    ("2", "公车管理不严", "建立派车登记", "分管副书记", "王主任", "二季度", "整改中"),
    ("3", "租金长期未收", "追缴租金", "党委书记", "", "长期坚持", "已销号"),
)


@pytest.fixture
def city(city_at: Callable[[str], City]) -> City:
    return city_at("registered")


def ledger(rows: Sequence[Sequence[str]] = ROWS, headings: Sequence[str] = HEADINGS) -> bytes:
    return "\n".join(",".join(row) for row in (headings, *rows)).encode()


def bring_in(city: City, content: bytes | None = None, login: str = "office1", **more: Any) -> Imported:
    content = ledger() if content is None else content
    return import_list(city.office, city.actor(login), "台账.csv", content, **{"unit": UNIT, **more})


def row(city: City, number: str) -> RowMapping:
    return city.finding(number)._mapping


def posts_of(city: City, unit: int = TOWN) -> dict[str, int]:
    return dict(city.ask(select(posts.c.role, posts.c.id).where(posts.c.unit_id == unit)))  # type: ignore[arg-type]


def hand_in(city: City, number: str) -> None:
    city.office.settle(100)
    city.act("team1", "register_findings", number, comment="登记问题，底稿齐全")
    city.act("team2", "confirm_registration", number, verdict="agreed", comment=CHECKED)


# --- columns ----------------------------------------------------------------------------------------------------


def test_a_corrected_heading_is_read_so_the_next_time(city: City) -> None:
    odd = ("序号", "问题", "怎么改", "责任领导", "责任人", "整改时限", "整改状态")
    first = bring_in(city, ledger(ROWS[:1], odd), dry_run=True)
    assert first.intake.mapping["怎么改"] is None

    bring_in(city, ledger(ROWS[:1], odd), mapping={**first.intake.mapping, "怎么改": "measures"})
    again = bring_in(city, ledger(ROWS[1:2], odd), dry_run=True)

    assert again.as_last_time is not None
    assert again.as_last_time.who == city.actor("office1").name
    assert again.intake.findings[0].measures == ("建立派车登记",)
    afresh = bring_in(city, ledger(ROWS[1:2], odd), dry_run=True, mapping={})
    assert (afresh.as_last_time, afresh.intake.findings[0].measures) == (None, ())
    elsewhere = bring_in(city, ledger(ROWS[1:2], odd), dry_run=True, unit="民和镇党委")
    assert elsewhere.as_last_time is None


def test_what_was_remembered_is_ended_not_overwritten(city: City) -> None:
    read = bring_in(city, dry_run=True).intake.mapping
    bring_in(city, ledger(ROWS[:1]), mapping={**read, "责任人": None})

    bring_in(city, ledger(ROWS[1:2]), mapping=dict(read))

    kept = city.ask(select(column_mappings).order_by(column_mappings.c.set_at))
    assert [one.body["责任人"] for one in kept] == [None, "responsible_person"]
    assert [one.valid_until is None for one in kept] == [False, True]


# --- questions --------------------------------------------------------------------------------------------------


def test_an_answer_is_taken_recorded_and_never_invented(city: City) -> None:
    without = bring_in(city, dry_run=True).intake
    assert without.findings[1].due_on is None

    sheet = without.findings[1].sheet
    number = bring_in(city, answers={Place(sheet, 3, "due"): "2026-06-30"}).created[1]

    assert str(row(city, number)["due_on"]) == "2026-06-30"
    (kept,) = city.column(select(readings.c.body).where(readings.c.finding_id == city.id_of(number)))
    due = next(cell for cell in kept if cell["field"] == "due")
    assert (due["text"], due["answer"], due["row"]) == ("二季度", "2026-06-30", 3)
    (left,) = city.column(select(intakes.c.body))
    assert left["answers"] == {f"3|due|{sheet}": "2026-06-30"}


def test_an_answer_that_is_no_day_is_given_back_with_its_place(city: City) -> None:
    sheet = bring_in(city, dry_run=True).intake.findings[1].sheet

    with pytest.raises(FormIncomplete) as refused:
        bring_in(city, answers={Place(sheet, 3, "due"): "六月底"})

    assert refused.value.errors == {f"3|due|{sheet}": "not_a_date"}
    assert not city.column(select(findings.c.id).where(findings.c.unit_id == TOWN))


# --- once -------------------------------------------------------------------------------------------------------


def test_two_officers_importing_one_file_at_once_get_one_list(city: City) -> None:
    content = ledger([(str(n), f"第{n}项租金未收", "追缴", "", "", "2026-09-30", "") for n in range(1, 61)])
    together, got, failed = threading.Barrier(2), [], []

    def bring(login: str) -> None:
        together.wait()
        try:
            got.append(bring_in(city, content, login))
        except Exception as why:  # what a thread raises is seen by nobody else
            failed.append(why)

    threads = [threading.Thread(target=bring, args=(login,)) for login in ("office1", "team1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not failed
    assert len({one.list_number for one in got}) == 1
    assert sorted(len(one.created) for one in got) == [0, 60]
    assert len(city.column(select(issue_lists.c.id).where(issue_lists.c.unit_id == TOWN))) == 1
    assert len(city.column(select(findings.c.id).where(findings.c.unit_id == TOWN))) == 60


def test_the_same_key_gives_the_same_list_and_another_body_is_refused(city: City) -> None:
    first = bring_in(city, key="k1")
    again = bring_in(city, key="k1")

    assert (again.list_number, again.created) == (first.list_number, first.created)
    with pytest.raises(KeyUsedOtherwise):
        bring_in(city, ledger(ROWS[:2]), key="k1")


def test_another_file_without_anything_new_opens_no_list(city: City) -> None:
    first = bring_in(city)

    again = bring_in(city, ledger((ROWS[1], ROWS[0])))

    assert (again.list_number, again.created, len(again.known)) == (first.list_number, (), 2)
    assert len(city.column(select(issue_lists.c.id).where(issue_lists.c.unit_id == TOWN))) == 1


# --- who is meant -----------------------------------------------------------------------------------------------


def texts(city: City, number: str) -> dict[tuple[str, str], Any]:
    with city.office.read() as conn:
        path = city.column(select(issue_lists.c.unit_path).where(issue_lists.c.number == number))[0]
        return {(one.field, one.text): one for one in unmapped(conn, city.id_of(number), path, city.today)}


def test_texts_are_proposed_settled_together_and_remembered(city: City) -> None:
    number = str(bring_in(city, ledger(ROWS[:2])).list_number)
    held = posts_of(city)
    found = texts(city, number)
    leader, handler = found["leader", "分管副书记"], found["handler", "王主任"]
    assert (leader.proposal.id, leader.proposal.fit.name) == (held["responsible_leader"], "SAME_NAME")
    assert len(leader.numbers) == 2
    assert handler.proposal is None or handler.proposal.fit.name == "SIMILAR"

    choices = [f"leader {held['responsible_leader']} 分管副书记", f"handler {held['handler']} 王主任"]
    choices += [f"chief {held['chief']} ", "due_on 2026-06-30 二季度"]
    city.act("office1", "map_responsibility", number, choices=choices)

    for own in city.column(select(findings.c.number).where(findings.c.unit_id == TOWN)):
        now = row(city, own)
        assert (now["leader_post_id"], now["handler_post_id"]) == (held["responsible_leader"], held["handler"])
        assert now["due_on"] is not None
        assert "FindingSettled" in city.events(own)
    assert texts(city, number) == {}
    assert {one.text for one in city.ask(select(aliases))} == {"分管副书记", "王主任"}
    (later,) = bring_in(city, ledger([("9", "新的问题一条", "整改", "", "王主任", "2026-09-30", "")])).created
    assert row(city, later)["handler_post_id"] == held["handler"]


def test_a_post_of_another_unit_or_role_is_no_choice(city: City) -> None:
    number = str(bring_in(city, ledger(ROWS[:1])).list_number)

    for wrong in (posts_of(city, 11)["responsible_leader"], posts_of(city)["chief"]):
        with pytest.raises(FormIncomplete):
            city.act("office1", "map_responsibility", number, choices=[f"leader {wrong} 分管副书记"])
    with pytest.raises(NotPermitted):
        city.act("team1", "map_responsibility", number, choices=["due_on 2026-06-30 二季度"])


def test_the_refusal_to_issue_names_what_is_missing(city: City) -> None:
    number = str(bring_in(city, ledger([("1", "会议费超预算", "", "", "", "长期坚持", "")])).list_number)
    hand_in(city, number)
    city.act("office1", "consolidate_list", number, verdict="agreed", comment=CHECKED)

    with pytest.raises(NotReadyToIssue) as refused:
        city.act("office1", "give_feedback", number, feedback_on=city.today.isoformat(), place="会议室")

    facts = refused.value.facts
    assert facts["missing"] == ("leader", "handler", "due_on", "milestones")
    assert facts["count"] == 1


# --- what exists already ----------------------------------------------------------------------------------------


def test_a_claim_is_kept_and_history_is_never_issued_but_looked_back_on(city: City) -> None:
    done = bring_in(city)
    number, (claimed, under_way, old) = str(done.list_number), done.created
    assert [row(city, one)["claim"] for one in done.created] == ["done", "in_progress", "historic_signed_off"]
    assert [row(city, one)["historic"] for one in done.created] == [False, False, True]
    assert row(city, old)["state"] == State.REGISTERED  # a file alone signs nothing off

    held = posts_of(city)
    for one in (claimed, under_way):
        city.act(
            "office1", "settle_finding", one, leader=str(held["responsible_leader"]), handler=str(held["handler"]),
            due_on="2026-09-30",
        )  # fmt: skip
    hand_in(city, number)
    city.act("office1", "consolidate_list", number, verdict="agreed", comment=CHECKED)
    city.office.settle(100)
    assert (row(city, old)["state"], row(city, old)["signed_off_at"]) == (State.SIGNED_OFF, None)
    city.act("office1", "give_feedback", number, feedback_on=city.today.isoformat(), place="会议室")
    city.office.settle(100)

    assert row(city, claimed)["state"] == State.OPEN
    assert city.waits_for(claimed) == ["accept_finding"]
    assert city.waits_for(old) == []
    assert "HistoryKept" in city.events(old)
    city.act("office1", "open_durability", old)
    assert city.waits_for(old) == ["start_durability"]


def test_revoked_history_becomes_a_cycle_like_any_other(city: City) -> None:
    done = bring_in(city, ledger(ROWS[2:]))
    number, old = str(done.list_number), done.created[0]
    hand_in(city, number)
    city.act("office1", "consolidate_list", number, verdict="agreed", comment=CHECKED)
    city.office.settle(100)

    city.act("signer1", "revoke_sign_off", old, because="recurred", comment="群众来信反映租金仍未收回，已核实第3号台账")
    city.hearing(old, "u12").establish(city.today)
    city.office.settle(100)

    now = row(city, old)
    assert (now["state"], now["cycle"], now["historic"]) == (State.OPEN, 2, False)
    assert city.waits_for(old) == ["accept_finding"]
    assert not city.complaints()


def test_the_office_may_doubt_history_but_not_make_it(city: City) -> None:
    claimed, _, old = bring_in(city).created

    city.act("office1", "settle_finding", old, historic="false")
    with pytest.raises(FormIncomplete):
        city.act("office1", "settle_finding", claimed, historic="true")

    assert not row(city, old)["historic"]


# --- by hand ----------------------------------------------------------------------------------------------------


def test_a_finding_is_entered_by_hand_and_confirmed_by_another(city: City) -> None:
    number = city.list_number
    added = str(
        city.act(
            "team1", "add_finding", number, title="食堂采购未招标", detail="三年未招标。", kind="CONTINUOUS",
            amount_yuan="120000.50", headcount=3, measures="重新招标\n完善制度", leader_text="分管副书记",
            criteria="合同已重签", milestones="2026年6月30日 完成招标\n2026-09-30 制度执行满一季度",
        ).more["finding"]
    )  # fmt: skip

    now = row(city, added)
    assert (added, now["kind"], now["amount_yuan"]) == (f"{number}-004", Kind.CONTINUOUS, Decimal("120000.50"))
    own = city.id_of(added)
    assert city.column(select(measures.c.text).where(measures.c.finding_id == own)) == ["重新招标", "完善制度"]
    steps = city.ask(select(milestones.c.due_on, milestones.c.text).where(milestones.c.finding_id == own))
    assert [(str(step.due_on), step.text) for step in steps] == [
        ("2026-06-30", "完成招标"),
        ("2026-09-30", "制度执行满一季度"),
    ]
    hand_in(city, number)
    with pytest.raises(RegistrationOver):
        city.act("team1", "add_finding", number, title="又一个问题", kind="PHASED")


def test_only_the_inspecting_side_enters_findings(city: City) -> None:
    with pytest.raises(NotPermitted):
        city.act("discipline1", "add_finding", city.list_number, title="食堂采购未招标", kind="PHASED")


@pytest.mark.parametrize("line", ["完成招标", "2026年6月 完成招标", "2026-13-01 完成招标"])
def test_a_milestone_without_a_certain_day_is_refused(city: City, line: str) -> None:
    with pytest.raises(FormIncomplete) as refused:
        city.act("office1", "settle_finding", city.numbers[0], milestones=line)

    assert refused.value.errors == {"milestones": "not_a_date"}
