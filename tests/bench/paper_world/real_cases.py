"""The published cases of ``cases_paper_rectification.json`` as full cases: their facts, posts for persons, no more.

Where a page gives a month, a day of that month stands here; what it does not tell (accounts, addresses, who reviewed)
is filled in neutrally and so that it gives nothing away.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from cases.evidence import EvidenceKind, Purpose
from cases.finding import Kind
from tests.bench.paper_world.city import Home, build_city
from tests.bench.paper_world.drafts import Draft, Link, ListDraft, Paper, Rule, WorldDraft, at
from tests.bench.paper_world.scenarios import Scenario
from tests.bench.paper_world.styles import STYLES
from xiaohao import bench_format as form
from xiaohao.bench_format import AccountKind, Planted, Strength


@dataclass(frozen=True)
class _Told:
    """What every case needs; *days* are feedback, plan approved, reported, signed off and looked at."""

    unit: str
    short: str
    title: str
    detail: str
    category: str
    feedback: date
    done: date | None
    completion: str
    measures: tuple[tuple[str, str, str], ...]  # text, kind, completion
    plan_after: int = 28
    signed_after: int | None = 20
    as_of: date | None = None
    kind: Kind = Kind.PHASED
    amount: Decimal | None = None
    heads: int | None = None
    fund: str | None = None
    onsite: bool = False


def real_cases() -> WorldDraft:
    """Return the published cases as one world."""
    rng = Random("published")
    world = WorldDraft(rng, build_city(rng, 14))
    homes = iter(world.city.homes)
    for tell in (_c01, _c03, _c04, _c06, _c07, _c09, _c10, _c12, _c13, _c15):
        tell(world, homes)
    return world


def _case(world: WorldDraft, home: Home, told: _Told) -> tuple[ListDraft, Draft]:
    """Return a list of one finding of *home*, renamed to the published unit."""
    _rename(world, home, told)
    as_of = at(told.as_of or (told.done or told.feedback) + timedelta(days=200), 18)
    plan = at(told.feedback + timedelta(days=told.plan_after), 10)
    listed = ListDraft(
        number=f"{home.unit.code}-{told.feedback:%Y%m}",
        round=world.city.rounds[0],
        home=home,
        style=STYLES["plain"],
        feedback_on=told.feedback,
        inspection_from=told.feedback - timedelta(days=90),
        inspection_to=told.feedback - timedelta(days=30),
        plan_approved_at=plan,
        report_due_on=told.feedback + timedelta(days=183),
        as_of=as_of,
    )
    listed.signatures = [form.Signature("plan", home.chief.code, plan - timedelta(days=1))]
    listed.meetings = [form.Meeting(plan - timedelta(days=5), "整改部署会", tuple(post.code for post in home.team))]
    due = told.feedback + timedelta(days=183)
    draft = Draft(
        number=f"{listed.number}-01",
        seq=1,
        home=home,
        scenario=_scenario(told),
        style=listed.style,
        values={},
        title=told.title,
        detail=told.detail,
        kind=told.kind,
        source_kind=told.kind,
        due_on=due,
        first_due_on=due,
        issued_at=at(told.feedback, 10),
        accepted_at=at(told.feedback, 16),
        leader=home.chief.code,
        handler=home.handlers[0].code,
        as_of=as_of,
        amount=told.amount,
        heads=told.heads,
        onsite=told.onsite,
        place=form.Place(told.short, home.seat.lat, home.seat.lon) if told.onsite else None,
    )
    draft.measures = [
        form.Measure(seq, text, kind, due, completion, told.done if completion else None)
        for seq, (text, kind, completion) in enumerate(told.measures, start=1)
    ]
    if told.done:
        draft.done_at = at(told.done, 16)
        draft.submission = form.Submission(draft.done_at, draft.handler, told.completion, told.amount, None)
    _progress(draft)
    _review(world, draft, told)
    listed.findings.append(draft)
    world.lists.append(listed)
    return listed, draft


def _rename(world: WorldDraft, home: Home, told: _Told) -> None:
    old = home.unit
    home.unit = replace(old, name=told.unit, short_names=(told.short,), address="")
    home.seat = replace(home.seat, name=told.unit)
    world.city.units[world.city.units.index(old)] = home.unit


def _scenario(told: _Told) -> Scenario:
    return Scenario("", (), "巡察反馈问题", told.category, "mechanism", "", "", "", (), fund=told.fund)


def _progress(draft: Draft) -> None:
    when, end = draft.accepted_at + timedelta(days=20), draft.done_at or draft.as_of
    while when < min(end, draft.as_of):
        draft.progress.append(form.Progress(when, draft.handler, f"{when.month}月已就“{draft.title}”作了一次调度。"))
        when += timedelta(days=20)


def _review(world: WorldDraft, draft: Draft, told: _Told) -> None:
    if draft.done_at is None or told.signed_after is None:
        draft.state = "submitted" if draft.done_at else "open"
        return
    steps = (
        ("review_rectification", draft.home.leaders[0].code, "agreed"),
        ("sign_rectification", draft.home.chief.code, "agreed"),
        ("verify_rectification", world.city.office[1].code, "confirmed"),
        ("sign_off", "COMM-1", "signed"),
    )
    for step, (act, by, verdict) in enumerate(steps, start=1):
        opened = draft.done_at + timedelta(days=told.signed_after * step // 4, hours=1)
        comment = f"看过“{draft.title}”的报告和所附材料，予以{'核准' if step > 2 else '上报'}。"
        draft.reviews.append(form.Review(act, by, verdict, comment, opened, opened + timedelta(minutes=11)))
        draft.opened[act] = 9
    draft.signed_off_at = draft.reviews[-1].decided_at


def _paper(
    draft: Draft, kind: EvidenceKind, title: str, lines: list[str], day: date, *, purpose: Purpose = Purpose.RESULT
) -> Paper:
    """Attach a paper made and dated on *day*."""
    made = at(day, 10)
    paper = Paper(
        kind, title, lines, made, made + timedelta(minutes=30), day, filename=f"{title}.docx", author="经办人"
    )
    _attach(draft, paper, purpose)
    return paper


def _attach(draft: Draft, paper: Paper, purpose: Purpose) -> None:
    latest = draft.done_at or draft.as_of
    draft.links.append(Link(paper, purpose, max(latest - timedelta(hours=4), paper.modified), draft.handler, 1))


def _label(world: WorldDraft, draft: Draft, *signals: str, how: str, implies: tuple[str, ...] = ()) -> None:
    others = {signal: tuple(each for each in (*signals, *implies) if each != signal) for signal in signals}
    world.planted += [
        Planted(signal, Strength.REAL, (draft.number,), how, implies=others[signal]) for signal in signals
    ]


def _c01(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "海南省澄迈县桥头初级中学党支部",
        "桥头初级中学",
        "未建立谈心谈话提醒制度",
        "学校党支部未建立谈心谈话提醒制度。",
        "制度建设",
        date(2018, 4, 16),
        date(2018, 6, 20),
        "已制定《谈心制度》。",
        (("制定谈心制度，5月底前完成。", "REGULATION", "已制定《谈心制度》。"),),
    )
    _, draft = _case(world, next(homes), told)
    rule = _paper(
        draft,
        EvidenceKind.REGULATION,
        "谈心制度",
        ["谈心制度", "一、党支部书记与教师每学期谈心一次。", "二、谈心由办公室记录。", "2018年3月19日"],
        date(2018, 3, 19),
        purpose=Purpose.ACTION,
    )
    draft.rules.append(Rule(rule, "谈心制度", "", "", date(2018, 3, 19), (), []))
    draft.reviews = [
        replace(each, comment="同意", decided_at=each.opened_at + timedelta(seconds=20)) if step < 2 else each
        for step, each in enumerate(draft.reviews)
    ]
    draft.opened |= {"review_rectification": 0, "sign_rectification": 0}
    _label(
        world,
        draft,
        "PR-07",
        "PR-25",
        "PR-22",
        how="制度落款早于反馈，未经研究签批，负责人只看标题",
        implies=("PR-09", "PR-20"),
    )


def _c03(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "山东省庆云县中丁乡",
        "中丁乡",
        "违规报销交通违章罚款",
        "违规报销交通违章罚款4500元。",
        "资金",
        date(2019, 9, 10),
        date(2019, 12, 20),
        "该问题已整改，修订了报销制度。",
        (
            ("修订报销制度，12月底前完成。", "REGULATION", "报销制度已修订。"),
            ("清退违规报销的罚款4500元。", "FIX", "已整改。"),
        ),
        amount=Decimal("4500.00"),
        fund="FISCAL",
    )
    _, draft = _case(world, next(homes), told)
    _paper(
        draft,
        EvidenceKind.MEETING_MINUTES,
        "党委会议记录",
        ["党委会议记录", "会议研究了交通违章罚款报销问题的整改，要求修订报销制度。", "2019年10月21日"],
        date(2019, 10, 21),
        purpose=Purpose.ACTION,
    )
    _label(world, draft, "PR-10", "PR-14", how="未追缴，未处理责任人", implies=("PR-09", "PR-20", "PR-25"))


def _c04(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "德阳市旌阳区某局",
        "旌阳区某局",
        "职工重复报销加班、值班和下乡补助",
        "部分职工重复报销加班、值班和下乡补助。",
        "资金",
        date(2021, 3, 15),
        date(2021, 6, 10),
        "重复报销费用已退回。下一步将完善补助审核机制，防止重复报销。",
        (("退回重复报销的补助。", "FIX", "重复报销费用已退回。"), ("完善补助审核机制。", "REGULATION", "")),
        signed_after=None,
        fund="FISCAL",
    )
    home = next(homes)
    _, draft = _case(world, home, told)
    paid = at(date(2021, 5, 20), 11)
    draft.receipts = [form.Receipt(paid, Decimal("12600.00"), home.staff[0].code, home.account.number, "00361207")]
    draft.person_actions = [form.PersonAction(paid, home.handlers[1].code, "TALK", "谈话记录")]
    _paper(
        draft,
        EvidenceKind.FUND_RECEIPT,
        "收款收据",
        ["收款收据", "今收到退回重复报销补助款12600元。", f"收款账号：{home.account.number}", "2021年5月20日"],
        paid.date(),
    )
    _label(
        world, draft, "PR-11", "PR-20", "PR-31", how="款项退到本局账户，机制未完善，以措施代替落实", implies=("PR-13",)
    )


def _c06(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "芜湖经济技术开发区",
        "芜湖经开区",
        "工业固废倾倒点未整治",
        "区内一处工业固废倾倒点长期未整治，群众有举报。",
        "环境保护",
        date(2017, 3, 1),
        date(2017, 8, 25),
        "该倾倒点已整改完成。",
        (("清运处置倾倒点固废，恢复场地。", "FIX", "倾倒点已整改完成。"),),
        as_of=date(2018, 10, 30),
        onsite=True,
    )
    listed, draft = _case(world, next(homes), told)
    draft.progress = []
    draft.due_on = draft.first_due_on = date(2017, 8, 27)
    entry = date(2017, 9, 1)
    listed.entries = (entry,)
    _paper(
        draft,
        EvidenceKind.REPORT,
        "整改完成情况报告",
        ["整改完成情况报告", "倾倒点场地已覆土平整。", "2017年8月25日"],
        date(2017, 8, 25),
    )
    text = "反映芜湖经济技术开发区工业固废倾倒点没有清走，只是盖了一层土。"
    draft_unit = listed.home.unit.code
    world.complaints += [
        form.Complaint(at(day, 9), "来信", text, draft_unit) for day in (date(2017, 11, 6), date(2018, 5, 3))
    ]
    _label(
        world,
        draft,
        "PR-18",
        "PR-24",
        "PR-26",
        how="进驻前一周覆土封场即报完成，群众多次举报",
        implies=("PR-09", "PR-16", "PR-08", "PR-20"),
    )


def _c07(world: WorldDraft, homes: Iterator[Home]) -> None:
    """Several places of one inquiry: two problems with one publicity text, and a bureau that copied another office."""
    drafts = []
    for title, month in (("河道沿岸采砂场未取缔", 3), ("垃圾填埋场渗滤液外溢", 4)):
        told = _Told(
            f"瞭望调查所涉某县{'水务局' if month == 3 else '城市管理局'}",
            "某县水务局" if month == 3 else "某县城管局",
            title,
            f"督察指出{title}，影响周边群众生活。",
            "失职",
            date(2020, month, 9),
            date(2020, month + 5, 16),
            "已验收销号。",
            ((f"限期整治，对{title}开展现场验收并公示。", "FIX", "已验收并公示。"),),
        )
        drafts.append(_case(world, next(homes), told)[1])
    text = [
        "生态环境问题整改验收公示",
        "经现场验收，该问题已按要求完成整改，场地已清理，设备已拆除，公示期七天，公示期间未收到异议，同意销号。",
        "2020年8月12日",
    ]
    paper = _paper(drafts[0], EvidenceKind.ACCEPTANCE, "整改验收公示", text, date(2020, 8, 12))
    _attach(drafts[1], paper, Purpose.RESULT)
    _label(
        world, drafts[1], "PR-01", how="不同问题的验收公示材料完全一样", implies=("PR-02", "PR-06", "PR-21", "PR-14")
    )
    _copied_report(world, homes)
    first = drafts[0]
    dismissed = first.home.handlers[0].code
    acted = at(date(2020, 7, 6), 10)
    first.person_actions = [form.PersonAction(acted, dismissed, "ORGANISATIONAL", "免职决定", date(2021, 7, 6))]
    world.appointments.append(form.Appointment(acted + timedelta(days=61), dismissed, "副局长", "PROMOTED"))
    world.complaints.append(
        form.Complaint(
            at(date(2020, 9, 28), 9),
            "媒体",
            f"记者回访：{first.home.unit.short_names[0]}所报{first.title}刚刚销号，现场仍在采砂。",
            first.home.unit.code,
        )
    )
    _label(world, first, "PR-15", "PR-24", how="被免职的责任人两月后提拔；刚销号即被曝光", implies=("PR-01", "PR-02"))


def _copied_report(world: WorldDraft, homes: Iterator[Home]) -> None:
    body = (
        "{name}坚持把生态环境整改作为重要任务，成立由主要负责人任组长的专班，先后召开推进会四次，"
        "印发任务清单，逐项明确时限；组织人员到沿线八个点位排查，"
        "清理堆场三处，拆除简易设备五台，复垦土地十二亩，并请群众代表到场查看。"
    )
    for short, kind, day in (
        ("某县委办", "县委办公室", date(2020, 6, 15)),
        ("某县生态环境局", "生态环境局", date(2020, 6, 28)),
    ):
        told = _Told(
            f"瞭望调查所涉某县{kind}",
            short,
            "生态环境整改责任落实不到位" if kind == "生态环境局" else "对环境整改统筹督办不够",
            f"{kind}履行环境整改责任不到位。",
            "履职尽责",
            date(2020, 3, 2),
            day + timedelta(days=30),
            "已成立专班，召开推进会4次，清理堆场3处。",
            (("成立专班，逐项督办环境整改。", "FIX", "专班已成立，召开推进会4次，清理堆场3处。"),),
        )
        _, draft = _case(world, next(homes), told)
        text = body.format(name="县委办")  # the copying office forgot to change the name
        _paper(
            draft,
            EvidenceKind.ONSITE_RECORD,
            "环境整改工作情况",
            ["环境整改工作情况", text, f"{day.year}年{day.month}月{day.day}日"],
            day,
        )
    _label(world, draft, "PR-02", "PR-06", how="生态环境局材料抄袭县委办，名称未改")


def _c09(world: WorldDraft, homes: Iterator[Home]) -> None:
    home = next(homes)
    title = "村集体资产租赁程序不到位、租金拖欠"
    first = _Told(
        "温州市龙湾区海滨街道蟾钟村",
        "蟾钟村",
        title,
        "村集体资产租赁程序不到位，部分承租户租金拖欠。",
        "村集体资产",
        date(2018, 3, 12),
        date(2018, 8, 20),
        "租赁程序已规范，拖欠租金已催收。",
        (("规范租赁程序，催收租金。", "FIX", "租赁程序已规范，租金已催收。"),),
        as_of=date(2020, 3, 1),
    )
    _, old = _case(world, home, first)
    _paper(
        old,
        EvidenceKind.CONTRACT_CHANGE,
        "租赁合同签订情况",
        ["租赁合同签订情况", "村集体资产已按程序重新签订租赁合同。", "2018年8月10日"],
        date(2018, 8, 10),
    )
    again = replace(
        first,
        feedback=date(2019, 11, 4),
        done=None,
        completion="",
        measures=(("核查合同、会议记录、备案和招投标。", "FIX", ""),),
        as_of=date(2020, 3, 1),
    )
    _, new = _case(world, home, again)
    world.complaints.append(
        form.Complaint(
            at(date(2019, 10, 8), 9),
            "来访",
            "蟾钟村村民反映村集体资产租赁程序还是不到位，租金依旧拖欠。",
            home.unit.code,
        )
    )
    world.planted.append(
        Planted(
            "PR-23",
            Strength.REAL,
            (new.number,),
            "上一轮已要求整改，再次被指出",
            also=(old.number,),
            implies=("PR-24", "PR-05"),
        )
    )
    world.planted.append(
        Planted("PR-24", Strength.REAL, (old.number,), "村民反映依旧", also=(new.number,), implies=("PR-23",))
    )


def _c10(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "临沂市罗庄区黄山镇站所",
        "黄山镇",
        "违规发放津补贴",
        "多个站所违规发放津补贴，其中一人3500元。",
        "资金",
        date(2017, 5, 8),
        date(2017, 9, 5),
        "已下发清退通知，违规津补贴正在清退。",
        (("清退违规发放的津补贴。", "FIX", "清退通知已下发。"),),
        signed_after=None,
        amount=Decimal("21000.00"),
        heads=6,
        fund="FISCAL",
    )
    home = next(homes)
    _, draft = _case(world, home, told)
    assert draft.submission
    draft.submission = replace(draft.submission, claimed_heads=6)
    treasury = world.city.accounts_of(AccountKind.TREASURY)[0].number
    draft.receipts = [
        form.Receipt(at(date(2017, 8, 10 + n), 10), Decimal("3500.00"), home.staff[n].code, treasury, f"0088{n:04}")
        for n in range(5)
    ]
    draft.callbacks = [form.CallBack(at(date(2017, 9, 20), 10), home.staff[5].code, False, "还没有退")]
    draft.person_actions = [form.PersonAction(at(date(2017, 8, 30), 10), home.handlers[2].code, "TALK", "谈话记录")]
    _paper(
        draft,
        EvidenceKind.NOTICE,
        "清退通知",
        ["关于清退违规津补贴的通知", "请有关人员于八月底前退还。", "2017年8月1日"],
        date(2017, 8, 1),
        purpose=Purpose.ACTION,
    )
    _label(
        world,
        draft,
        "PR-10",
        "PR-13",
        how="六人未如数退还，五人退还、一人拖延",
        implies=("PR-31", "PR-09", "PR-21", "PR-32", "PR-20"),
    )


def _c12(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "孝感市某垃圾处理场",
        "孝感某垃圾处理场",
        "水质监测台账不规范",
        "垃圾处理场水质监测台账不规范。",
        "环境监测",
        date(2021, 4, 12),
        date(2021, 10, 11),
        "2021年8月至9月逐日监测，台账见附表。",
        (("逐日监测并登记台账。", "FIX", "8月至9月逐日监测，台账见附表。"),),
    )
    _, draft = _case(world, next(homes), told)
    paper = _paper(draft, EvidenceKind.SYSTEM_DATA, "水质监测台账", [], date(2021, 10, 8))
    paper.form, paper.filename = "xlsx", "水质监测台账.xlsx"
    readings: list[list[object]] = [
        [23.41, 3.12, 0.27],
        [23.41, 3.12, 0.27],
        [23.41, 3.12, 0.27],
        [23.4, 3.12, 0.27],
        [25.02, 3.3, 0.31],
    ]
    first = date(2021, 8, 16)
    paper.rows = [["水质监测台账"], ["日期", "COD(mg/L)", "氨氮(mg/L)", "总磷(mg/L)"]]
    paper.rows += [[str(first + timedelta(days=n)), *readings[min(n % 9, 4)]] for n in range(30)]
    _label(world, draft, "PR-30", how="监测数据连续多日高度雷同", implies=("PR-20",))


def _c13(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "维西县某被巡察党组织",
        "维西某党组织",
        "意识形态第一责任人意识不强",
        "党组织书记履行意识形态第一责任人职责意识不强。",
        "思想认识",
        date(2023, 11, 6),
        date(2024, 4, 10),
        "已整改。高度重视意识形态工作，进一步提高认识，切实加强学习，不断强化第一责任人意识。",
        (("进一步加强学习，切实提高认识。", "FIX", "已进一步加强学习，认识不断提高。"),),
        signed_after=None,
    )
    _, draft = _case(world, next(homes), told)
    _paper(
        draft,
        EvidenceKind.STUDY_RECORD,
        "学习记录",
        ["学习记录", "学习意识形态工作有关要求。", "2024年1月15日"],
        date(2024, 1, 15),
        purpose=Purpose.ACTION,
    )
    _label(world, draft, "PR-19", how="完成情况不具体，没有数据和实例", implies=("PR-09", "PR-20", "PR-04"))


def _c15(world: WorldDraft, homes: Iterator[Home]) -> None:
    told = _Told(
        "中部某省一公益性公墓主管单位",
        "公墓主管单位",
        "公益性公墓违规经营",
        "公益性公墓违规经营，时间长达十年。",
        "民生领域",
        date(2018, 5, 7),
        None,
        "",
        (("责令公墓限期整改。", "FIX", ""),),
        as_of=date(2021, 5, 20),
    )
    _, draft = _case(world, next(homes), told)
    draft.progress = draft.progress[:2]
    _label(world, draft, "PR-16", how="三年前即限期整改，至今未彻底", implies=("PR-20",))
