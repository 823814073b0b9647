"""Tricks with money, people, time and procedure: the other signals."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from cases.evidence import EvidenceKind
from cases.finding import Kind
from tests.bench.paper_world.drafts import Draft, ListDraft, at, moment, workday
from tests.bench.paper_world.honest import BLAMED, SHORTEST, rate, rectify
from tests.bench.paper_world.papers import until
from tests.bench.paper_world.tricks import NoPlace, Stage, amount_named, shown_on_site, trick
from tests.bench.paper_world.words import expand
from xiaohao import bench_format as form
from xiaohao.bench_format import Planted, Strength

STRONG, MEDIUM, WEAK = Strength.STRONG, Strength.MEDIUM, Strength.WEAK


def _fiscal(draft: Draft) -> bool:
    return draft.scenario.fund == "FISCAL" and bool(draft.receipts)


def _paid_by_people(draft: Draft) -> bool:
    return bool(draft.receipts) and bool(draft.scenario.heads) and (draft.heads or 0) >= 4


# --- money ----------------------------------------------------------------------------------------------------------


@trick("PR-10")
def not_recovered(stage: Stage, strength: Strength) -> Planted:
    """The money named did not come back, or not all of it."""
    rng = stage.rng
    _, draft = stage.take(amount_named, lambda draft: bool(draft.receipts))
    if strength is STRONG:
        draft.receipts = []
        draft.links = [link for link in draft.links if link.paper.kind is not EvidenceKind.FUND_RECEIPT]
    else:
        kept = Decimal(str(round(rng.uniform(0.5, 0.85) if strength is MEDIUM else rng.uniform(0.955, 0.983), 4)))
        last = draft.receipts[-1]
        missing = sum((each.amount for each in draft.receipts), Decimal(0)) * (1 - kept)
        receipts, cut = [], missing
        for receipt in reversed(draft.receipts):
            taken = min(cut, receipt.amount)
            cut -= taken
            if receipt.amount - taken > 1:
                receipts.append(replace(receipt, amount=(receipt.amount - taken).quantize(Decimal("0.01"))))
        draft.receipts = receipts or [replace(last, amount=Decimal("100.00"))]
        _keep_vouchers(draft)
    return Planted(
        "PR-10", strength, (draft.number,), "点名金额未足额追回", implies=("PR-13", "PR-21", "PR-32", "PR-09")
    )


def _keep_vouchers(draft: Draft) -> None:
    """Take away the vouchers of receipts that are no more as they were."""
    amounts = {f"¥{receipt.amount:,.2f}" for receipt in draft.receipts}
    draft.links = [
        link
        for link in draft.links
        if link.paper.kind is not EvidenceKind.FUND_RECEIPT
        or any(amount in line for amount in amounts for line in link.paper.lines)
    ]


@trick("PR-11")
def wrong_pocket(stage: Stage, strength: Strength) -> Planted:
    """Public money came back into the unit's own account."""
    _, draft = stage.take(_fiscal, lambda draft: strength is not WEAK or len(draft.receipts) > 1)
    own = draft.home.account if strength is not MEDIUM else draft.home.collective
    which = draft.receipts[:1] if strength is WEAK else draft.receipts
    for receipt in which:
        _rewrite_account(
            stage, draft, receipt.payee_account, own.number, None if strength is not WEAK else receipt.voucher
        )
    draft.receipts = [replace(each, payee_account=own.number) if each in which else each for each in draft.receipts]
    return Planted("PR-11", strength, (draft.number,), "应缴财政的钱进了本单位账户")


def _rewrite_account(stage: Stage, draft: Draft, old: str, new: str, voucher: str | None) -> None:
    names = {account.number: account.holder for account in stage.world.city.accounts}
    holder = names[old]
    for paper in draft.papers(EvidenceKind.FUND_RECEIPT):
        if voucher is None or any(voucher in line for line in paper.lines):
            paper.lines = [line.replace(old, new).replace(holder, draft.home.unit.name) for line in paper.lines]


@trick("PR-12")
def round_trip(stage: Stage, strength: Strength) -> Planted:
    """The unit paid first what then came back."""
    rng, world = stage.rng, stage.world
    pair = rng.choice(world.city.affiliates)
    _, draft = stage.take(lambda draft: draft.scenario.fund in ("FISCAL", "ENTERPRISE") and bool(draft.receipts))
    assert draft.amount
    last = draft.receipts[-1]
    if strength is WEAK or not draft.scenario.heads:
        refund = replace(last, amount=draft.amount.quantize(Decimal("0.01")), payer=pair.party)
        draft.receipts = [refund]
        draft.links = [
            link for link in draft.links if link.paper.kind is not EvidenceKind.FUND_RECEIPT or link is draft.links[0]
        ]
        for paper in draft.papers(EvidenceKind.FUND_RECEIPT):
            paper.lines = [f"付款人：{pair.party}" if line.startswith("付款人") else line for line in paper.lines]
        payee = pair.of if strength is WEAK else pair.party
    else:
        refund = max(draft.receipts, key=lambda each: each.amount)
        payee = refund.payer
    factor, gap, purpose = {
        STRONG: (Decimal("1.04"), timedelta(minutes=rng.randint(25, 300)), "借款"),
        MEDIUM: (Decimal("1.15"), timedelta(days=rng.randint(4, 15)), "补贴"),
        WEAK: (Decimal(str(round(rng.uniform(0.83, 1.26), 2))), timedelta(days=rng.randint(19, 28)), "工程款"),
    }[strength]
    paid = (refund.amount * factor).quantize(Decimal("0.01"))
    when = refund.at - gap if strength is not WEAK or refund.at + gap > draft.as_of else refund.at + gap
    world.payments.append(
        form.Payment(
            when,
            draft.home.unit.code,
            payee,
            paid,
            expand(rng, f"[{purpose}|支付{purpose}|{draft.values['section']}{purpose}]"),
        )
    )
    return Planted("PR-12", strength, (draft.number,), "单位先付出相近金额再收回“退款”", implies=("PR-13", "PR-21"))


@trick("PR-13")
def list_does_not_fit(stage: Stage, strength: Strength) -> Planted:
    """People on the list of refunds paid nothing, or know nothing of it."""
    rng = stage.rng
    _, draft = stage.take(_paid_by_people)
    assert draft.done_at
    payers = sorted({receipt.payer for receipt in draft.receipts})
    asked_at = until(draft.done_at, min(draft.done_at + timedelta(days=20), draft.as_of), rng)
    if strength is STRONG:
        kept = payers[: max(1, len(payers) // 2)]
        draft.receipts = [replace(each, payer=rng.choice(kept)) for each in draft.receipts]
        draft.callbacks = [form.CallBack(asked_at, payer, False, "没交过，也不知道这事") for payer in payers[-2:]]
    elif strength is MEDIUM:
        draft.callbacks = [
            form.CallBack(asked_at, payer, at_payer > 0, "") for at_payer, payer in enumerate(payers[:6])
        ]
    else:
        first, last = draft.receipts[0], draft.receipts[-1]
        draft.receipts[-1] = replace(last, payer=first.payer)
        draft.callbacks = []
    return Planted("PR-13", strength, (draft.number,), "清退人数与缴款人不符或当事人否认", implies=("PR-21", "PR-32"))


# --- people ---------------------------------------------------------------------------------------------------------


def _people_owed(draft: Draft) -> bool:
    return draft.scenario.category in BLAMED and bool(draft.person_actions)


@trick("PR-14")
def nobody_dealt_with(stage: Stage, strength: Strength) -> Planted:
    """The matter was mended, nobody was asked who did it."""
    _, draft = stage.take(_people_owed)
    draft.person_actions = []
    draft.links = [link for link in draft.links if link.paper.kind is not EvidenceKind.SANCTION]
    assert draft.done_at
    if strength is STRONG:
        draft.measures = [each for each in draft.measures if each.kind != "ACCOUNTABILITY"]
        gone = [deed for deed in draft.deeds if "责任" in deed.text and "处理" in deed.text]
        draft.deeds = [deed for deed in draft.deeds if deed not in gone]
        draft.say(draft.style.complete(stage.rng, draft.deeds, draft.home.unit.short_names[0]))
    if strength is WEAK:
        reason = "情节轻微，本单位研究后不予追究"
        draft.waivers.append(form.Waiver("NO_ACCOUNTABILITY", reason, draft.handler, draft.done_at - timedelta(days=1)))
    return Planted("PR-14", strength, (draft.number,), "无人被处理，也没有有权机关的不予追究说明", implies=("PR-20",))


@trick("PR-15")
def undone(stage: Stage, strength: Strength) -> Planted:
    """Dealt with today, promoted tomorrow."""
    rng = stage.rng
    days = {STRONG: (45, 70), MEDIUM: (100, 140), WEAK: (150, 190)}[strength]
    _, draft = stage.take(
        _people_owed, lambda draft: draft.person_actions[0].at + timedelta(days=days[1] + 3) < draft.as_of
    )
    action = draft.person_actions[0]
    action = replace(
        action, kind=rng.choice(("SANCTION", "ORGANISATIONAL")), bars_until=(action.at + timedelta(days=365)).date()
    )
    for paper in draft.papers(EvidenceKind.SANCTION)[:1]:
        for mild in ("提醒谈话", "批评教育", "诫勉"):
            paper.lines = [
                line.replace(mild, "调离岗位" if action.kind == "ORGANISATIONAL" else "党内警告处分")
                for line in paper.lines
            ]
    draft.person_actions[0] = action
    when = moment(rng, workday((action.at + timedelta(days=rng.randint(*days))).date()))
    title, kind = {
        STRONG: (draft.home.leaders[0].title, "PROMOTED"),
        MEDIUM: (next(post.title for post in draft.home.handlers if post.code == action.person), "REAPPOINTED"),
        WEAK: (f"主持{rng.choice(draft.home.sections).short_names[0]}工作", "PROMOTED"),
    }[strength]
    stage.world.appointments.append(form.Appointment(when, action.person, title, kind))
    same = (listed.findings for listed in stage.world.lists if listed.home is draft.home)
    also = [
        other
        for findings in same
        for other in findings
        if any(each.person == action.person for each in other.person_actions)
    ]
    stage.mark(*also)
    others = tuple(other.number for other in also if other is not draft)
    return Planted("PR-15", strength, (draft.number,), "受处理人员在影响期内被提拔或复任", also=others)


# --- time -----------------------------------------------------------------------------------------------------------


@trick("PR-16")
def dragged_out(stage: Stage, strength: Strength) -> Planted:
    """Extended, and extended, and silent."""
    rng = stage.rng
    listed, draft = stage.take(
        lambda draft: draft.kind is Kind.PHASED and (draft.as_of.date() - draft.due_on).days > 120
    )
    approver = stage.world.city.office[0].code
    if strength is STRONG:
        due = draft.first_due_on
        for _ in range(2):
            until_day = workday(due + timedelta(days=rng.randint(20, 30)))
            asked = moment(rng, workday(due - timedelta(days=9)))
            reason = expand(rng, "[因{section}人员调整|资料尚未备齐|与{party}协商未果]，申请延期。", draft.values)
            draft.extensions.append(
                form.Extension(asked, due, until_day, reason, "approved", asked + timedelta(days=2), approver)
            )
            due = until_day
        extensions = list(draft.extensions)
        draft.due_on = due
        rectify(stage.world, listed, draft, workday(due - timedelta(days=4)))
        draft.extensions = extensions
        return Planted("PR-16", strength, (draft.number,), "两次以上延期")
    if strength is MEDIUM:
        rectify(stage.world, listed, draft, workday(draft.due_on + timedelta(days=rng.randint(38, 70))))
        return Planted("PR-16", strength, (draft.number,), "逾期三十日以上才报结", implies=("PR-08",))
    assert draft.done_at
    if rng.random() < 0.5:
        refused = draft.done_at - timedelta(hours=rng.randint(3, 20))
        asked = refused - timedelta(days=3)
        draft.extensions = [
            form.Extension(
                asked,
                draft.due_on,
                draft.due_on + timedelta(days=60),
                "工作量大，申请延期。",
                "refused",
                refused,
                approver,
            )
        ]
        return Planted("PR-16", strength, (draft.number,), "延期被拒次日即报完成")
    window = (draft.due_on - listed.plan_approved_at.date()).days
    silence = max(40, int(window * 0.25) + 9)
    until_when = draft.accepted_at + timedelta(days=silence + 6)
    if until_when > draft.done_at:
        raise NoPlace
    draft.progress = [each for each in draft.progress if each.at > until_when]
    return Planted("PR-16", strength, (draft.number,), f"签收后{silence}余日没有进展记录")


@trick("PR-17")
def too_fast(stage: Stage, strength: Strength) -> Planted:
    """Done in a day what takes months."""
    least = {"fund": 3, "project": 30, "style": 60, "thought": 60, "mechanism": 30, "regulation": 10}
    listed, draft = stage.take(lambda draft: draft.kind is Kind.PHASED and draft.scenario.work != "fund")
    days = {STRONG: 2, MEDIUM: max(3, least[draft.scenario.work] // 2)}.get(strength, least[draft.scenario.work] - 3)
    rectify(stage.world, listed, draft, listed.plan_approved_at.date() + timedelta(days=days))
    assert days < SHORTEST[draft.scenario.work]
    return Planted("PR-17", strength, (draft.number,), f"方案批准后{days}日即报完成")


@trick("PR-18")
def rush(stage: Stage, strength: Strength) -> Planted:
    """Nothing for months, then everything in one night."""
    rng, world = stage.rng, stage.world
    if strength is WEAK:
        listed, draft = stage.take(lambda draft: draft.kind is Kind.PHASED and len(draft.links) >= 4)
        _all_at_once(stage, listed, draft, workday(draft.due_on - timedelta(days=1)))
        return Planted(
            "PR-18", strength, (draft.number,), "临期七十二小时内集中上传，此前没有进展", implies=("PR-16", "PR-08")
        )

    def small(listed: ListDraft) -> bool:
        fit = [draft for draft in listed.findings if draft.number not in world.taken]
        return (
            listed.late
            and 5 <= len(listed.findings) <= 9
            and len(fit) == len(listed.findings)
            and all(draft.done for draft in fit)
        )

    listed = stage.take_list(small)
    day = workday(listed.feedback_on + timedelta(days=181))
    count = len(listed.findings) if strength is STRONG else max(4, round(len(listed.findings) * 0.7))
    rushed = rng.sample(listed.findings, count)
    for draft in rushed:
        draft.due_on = draft.first_due_on = max(draft.due_on, day + timedelta(days=2))
        draft.kind = draft.source_kind = Kind.PHASED
        _all_at_once(stage, listed, draft, day)
    stage.mark(*listed.findings)
    listed.rates = [rate(rng, listed, each.at) for each in listed.rates]
    numbers = tuple(draft.number for draft in rushed)
    return Planted(
        "PR-18", strength, (listed.number, *numbers), "一天之内集中报结，此前没有进展", implies=("PR-16", "PR-08")
    )


def _all_at_once(stage: Stage, listed: ListDraft, draft: Draft, day: date) -> None:
    """Tell *draft* again so that every paper was uploaded within the last two days and nothing was reported before."""
    rng = stage.rng
    rectify(stage.world, listed, draft, day)
    assert draft.done_at
    draft.progress = []
    draft.done_at = at(day, 16, rng.randrange(60))
    for link in draft.links:
        link.uploaded_at = max(
            draft.done_at - timedelta(minutes=rng.randint(20, 2000)), link.paper.modified + timedelta(minutes=1)
        )


# --- measures, approvals, procedure ---------------------------------------------------------------------------------


@trick("PR-20")
def not_all_measures(stage: Stage, strength: Strength) -> Planted:
    """A measure of the plan about which nothing is reported."""
    _, draft = stage.take(lambda draft: len(draft.measures) >= (3 if strength is STRONG else 2))
    if strength is MEDIUM:
        draft.measures = [each for each in draft.measures if each.kind != "REGULATION"]
        draft.links = [link for link in draft.links if link.paper.kind is not EvidenceKind.REGULATION]
        draft.rules = []
        gone = {len(draft.deeds)}
        how = "方案里没有建章立制类措施"
    else:
        gone = {1, 2} if strength is STRONG else {draft.measures[-1].seq}
        draft.measures = [
            replace(each, completion="", completed_on=None) if each.seq in gone else each for each in draft.measures
        ]
        draft.links = [link for link in draft.links if link.measure not in gone]
        draft.rules = [rule for rule in draft.rules if rule.paper in draft.papers()]
        how = "部分措施没有完成记录"
    draft.deeds = [deed for at_deed, deed in enumerate(draft.deeds, start=1) if at_deed not in gone] or draft.deeds[:1]
    draft.say(draft.style.complete(stage.rng, draft.deeds, draft.home.unit.short_names[0]))
    return Planted("PR-20", strength, (draft.number,), how, implies=("PR-32", "PR-09", "PR-14"))


@trick("PR-22")
def rubber_stamp(stage: Stage, strength: Strength) -> Planted:
    """Agreed, without having looked."""
    rng = stage.rng
    _, draft = stage.take(lambda draft: len(draft.links) > 3 and len(draft.reviews) > 3)
    acts = {
        STRONG: ("review_rectification", "verify_rectification", "sign_off"),
        MEDIUM: ("sign_rectification",),
        WEAK: ("verify_rectification",),
    }[strength]
    for place, review in enumerate(draft.reviews):
        if review.act not in acts:
            continue
        if strength is not WEAK:
            review = replace(
                review,
                comment=rng.choice(("同意", "同意。", "已阅", "已阅，同意")),
                decided_at=review.opened_at + timedelta(seconds=rng.randint(6, 50)),
            )
        if strength is not MEDIUM:
            draft.opened[review.act] = 0
        draft.reviews[place] = review
        if review.act == "sign_off":
            draft.signed_off_at = review.decided_at
    return Planted("PR-22", strength, (draft.number,), "审核人没有打开附件或几十秒签批")


@trick("PR-23")
def again(stage: Stage, strength: Strength) -> Planted:
    """The same problem in the next inspection."""
    world = stage.world
    for later in stage.rng.sample(world.lists, len(world.lists)):
        for earlier in world.lists:
            if earlier.home is not later.home or earlier is later or earlier.feedback_on > later.feedback_on:
                continue
            for (_, new), (_, old) in zip(stage.fitting(of=later), stage.fitting(of=earlier), strict=False):
                if old.signed_off_at and timedelta(0) < at(later.feedback_on, 9) - old.signed_off_at < timedelta(
                    days=720
                ):
                    stage.mark(new, old)
                    _recur(stage, later, new, old, strength)
                    return Planted(
                        "PR-23",
                        strength,
                        (new.number,),
                        "销号后两年内同类问题再次被指出",
                        also=(old.number,),
                        implies=("PR-05", "PR-02"),
                    )
    raise NoPlace


def _recur(stage: Stage, later: ListDraft, new: Draft, old: Draft, strength: Strength) -> None:
    done = new.done_at
    if strength is WEAK:
        code = str(old.values["code"])
        for draft in (new, old):
            draft.objects = (code,)
            draft.detail += expand(stage.rng, f"[涉及|见]{code}号合同。")
        return
    new.scenario, new.values = old.scenario, dict(old.values)
    new.title = old.title
    new.detail = old.detail if strength is STRONG else expand(stage.rng, old.scenario.detail, old.values)
    new.amount, new.heads, new.onsite, new.place, new.objects = (
        old.amount,
        old.heads,
        old.onsite,
        old.place,
        old.objects,
    )
    new.systemic = old.systemic
    assert done
    rectify(stage.world, later, new, done.date())


@trick("PR-24")
def complained_again(stage: Stage, strength: Strength) -> Planted:
    """Closed on paper, and people complain again."""
    rng = stage.rng
    _, draft = stage.take(
        lambda draft: bool(draft.signed_off_at and draft.as_of - draft.signed_off_at > timedelta(days=40))
    )
    assert draft.signed_off_at
    when = until(draft.signed_off_at + timedelta(days=3), draft.as_of - timedelta(days=1), rng)
    values = draft.values
    if strength is WEAK:
        draft.objects = (str(values["code"]),)
        text = expand(rng, "来电人称{code}这件事[根本没解决|又回到老样子]，请上级来人看看。", values)
    elif strength is MEDIUM:
        text = expand(
            rng,
            "[听说|公示讲]{item}已经整改完成，[可是|实际上]{spot}现在[还是|依旧]原来那样，[{section}|有人]照旧，[跟去年检查指出的一样|请核实]。",
            values,
        )
    else:
        text = f"反映{draft.home.unit.name}：{draft.detail.rstrip('。')}，上面说整改好了，实际没有改。"
    stage.world.complaints.append(
        form.Complaint(
            when,
            rng.choice(("12345热线", "来信", "媒体", "网上留言")),
            text,
            draft.home.unit.code,
            draft.objects if strength is WEAK else (),
        )
    )
    return Planted("PR-24", strength, (draft.number,), "销号后群众或媒体再次反映同一问题")


@trick("PR-26")
def nobody_went(stage: Stage, strength: Strength) -> Planted:
    """Nobody went, or the unit looked at itself."""
    rng = stage.rng
    _, draft = stage.take(shown_on_site, lambda draft: bool(draft.visits))
    visit = draft.visits[0]
    if strength is STRONG:
        draft.visits, draft.visit_photos = [], []
        how = "应现场核查而没有核查"
    elif strength is MEDIUM:
        draft.visits = [replace(visit, inspectors=tuple(post.code for post in rng.sample(draft.home.handlers, 2)))]
        how = "责任单位自己核查自己"
    else:
        draft.visits = [replace(visit, inspectors=(visit.inspectors[0], rng.choice(draft.home.handlers).code))]
        how = "两名核查人中一名来自责任单位"
    return Planted("PR-26", strength, (draft.number,), how)


@trick("PR-27")
def for_ever(stage: Stage, strength: Strength) -> Planted:
    """What should be done at once is put among the things that take for ever."""
    rng = stage.rng
    listed, draft = stage.take(
        lambda draft: bool(draft.amount) == (strength is not MEDIUM) and draft.kind is not Kind.CONTINUOUS
    )
    draft.kind = Kind.CONTINUOUS
    draft.source_kind = Kind.PHASED if strength is MEDIUM else Kind.IMMEDIATE
    if strength is WEAK:
        draft.source_kind = Kind.PHASED
        day = listed.plan_approved_at.date()
        for step in range(1, 4):
            day = workday(day + timedelta(days=80))
            held = at(day, 10) if at(day, 10) < draft.as_of else None
            draft.milestones.append(
                form.Milestone(expand(rng, f"第{step}轮[巩固|检查]{{item}}", draft.values), day, held)
            )
    else:
        draft.due_on = draft.first_due_on = draft.due_on + timedelta(days=400)
    return Planted("PR-27", strength, (draft.number,), "把点名金额或一次性问题列为长期坚持", implies=("PR-17",))


@trick("PR-28")
def only_this_one(stage: Stage, strength: Strength) -> Planted:
    """Only what was named was looked at."""
    _, draft = stage.take(lambda draft: draft.systemic == (strength is not MEDIUM))
    if strength is MEDIUM:
        draft.detail += expand(stage.rng, "如{spot}、{section}等，[类似情况还有|均有发生]。", draft.values)
    elif strength is STRONG:
        draft.self_checks = []
    else:
        draft.self_checks = [
            replace(each, checked=0, found=0, mended=0, scope=str(draft.values["spot"])) for each in draft.self_checks
        ]
    return Planted("PR-28", strength, (draft.number,), "共性问题没有举一反三自查")


@trick("PR-29")
def does_not_agree(stage: Stage, strength: Strength) -> Planted:
    """Facts sampled from the report are not so."""
    rng = stage.rng
    _, draft = stage.take()
    values = draft.values
    facts = [
        ("办理数量", f"{values['n']}", f"{max(0, int(str(values['n'])) - 1)}"),
        ("完成日期", str(draft.measures[0].completed_on), "尚未完成"),
        ("制度培训场次", f"{values['m2']}场", "查无记录"),
        ("知晓率", f"{values['score']}%", "不足四成"),
        ("抽查笔数", f"{values['part1']}笔", "0笔"),
        ("公示", "已公示7天", "未见公示"),
    ]
    count = {STRONG: 5, MEDIUM: 3, WEAK: 1}[strength]
    mismatches = tuple(form.Mismatch(*fact) for fact in rng.sample(facts, count))
    assert draft.signed_off_at
    when = until(draft.signed_off_at, draft.as_of, rng)
    draft.spot_checks = [
        form.SpotCheck(when, rng.choice(stage.world.city.discipline).code, rng.randint(max(count, 6), 10), mismatches)
    ]
    return Planted("PR-29", strength, (draft.number,), f"抽查{count}项与上报不符")


# --- lists as a whole -----------------------------------------------------------------------------------------------


def _reported(listed: ListDraft) -> bool:
    return bool(listed.rates and listed.surveys)


@trick("PR-33")
def dissatisfied(stage: Stage, strength: Strength) -> Planted:
    """Everything done, says the unit; people do not see it."""
    rng = stage.rng
    listed = stage.take_list(_reported, lambda listed: listed.rates[-1].rate >= 95)
    survey = listed.surveys[0]
    share = {STRONG: rng.uniform(0.4, 0.62), MEDIUM: rng.uniform(0.68, 0.765)}.get(strength)
    if share is None:
        asked = max(survey.asked, 60)
        answered = int(asked * rng.uniform(0.18, 0.285))
        listed.surveys[0] = replace(
            survey, asked=asked, answered=answered, satisfied=answered - rng.randint(0, answered // 12)
        )
        return Planted("PR-33", strength, (listed.number,), "测评回收率不足三成")
    listed.surveys[0] = replace(survey, satisfied=int(survey.answered * share))
    return Planted("PR-33", strength, (listed.number,), "完成率九成五以上而满意率不足八成")


@trick("PR-34")
def chief_absent(stage: Stage, strength: Strength) -> Planted:
    """The first person responsible was nowhere."""
    listed = stage.take_list(lambda listed: bool(listed.meetings))
    chief, deputy = listed.home.chief.code, listed.home.leaders[0].code
    if strength is not WEAK:
        for draft in listed.findings:
            draft.leader = deputy if draft.leader == chief else draft.leader
    if strength is STRONG:
        listed.meetings = [
            replace(each, attended=tuple(code for code in each.attended if code != chief), absent=(*each.absent, chief))
            for each in listed.meetings
        ]
    if strength is not MEDIUM:
        listed.signatures = [replace(each, by=deputy, for_whom=chief) for each in listed.signatures]
    return Planted("PR-34", strength, (listed.number,), "第一责任人未领办问题、未参会或由他人代签")


@trick("PR-36")
def inflated(stage: Stage, strength: Strength) -> Planted:
    """A rate that the items do not bear out."""
    listed = stage.take_list(lambda listed: bool(listed.rates) and listed.rates[-1].done < listed.rates[-1].total)
    last = listed.rates[-1]
    if strength is STRONG:
        told = replace(
            last, done=last.total, rate=Decimal("100.00"), words=f"反馈问题{last.total}个，已全部完成整改，完成率100%"
        )
    elif strength is MEDIUM:
        told = replace(
            last,
            done=last.total,
            rate=Decimal("100.00"),
            words=f"{last.total}项中完成或基本完成（持续推进）{last.total}项，完成率100%",
        )
    else:
        total = last.total - (last.total - last.done + 1) // 2
        share = (Decimal(last.done) * 100 / total).quantize(Decimal("0.01"))
        earlier = rate(stage.rng, listed, last.at - timedelta(days=45))
        told = replace(last, total=total, rate=share, words=f"应整改{total}个，已完成{last.done}个，完成率{share}%")
        listed.rates = [earlier, told]
        return Planted("PR-36", strength, (listed.number,), "两次报告之间分母缩小")
    listed.rates[-1] = told
    return Planted("PR-36", strength, (listed.number,), "上报完成率高于逐项核算")
