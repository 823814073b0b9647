"""Tricks of the pen: PR-02, 04, 05, 06, 19, 21, 31, 32."""

import re
from dataclasses import replace
from decimal import Decimal

from cases.evidence import EvidenceKind, Purpose
from tests.bench.paper_world.drafts import Draft, ListDraft, Paper, moment
from tests.bench.paper_world.honest import rectify, tell
from tests.bench.paper_world.papers import attach, draw_up, until
from tests.bench.paper_world.tricks import NoPlace, Stage, amount_named, has, trick
from tests.bench.paper_world.words import expand, short_day, yuan
from xiaohao.bench_format import Measure, Planted, Strength


@trick("PR-02")
def near_duplicate(stage: Stage, strength: Strength) -> Planted:
    """A report that another unit wrote, with the names changed."""
    listed, writer = stage.take()
    _, copier = next_to(stage, listed)
    original = report(stage, listed, writer)
    copied = report(stage, stage.world.list_of(copier), copier)
    start, end = original.body
    text = [_renamed(line, writer, copier) for line in original.lines[start:end]]
    own = list(copied.lines[copied.body[0] : copied.body[1]])
    if strength is Strength.MEDIUM:
        text = [
            line.replace("。", "，", 1)
            if "，" not in line[:30]
            else line.replace("期间", "此间").replace("查看", "察看")
            for line in text
        ]
    if strength is Strength.WEAK:
        joined = "".join(text)
        cut = int(len(joined) * 0.8)
        text = [joined[:cut], "".join(own)[-len(joined) // 10 :]]
    copied.lines[copied.body[0] : copied.body[1]] = text
    return Planted(
        "PR-02",
        strength,
        (copier.number, writer.number),
        "另一单位的报告改名照抄",
        implies=("PR-21", "PR-06", "PR-32", "PR-05"),
    )


def next_to(stage: Stage, listed: ListDraft) -> tuple[ListDraft, Draft]:
    """Take a finding of another unit in the same round."""
    others = [each for each in stage.world.lists if each.round == listed.round and each.home is not listed.home]
    stage.rng.shuffle(others)
    for other in others:
        for found in stage.fitting(of=other):
            stage.mark(found[1])
            return found
    raise NoPlace


_TOLD_AT_LENGTH = (EvidenceKind.ONSITE_RECORD, EvidenceKind.EXECUTION_CHECK, EvidenceKind.SURVEY)


def report(stage: Stage, listed: ListDraft, draft: Draft) -> Paper:
    """Attach one more report to *draft*, a long one, and return it."""
    assert draft.done_at
    day = (draft.done_at - (draft.done_at - draft.accepted_at) / 10).date()
    more = {"due": short_day(draft.due_on), "meeting": draft.values.get("meeting", short_day(day))}
    paper = draw_up(stage.rng, stage.world, draft, EvidenceKind.REPORT, day, more)
    start, end = paper.body
    for kind in _TOLD_AT_LENGTH:
        other = draw_up(stage.rng, stage.world, draft, kind, day, more)
        told = other.lines[other.body[0] : other.body[1]]
        paper.lines[end:end] = told
        end += len(told)
    paper.body = (start, end)
    attach(stage.rng, draft, paper, Purpose.ACTION, None)
    return paper


def _renamed(text: str, writer: Draft, copier: Draft) -> str:
    pairs = [
        (writer.home.unit.name, copier.home.unit.name),
        (writer.home.unit.short_names[0], copier.home.unit.short_names[0]),
    ]
    pairs.append((f"第{writer.seq}项", f"第{copier.seq}项"))
    for old, new in pairs:
        text = text.replace(old, new)
    return text


@trick("PR-04")
def measure_copies_finding(stage: Stage, strength: Strength) -> Planted:
    """The finding turned round, with 加强 in front."""
    _, draft = stage.take(lambda draft: len(draft.detail) >= 50)
    measure = draft.measures[0]
    detail = draft.detail.rstrip("。")
    if strength is Strength.STRONG:
        text = expand(stage.rng, "[进一步加强管理，切实解决|切实完善机制，进一步纠正]") + detail + "的问题。"
    elif strength is Strength.MEDIUM:
        most, post = detail[: int(len(detail) * 0.8)], draft.home.handlers[0].title
        text = f"针对{most}，{short_day(measure.due_on)}前完成整改，责任到{post}。"
    else:
        piece = detail[-28:] if len(detail) < 60 else detail[12:40]
        text = f"由{draft.home.handlers[1].title}负责，就“{piece}”一事，{short_day(measure.due_on)}前提出办法。"
    draft.measures[0] = replace(measure, text=text)
    return Planted("PR-04", strength, (draft.number,), "措施照抄问题表述", implies=("PR-19",))


@trick("PR-05")
def measure_cloned(stage: Stage, strength: Strength) -> Planted:
    """One measure for everything, or another unit's measure."""
    rng = stage.rng
    if strength is Strength.STRONG:
        groups = [[draft for _, draft in stage.fitting(of=listed)][:3] for listed in stage.world.lists]
        several = [group for group in groups if len(group) == 3]
        if not several:
            raise NoPlace
        drafts = rng.choice(several)
        stage.mark(*drafts)
        first = drafts[0]
        text = expand(
            rng,
            "由{post}牵头召开[专题会|部署会]，明确责任分工，[建立台账|逐项销号]，{day}前[形成整改报告|完成整改并上报]。",
            {"post": first.home.handlers[0].title, "day": short_day(first.due_on)},
        )
        for draft in drafts:
            draft.measures[0] = replace(draft.measures[0], text=text)
        return Planted("PR-05", strength, tuple(draft.number for draft in drafts), "同一措施用于三个以上问题")
    listed, copier = stage.take()
    same = [
        draft for other, draft in stage.fitting() if draft.scenario is copier.scenario and other.home is not listed.home
    ]
    if not same:
        raise NoPlace
    writer = same[0]
    stage.mark(writer)
    text = writer.measures[0].text
    if strength is Strength.WEAK:
        text = text.replace("。", "，资料归档。", 1) if len(text) > 50 else text.replace("由", "拟由", 1)
    copier.measures[0] = replace(copier.measures[0], text=text)
    return Planted(
        "PR-05",
        strength,
        (copier.number,),
        "照抄另一单位的措施",
        also=(writer.number,),
        implies=("PR-06", "PR-21", "PR-32"),
    )


@trick("PR-06")
def foreign_residue(stage: Stage, strength: Strength) -> Planted:
    """A name that has no business here stayed in the text."""
    rng, city = stage.rng, stage.world.city
    listed, draft = stage.take(lambda draft: any(paper.body[1] > paper.body[0] for paper in draft.papers()))
    papers = [
        paper
        for paper in draft.papers()
        if paper.body[1] > paper.body[0] and paper.kind is not EvidenceKind.FUND_RECEIPT
    ]
    paper = rng.choice(papers) if papers else report(stage, listed, draft)
    far = rng.choice([each for each in city.organisations if each not in city.parties])
    home = draft.home
    if strength is Strength.STRONG:
        swap(paper, home.unit.name, far.name)
        paper.lines.insert(
            paper.body[1],
            expand(
                rng,
                "[XX单位要将结果报我办，x月x日前完成。|**同志负责落实，某某参加。|XX局党组高度重视，于x月x日召开会议。]",
            ),
        )
        return Planted("PR-06", strength, (draft.number,), "外地单位名称和未填占位符", implies=("PR-21",))
    if strength is Strength.MEDIUM:
        add(
            paper,
            expand(
                rng,
                "[以上做法经{far}研究同意|{far}干部职工反映良好|并向{far}各科室作了通报]。",
                {"far": far.short_names[0]},
            ),
        )
        return Planted("PR-06", strength, (draft.number,), "混入外地单位简称")
    sister = rng.choice([other for other in city.homes if other is not home and other.flavour == home.flavour])
    add(
        paper,
        expand(
            rng,
            "[{sister}分管负责同志到场|结果已在{sister}公开栏张贴|由{sister}档案室留存一份]。",
            {"sister": sister.unit.short_names[0]},
        ),
    )
    return Planted("PR-06", strength, (draft.number,), "混入同类单位简称一处")


def swap(paper: Paper, old: str, new: str) -> None:
    """Change a name everywhere in *paper*'s text."""
    paper.lines = [line.replace(old, new) for line in paper.lines]


def add(paper: Paper, sentence: str) -> None:
    """Put *sentence* at the end of the body."""
    at_line = max(paper.body[1] - 1, 0)
    paper.lines[at_line] += sentence


_VAGUE = (
    "[高度重视|切实提高认识]，[进一步|不断]加强[学习|领导]，[切实|持续]强化责任落实，[深化|推动]整改走深走实",
    "[不断完善|进一步健全]工作机制，[强化|加强]日常监督，[推动|持续深化]各项工作再上台阶",
    "[切实|进一步]把思想和行动统一到上级要求上来，[持续|不断]推动作风转变，[强化|加强]协调配合",
)
_SOFT = (
    "在[三个到位|两手抓]上下功夫，做到[思想上重视、行动上自觉|人人有责、层层负责]",
    "[班子带头、部门联动|上下一心]，[氛围更浓|面貌一新]，[切实|进一步]把要求落到日常",
    "[责任意识得到提升|工作水平有了新提高]，[各方面反映良好|取得了明显成效]，[持续|不断]巩固成果",
)


@trick("PR-19")
def vague(stage: Stage, strength: Strength) -> Planted:
    """Words without a single fact."""
    rng = stage.rng
    _, draft = stage.take()
    pattern = _SOFT if strength is Strength.WEAK else _VAGUE
    clauses = [expand(rng, clause) for clause in rng.sample(pattern, 3)]
    draft.say("。".join(clauses) + "。")
    draft.measures = [replace(each, completion=expand(rng, rng.choice(pattern)) + "。") for each in draft.measures]
    if strength is Strength.STRONG:
        draft.measures = [replace(each, text=expand(rng, rng.choice(_VAGUE)) + "。") for each in draft.measures]
    return Planted(
        "PR-19", strength, (draft.number,), "完成情况没有一个数字、日期或文件", implies=("PR-05", "PR-20", "PR-32")
    )


_PARTS = re.compile(r"(\d+)(处|笔|人|个|项)[、，](\D{1,8})(\d+)\2")


@trick("PR-21")
def contradiction(stage: Stage, strength: Strength) -> Planted:
    """The papers do not agree with each other."""
    rng = stage.rng
    if strength is Strength.STRONG:
        listed, draft = stage.take(amount_named)
        assert draft.amount
        paper = report(stage, listed, draft)
        other = yuan((draft.amount * Decimal(rng.choice(("0.6", "0.7", "1.3")))).quantize(Decimal(10)))
        swap(paper, str(draft.values["amount"]), other)
        add(paper, f"已收回资金{other}。")
        return Planted("PR-21", strength, (draft.number,), "报告金额与报结金额不一致", implies=("PR-32", "PR-10"))
    if strength is Strength.MEDIUM:
        listed, draft = stage.take(has("MEETING_MINUTES"), has("REGULATION"))
        minutes = draft.papers(EvidenceKind.MEETING_MINUTES)[0]
        assert minutes.stated_on
        moved = short_day(until(listed.plan_approved_at, moment(rng, minutes.stated_on), rng).date())
        if moved == short_day(minutes.stated_on):
            moved = short_day(minutes.stated_on.replace(day=minutes.stated_on.day % 27 + 1))
        rule = draft.papers(EvidenceKind.REGULATION)[0]
        swap(rule, str(draft.values["meeting"]), moved)
        add(minutes, f"会议审议通过{draft.values['rule']}。")
        return Planted("PR-21", strength, (draft.number,), "同一会议的日期在纪要和印发通知里不一致", implies=("PR-08",))
    _, draft = stage.take(lambda draft: any(_PARTS.search(each.completion) for each in draft.measures))
    for measure in draft.measures:
        if found := _PARTS.search(measure.completion):
            wrong = f"{int(found[1]) + 1}{found[2]}{found[0][len(found[1]) + 1]}{found[3]}{found[4]}{found[2]}"
            told = measure.completion.replace(found[0], wrong)
            assert draft.submission
            draft.say(draft.submission.completion.replace(measure.completion.rstrip("。"), told.rstrip("。")))
            tell(draft, measure.seq, told.rstrip("。"))
            break
    return Planted("PR-21", strength, (draft.number,), "分项之和不等于总数")


@trick("PR-31")
def future_tense(stage: Stage, strength: Strength) -> Planted:
    """What is said to be done is still to be done."""
    rng = stage.rng
    _, draft = stage.take()
    if strength is Strength.STRONG:
        draft.measures = [replace(each, completion=each.text) for each in draft.measures]
        draft.say("".join(each.text for each in draft.measures))
        return Planted("PR-31", strength, (draft.number,), "完成情况就是整改措施原文", implies=("PR-32",))
    late = draft.measures if strength is Strength.MEDIUM else draft.measures[:1]
    for measure in late:
        tell(draft, measure.seq, _yet_to_come(stage, draft, measure, strength))
    draft.say(draft.style.complete(rng, draft.deeds, draft.home.unit.short_names[0]))
    return Planted("PR-31", strength, (draft.number,), "以将、拟、正在代替完成", implies=("PR-32", "PR-21", "PR-20"))


def _yet_to_come(stage: Stage, draft: Draft, measure: Measure, strength: Strength) -> str:
    values = {**draft.values, "day": short_day(measure.due_on)}
    open_words = "[计划|拟|下一步将]{day}前后[清理|处理]{section}的{item}，[形成清单|报班子研究]"
    hidden = "{section}{item}的[清单|台账]{day}已经列出，[个别事项尚在协调|正在与{party}对接]"
    return expand(stage.rng, hidden if strength is Strength.WEAK else open_words, values)


@trick("PR-32")
def scope_shrinks(stage: Stage, strength: Strength) -> Planted:
    """Twenty were found, seventeen were dealt with, and nobody says so."""
    listed, draft = stage.take(
        lambda draft: (
            "{n}" in draft.scenario.detail
            and "{n}" in draft.scenario.fix[0][0]
            and "{n}" in draft.scenario.fix[0][1]
            and int(str(draft.values["n"])) >= 5
        )
    )
    n = int(str(draft.values["n"]))
    kept = {Strength.STRONG: max(1, n // 3), Strength.MEDIUM: max(2, n * 2 // 3)}.get(strength, n - 1)
    part1 = stage.rng.randint(1, max(1, kept - 1))
    draft.values |= {"n": kept, "part1": part1, "part2": kept - part1}
    assert draft.done_at
    rectify(stage.world, listed, draft, draft.done_at.date())
    return Planted("PR-32", strength, (draft.number,), f"问题{n}，只办{kept}", implies=("PR-21",))
