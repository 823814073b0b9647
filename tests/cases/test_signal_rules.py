"""Each of the 36 signals: it fires on what its description says, and is silent on the honest look-alike beside it.

The table in force is the shipped one, so that a threshold that moves shows here.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from bpmn.decisions import evaluate
from bpmn.engine import Engine
from bpmn.release import shipped
from cases.evidence import EvidenceKind
from cases.evidence_facts import Fact, FactKind
from cases.signals import SIGNALS, look, parameters
from cases.signals.snapshot import (
    Appointment,
    Callback,
    Change,
    Complaint,
    Counted,
    Earlier,
    Elsewhere,
    Exhibit,
    Extended,
    Hit,
    ListSnapshot,
    Names,
    Opinion,
    Parameters,
    Payment,
    PersonAction,
    PhotoNear,
    Planned,
    Progress,
    Quote,
    Recovery,
    Reported,
    Similar,
    Snapshot,
    SpotCheck,
    Step,
    Survey,
    UnitPace,
    Visit,
    Waiver,
)
from config.signal_words import signal_sentence

AS_OF = datetime(2026, 6, 1, 1, tzinfo=UTC)
DONE = datetime(2026, 5, 28, 2, tzinfo=UTC)
FEEDBACK = date(2026, 1, 10)
SOUND = "已核对 3 份凭证，金额与台账一致"
K = EvidenceKind


@cache
def table() -> Mapping[str, Parameters]:
    decision = Engine(shipped()).decisions["signal_parameters"]
    rows: list[tuple[str, dict[str, Any]]] = []
    for signal in SIGNALS:
        answer = evaluate(decision, {"signal": signal})
        assert isinstance(answer, list)
        rows += [(signal, dict(row)) for row in answer]
    return parameters(rows)


def fact(kind: FactKind, value: str, written: str = "") -> Fact:
    return Fact(kind, value, written or value, "¶1")


def exhibit(kind: EvidenceKind = K.FUND_RECEIPT, *facts: Fact, **more: Any) -> Exhibit:
    given: dict[str, Any] = {"id": 1, "sha256": f"{kind}", "filename": "a.docx", "kind": kind, "purpose": "RESULT"}
    return Exhibit(**given | {"facts": facts} | more)


def snapshot(**more: Any) -> Snapshot:
    given: dict[str, Any] = {
        "finding_id": 1,
        "number": "F-1",
        "unit_id": 11,
        "kind": "PHASED",
        "as_of": AS_OF,
        "title": "下属单位会议记录不规范",
        "category": "党建",
        "feedback_on": FEEDBACK,
        "issued_on": FEEDBACK,
        "plan_approved_on": date(2026, 2, 1),
        "due_on": date(2026, 6, 30),
        "submitted_at": DONE,
        "completion": "3月12日补齐2025年会议记录14份，支部书记逐份核对",
        "exhibits": (exhibit(),),
        "recoveries": (),
        "payments": (),
        "person_actions": (),
        "appointments": (),
        "complaints": (),
        "earlier": (),
        "executed": (),
        "self_checks": (),
    }
    return Snapshot(**given | more)


def of_list(**more: Any) -> ListSnapshot:
    given: dict[str, Any] = {
        "list_id": 2,
        "number": "L-1",
        "unit_id": 11,
        "as_of": AS_OF,
        "findings": 20,
        "done": 20,
        "surveys": (),
        "chief_owns": 2,
        "meetings": 3,
        "chief_attended": 2,
        "chief_signed": {"plan": True},
    }
    return ListSnapshot(**given | more)


def fired(seen: Snapshot | ListSnapshot) -> dict[str, Hit]:
    return {hit.signal: hit for hit in look(seen, table()).hits}


def similar(percent: int, unit_id: int = 12, number: str = "F-2", *, joint: bool = False) -> Similar:
    return Similar(2, number, unit_id, percent, Quote("某段文字", "¶2"), Quote("某段文字", "¶3"), joint)


def at(day: int, hour: int = 2, month: int = 5) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


FIX = "组织财务人员逐笔核对2023年以来的差旅凭证并追缴超标部分"
RULE = Planned(2, "修订差旅费管理办法，5月底前印发", SOUND, "REGULATION")
REFUND = Recovery(7, at(20), Decimal(4500), "甲", "treasury")
MONEY = {
    "title": "违规报销交通罚款4500元",
    "amount": Decimal(4500),
    "category": "资金",
    "person_actions": (PersonAction(1, "甲", "talk", date(2026, 3, 1)),),
}
FROZEN = json.dumps({"header": ["日期", "pH", "COD"], "rows": [[str(d), "7.10", "31.2"] for d in range(1, 5)]})
RENT = json.dumps({"header": ["月份", "租金", "面积"], "rows": [[str(m), "1200", "60"] for m in range(1, 9)]})
TYPED = {"filename": "通知.docx", "sha256": "t", "text": "关于开展自查的通知"}

FIRES: list[tuple[str, dict[str, Any]]] = [
    ("PR-01", {"exhibits": (exhibit(elsewhere=(Elsewhere(2, "F-2", 12, ""),)),)}),
    ("PR-02", {"exhibits": (exhibit(similar=(similar(85),)),)}),
    ("PR-03", {"exhibits": (exhibit(K.PHOTO_PAIR, photos_near=(PhotoNear(2, "F-2", 9, "b.jpg", 5),)),)}),
    ("PR-03", {"exhibits": (exhibit(K.PHOTO_PAIR, fact(FactKind.PHOTO_TIME, "2025-12-01T09:00:00")),)}),
    ("PR-03", {"exhibits": (exhibit(K.PHOTO_PAIR, fact(FactKind.PHOTO_TIME, "2026-05-31T09:00:00")),)}),
    (
        "PR-03",
        {"exhibits": (exhibit(K.PHOTO_PAIR, fact(FactKind.PHOTO_GPS, "30.55,114.30")),), "location": (30.60, 114.30)},
    ),
    (
        "PR-04",
        {
            "title": "财务管理不规范，差旅费报销审核把关不严",
            "measures": (Planned(1, "切实加强财务管理，进一步规范差旅费报销审核把关", SOUND),),
        },
    ),
    ("PR-05", {"measures": (Planned(1, FIX, SOUND, similar=(similar(90),)),)}),
    ("PR-05", {"measures": (Planned(1, FIX, SOUND, similar=(similar(99, 11), similar(99, 11, "F-3"))),)}),
    (
        "PR-06",
        {
            "completion": "青山镇财政所3月12日补齐会议记录14份",
            "names": Names(frozenset({"江北区教育局"}), frozenset({"青山镇财政所"})),
        },
    ),
    ("PR-06", {"completion": "3月12日，××局补齐会议记录14份"}),
    ("PR-07", {"exhibits": (exhibit(effective_on=date(2026, 1, 9)),)}),
    ("PR-07", {"exhibits": (exhibit(K.FUND_RECEIPT, fact(FactKind.DOC_NO, "江教|2025|12", "江教〔2025〕12号")),)}),
    (
        "PR-08",
        {
            "exhibits": (
                exhibit(
                    K.ACCEPTANCE,
                    fact(FactKind.DOC_DATE, "2026-02-01"),
                    fact(FactKind.FILE_CREATED, "2026-05-20T02:00:00+00:00"),
                    **TYPED,
                ),
            )
        },
    ),
    (
        "PR-08",
        {
            "exhibits": tuple(
                exhibit(
                    K.ACCEPTANCE, fact(FactKind.DOC_NO, f"江教|2026|{n}"), fact(FactKind.DOC_DATE, d), sha256=d, id=n
                )
                for n, d in ((5, "2026-03-09"), (6, "2026-03-02"))
            )
        },
    ),
    ("PR-09", {"exhibits": (exhibit(K.MEETING_MINUTES),)}),
    ("PR-09", {"exhibits": (exhibit(K.ONSITE_RECORD, fact(FactKind.KIND_PROPOSED, "MEETING_MINUTES")),)}),
    ("PR-10", MONEY | {"recoveries": ()}),
    ("PR-10", MONEY | {"recoveries": (Recovery(7, at(20), Decimal(4000), "甲", "treasury"),)}),
    ("PR-11", MONEY | {"recoveries": (Recovery(7, at(20), Decimal(4500), "甲", "own"),), "fund": "fiscal"}),
    ("PR-12", MONEY | {"recoveries": (REFUND,), "payments": (Payment(3, at(20, 1), Decimal(4600), "甲", "借款"),)}),
    (
        "PR-12",
        MONEY
        | {
            "recoveries": (REFUND,),
            "payments": (Payment(3, at(2), Decimal(4000), "乙公司", "工程款"),),
            "affiliates": (("甲", "乙公司"),),
        },
    ),
    ("PR-13", MONEY | {"recoveries": (REFUND,), "claimed_persons": 2, "claimed_amount": Decimal(4500)}),
    ("PR-13", MONEY | {"recoveries": (REFUND,), "callbacks": (Callback(1, "乙", False),)}),
    ("PR-14", {"category": "违规违纪"}),
    (
        "PR-15",
        {
            "person_actions": (PersonAction(1, "甲", "dismissal", date(2026, 2, 1)),),
            "appointments": (Appointment(1, "甲", "副主任", date(2026, 4, 1)),),
        },
    ),
    ("PR-16", {"extensions": 2}),
    ("PR-16", {"submitted_at": None, "last_progress_on": date(2026, 3, 1)}),
    ("PR-16", {"due_on": date(2026, 4, 1)}),
    ("PR-16", {"extended": (Extended(at(20), at(27, 20), "refused"),)}),
    ("PR-17", {"title": "村道工程未按图施工", "submitted_at": at(10, month=2)}),
    ("PR-18", {"pace": UnitPace(6, tuple(DONE - timedelta(hours=h) for h in (0, 1, 2, 3)), with_progress=0)}),
    (
        "PR-18",
        {
            "due_on": date(2026, 5, 29),
            "exhibits": tuple(
                exhibit(k, uploaded_at=at(28), id=i) for i, k in enumerate((K.FUND_RECEIPT, K.SANCTION, K.CALLBACK))
            ),
        },
    ),
    ("PR-19", {"completion": "高度重视，切实加强领导，进一步强化管理，不断提高认识"}),
    ("PR-20", {"measures": (Planned(1, FIX, ""),)}),
    (
        "PR-21",
        {
            "exhibits": (
                exhibit(text="自2026年3月1日起停止发放值班补助"),
                exhibit(K.SANCTION, text="从2026年3月15日起停止发放值班补助", id=2),
            )
        },
    ),
    ("PR-21", {"completion": "共追缴9万元，其中甲3万元、乙5万元。"}),
    ("PR-22", {"opinions": (Opinion(1, "verify_rectification", "甲", SOUND, 10),)}),
    ("PR-22", {"opinions": (Opinion(1, "verify_rectification", "甲", SOUND, seconds=20, files=5, opened=2),)}),
    ("PR-22", {"opinions": (Opinion(1, "verify_rectification", "甲", SOUND, seconds=300, files=2, opened=0),)}),
    ("PR-23", {"earlier": (Earlier(9, "E-9", "党建", date(2025, 3, 1), 70),)}),
    ("PR-24", {"signed_off_at": DONE, "complaints": (Complaint(1, "petition", date(2026, 5, 30), "仍然如此", 55),)}),
    ("PR-25", {"exhibits": (exhibit(), exhibit(K.REGULATION, text="谈心制度", id=2))}),
    (
        "PR-25",
        {
            "exhibits": (
                exhibit(),
                exhibit(
                    K.REGULATION,
                    *(
                        fact(k, v)
                        for k, v in (
                            (FactKind.DOC_NO, "江教|2026|3"),
                            (FactKind.ADOPTED_BY, "党委会"),
                            (FactKind.DOC_DATE, "2026-02-02"),
                            (FactKind.DISTRIBUTION, "各校"),
                        )
                    ),
                    text="办法",
                    id=2,
                ),
            )
        },
    ),
    ("PR-26", {"visits": (Visit(1, 1, True, "财务部"),)}),
    ("PR-26", {"visits": (Visit(1, 2, False, "财务部"),)}),
    ("PR-26", {"visits": (Visit(1, 2, True, "电话", method="call_back"),), "needs_on_site": True}),
    ("PR-26", {"participants": (("submitted", 5), ("verified", 5))}),
    ("PR-26", {"participants": (("verified", 8),), "unit_people": frozenset({8})}),
    ("PR-27", {"kind": "CONTINUOUS"}),
    ("PR-27", {"kind": "CONTINUOUS", "amount": Decimal(9), "milestones": (Step(date(2026, 9, 1)),)}),
    ("PR-28", {"title": "部分支部记录不规范，如三支部无2025年记录"}),
    ("PR-29", {"spot_checks": (SpotCheck(1, date(2026, 5, 1), 9, 1),)}),
    ("PR-30", {"exhibits": (exhibit(K.SYSTEM_DATA, fact(FactKind.SERIES, FROZEN)),)}),
    ("PR-31", {"completion": "正在办理14份记录的补齐手续"}),
    ("PR-31", {"measures": (Planned(1, FIX, FIX + "。"),)}),
    ("PR-32", {"title": "12户危房未改造", "completion": "3月12日前改造9户，支部书记到场"}),
    ("PR-35", {"signed_off_at": DONE, "changes": (Change(1, "a.pdf", "replaced", at(30)),)}),
]


@pytest.mark.parametrize(("signal", "seen"), FIRES)
def test_a_signal_fires_on_what_its_description_says(signal: str, seen: dict[str, Any]) -> None:
    hits = fired(snapshot(**seen))

    assert signal in hits
    assert set(hits) <= {signal, "PR-09", "PR-20", "PR-28", "PR-14"} or len(hits) == 1, sorted(hits)
    for language in ("zh", "en"):
        assert "{" not in signal_sentence(language, signal, hits[signal].facts) != ""


LIST_FIRES: list[tuple[str, dict[str, Any]]] = [
    ("PR-33", {"surveys": (Survey(1, date(2026, 5, 1), 100, 90, 70),)}),
    ("PR-33", {"done": 5, "surveys": (Survey(1, date(2026, 5, 1), 100, 20, 95),)}),
    ("PR-34", {"chief_owns": 0}),
    ("PR-34", {"chief_attended": 0}),
    ("PR-34", {"chief_signed": {"report": False}}),
    ("PR-36", {"reported": (Reported(1, date(2026, 5, 1), 18, 20, 9500),)}),
    (
        "PR-36",
        {"reported": (Reported(1, date(2026, 5, 1), 20, 20),), "counted": (Counted(date(2026, 5, 1), 18, 20, 2),)},
    ),
    ("PR-36", {"reported": (Reported(1, date(2026, 4, 1), 9, 20), Reported(2, date(2026, 5, 1), 15, 16))}),
]


@pytest.mark.parametrize(("signal", "seen"), LIST_FIRES)
def test_a_signal_of_a_list_fires_on_what_its_description_says(signal: str, seen: dict[str, Any]) -> None:
    hits = fired(of_list(**seen))

    assert list(hits) == [signal]
    assert "{" not in signal_sentence("zh", signal, hits[signal].facts) != ""


def test_every_signal_has_a_case_that_fires_it() -> None:
    assert {signal for signal, _ in (*FIRES, *LIST_FIRES)} == set(SIGNALS) == {f"PR-{n:02d}" for n in range(1, 37)}


HONEST: list[tuple[str, dict[str, Any]]] = [
    (
        "a regulation of the city, each with its clause",
        {
            "exhibits": (
                exhibit(),
                exhibit(K.MEETING_MINUTES, locator="第3页", elsewhere=(Elsewhere(2, "F-2", 12, "第5页"),), id=2),
            )
        },
    ),
    (
        "an approved template",
        {"exhibits": (exhibit(exempt=True, elsewhere=(Elsewhere(2, "F-2", 12, ""),), similar=(similar(95),)),)},
    ),
    (
        "a photo of before",
        {
            "exhibits": (
                exhibit(),
                exhibit(K.PHOTO_PAIR, fact(FactKind.PHOTO_TIME, "2025-12-01T09:00:00"), purpose="BASELINE", id=2),
            )
        },
    ),
    (
        "a photo of another day, another picture",
        {
            "exhibits": (
                exhibit(
                    K.PHOTO_PAIR,
                    fact(FactKind.PHOTO_TIME, "2026-04-01T09:00:00"),
                    photos_near=(PhotoNear(1, "F-1", 9, "b.jpg", 9),),
                ),
            )
        },
    ),
    ("a joint measure", {"measures": (Planned(1, FIX, SOUND, similar=(similar(95, joint=True),)), RULE)}),
    (
        "put right on the spot",
        {
            "kind": "IMMEDIATE",
            "inspected_from": date(2025, 11, 1),
            "exhibits": (exhibit(effective_on=date(2025, 12, 1)),),
        },
    ),
    (
        "a scan of an older paper",
        {
            "exhibits": (
                exhibit(
                    K.ACCEPTANCE,
                    fact(FactKind.DOC_DATE, "2026-02-01"),
                    fact(FactKind.FILE_CREATED, "2026-05-20T02:00:00+00:00"),
                    filename="扫描.pdf",
                ),
            )
        },
    ),
    (
        "a refund in instalments",
        MONEY | {"recoveries": (REFUND, Recovery(8, at(21), Decimal(4500), "甲", "treasury")), "amount": Decimal(9000)},
    ),
    ("an amount corrected by review", MONEY | {"recoveries": (), "waivers": (Waiver("amount", Decimal(4500)),)}),
    ("an amount that nobody owes", {"title": "项目未招标，涉及金额500万元", "amount": Decimal(5_000_000)}),
    (
        "collective money into the collective's account",
        MONEY | {"recoveries": (Recovery(7, at(20), Decimal(4500), "甲", "collective"),), "fund": "collective"},
    ),
    (
        "wages around a refund",
        MONEY | {"recoveries": (REFUND,), "payments": (Payment(3, at(21), Decimal(4600), "甲", "5月工资"),)},
    ),
    (
        "one voucher for twelve",
        MONEY
        | {
            "recoveries": (Recovery(7, at(20), Decimal(4500), "甲等12人", "treasury"),),
            "claimed_persons": 12,
            "claimed_amount": Decimal(4500),
        },
    ),
    ("a reasoned waiver of accountability", {"category": "违规违纪", "waivers": (Waiver("accountability"),)}),
    (
        "appointed after the time of effect",
        {
            "person_actions": (PersonAction(1, "甲", "sanction", date(2024, 2, 1)),),
            "appointments": (Appointment(1, "甲", "副主任", date(2026, 4, 1)),),
        },
    ),
    (
        "time for a lawsuit",
        {
            "extended": (
                Extended(at(1), at(2), "approved", "等待法院判决"),
                Extended(at(3), at(4), "approved", "二审诉讼"),
            )
        },
    ),
    ("done in a day, as it should be", {"kind": "IMMEDIATE", "submitted_at": at(3, month=2)}),
    (
        "closed together after a meeting",
        {"pace": UnitPace(6, tuple(DONE - timedelta(hours=h) for h in range(6)), with_progress=6)},
    ),
    (
        "told before, uploaded at the end",
        {
            "due_on": date(2026, 5, 29),
            "progress": (Progress(at(2), "已核对"),),
            "exhibits": tuple(
                exhibit(k, uploaded_at=at(28), id=i) for i, k in enumerate((K.FUND_RECEIPT, K.SANCTION, K.CALLBACK))
            ),
        },
    ),
    ("short but true", {"completion": "4500元已缴国库"}),
    ("results, and a word on what comes next", {"completion": "已补齐14份记录并经核对。下一步将继续坚持每月检查"}),
    ("two stops of two things", {"completion": "自2026年3月1日起停止发放值班补助，自2026年3月15日起停止发放交通补助"}),
    ("parts that are the whole", {"completion": "共追缴9万元，其中甲4万元、乙5万元。"}),
    ("decided in a meeting", {"opinions": (Opinion(1, "verify_rectification", "甲", "同意", 12, meeting=True),)}),
    ("closed long before", {"earlier": (Earlier(9, "E-9", "党建", date(2023, 3, 1), 90),)}),
    (
        "a complaint about something else",
        {"signed_off_at": DONE, "complaints": (Complaint(1, "petition", date(2026, 5, 30), "另一件事", 10),)},
    ),
    ("a long task with its steps", {"kind": "CONTINUOUS", "milestones": (Step(date(2026, 9, 1)),)}),
    (
        "examples, and the rest was looked at",
        {"title": "部分支部记录不规范，如三支部无2025年记录", "self_checks": (date(2026, 3, 1),)},
    ),
    ("a spot check that agrees", {"spot_checks": (SpotCheck(1, date(2026, 5, 1), 9, 0),)}),
    ("a rent that is fixed", {"exhibits": (exhibit(K.SYSTEM_DATA, fact(FactKind.SERIES, RENT)),)}),
    (
        "all twelve, and three people dealt with",
        {"title": "12户危房未改造", "completion": "3月12日前12户全部改造，处理3人"},
    ),
]


@pytest.mark.parametrize(("name", "seen"), HONEST, ids=[name for name, _ in HONEST])
def test_an_honest_look_alike_raises_nothing(name: str, seen: dict[str, Any]) -> None:
    assert fired(snapshot(**seen)) == {}


@pytest.mark.parametrize(
    ("signal", "missing"),
    [
        ("PR-10", MONEY | {"recoveries": None}),
        ("PR-10", MONEY | {"exhibits": (exhibit(facts=None),)}),
        ("PR-11", MONEY | {"recoveries": (Recovery(7, at(20), Decimal(4500), "甲", ""),)}),
        ("PR-12", MONEY | {"recoveries": (REFUND,), "payments": None}),
        ("PR-14", {"category": "违规违纪", "person_actions": None}),
        ("PR-15", {"person_actions": (PersonAction(1, "甲", "sanction", FEEDBACK),), "appointments": None}),
        ("PR-17", {"plan_approved_on": None}),
        ("PR-23", {"earlier": None}),
        ("PR-24", {"signed_off_at": DONE, "complaints": None}),
        ("PR-25", {"exhibits": (exhibit(), exhibit(K.REGULATION, facts=None, id=2))}),
    ],
)
def test_what_nobody_knows_is_unsure_and_no_hit(signal: str, missing: dict[str, Any]) -> None:
    answer = look(snapshot(**missing), table())

    assert signal in answer.unsure
    assert signal not in {hit.signal for hit in answer.hits}


def test_a_rate_may_be_rounded_or_cut() -> None:
    for rate in (9870, 9871, 9800, 9900):
        assert fired(of_list(findings=697, done=688, reported=(Reported(1, FEEDBACK, 688, 697, rate),))) == {}


def test_money_that_went_round_within_a_day_is_critical() -> None:
    lent = Payment(3, at(20, 1), Decimal(4600), "甲", "借款")

    assert fired(snapshot(**MONEY, recoveries=(REFUND,), payments=(lent,)))["PR-12"].severity == "CRITICAL"
    later = Payment(3, at(12), Decimal(4600), "甲", "借款")
    assert fired(snapshot(**MONEY, recoveries=(REFUND,), payments=(later,)))["PR-12"].severity == "HIGH"


def test_the_same_facts_make_the_same_fingerprint() -> None:
    first, again = (fired(snapshot(completion="正在办理14份记录的补齐手续"))["PR-31"] for _ in range(2))

    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != fired(snapshot(completion="正在办理15份记录的补齐手续"))["PR-31"].fingerprint
