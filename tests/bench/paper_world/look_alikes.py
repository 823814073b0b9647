"""Honest things that look like a trick, at least one sort for every signal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from cases.evidence import EvidenceKind, Purpose
from cases.finding import Kind
from tests.bench.paper_world.city import CITY
from tests.bench.paper_world.drafts import Draft, ListDraft, Paper, at, moment, workday
from tests.bench.paper_world.honest import rectify, tell
from tests.bench.paper_world.papers import attach, draw_up, photograph, until
from tests.bench.paper_world.tricks import NoPlace, Stage, amount_named, has, look_alike, shown_on_site
from tests.bench.paper_world.tricks_evidence import readings
from tests.bench.paper_world.tricks_text import add, report
from tests.bench.paper_world.words import expand, plain_yuan, short_day
from xiaohao import bench_format as form
from xiaohao.bench_format import LookAlike


def _as_it_is(signal: str, how: str, *asked: Callable[[Draft], bool]) -> None:
    """Enter something that honest findings have anyway."""

    @look_alike(signal)
    def found(stage: Stage) -> LookAlike:
        _, draft = stage.take(*asked)
        return LookAlike(signal, (draft.number,), how)


def _waived(draft: Draft) -> bool:
    return any(waiver.kind == "NO_ACCOUNTABILITY" for waiver in draft.waivers)


_as_it_is("PR-06", "佐证提到问题中点名的合作单位", lambda draft: str(draft.values["party"]) in draft.detail)
_as_it_is("PR-11", "企业自有资金退回本企业账户", lambda draft: draft.scenario.fund == "ENTERPRISE")
_as_it_is("PR-11", "违规收费退还学生家长", lambda draft: draft.scenario.fund == "MASSES")
_as_it_is("PR-14", "有权机关出具不予追究说明", _waived)
_as_it_is("PR-26", "问题不在现场，不需要现场核查", lambda draft: not draft.onsite and not draft.visits)
_as_it_is("PR-26", "三方人员到场并拍照", lambda draft: draft.onsite and bool(draft.visits))
_as_it_is("PR-29", "抽查全部相符", lambda draft: bool(draft.spot_checks))
_as_it_is(
    "PR-31",
    "“将”作“把”用，“接待”“待遇”不是将来时",
    lambda draft: "接待" in draft.title or bool(draft.submission and "将" in draft.submission.completion),
)
_as_it_is(
    "PR-09",
    "结果佐证只有一份",
    lambda draft: len([paper for paper in draft.papers() if paper.kind in ("SURVEY", "SYSTEM_DATA", "CALLBACK")]) == 1,
)


@look_alike("PR-01")
def shared_rule(stage: Stage) -> LookAlike:
    """A rule of the city, or minutes of one meeting, attached by several with the clause that each means."""
    rng = stage.rng
    listed, first = stage.take()
    assert first.done_at
    day = listed.feedback_on + timedelta(days=rng.randint(20, 40))
    if at(day, 18) > first.done_at - timedelta(days=5):
        raise NoPlace
    paper = _rule_of_the_city(stage, first, day)
    users = [first]
    for other in stage.world.lists:
        if (
            other.round == listed.round
            and other is not listed
            and len(users) < 5
            and other.feedback_on < paper.created.date()
        ):
            for _, draft in stage.fitting(
                lambda draft: bool(draft.done_at and draft.done_at > paper.modified + timedelta(days=9)), of=other
            )[:1]:
                users.append(draft)
    stage.mark(*users)
    for clause, draft in enumerate(users, start=1):
        attach(rng, draft, paper, Purpose.ACTION, None, locator=f"第{'一二三四五'[clause - 1]}条")
    return LookAlike("PR-01", tuple(draft.number for draft in users), "全市统一制度，各自注明条款")


def _rule_of_the_city(stage: Stage, draft: Draft, day: date) -> Paper:
    more = {
        "meeting": short_day(day),
        "unit": f"{CITY}人民政府",
        "rule": f"《{CITY}{draft.values['item']}管理规定》",
        "section": "市直有关部门",
        "post": "主管部门负责人",
        "leader": "本级分管负责人",
    }
    paper = draw_up(stage.rng, stage.world, draft, EvidenceKind.REGULATION, day, more)
    number = f"澄政发〔{day.year}〕{stage.rng.randint(3, 60)}号"
    stage.world.registrations = [line for line in stage.world.registrations if line.number != paper.number]
    paper.lines = [number if line == paper.number else line for line in paper.lines]
    paper.number = number
    return paper


@look_alike("PR-01")
def shared_minutes(stage: Stage) -> LookAlike:
    """One meeting dealt with several findings of the unit."""
    listed, first = stage.take(has("MEETING_MINUTES"))
    paper = first.papers(EvidenceKind.MEETING_MINUTES)[0]
    others = [
        draft
        for _, draft in stage.fitting(
            lambda draft: bool(draft.done_at and draft.done_at > paper.modified + timedelta(days=3)), of=listed
        )
    ][:2]
    if not others:
        raise NoPlace
    stage.mark(*others)
    next(link for link in first.links if link.paper is paper).locator = "第1页第二段"
    for page, draft in enumerate(others, start=2):
        add(paper, f"会议还研究了清单第{draft.seq}项“{draft.title}”，{draft.measures[0].text}")
        attach(stage.rng, draft, paper, Purpose.ACTION, None, locator=f"第{page}页")
    return LookAlike("PR-01", (first.number, *(draft.number for draft in others)), "同一次会议研究多个问题，页码各异")


@look_alike("PR-02")
def given_template(stage: Stage) -> LookAlike:
    """A text that the office gave out, filled in by three units."""
    rng, world = stage.rng, stage.world
    text = expand(
        rng,
        "整改工作坚持[问题导向、目标导向|依规依纪、实事求是]，按照市委统一部署，由党组织主要负责人负总责，分管负责人具体抓，按月调度、按季小结，接受干部群众监督，材料与实物一致，数据与凭证一致。",
    )
    listed, first = stage.take()
    world.templates.append(form.Template("整改情况报告（统一格式）", "OFFICE", listed.feedback_on, text))
    later = [
        draft
        for other, draft in stage.fitting()
        if other.round == listed.round and other.feedback_on >= listed.feedback_on
    ]
    drafts = [first, *later[:2]]
    stage.mark(*drafts)
    for draft in drafts:
        paper = report(stage, world.list_of(draft), draft)
        paper.lines.insert(paper.body[0], text)
    return LookAlike("PR-02", tuple(draft.number for draft in drafts), "使用市委巡察办下发的统一格式")


@look_alike("PR-03")
def same_place_twice(stage: Stage) -> LookAlike:
    """The same place on other days, and a picture of how it was before."""
    rng = stage.rng
    listed, draft = stage.take(shown_on_site)
    assert draft.done_at
    scene = rng.randrange(10**9)
    days = (
        listed.feedback_on - timedelta(days=rng.randint(9, 40)),
        listed.plan_approved_at.date(),
        draft.done_at.date() - timedelta(days=2),
    )
    for state, (day, purpose) in enumerate(
        zip(days, (Purpose.BASELINE, Purpose.ACTION, Purpose.RESULT), strict=True), start=1
    ):
        paper = photograph(rng, draft, day, scene=scene, state=state)
        attach(rng, draft, paper, purpose, 1, on=max(day, listed.feedback_on + timedelta(days=3)))
    return LookAlike("PR-03", (draft.number,), "同一地点不同时间的照片，原状照摄于巡察期间")


@look_alike("PR-04")
def quoted(stage: Stage) -> LookAlike:
    """A measure that names the finding and then says what is done."""
    _, draft = stage.take()
    measure = draft.measures[0]
    draft.measures[0] = replace(measure, text=f"针对“{draft.title}”，{measure.text}")
    return LookAlike("PR-04", (draft.number,), "措施引用问题名称，内容具体")


@look_alike("PR-05")
def joint_measure(stage: Stage) -> LookAlike:
    """Two units rectify together and say so."""
    listed, first = stage.take()
    other = next((draft for each, draft in stage.fitting() if each.round == listed.round and each is not listed), None)
    if other is None:
        raise NoPlace
    stage.mark(other)
    names = "、".join(draft.home.unit.short_names[0] for draft in (first, other))
    text = expand(
        stage.rng,
        f"{names}联合[成立专班|开展执法]，{short_day(first.due_on)}前完成{{item}}[联合检查|共同处置]，费用各半，每两周会商一次。",
        first.values,
    )
    for draft, partner in ((first, other), (other, first)):
        draft.co_units = (partner.home.unit.code,)
        draft.measures[0] = replace(draft.measures[0], text=text)
    return LookAlike("PR-05", (first.number, other.number), "多单位联合措施，已列共同责任单位")


@look_alike("PR-06")
def superior_named(stage: Stage) -> LookAlike:
    """The superior and a partner of the joint work stand in a paper."""
    _, draft = stage.take()
    partner = next(home for home in stage.world.city.homes if home is not draft.home)
    draft.co_units = (partner.unit.code,)
    papers = [paper for paper in draft.papers() if paper.body[1] > paper.body[0]]
    if not papers:
        raise NoPlace
    add(papers[0], f"市委巡察办、{partner.unit.short_names[0]}派员参加。")
    return LookAlike("PR-06", (draft.number,), "文中出现上级和共同责任单位")


@look_alike("PR-07")
def how_it_was(stage: Stage) -> LookAlike:
    """Older papers that show how it was."""
    rng = stage.rng
    listed, draft = stage.take()
    paper = draw_up(
        rng,
        stage.world,
        draft,
        EvidenceKind.ONSITE_RECORD,
        listed.inspection_to - timedelta(days=9),
        {"deed": draft.title},
    )
    attach(rng, draft, paper, Purpose.BASELINE, 1, on=listed.feedback_on + timedelta(days=4))
    return LookAlike("PR-07", (draft.number,), "巡察期间的原状记录")


@look_alike("PR-07")
def while_they_were_there(stage: Stage) -> LookAlike:
    """Mended while the inspection was still in the house."""
    rng = stage.rng
    listed, draft = stage.take(lambda draft: draft.kind is Kind.IMMEDIATE)
    day = workday(listed.inspection_to - timedelta(days=rng.randint(5, 20)))
    paper = draw_up(rng, stage.world, draft, EvidenceKind.NOTICE, day, {"meeting": short_day(day)})
    attach(rng, draft, paper, Purpose.ACTION, 1, on=listed.feedback_on + timedelta(days=2))
    return LookAlike("PR-07", (draft.number,), "立行立改，文件成于巡察期间")


@look_alike("PR-08")
def printed_again(stage: Stage) -> LookAlike:
    """Exported again from the document system, and entered in the book."""
    _, draft = stage.take(lambda draft: any(paper.number and paper.form != "jpg" for paper in draft.papers()))
    assert draft.done_at
    paper = next(paper for paper in draft.papers() if paper.number and paper.form != "jpg")
    assert paper.stated_on
    again = moment(stage.rng, workday(draft.done_at.date() - timedelta(days=2)))
    paper.created = paper.modified = max(again, paper.created)
    for link in draft.links:
        if link.paper is paper:
            link.uploaded_at = max(link.uploaded_at, paper.modified + timedelta(minutes=4))
    stage.world.registrations = [
        replace(line, copied_on=paper.created.date(), note="公文系统换版，重新导出")
        if line.number == paper.number
        else line
        for line in stage.world.registrations
    ]
    return LookAlike("PR-08", (draft.number,), "重新导出的文件，登记簿有记录")


@look_alike("PR-10")
def corrected_amount(stage: Stage) -> LookAlike:
    """A second count found less."""
    rng = stage.rng
    _, draft = stage.take(amount_named, lambda draft: len(draft.receipts) > 1)
    assert draft.amount
    assert draft.done_at
    gone = draft.receipts.pop()
    if draft.submission and draft.submission.claimed_heads:
        heads = len({receipt.payer for receipt in draft.receipts})
        draft.submission = replace(draft.submission, claimed_heads=heads)
    vouchers = {receipt.voucher for receipt in draft.receipts}
    draft.links = [
        link
        for link in draft.links
        if link.paper.kind is not EvidenceKind.FUND_RECEIPT
        or any(voucher in line for voucher in vouchers for line in link.paper.lines)
    ]
    reason = f"经市委巡察办复核，其中{plain_yuan(gone.amount)}元属合规支出，应追回金额更正"
    draft.waivers.append(
        form.Waiver(
            "CORRECTED_AMOUNT",
            reason,
            rng.choice(stage.world.city.office).code,
            draft.done_at - timedelta(days=3),
            draft.amount - gone.amount,
        )
    )
    return LookAlike("PR-10", (draft.number,), "金额经复核更正")


@look_alike("PR-10")
def in_instalments(stage: Stage) -> LookAlike:
    """Paid back bit by bit, and whole."""
    _, draft = stage.take(amount_named, lambda draft: len(draft.receipts) == 1)
    only = draft.receipts[0]
    half = (only.amount / 3).quantize(Decimal("0.01"))
    first = replace(only, amount=half, at=only.at - timedelta(hours=20), voucher=f"{int(only.voucher) + 7:08}")
    draft.receipts = [first, replace(only, amount=only.amount - half)]
    return LookAlike("PR-10", (draft.number,), "分期退款，合计足额")


@look_alike("PR-12")
def other_business(stage: Stage) -> LookAlike:
    """Ordinary payments to somebody who also paid back: another sum, another time, wages."""
    rng = stage.rng
    _, draft = stage.take(lambda draft: bool(draft.receipts))
    receipt = rng.choice(draft.receipts)
    factor, gap = rng.choice(((Decimal("0.31"), 6), (Decimal("2.6"), 11), (Decimal("1.02"), -75)))
    when = receipt.at + timedelta(days=gap)
    if when > draft.as_of:
        raise NoPlace
    stage.world.payments.append(
        form.Payment(
            when,
            draft.home.unit.code,
            receipt.payer,
            (receipt.amount * factor).quantize(Decimal("0.01")),
            rng.choice(("工资", "货款", "差旅费报销")),
        )
    )
    return LookAlike("PR-12", (draft.number,), "与退款人之间的正常往来")


@look_alike("PR-13")
def hard_to_remember(stage: Stage) -> LookAlike:
    """Everybody paid; one does not remember the day."""
    _, draft = stage.take(lambda draft: len(draft.callbacks) > 1)
    draft.callbacks[0] = replace(draft.callbacks[0], note="记不清是哪天了，钱是交了的")
    return LookAlike("PR-13", (draft.number,), "当事人确认已退，仅日期记不清")


@look_alike("PR-15")
def moved_down(stage: Stage) -> LookAlike:
    """Dealt with, and then given a lower post."""
    _, draft = stage.take(lambda draft: any(each.kind == "ORGANISATIONAL" for each in draft.person_actions))
    action = next(each for each in draft.person_actions if each.kind == "ORGANISATIONAL")
    stage.world.appointments.append(
        form.Appointment(min(action.at + timedelta(days=9), draft.as_of), action.person, "普通工作人员", "DEMOTED")
    )
    return LookAlike("PR-15", (draft.number,), "处理后降任")


@look_alike("PR-15")
def promoted_elsewhere(stage: Stage) -> LookAlike:
    """Somebody who was only talked to, promoted when nothing barred it any more; and others."""
    _, draft = stage.take(lambda draft: bool(draft.person_actions))
    lists = [listed for listed in stage.world.lists if listed.home is draft.home]
    dealt_with = {each.person for listed in lists for other in listed.findings for each in other.person_actions}
    free = {post.code for post in draft.home.handlers} - dealt_with
    if not free:
        raise NoPlace
    stage.world.appointments.append(
        form.Appointment(draft.as_of - timedelta(days=40), min(free), draft.home.leaders[-1].title, "PROMOTED")
    )
    return LookAlike("PR-15", (draft.number,), "被提拔的是另一人")


@look_alike("PR-16")
def in_court(stage: Stage) -> LookAlike:
    """One extension, because a court has to decide first."""
    rng = stage.rng
    _, draft = stage.take(lambda draft: draft.kind is Kind.PHASED)
    assert draft.done_at
    asked = moment(rng, draft.first_due_on - timedelta(days=12))
    if asked < draft.accepted_at or asked > draft.done_at:
        asked = draft.done_at - timedelta(days=15)
    draft.due_on = draft.first_due_on + timedelta(days=60)
    draft.extensions = [
        form.Extension(
            asked,
            draft.first_due_on,
            draft.due_on,
            f"与{draft.values['party']}的诉讼已由法院立案，待判决后执行。",
            "approved",
            asked + timedelta(days=3),
            stage.world.city.office[0].code,
        )
    ]
    return LookAlike("PR-16", (draft.number,), "因诉讼延期一次")


@look_alike("PR-17")
def in_a_day(stage: Stage) -> LookAlike:
    """Immediate by its nature, and done the next day."""
    listed, draft = stage.take(lambda draft: draft.kind is Kind.IMMEDIATE)
    rectify(stage.world, listed, draft, workday(listed.plan_approved_at.date() + timedelta(days=1)))
    return LookAlike("PR-17", (draft.number,), "立行立改一日办结")


@look_alike("PR-18")
def closed_together(stage: Stage) -> LookAlike:
    """Worked on for months, then reported together after the meeting that looked at all of it."""
    rng = stage.rng

    def fits(listed: ListDraft) -> bool:
        free = [draft for draft in listed.findings if draft.number not in stage.world.taken]
        return (
            listed.late
            and 5 <= len(listed.findings) <= 12
            and len(free) == len(listed.findings)
            and all(draft.state == "signed_off" for draft in free)
        )

    listed = stage.take_list(fits)
    stage.mark(*listed.findings)
    day = workday(max(draft.done_at for draft in listed.findings if draft.done_at).date() + timedelta(days=2))
    listed.meetings.append(
        form.Meeting(at(day, 9), "整改结果集中审议会", tuple(post.code for post in listed.home.team))
    )
    for draft in listed.findings:
        assert draft.submission
        assert draft.done_at
        shift = at(day, rng.randint(14, 17), rng.randrange(60)) - draft.done_at
        draft.due_on = draft.first_due_on = max(draft.due_on, day + timedelta(days=1))
        _delay(draft, shift)
    return LookAlike(
        "PR-18", (listed.number, *(draft.number for draft in listed.findings)), "分期办结、会议集中审议后同日报结"
    )


def _delay(draft: Draft, shift: timedelta) -> None:
    """Report and approve everything later by *shift*; the work itself stays where it was."""
    assert draft.submission
    assert draft.done_at
    draft.done_at += shift
    draft.submission = replace(draft.submission, at=draft.done_at)
    draft.reviews = [
        replace(each, opened_at=each.opened_at + shift, decided_at=each.decided_at + shift) for each in draft.reviews
    ]
    draft.visits = [
        replace(each, started_at=each.started_at + shift, ended_at=each.ended_at + shift) for each in draft.visits
    ]
    for paper in draft.visit_photos:
        if paper.photo and paper.photo.taken_at:
            paper.photo.taken_at += shift
        paper.created = paper.modified = paper.created + shift
    draft.callbacks = [replace(each, at=each.at + shift) for each in draft.callbacks]
    draft.spot_checks = []
    draft.signed_off_at = draft.reviews[-1].decided_at
    last = draft.progress[-1].at if draft.progress else draft.accepted_at
    while last + timedelta(days=25) < draft.done_at:
        last = last + timedelta(days=20)
        draft.progress.append(form.Progress(last, draft.handler, expand_waiting(draft), 95))


def expand_waiting(draft: Draft) -> str:
    return f"{draft.values['item']}已办结，等待会议统一审议，其间又核对{draft.values['m2']}份资料。"


@look_alike("PR-19")
def short_and_true(stage: Stage) -> LookAlike:
    """Few words, each of them a fact."""
    _, draft = stage.take()
    values = draft.values
    draft.say(
        expand(
            stage.rng,
            "[已清退{n}项，票据在卷。|{n}处已改，{spot}验过。|{day}办结，{section}签收。|共{n}件，全办完。]",
            {**values, "day": short_day(draft.deeds[-1].day)},
        )
    )
    return LookAlike("PR-19", (draft.number,), "短而真实的完成情况")


@look_alike("PR-20")
def measure_waived(stage: Stage) -> LookAlike:
    """A measure that had become pointless, waived by somebody outside."""
    _, draft = stage.take(lambda draft: len(draft.measures) > 2 and draft.measures[1].kind == "FIX")
    assert draft.done_at
    measure = draft.measures[1]
    draft.waivers.append(
        form.Waiver(
            "MEASURE",
            f"{draft.values['item']}所涉事项已由市级统一接管，该措施不再实施",
            stage.world.city.office[0].code,
            draft.done_at - timedelta(days=4),
            measure=measure.seq,
        )
    )
    draft.links = [link for link in draft.links if link.measure != measure.seq] or draft.links
    tell(draft, measure.seq, f"该事项{short_day(draft.done_at.date())}前已由市级统一接管，经市委巡察办同意不再实施")
    return LookAlike("PR-20", (draft.number,), "措施经批准免予实施")


@look_alike("PR-21")
def two_meetings(stage: Stage) -> LookAlike:
    """Two meetings on two days, the amount once in 元 and once in 万元."""
    listed, draft = stage.take(amount_named, has("MEETING_MINUTES"))
    paper = report(stage, listed, draft)
    assert draft.amount
    assert draft.done_at
    second = workday(draft.done_at.date() - timedelta(days=3))
    add(paper, f"{short_day(second)}党组织另行开会听取结果，确认收回{draft.amount:f}元。")
    return LookAlike("PR-21", (draft.number,), "两次不同的会议，同一金额用元和万元表述")


@look_alike("PR-22")
def after_a_long_meeting(stage: Stage) -> LookAlike:
    """Read for hours, then signed one after the other."""
    _, draft = stage.take(lambda draft: len(draft.reviews) == 4)
    last = draft.reviews[-1]
    comment = f"会上逐项审议，{draft.values['item']}佐证{len(draft.links)}份均已看过，第{draft.seq}项同意销号。"
    draft.reviews[-1] = replace(
        last, opened_at=last.decided_at - timedelta(hours=2, minutes=stage.rng.randint(1, 50)), comment=comment
    )
    if draft.reviews[-1].opened_at < draft.reviews[-2].decided_at:
        draft.reviews[-1] = last
    draft.opened["sign_off"] = len(draft.links)
    return LookAlike("PR-22", (draft.number,), "长会审议后逐项签批")


@look_alike("PR-23")
def same_category(stage: Stage) -> LookAlike:
    """Inspected twice, the same category, another matter."""
    for later in stage.world.lists:
        for _, new in stage.fitting(of=later):
            for earlier in stage.world.lists:
                if earlier.home is later.home and earlier.feedback_on < later.feedback_on:
                    old = [
                        each
                        for each in earlier.findings
                        if each.scenario.category == new.scenario.category and each.scenario is not new.scenario
                    ]
                    if old:
                        stage.mark(new)
                        return LookAlike("PR-23", (new.number,), "同单位同类别，事项不同")
    raise NoPlace


@look_alike("PR-24")
def complaint_about_something_else(stage: Stage) -> LookAlike:
    """The same unit, another matter; or the same matter, before it was closed."""
    rng = stage.rng
    _, draft = stage.take(
        lambda draft: bool(draft.signed_off_at and draft.as_of - draft.signed_off_at > timedelta(days=20))
    )
    assert draft.signed_off_at
    if rng.random() < 0.5:
        when, text = (
            draft.issued_at - timedelta(days=rng.randint(90, 200)),
            f"反映{draft.home.unit.name}{draft.title}。",
        )
    else:
        when = until(draft.signed_off_at, draft.as_of, rng)
        text = expand(
            rng,
            "{short}门口[路灯不亮|积水|停车乱]，[希望有人管|请尽快处理]。",
            {"short": draft.home.unit.short_names[0]},
        )
    stage.world.complaints.append(form.Complaint(when, "12345热线", text, draft.home.unit.code))
    return LookAlike("PR-24", (draft.number,), "销号前的旧信访，或另一事项")


@look_alike("PR-25")
def used_late(stage: Stage) -> LookAlike:
    """First used shortly before the ninety days were over."""
    _, draft = stage.take(lambda draft: bool(draft.rules and draft.rules[0].executions and draft.rules[0].issued_on))
    rule = draft.rules[0]
    assert rule.issued_on
    rule.executions = [
        replace(rule.executions[0], at=at(rule.issued_on + timedelta(days=stage.rng.randint(78, 88)), 10))
    ]
    return LookAlike("PR-25", (draft.number,), "第八十几天才第一次执行")


@look_alike("PR-27")
def step_by_step(stage: Stage) -> LookAlike:
    """Takes long by its nature, in dated steps, and is not counted as done."""
    found = [
        draft
        for listed in stage.world.lists
        for draft in listed.findings
        if draft.kind is Kind.CONTINUOUS
        and draft.milestones
        and draft.number not in stage.world.taken
        and not draft.amount
    ]
    if not found:
        raise NoPlace
    stage.mark(found[0])
    return LookAlike("PR-27", (found[0].number,), "持续整改，有年度节点，未计完成")


@look_alike("PR-28")
def nothing_else_found(stage: Stage) -> LookAlike:
    """Looked everywhere and found nothing more."""
    _, draft = stage.take(lambda draft: bool(draft.self_checks))
    draft.self_checks = [replace(each, found=0, mended=0) for each in draft.self_checks]
    return LookAlike("PR-28", (draft.number,), "自查无同类问题")


@look_alike("PR-30")
def fixed_rent(stage: Stage) -> LookAlike:
    """A figure that is constant because a contract says so."""
    rng = stage.rng
    _, draft = stage.take(
        lambda draft: (
            draft.scenario.fund in ("ENTERPRISE", "COLLECTIVE") or "CONTRACT_CHANGE" in str(draft.scenario.fix)
        )
    )
    assert draft.done_at
    paper = draw_up(rng, stage.world, draft, EvidenceKind.SYSTEM_DATA, draft.done_at.date() - timedelta(days=3))
    rent = rng.randint(8, 95) * 100
    months = [
        [f"{draft.values['to']}-{month:02}", rent, rent, 0, f"{rng.randrange(10**7):07}"] for month in range(1, 9)
    ]
    paper.rows = [
        [f"{draft.values['spot']}租金收缴明细"],
        ["月份", "应收（元）", "实收（元）", "欠缴（元）", "凭证号"],
        *months,
    ]
    attach(rng, draft, paper, Purpose.RESULT, 1)
    return LookAlike("PR-30", (draft.number,), "合同固定租金逐月相同")


@look_alike("PR-30")
def steady_readings(stage: Stage) -> LookAlike:
    """Readings that hardly move, but move."""
    _, draft = stage.take(shown_on_site)
    assert draft.done_at
    paper = readings(stage, draft, draft.done_at.date() - timedelta(days=2))
    attach(stage.rng, draft, paper, Purpose.RESULT, 1)
    return LookAlike("PR-30", (draft.number,), "数据平稳但逐日变化")


@look_alike("PR-32")
def fewer_after_checking(stage: Stage) -> LookAlike:
    """One of them turned out to be nothing, says somebody outside."""
    _, draft = stage.take(lambda draft: "{n}" in draft.scenario.detail and int(str(draft.values["n"])) > 3)
    assert draft.done_at
    assert draft.submission
    n = int(str(draft.values["n"]))
    note = f"其中1项经市委巡察办复核不属问题，其余{n - 1}项已办结，合计{n}项。"
    draft.waivers.append(
        form.Waiver(
            "CORRECTED_AMOUNT",
            "1项经复核不属问题，数量更正",
            stage.world.city.office[1].code,
            draft.done_at - timedelta(days=2),
        )
    )
    draft.say(draft.submission.completion + note)
    return LookAlike("PR-32", (draft.number,), "数量经复核更正")


@look_alike("PR-33")
def just_enough(stage: Stage) -> LookAlike:
    """Few answers, but enough; most of them satisfied."""
    listed = stage.take_list(lambda listed: bool(listed.surveys))
    survey = listed.surveys[0]
    answered = int(survey.asked * 0.36) + 2
    listed.surveys[0] = replace(survey, answered=answered, satisfied=int(answered * 0.86) + 1)
    return LookAlike("PR-33", (listed.number,), "回收率三成多、满意率八成多")


@look_alike("PR-34")
def away_once(stage: Stage) -> LookAlike:
    """Away for one meeting, there for the others, signed in person."""
    listed = stage.take_list(lambda listed: len(listed.meetings) > 2)
    chief = listed.home.chief.code
    first = listed.meetings[0]
    listed.meetings[0] = replace(
        first, attended=tuple(code for code in first.attended if code != chief), absent=(*first.absent, chief)
    )
    return LookAlike("PR-34", (listed.number,), "主要负责人一次因公缺席")


@look_alike("PR-35")
def reopened(stage: Stage) -> LookAlike:
    """Opened again in order, and then added to."""
    rng = stage.rng
    _, draft = stage.take(
        lambda draft: bool(draft.signed_off_at and draft.as_of - draft.signed_off_at > timedelta(days=40))
    )
    assert draft.signed_off_at
    draft.reopened_at = draft.signed_off_at + timedelta(days=rng.randint(3, 15))
    when = draft.reopened_at + timedelta(days=2)
    paper = draw_up(rng, stage.world, draft, EvidenceKind.CALLBACK, when.date())
    paper.created, paper.modified = when - timedelta(hours=5), when - timedelta(hours=4)
    attach(rng, draft, paper, Purpose.RESULT, 1)
    draft.links[-1].uploaded_at = when
    return LookAlike("PR-35", (draft.number,), "重新打开后补充佐证")


@look_alike("PR-36")
def rounded(stage: Stage) -> LookAlike:
    """The rate with one digit less."""
    listed = stage.take_list(lambda listed: bool(listed.rates) and listed.rates[-1].done < listed.rates[-1].total)
    last = listed.rates[-1]
    share = last.rate.quantize(Decimal("0.01"))
    words = f"反馈{last.total}项，完成{last.done}项，完成率约{share.quantize(Decimal('0.1'))}%，其余有序推进"
    listed.rates[-1] = replace(last, words=words)
    return LookAlike("PR-36", (listed.number,), "文字取一位小数，数字未变")
