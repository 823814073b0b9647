"""What kind of evidence a file looks like, by rules over its name, its heading and its text."""

import re
from collections.abc import Iterable
from typing import Final

from cases.evidence import EvidenceKind as Kind
from cases.evidence_facts import Fact, FactKind
from documents.evidence.text import Whole

HEADING: Final = 160  # characters at the beginning that speak for the whole
NAMED: Final = 3  # what a word in the name or the heading is worth; one in the text is worth 1
LAST: Final = 3  # 「关于停发补贴的通知」 is a notice: the last word of a title says what it is
LEAST: Final = 3

_RULES: Final = tuple(
    (kind, re.compile(named), re.compile(said))
    for kind, named, said in (
        (Kind.FUND_RECEIPT, r"缴款|收据|回单|票据|进账|退款凭证|入账|转账凭证", r"收款人|付款人|缴款书|电子回单|大写"),
        (Kind.PAYROLL_ADJUST, r"工资(?:表|变动|调整)|津补贴.{0,6}(?:停发|调整)|停发", r"应发|实发|扣款合计|停发"),
        (Kind.SANCTION, r"处分决定|问责|诫勉|处理决定|通报批评", r"党内警告|政务处分|诫勉谈话|记过|责令检查"),
        (Kind.PHOTO_PAIR, r"(?:整改)?前后(?:对比|照片)|对比(?:照|图)", r"整改前.{0,200}整改后"),
        (Kind.ACCEPTANCE, r"验收", r"验收(?:意见|结论|合格)|竣工"),
        (Kind.CONTRACT_CHANGE, r"补充协议|合同变更|解除.{0,6}合同|终止.{0,6}合同", r"变更为|原合同|补充协议"),
        (Kind.ASSET_CHANGE, r"资产(?:处置|划转|移交|登记|盘点)|不动产|过户", r"资产编号|划转|移交清单|盘点"),
        (Kind.SYSTEM_DATA, r"系统(?:截图|导出)|台账|明细表|数据", r"导出时间|统计口径"),
        (Kind.EXECUTION_CHECK, r"执行(?:情况)?(?:检查|抽查)|制度执行|抽查", r"抽查.{0,40}(?:符合|不符)|抽取样本"),
        (Kind.CALLBACK, r"回访|电话(?:核实|回访)", r"受访|回访(?:人|对象|时间)"),
        (Kind.SURVEY, r"问卷|测评|满意度|民意", r"发放问卷|收回问卷|满意率"),
        (Kind.ONSITE_RECORD, r"现场(?:核查|检查|查看|勘验|照片)|实地", r"现场(?:核查|查看)|实地查看|见证人"),
        (Kind.TALK_RECORD, r"谈话(?:记录|提醒)|约谈", r"谈话(?:人|对象|时间)|被谈话人|问[:：].{0,80}答[:：]"),
        (Kind.PLEDGE, r"承诺书|责任书|保证书", r"郑重承诺|承诺人"),
        (Kind.STUDY_RECORD, r"学习(?:记录|笔记|材料|签到)|培训|签到", r"学习内容|签到|专题学习"),
        (Kind.SPEECH, r"讲话|发言(?:稿|提纲)|致辞", r"同志们"),
        (Kind.MEETING_MINUTES, r"会议(?:纪要|记录|决议)|纪要", r"出席|列席|会议(?:指出|强调|决定|听取)|主持人|记录人"),
        (Kind.PLAN, r"方案|计划|整改清单", r"指导思想|工作目标|责任分工|时间安排|实施步骤"),
        (
            Kind.REGULATION,
            r"办法|规定|制度|细则|条例|规程|规则",
            r"第一条|总\s{0,2}则|附\s{0,2}则|本(?:办法|规定|制度).{0,20}施行",
        ),
        (Kind.REPORT, r"报告|总结|汇报|情况说明", r"现将.{0,30}(?:报告|汇报)如下|特此报告"),
        (Kind.NOTICE, r"通知|通报|函", r"特此通知|请(?:各|认真)|贯彻执行"),
    )
)  # in order: of two that are worth the same, the more telling goes first


def propose(whole: Whole, name: str, facts: Iterable[Fact]) -> Fact | None:
    """Return the kind that name, heading and text speak for, and the word that speaks loudest; None for none."""
    stem = name.rpartition(".")[0] or name
    titles = whole.text[:HEADING].split("\n")[:4]
    best, quote = 0, None
    for kind, named, said in _RULES:
        heading = named.search(whole.text[:HEADING])
        words = list(said.finditer(whole.text[:20_000]))
        worth = NAMED * bool(named.search(stem)) + NAMED * bool(heading) + min(len({w[0] for w in words}), 3)
        worth += LAST * any(re.search(rf"(?:{named.pattern})\W{{0,3}}$", title) for title in (stem, *titles))
        if worth >= LEAST and worth > best:
            best = worth
            loudest = heading or (words[0] if words else None)
            quote = (
                whole.fact(FactKind.KIND_PROPOSED, str(kind), *loudest.span())
                if loudest
                else Fact(FactKind.KIND_PROPOSED, str(kind), stem[:200], "filename")
            )
    if quote is None and any(fact.kind is FactKind.PHOTO_TIME for fact in facts) and not whole.parts:
        return Fact(FactKind.KIND_PROPOSED, str(Kind.ONSITE_RECORD), "", "EXIF")
    return quote
