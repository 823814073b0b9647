"""Lists of findings that were really rectified, each told as an office would come to know it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from cases.evidence import EvidenceKind, Purpose
from cases.finding import Kind
from tests.bench.paper_world.city import SPOTS, City, Home
from tests.bench.paper_world.drafts import Draft, ListDraft, Rule, WorldDraft, at, moment, workday
from tests.bench.paper_world.papers import attach, draw_up, photograph, until
from tests.bench.paper_world.scenarios import Scenario, every_scenario
from tests.bench.paper_world.styles import Deed, Style
from tests.bench.paper_world.words import day_of, expand, plain_yuan, short_day, yuan
from xiaohao import bench_format as form
from xiaohao.bench_format import AccountKind, FundSource

BLAMED = frozenset({"违规违纪", "失职", "资金"})  # categories where persons are to be dealt with
SHORTEST = {
    "fund": 6,
    "project": 38,
    "style": 66,
    "thought": 66,
    "mechanism": 36,
    "regulation": 24,
}  # days of honest work
RIGHT_ACCOUNTS = {
    FundSource.FISCAL: (AccountKind.TREASURY, AccountKind.NON_TAX),
    FundSource.COLLECTIVE: (AccountKind.COLLECTIVE,),
    FundSource.ENTERPRISE: (AccountKind.OWN,),
    FundSource.MASSES: (AccountKind.PERSONAL,),
}
_FEEDBACK = {"R1": date(2023, 3, 6), "R2": date(2023, 10, 9), "R3": date(2024, 6, 3), "R4": date(2025, 3, 3)}
_SOURCES = {"bureau": "inspection", "soe": "audit"}
_PENALTIES = (
    ("TALK", "提醒谈话", 0),
    ("CRITICISM", "批评教育", 0),
    ("ADMONITION", "诫勉", 6),
    ("ORGANISATIONAL", "调离岗位", 12),
    ("SANCTION", "党内警告处分", 12),
    ("SANCTION", "免去职务", 12),
)


def honest_list(
    world: WorldDraft, home: Home, round_: form.Round, style: Style, size: int, *, midway: bool
) -> ListDraft:
    """Return a list of *size* findings; *midway*: the detector looks while some are still being worked on."""
    rng = world.rng
    feedback = workday(_FEEDBACK[round_.code] + timedelta(days=rng.randint(0, 45)))
    leaves = feedback - timedelta(days=rng.randint(18, 45))
    listed = ListDraft(
        number=f"{home.unit.code}-{round_.code}",
        round=round_,
        home=home,
        style=style,
        feedback_on=feedback,
        inspection_from=leaves - timedelta(days=rng.randint(45, 70)),
        inspection_to=leaves,
        plan_approved_at=moment(rng, workday(feedback + timedelta(days=rng.randint(16, 30)))),
        report_due_on=feedback + timedelta(days=184),
        as_of=at(feedback + timedelta(days=rng.randint(118, 150) if midway else rng.randint(318, 345)), 18),
    )
    told: set[tuple[str, object]] = set()
    for seq in range(1, size + 1):
        draft = _problem(world, listed, seq, told)
        listed.findings.append(draft)
        rectify(world, listed, draft)
    _frame(rng, listed)
    world.lists.append(listed)
    return listed


# --- the problem ----------------------------------------------------------------------------------------------------


def _problem(world: WorldDraft, listed: ListDraft, seq: int, told: set[tuple[str, object]]) -> Draft:
    rng, home = world.rng, listed.home
    fitting = [scenario for scenario in every_scenario() if home.flavour in scenario.units]
    for _ in range(30):
        scenario = rng.choice(fitting)
        values = _values(rng, world.city, home, scenario, listed.feedback_on)
        if (scenario.title, values["item"]) not in told:
            break
    told.add((scenario.title, values["item"]))
    kind = _kind(rng, scenario)
    title, detail = expand(rng, scenario.title, values), expand(rng, scenario.detail, values)
    systemic = rng.random() < 0.3
    if systemic:
        detail += expand(
            rng, "[其他{section}也有类似情况。|如{spot}一处，同类情形较普遍。|该问题在所属单位中具有共性。]", values
        )
    due = _due(rng, listed, kind)
    issued = moment(rng, listed.feedback_on)
    draft = Draft(
        number=f"{listed.number}-{seq:02}",
        seq=seq,
        home=home,
        scenario=scenario,
        style=listed.style,
        values=values,
        title=title,
        detail=detail,
        kind=kind,
        source_kind=kind,
        due_on=due,
        first_due_on=due,
        issued_at=issued,
        accepted_at=issued + timedelta(hours=rng.randint(1, 40)),
        leader=(home.chief if seq == 1 else rng.choice(home.team)).code,
        handler=rng.choice(home.handlers).code,
        as_of=listed.as_of,
        amount=values.get("yuan"),  # type: ignore[arg-type]
        heads=values.get("heads"),  # type: ignore[arg-type]
        systemic=systemic,
        onsite=scenario.onsite,
        objects=(str(values["code"]),) if str(values["code"]) in detail else (),
    )
    if scenario.onsite:
        seat = home.seat
        draft.place = form.Place(
            str(values["spot"]), round(seat.lat + rng.gauss(0, 0.02), 5), round(seat.lon + rng.gauss(0, 0.02), 5)
        )
    return draft


def _values(rng: Random, city: City, home: Home, scenario: Scenario, feedback: date) -> dict[str, object]:
    n = rng.randint(*scenario.n) if scenario.n else rng.randint(2, 12)
    part1 = rng.randint(1, n - 1) if n > 1 else n
    values: dict[str, object] = {
        "unit": home.unit.name,
        "unit_short": home.unit.short_names[0],
        "section": rng.choice(home.sections).short_names[0],
        "spot": rng.choice(SPOTS)
        + rng.choice(
            ("村", "片区", "组", "站", "路口", "校区") if home.flavour != "school" else ("校区", "楼", "食堂", "操场")
        ),
        "item": rng.choice(scenario.item),
        "party": rng.choice(rng.choice(city.parties).short_names),
        "from": feedback.year - rng.randint(2, 4),
        "to": feedback.year - 1,
        "mon": rng.randint(2, 11),
        "n": n,
        "part1": part1,
        "part2": n - part1,
        "m2": rng.randint(2, 9),
        "culprits": rng.choice((1, 1, 1, 2)),
        "score": rng.randint(86, 99),
        "rent": rng.randint(12, 980) / 10,
        "code": f"{rng.choice('ABCGHX')}{feedback.year - rng.randint(1, 4)}-{rng.randint(11, 990):03}",
    }
    if scenario.heads:
        values["heads"] = rng.randint(*scenario.heads)
    if scenario.amount:
        low, high = scenario.amount
        values["yuan"] = amount = Decimal(int(low * (high / low) ** rng.random()) // 10 * 10)
        values["amount"] = yuan(amount)
    values["rule"] = expand(rng, scenario.regulation, values)
    return values


def _kind(rng: Random, scenario: Scenario) -> Kind:
    if scenario.work in ("style", "thought", "mechanism") and not scenario.amount and rng.random() < 0.2:
        return Kind.CONTINUOUS
    return Kind.IMMEDIATE if scenario.work == "fund" and rng.random() < 0.3 else Kind.PHASED


def _due(rng: Random, listed: ListDraft, kind: Kind) -> date:
    if kind is Kind.IMMEDIATE:
        return workday(listed.plan_approved_at.date() + timedelta(days=rng.randint(15, 40)))
    if kind is Kind.CONTINUOUS:
        return workday(listed.feedback_on + timedelta(days=rng.randint(380, 700)))
    return workday(listed.feedback_on + timedelta(days=rng.choice((122, 153, 183, 183, 184))))


# --- the work -------------------------------------------------------------------------------------------------------


def rectify(world: WorldDraft, listed: ListDraft, draft: Draft, done: date | None = None) -> None:
    """Tell how *draft* was rectified, on *done* or some fitting day; what was told before is forgotten."""
    rng = world.rng
    draft.forget()
    done = done or _done_day(rng, listed, draft)
    _measures(rng, listed, draft, done)
    if done is None:
        _unfinished(world, listed, draft)
        return
    draft.done_at = moment(rng, done)
    draft.submission = form.Submission(
        draft.done_at,
        draft.handler,
        "",
        draft.amount,
        draft.heads if draft.amount and draft.scenario.heads else None,
    )
    start = max(listed.plan_approved_at, draft.accepted_at)
    if draft.kind is Kind.IMMEDIATE:
        start = min(start, draft.done_at - timedelta(hours=5))
    _money(world, listed, draft, start)
    _people(world, listed, draft, start)
    draft.say(draft.style.complete(rng, draft.deeds, draft.home.unit.short_names[0]))
    _proofs(world, listed, draft, start)
    _self_check(rng, draft, start)
    _progress(rng, draft)
    _approve(world, listed, draft)
    if draft.state == "signed_off" and rng.random() < 0.15:
        draft.spot_checks.append(
            form.SpotCheck(
                until(_signed_off(draft), draft.as_of, rng), rng.choice(world.city.discipline).code, rng.randint(3, 9)
            )
        )


def _done_day(rng: Random, listed: ListDraft, draft: Draft) -> date | None:
    """Return the day on which the unit reports it, None while it is still being worked on."""
    start = listed.plan_approved_at.date()
    if draft.kind is Kind.CONTINUOUS:
        return None
    if draft.kind is Kind.IMMEDIATE:
        first, last = start + timedelta(days=1), draft.due_on - timedelta(days=1)
    else:
        window = (draft.due_on - start).days
        first = start + timedelta(days=max(SHORTEST[draft.scenario.work], window // 4))
        last = draft.due_on - timedelta(days=2)
    day = workday(first + timedelta(days=rng.randint(0, max((last - first).days, 0))))
    return day if day < draft.as_of.date() - timedelta(days=12) else None


def _measures(rng: Random, listed: ListDraft, draft: Draft, done: date | None) -> None:
    home, values = draft.home, draft.values
    start = listed.plan_approved_at.date()
    texts: list[tuple[str, str, str]] = [(measure, deed, "FIX") for measure, deed, _ in draft.scenario.fix]
    if draft.scenario.category in BLAMED:
        texts.append((_BLAME, _BLAMED, "ACCOUNTABILITY"))
    texts.append((_RULE, _RULED, "REGULATION"))
    last = done or min(draft.due_on, listed.feedback_on + timedelta(days=180))
    immediate = draft.kind is Kind.IMMEDIATE
    for seq, (measure, deed, kind) in enumerate(texts, start=1):
        span = max((last - start).days, 1)
        day = start + timedelta(days=rng.randint(min(max(span // 3, 1), span), span)) if span > 1 else last
        day = min(workday(day), last)
        due = (
            draft.due_on
            if immediate
            else workday(start + timedelta(days=max((draft.due_on - start).days * (seq + 1) // (len(texts) + 1), 5)))
        )
        local = {
            **values,
            "post": rng.choice([*home.handlers, *home.leaders]).title,
            "due": expand(rng, f"[{day_of(due)}前|{due.month}月{_third(due)}旬前|{short_day(due)}前]"),
            "day": short_day(day),
        }
        draft.measures.append(
            form.Measure(
                seq,
                expand(rng, measure, local) + "。",
                kind,
                min(due, draft.due_on),
                expand(rng, deed, local) + "。" if done else "",
                day if done else None,
            )
        )
        draft.deeds.append(Deed(draft.measures[-1].completion.rstrip("。"), day))
    if not done:
        draft.deeds = []


def _third(day: date) -> str:
    return "上" if day.day <= 10 else ("中" if day.day <= 20 else "下")


_BLAME = (
    "[查清|倒查]{item}问题的[经办、审核|审批]责任，"
    "{due}由{post}[提出处理建议|会同纪检人员]对[责任人|{section}相关人员][作出处理|问责]"
)
_BLAMED = (
    "[查清|核实]责任链条，{day}对{section}{culprits}名责任人[作出处理|分别给予处理]，[处理决定已送达|材料已归个人档案]"
)
_RULE = "[修订|制定]{rule}，{due}[印发|下发]至{section}等处，[明确{m2}类事项的审批权限|列出{part1}条禁止情形]"
_RULED = "{rule}{day}印发，[{section}已按新规办理{m2}笔|执行首月查出并退回{m2}单|组织{section}等处培训{m2}场]"


def _unfinished(world: WorldDraft, listed: ListDraft, draft: Draft) -> None:
    """Leave the finding as work under way, with progress reported in time and milestones where it is to go on."""
    rng = world.rng
    draft.state = "open"
    if draft.kind is Kind.CONTINUOUS:
        day = listed.plan_approved_at.date()
        for at_step in range(1, 5):
            day = workday(day + timedelta(days=rng.randint(75, 100)))
            held = moment(rng, day - timedelta(days=1)) if day < draft.as_of.date() else None
            text = expand(
                rng,
                "[完成|开展]第{k}[阶段|轮]{item}[整治|检查]，{spot}等{n}处[达标|见效]",
                {**draft.values, "k": at_step},
            )
            draft.milestones.append(form.Milestone(text, day, held))
    _minutes(world, draft, listed.plan_approved_at, draft.as_of - timedelta(days=1))
    if rng.random() < 0.6:
        _process_paper(world, draft, EvidenceKind.PLAN, listed.plan_approved_at, draft.as_of - timedelta(days=1))
    _progress(rng, draft)


def _self_check(rng: Random, draft: Draft, start: datetime) -> None:
    if draft.systemic:
        assert draft.done_at
        found = rng.randint(0, 9)
        draft.self_checks.append(
            form.SelfCheck(
                until(start, draft.done_at, rng),
                rng.choice(draft.home.handlers).code,
                expand(rng, "[{section}以外的其余部门|除{spot}以外各点位]{item}", draft.values),
                found + rng.randint(3, 60),
                found,
                found,
            )
        )


def _progress(rng: Random, draft: Draft) -> None:
    last = draft.done_at or draft.as_of
    when, percent = draft.accepted_at, 0
    while when + timedelta(days=26) < last:
        when = moment(rng, workday(when.date() + timedelta(days=rng.randint(12, 23))))
        percent = min(95, percent + rng.randint(8, 26))
        text = expand(
            rng,
            "[{section}正在逐项核对，已完成{percent}%左右|到{spot}开展工作，查清{part1}处|已收到{section}报来的{m2}份材料|召开碰头会，{post}汇报了{item}进度|与{party}沟通{m2}次]。",
            {**draft.values, "percent": percent, "post": rng.choice(draft.home.handlers).title},
        )
        if when < last:
            draft.progress.append(form.Progress(when, draft.handler, text, percent))


def _signed_off(draft: Draft) -> datetime:
    assert draft.signed_off_at is not None
    return draft.signed_off_at


# --- money and people -----------------------------------------------------------------------------------------------


def _money(world: WorldDraft, listed: ListDraft, draft: Draft, start: datetime) -> None:
    """Let the amount come back to the right account, from the right people, whole."""
    rng = world.rng
    if draft.amount is None or draft.done_at is None:
        return
    payers = _payers(rng, world, draft)
    account = right_account(rng, world, draft)
    for payer, amount in zip(payers, shares(rng, draft.amount, len(payers)), strict=True):
        when = until(start, draft.done_at - timedelta(hours=2), rng)
        draft.receipts.append(form.Receipt(when, amount, payer, account, f"{rng.randrange(10**7, 10**8)}"))
    if draft.scenario.heads and rng.random() < 0.4:
        for payer in rng.sample(payers, min(len(payers), rng.randint(2, 7))):
            draft.callbacks.append(
                form.CallBack(
                    until(draft.done_at, min(draft.done_at + timedelta(days=25), draft.as_of), rng),
                    payer,
                    True,
                    rng.choice(("已退，票据在手", "属实", "记得，退了", "")),
                )
            )


def _payers(rng: Random, world: WorldDraft, draft: Draft) -> list[str]:
    if draft.scenario.heads and draft.heads:
        if draft.scenario.fund == FundSource.MASSES:  # money goes back to people: the unit pays, each is named
            return [f"学生家长（学号{rng.randrange(10**5, 10**6)}）" for _ in range(draft.heads)]
        return [post.code for post in rng.sample(draft.home.staff, draft.heads)]
    if draft.scenario.fund in (FundSource.ENTERPRISE, FundSource.COLLECTIVE):
        return [f"承租人（合同{rng.randrange(100, 999)}号）" for _ in range(min(int(str(draft.values["n"])), 16))]
    return [draft.home.unit.code] * rng.randint(1, 3)


def right_account(rng: Random, world: WorldDraft, draft: Draft) -> str:
    """Return the number of an account that the finding's money may return to."""
    source = FundSource(draft.scenario.fund or FundSource.FISCAL)
    if source is FundSource.ENTERPRISE:
        return draft.home.account.number
    if source is FundSource.COLLECTIVE:
        return draft.home.collective.number
    if source is FundSource.MASSES:
        return _personal(rng, world)
    return rng.choice([account for kind in RIGHT_ACCOUNTS[source] for account in world.city.accounts_of(kind)]).number


def _personal(rng: Random, world: WorldDraft) -> str:
    number = "6217" + f"{rng.randrange(10**14):014}"
    world.city.accounts.append(form.Account(number, "学生家长批量代发户", AccountKind.PERSONAL))
    return number


def shares(rng: Random, amount: Decimal, parts: int) -> list[Decimal]:
    """Return *parts* uneven amounts that sum up to *amount*, to the cent."""
    weights = [rng.uniform(0.6, 1.4) for _ in range(parts)]
    cents = [Decimal(int(amount * 100 * Decimal(weight / sum(weights)))) / 100 for weight in weights]
    cents[-1] += amount - sum(cents)
    return [cent.quantize(Decimal("0.01")) for cent in cents]


def _people(world: WorldDraft, listed: ListDraft, draft: Draft, start: datetime) -> None:
    rng = world.rng
    if draft.scenario.category not in BLAMED:
        return
    assert draft.done_at
    when = until(start, draft.done_at - timedelta(hours=1), rng)
    if rng.random() < 0.12:
        reason = rng.choice(
            (
                "相关责任人已退休且事发在任前，经研究不予追究",
                "首次轻微、主动退缴，集体研究后免予处理",
                "责任人已因同一事实受过处理，不再重复追究",
            )
        )
        draft.waivers.append(form.Waiver("NO_ACCOUNTABILITY", reason, rng.choice(world.city.discipline).code, when))
        measure = next(each for each in draft.measures if each.kind == "ACCOUNTABILITY")
        tell(draft, measure.seq, f"{short_day(when.date())}经{world.city.units[2].short_names[0]}审核，{reason}")
        return
    moved_up = {each.person for each in world.appointments}
    free = [post for post in draft.home.handlers if post.code not in moved_up]
    culprits = rng.sample(free, int(str(draft.values["culprits"])))
    for culprit in culprits:
        kind, penalty, months = rng.choice(_PENALTIES)
        paper = draw_up(
            rng,
            world,
            draft,
            EvidenceKind.SANCTION,
            when.date(),
            {"culprit": culprit.title, "penalty": penalty, "meeting": short_day(when.date())},
        )
        bars = when.date() + timedelta(days=months * 30) if months else None
        draft.person_actions.append(form.PersonAction(moment(rng, when.date()), culprit.code, kind, paper.number, bars))
        seq = next(each.seq for each in draft.measures if each.kind == "ACCOUNTABILITY")
        attach(rng, draft, paper, Purpose.RESULT, seq)


def tell(draft: Draft, seq: int, text: str) -> None:
    """Let the unit report *text* on measure *seq*."""
    draft.deeds = [
        Deed(text, deed.day) if at_deed == seq else deed for at_deed, deed in enumerate(draft.deeds, start=1)
    ]
    draft.measures = [replace(each, completion=text + "。") if each.seq == seq else each for each in draft.measures]


# --- what is attached -----------------------------------------------------------------------------------------------


def _proofs(world: WorldDraft, listed: ListDraft, draft: Draft, start: datetime) -> None:
    rng = world.rng
    assert draft.done_at
    end = draft.done_at - timedelta(hours=1)
    if rng.random() < 0.75:
        _minutes(world, draft, start, end)
    for kind in rng.sample(
        (
            EvidenceKind.NOTICE,
            EvidenceKind.PLAN,
            EvidenceKind.STUDY_RECORD,
            EvidenceKind.REPORT,
            EvidenceKind.TALK_RECORD,
        ),
        rng.choice((0, 1, 1)),
    ):
        _process_paper(world, draft, kind, start, end)
    for measure, (_, _, proof) in zip(draft.measures, draft.scenario.fix, strict=False):
        _proof(world, draft, EvidenceKind(proof), measure, start, end)
    _regulate(world, draft, start, end)
    if draft.onsite and rng.random() < 0.5:
        _before_and_after(world, listed, draft, end)


def _minutes(world: WorldDraft, draft: Draft, start: datetime, end: datetime) -> None:
    draft.values["meeting"] = short_day(_process_paper(world, draft, EvidenceKind.MEETING_MINUTES, start, end))


def _process_paper(world: WorldDraft, draft: Draft, kind: EvidenceKind, start: datetime, end: datetime) -> date:
    rng = world.rng
    day = until(start, start + (end - start) / 2, rng).date()
    more = {"due": short_day(draft.due_on), "meeting": draft.values.get("meeting", short_day(day))}
    attach(rng, draft, draw_up(rng, world, draft, kind, day, more), Purpose.ACTION, None)
    return day


def _proof(
    world: WorldDraft, draft: Draft, kind: EvidenceKind, measure: form.Measure, start: datetime, end: datetime
) -> None:
    rng = world.rng
    day = measure.completed_on or end.date()
    if kind is EvidenceKind.FUND_RECEIPT:
        for receipt in draft.receipts[: rng.randint(1, 3)]:
            more = {
                "voucher": receipt.voucher,
                "payer": _payer_name(draft, receipt.payer),
                "plain": plain_yuan(receipt.amount),
                **_payee(world, receipt),
            }
            paper = draw_up(rng, world, draft, kind, receipt.at.date(), {"meeting": "", **more})
            attach(rng, draft, paper, Purpose.RESULT, measure.seq)
        return
    if kind is EvidenceKind.PHOTO_PAIR:
        _pair(world, draft, measure.seq, start.date(), end.date())
        return
    told = {"meeting": draft.values.get("meeting", short_day(day)), "deed": measure.completion.rstrip("。")}
    attach(rng, draft, draw_up(rng, world, draft, kind, day, told), Purpose.RESULT, measure.seq)


def _payer_name(draft: Draft, payer: str) -> str:
    known = {post.code: post.title for post in draft.home.staff} | {draft.home.unit.code: draft.home.unit.name}
    return known.get(payer, payer)


def _payee(world: WorldDraft, receipt: form.Receipt) -> dict[str, str]:
    account = next(each for each in reversed(world.city.accounts) if each.number == receipt.payee_account)
    holder = next((unit.name for unit in world.city.units if unit.code == account.holder), account.holder)
    return {"payee": holder, "account": account.number}


def _pair(world: WorldDraft, draft: Draft, measure: int, first: date, last: date) -> None:
    rng = world.rng
    scene = rng.randrange(10**9)
    before = photograph(rng, draft, first, scene=scene, state=1)
    after = photograph(rng, draft, last - timedelta(days=3), scene=scene, state=2)
    attach(rng, draft, before, Purpose.BASELINE, measure)
    attach(rng, draft, after, Purpose.RESULT, measure)


def _before_and_after(world: WorldDraft, listed: ListDraft, draft: Draft, end: datetime) -> None:
    _pair(world, draft, 1, listed.feedback_on + timedelta(days=world.rng.randint(1, 9)), end.date())


def _regulate(world: WorldDraft, draft: Draft, start: datetime, end: datetime) -> None:
    rng = world.rng
    measure = draft.measures[-1]
    day = min(measure.completed_on or end.date(), end.date())
    paper = draw_up(
        rng, world, draft, EvidenceKind.REGULATION, day, {"meeting": draft.values.get("meeting", short_day(day))}
    )
    paper.distribution = (
        str(draft.values["section"]),
        *(unit.short_names[0] for unit in rng.sample(draft.home.sections, 2)),
    )
    attach(rng, draft, paper, Purpose.ACTION, measure.seq)
    used = [
        form.Execution(
            at(day + timedelta(days=rng.randint(4, 70)), rng.randint(9, 17)), kind, expand(rng, text, draft.values)
        )
        for kind, text in rng.sample(_EXECUTIONS, rng.choice((1, 2, 2)))
    ]
    used = sorted((each for each in used if each.at < draft.as_of), key=lambda each: each.at)
    draft.rules.append(
        Rule(paper, str(draft.values["rule"]), paper.number, f"{paper.adopted_by}会议", day, paper.distribution, used)
    )


_EXECUTIONS = (
    ("USE", "{section}按新规[审批|办理]{item}{m2}[笔|件]"),
    ("CHECK", "抽查{section}{item}[执行情况|台账]，退回{part1}件"),
    ("TRAINING", "对{section}经办人[讲解|培训]{rule}"),
)


# --- approvals ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Desk:
    act: str
    verdict: str
    days: tuple[int, int]


_DESKS = (
    _Desk("review_rectification", "agreed", (0, 3)),
    _Desk("sign_rectification", "agreed", (0, 4)),
    _Desk("verify_rectification", "confirmed", (3, 15)),
    _Desk("sign_off", "signed", (4, 25)),
)
_COMMENTS = (
    "[已核对|核对了]{section}[{m2}份凭证|台账第{part1}页]，与报告[一致|相符]。",
    "[翻看|逐页看过]{papers}份佐证，{item}[数额|事项]与清单第{seq}项对得上。",
    "{spot}[已派人看过|照片时间地点无误]，[同意转下一环节|可以报核]。",
    "[电话问了{section}经办人|与{section}当面核实]，[{n}项均已落地|情况属实]，[制度已下发|处理已到位]。",
    "[抽了{part1}张票据|对照方案]复核，[金额|措施]无差错，[回头看时再查执行|同意]。",
)


def _approve(world: WorldDraft, listed: ListDraft, draft: Draft) -> None:
    rng, city = world.rng, world.city
    assert draft.done_at
    leader = draft.leader if draft.leader != draft.home.chief.code else draft.home.leaders[0].code
    who: Sequence[str] = (
        leader,
        draft.home.chief.code,
        rng.choice(city.office).code,
        rng.choice([post.code for post in city.posts if post.unit == "COMM"]),
    )
    when = draft.done_at
    for desk, by in zip(_DESKS, who, strict=True):
        when = max(
            moment(rng, workday(when.date() + timedelta(days=rng.randint(*desk.days)))), when + timedelta(hours=2)
        )
        if when > draft.as_of - timedelta(days=2):
            break
        if desk.act == "sign_off" and not _look_back(world, draft, when):
            break
        opened = when
        decided = opened + timedelta(seconds=rng.randint(190, 2400))
        if decided > draft.as_of - timedelta(days=1):
            break
        values = {**draft.values, "papers": len(draft.links), "seq": draft.seq}
        comment = expand(rng, rng.choice(_COMMENTS), values)
        draft.reviews.append(form.Review(desk.act, by, desk.verdict, comment, opened, decided))
        draft.opened[desk.act] = max(1, len(draft.links) - rng.randint(0, 1))
        when = decided
    if draft.reviews and draft.reviews[-1].act == "sign_off":
        draft.state, draft.signed_off_at = "signed_off", draft.reviews[-1].decided_at
    else:
        draft.state = "submitted"


def _look_back(world: WorldDraft, draft: Draft, before: datetime) -> bool:
    """Let two people from outside see the place, where it has to be seen; False if there was no time for it yet."""
    rng = world.rng
    if not draft.onsite and rng.random() < 0.65:
        return True
    day = workday(before.date() - timedelta(days=1))
    if at(day, 18) > before or at(day, 8) < draft.reviews[-1].decided_at:
        day = before.date()
    started = max(at(day, 8), draft.reviews[-1].decided_at + timedelta(minutes=5))
    ended = started + timedelta(minutes=rng.randint(35, 150))
    if ended > before:
        started, ended = draft.reviews[-1].decided_at + timedelta(minutes=4), before - timedelta(minutes=5)
    inspectors = rng.sample([*world.city.teams, *world.city.discipline], 2)
    place = draft.place.name if draft.place else draft.home.unit.name
    record = expand(
        rng, "[到场查看|现场核对]{item}{n}处，[询问{m2}人|查阅台账{m2}册]，[与上报一致|未见反弹]。", draft.values
    )
    method = "on_site" if draft.onsite else "call_back"
    draft.visits.append(
        form.Visit(method, started, ended, place, tuple(post.code for post in inspectors), record, "held")
    )
    if draft.onsite:
        picture = photograph(rng, draft, day, scene=rng.randrange(10**9), state=2, kind=EvidenceKind.ONSITE_RECORD)
        assert picture.photo
        picture.photo.taken_at = picture.created = picture.modified = started + (ended - started) / 2
        draft.visit_photos.append(picture)
    return True


# --- the list as a whole --------------------------------------------------------------------------------------------


def _frame(rng: Random, listed: ListDraft) -> None:
    home = listed.home
    listed.signatures.append(form.Signature("plan", home.chief.code, listed.plan_approved_at - timedelta(days=2)))
    day = listed.feedback_on + timedelta(days=3)
    end = min(listed.report_due_on, listed.as_of.date() - timedelta(days=2))
    while day < end:
        absent = [post.code for post in home.leaders if rng.random() < 0.12]
        attended = [post.code for post in home.team if post.code not in absent]
        listed.meetings.append(
            form.Meeting(
                moment(rng, workday(day)),
                rng.choice(("整改推进会", "党组织专题会", "专题民主生活会", "调度会")),
                tuple(attended),
                tuple(absent),
            )
        )
        day += timedelta(days=rng.randint(22, 50))
    report = at(listed.report_due_on + timedelta(days=rng.randint(60, 90)), 16)
    if report < listed.as_of - timedelta(days=5):
        listed.signatures.append(form.Signature("report", home.chief.code, report - timedelta(days=1)))
        listed.signatures.append(form.Signature("chief_report", home.chief.code, report - timedelta(days=1)))
        listed.rates.append(rate(rng, listed, report))
        asked = rng.randint(30, 320)
        answered = asked - rng.randint(0, asked // 3)
        satisfied = answered - rng.randint(0, answered // 9)
        listed.surveys.append(
            form.Survey(
                report - timedelta(days=9), asked, answered, satisfied, rng.choice(("干部职工", "服务对象", "群众代表"))
            )
        )


def rate(rng: Random, listed: ListDraft, when: datetime) -> form.ReportedRate:
    """Return what an honest unit reports at *when*: what was signed off by then, by all."""
    done = sum(bool(draft.signed_off_at and draft.signed_off_at <= when) for draft in listed.findings)
    total = len(listed.findings)
    share = (Decimal(done) * 100 / total).quantize(Decimal("0.01"))
    words = expand(
        rng,
        "[反馈问题{total}个，已完成整改{done}个|{total}项中{done}项销号]，[完成率|整改完成率]{share}%",
        {"total": total, "done": done, "share": share},
    )
    return form.ReportedRate(when, done, total, share, words)
