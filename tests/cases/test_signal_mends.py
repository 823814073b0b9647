"""What the benchmark taught the signals: each mend with the manipulation that was missed, or the honest it accused."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from cases.evidence import EvidenceKind
from cases.evidence_facts import FactKind
from cases.likeness import common_runs
from cases.signals.snapshot import (
    Complaint,
    Earlier,
    Exhibit,
    Hit,
    Issued,
    Names,
    Planned,
    Quote,
    Recovery,
    Similar,
    Waiver,
)
from cases.wording import counted, still_to_come
from tests.cases.test_signal_rules import DONE, SOUND, at, exhibit, fact, fired, snapshot

K = EvidenceKind


def test_parts_of_what_was_handled_are_not_counted_twice() -> None:
    shrunk = snapshot(detail="账面23笔押金挂账", completion="15笔押金函证完毕，其中收回12笔、核销3笔")
    whole = snapshot(detail="账面15笔押金挂账", completion="押金收回12笔，核销3笔")

    assert "PR-32" in fired(shrunk)
    assert "PR-32" not in fired(whole)


def test_what_is_named_again_in_full_has_not_shrunk() -> None:
    seen = snapshot(detail="分解成12个合同", completion="12个消防改造合同全部审结，解除8个，其余4个按审定价结算")

    assert "PR-32" not in fired(seen)


def test_a_second_count_takes_off_what_was_claimed() -> None:
    given: dict[str, Any] = {
        "claimed_persons": 1,
        "claimed_amount": Decimal(4720),
        "recoveries": (Recovery(1, at(20), Decimal(4614), "甲", "treasury"),),
    }

    assert "PR-13" in fired(snapshot(**given))
    assert "PR-13" not in fired(snapshot(**given, waivers=(Waiver("amount", Decimal(106)),)))


def minutes(day: str) -> Exhibit:
    return exhibit(
        K.MEETING_MINUTES, fact(FactKind.MEETING_ON, day), id=2, sha256="m", text="会议审议通过《车辆管理办法》。"
    )


def test_one_rule_was_adopted_on_one_day() -> None:
    rule = exhibit(K.REGULATION, id=3, sha256="r", text="《车辆管理办法》已经4月22日班子会\n议审议通过，现予印发。")

    assert fired(snapshot(exhibits=(minutes("2026-04-21"), rule)))["PR-21"].facts["why"] == "adopted"
    assert "PR-21" not in fired(snapshot(exhibits=(minutes("2026-04-22"), rule)))


def test_two_reports_tell_of_one_sum() -> None:
    report = exhibit(K.REPORT, id=4, sha256="p", text="4月14日将水电费10.7341万元缴入非税专户。")

    assert "PR-21" in fired(snapshot(completion="4月14日将水电费8.257万元缴入非税专户", exhibits=(report,)))
    assert "PR-21" not in fired(snapshot(completion="4月14日将水电费10.7341万元缴入专户", exhibits=(report,)))


def test_a_plan_without_a_rule_is_a_light_hit_where_it_was_no_quick_thing() -> None:
    plan = (Planned(1, "逐项核实24项记录", SOUND),)

    assert fired(snapshot(measures=plan))["PR-20"].severity == "MEDIUM"
    assert "PR-20" not in fired(snapshot(measures=plan, kind="IMMEDIATE"))
    assert "PR-20" not in fired(snapshot(measures=(*plan, Planned(2, "修订会议记录管理办法", SOUND))))


def test_a_promise_in_place_of_an_open_measure_is_no_completion() -> None:
    plan = (Planned(1, "退回重复报销的补助", "已退回"), Planned(2, "完善补助审核机制"))

    assert "PR-31" in fired(snapshot(measures=plan, completion="费用已退回。下一步将完善补助审核机制"))


def test_the_same_figures_in_other_words_are_the_same_finding_again() -> None:
    given: dict[str, Any] = {
        "finding_id": 9,
        "number": "E-9",
        "category": "党建",
        "closed_on": date(2025, 6, 1),
        "percent": 43,
    }

    assert "PR-23" in fired(snapshot(earlier=(Earlier(**given, figures=("2份", "3970元")),)))
    assert "PR-23" not in fired(snapshot(earlier=(Earlier(**given, figures=("2022年",)),)))


def test_a_complaint_that_names_the_thing_and_the_place_is_about_it() -> None:
    given: dict[str, Any] = {"id": 1, "source": "hotline", "on": date(2026, 5, 30), "text": "…", "percent": 12}
    spoken = Complaint(**given, passages=("畜禽粪污池", "上坝片区"))
    passing = Complaint(**given, passages=("上坝片区",))

    assert "PR-24" in fired(snapshot(signed_off_at=DONE, complaints=(spoken,)))
    assert "PR-24" not in fired(snapshot(signed_off_at=DONE, complaints=(passing,)))


def test_runs_in_common_are_found_in_any_order() -> None:
    assert common_runs("畜禽粪污池说改好了，上坝片区还是那样", "上坝片区3处畜禽粪污池", 4) == ["畜禽粪污池", "上坝片区"]


def test_a_party_of_the_plan_may_be_named_and_nobody_reports_to_a_strangers_sections() -> None:
    names = Names(frozenset(), frozenset({"天业公司", "黎阳医院"}), frozenset({"天业公司", "黎阳医院"}))
    plan = (Planned(1, "更换天业公司的运维人员，修订运维管理办法", SOUND),)
    text = exhibit(K.MEETING_MINUTES, text="会议同意更换天业公司的运维人员。")
    copied = exhibit(K.MEETING_MINUTES, text="并向黎阳医院各科室作了通报。")

    assert "PR-06" not in fired(snapshot(measures=plan, names=names, exhibits=(text,)))
    assert "PR-06" in fired(snapshot(measures=plan, names=names, exhibits=(copied,)))


def late_copy(*registered: Issued) -> dict[str, Hit]:
    made = fact(FactKind.FILE_CREATED, "2026-05-20T02:00:00+00:00")
    facts = (fact(FactKind.DOC_DATE, "2026-02-01"), made, fact(FactKind.DOC_NO, "甲发|2026|3", "甲发〔2026〕3号"))
    paper = exhibit(K.ACCEPTANCE, *facts, text="验收意见")
    return fired(snapshot(exhibits=(paper,), issued_documents=registered))


def test_the_book_of_documents_speaks_for_a_late_copy_that_it_records() -> None:
    line = ("甲发〔2026〕3号", "验收意见", date(2026, 2, 1))

    assert late_copy()["PR-08"].severity == "HIGH"
    assert late_copy(Issued(*line))["PR-08"].severity == "MEDIUM"
    assert "PR-08" not in late_copy(Issued(*line, date(2026, 5, 20)))


def made(hours: int) -> dict[str, Hit]:
    begun = datetime.fromisoformat("2026-05-26T01:00:00+00:00")
    papers = tuple(
        exhibit(
            K.ACCEPTANCE,
            fact(FactKind.DOC_DATE, f"2026-05-{22 + n}"),
            fact(FactKind.FILE_CREATED, (begun + n * timedelta(hours=hours)).isoformat()),
            id=n,
            sha256=str(n),
            text="意见",
        )
        for n in range(4)
    )
    return fired(snapshot(exhibits=papers, entries=(date(2026, 5, 28),)))


def test_papers_of_several_days_made_in_one_before_a_visit_are_told() -> None:
    assert "PR-08" in made(hours=2)
    assert "PR-08" not in made(hours=14)


def test_the_original_is_not_blocked_for_its_copy() -> None:
    near: dict[str, Any] = {"finding_id": 2, "number": "F-2", "unit_id": 12, "percent": 95, "ours": Quote("甲", "1")}
    copy = Similar(**near, theirs=Quote("甲", "2"), later=True)
    original = Similar(**near, theirs=Quote("甲", "2"))

    assert fired(snapshot(exhibits=(exhibit(similar=(copy,)),)))["PR-02"].severity == "MEDIUM"
    assert fired(snapshot(exhibits=(exhibit(similar=(original,)),)))["PR-02"].severity == "HIGH"


def test_what_is_being_negotiated_is_not_back_yet() -> None:
    assert still_to_come("12处门面房租金正在与商户协调收回") != ""
    assert still_to_come("12处门面房租金已收回，正在办理入账") == "正在办理入账"
    assert still_to_come("正在推进的12处门面房租金均已收回") == ""


def test_an_ordinal_counts_nothing() -> None:
    assert [one.number for one in counted("第 17 处门面房，共12处")] == [12]
