"""The demonstration's registers (登记簿): honest rows about 江夏国资集团, so that every page has something to show."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Act = Callable[[str, str, str, dict[str, Any]], object]  # (login, act, number, given)
Day = Callable[[int], str]  # so many days ago, as forms want it

UNIT = "11"


def enter_refunds(act: Act, day: Day, numbers: Sequence[str]) -> None:
    """Enter, while the unit is at work, what came back and who was spoken to; *numbers* in the order of the list."""
    overpaid, _, _, travel, *_ = numbers
    sums = (
        (overpaid, "集团本部经理等8人", "124000", 126),
        (overpaid, "集团本部职员等4人", "62000", 123),
        (travel, "中层人员甲等4人", "43200", 122),
    )
    for number, payer, amount, ago in sums:
        sent = {"at": f"{day(ago)} 10:20", "amount": amount, "payer": payer, "voucher": f"缴库 {ago} 号"}
        _enter(act, "u11handler", number, "recovery", sent | {"account": "国库", "payee": "市财政局"})
    claimed = {"on": day(121), "amount": "43200", "persons": 4}
    _enter(act, "u11handler", travel, "claimed_refund", claimed)
    dealt_with = (
        (overpaid, "薪酬管理岗负责人", "admonition", "诫勉谈话记录"),
        (travel, "中层人员甲", "criticism", ""),
        (travel, "中层人员乙", "criticism", ""),
    )
    for number, person, kind, document in dealt_with:
        said = {"on": day(122), "person": person, "kind": kind, "document": document}
        _enter(act, "discipline1", number, "person_action", said)


def enter_registers(act: Act, day: Day, list_number: str, numbers: Sequence[str]) -> None:
    """Enter what else the office and the unit know beside the papers; *numbers* in the order of the list."""
    overpaid, _, _, _, rent, *_ = numbers

    def enter(login: str, number: str, register: str, given: Mapping[str, Any]) -> None:
        _enter(act, login, number, register, given)

    enter("office1", overpaid, "spot_check", {"on": day(80), "asked": 12, "mismatches": 0, "note": "逐人核对工资条"})
    enter("office1", rent, "particulars", {"on": day(60), "place": "沿江路 18 号门面房", "object": "沿江路门面房"})
    reason = "一户承租人已注销，法院终结执行，集团按程序核销。"
    waived = {"on": day(22), "what": "amount", "amount": "36000", "reason": reason}
    enter("discipline1", rent, "waiver", waived)

    met = {"on": day(150), "title": "党委会专题研究整改", "chief_attended": True, "note": "逐项明确责任人和时限"}
    enter("u11handler", list_number, "meeting", met)
    enter("u11handler", list_number, "meeting", {"on": day(60), "title": "整改推进会", "chief_attended": True})
    enter("office1", list_number, "inspection", {"on": day(235), "until": day(180)})

    sent = {"unit": UNIT, "at": f"{day(40)} 15:05", "amount": "58600", "payee": "市政设施维护公司"}
    enter("u11handler", "office", "payment", sent | {"purpose": "楼宇维修工程款", "voucher": "记 46 号"})
    issued = {"unit": UNIT, "on": day(118), "number": f"江国资发〔{day(118)[:4]}〕12 号", "title": "薪酬管理办法"}
    enter("u11handler", "office", "issued_document", issued)
    known = (
        ("account", {"number": "1700 0101 0000 0086", "holder": "市财政局国库支付中心", "belongs": "treasury"}),
        ("organisation", {"name": "市政设施维护公司", "short_names": "市政维护"}),
        ("approved_document", {"title": "整改台账模板", "reason": "巡察办统一印发，各单位共用"}),
    )
    for register, given in known:
        enter("office1", "office", register, {"on": day(170)} | given)
    said = {"on": day(15), "source": "hotline", "text": "反映某路段路灯不亮，与本次整改问题无关"}
    enter("office1", "office", "complaint", said)
    moved = {"unit": "12", "on": day(33), "person": "党政办主任", "title": "镇综合服务中心主任", "kind": "transferred"}
    enter("organisation1", "office", "appointment", moved)


def _enter(act: Act, login: str, number: str, register: str, given: Mapping[str, Any]) -> None:
    act(login, "enter_register", number, {"register": register, **given})
