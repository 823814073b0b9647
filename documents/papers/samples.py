"""One example of what each paper says: to look at a template without anybody's finding, and to know its names."""

from datetime import date

from cases.figures import COMPLETION, Tally, newest
from documents.papers.values import FigureLine, FigureValues, FindingValues, LedgerLine, ListValues, Opinion

_DAY = date(2026, 6, 30)
_OPINION = Opinion("属实。已核对第3号凭证。", "核查组", date(2026, 5, 25), "〔2026〕5号")
_NOTE = "数据截至2026年7月1日，过程记录封存至第120条，摘要（SHA-256）" + "9f" * 32


def _line(place: int, **told: str) -> LedgerLine:
    known: dict[str, object] = dict.fromkeys(LedgerLine.__dataclass_fields__, "")
    known |= {
        "seq": str(place), "number": f"XC2026-001-{place:03}", "title": f"超标准发放津贴补贴（示例{place}）",
        "detail": "涉及12人。", "amount": "18.6", "kind": "立行立改", "measures": ("清退资金", "修订办法"),
        "regulations": ("津贴补贴管理办法.pdf",), "evidence_refs": ("缴款凭证.pdf",), "responsible_leader": "副总经理",
        "responsible_org": "财务部", "status": "整改中", **told,
    }  # fmt: skip
    return LedgerLine(**known)  # type: ignore[arg-type]  # every field is there, by the line above


LIST = ListValues(
    number="XC2026-001", title="示例单位巡察反馈问题清单", unit="示例单位", office="市委巡察办",
    round_name="第六轮巡察", feedback_on=date(2026, 3, 2), as_of=date(2026, 7, 1), chief="党委书记",
    plan_adopted_on=date(2026, 3, 16), plan_summary="党委专题研究。", report_summary="召开专题会议4次。",
    lines=(_line(1, due="2026-06-20", status="整改中（逾期）"), _line(2, due="2026-07-15")),
    tally=Tally(total=2, overdue=1), checkpoint=_NOTE, superior="分管副市长",
)  # fmt: skip

FINDING = FindingValues(
    number="XC2026-001-001", unit="示例单位", office="市委巡察办", round_name="第六轮巡察",
    feedback_on=date(2026, 3, 2), kind="立行立改", due_on=_DAY, leader="副总经理", handler="财务部主任",
    amount="18.6万元", recovered="18.6万元", title="超标准发放津贴补贴（示例）", detail="涉及12人。",
    criteria=("资金追回到位",), measures=("清退资金（已清退）",), completion="已清退上缴。",
    evidence=("缴款凭证.pdf（缴款凭证）",), unit_opinions=(_OPINION,), verifications=(_OPINION,),
    look_backs=(_OPINION,), decisions=(_OPINION,), signed_off_on=_DAY, checkpoint=_NOTE, submitted_on=_DAY,
    conclusions=("资金追回到位：符合",), adopted=("缴款凭证.pdf：采信",), later_visits=(_OPINION,),
    new_facts=("XC2026-001-009　另有3笔未清退",), taken_back=("2026年8月1日：改而复发",),
)  # fmt: skip

FIGURES = FigureValues(
    title="巡察整改情况统计表", scope="第六轮巡察", as_of=date(2026, 7, 1), grouped_by="单位",
    lines=(FigureLine("示例单位", Tally(total=9, done=7, on_time=6, overdue=1)),
           FigureLine("示例二单位", Tally(total=5, done=5, on_time=5))),
    whole=Tally(total=14, done=12, on_time=11, overdue=1),
    formulas=tuple(newest()[name] for name in (COMPLETION[0], "on_time")), office="市委巡察办", checkpoint=_NOTE,
)  # fmt: skip
