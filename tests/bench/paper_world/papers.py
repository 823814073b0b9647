"""The documents of a rectification, as texts and tables that look like what units really file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from cases.evidence import EvidenceKind, Purpose
from tests.bench.paper_world.city import Home
from tests.bench.paper_world.drafts import Draft, Link, Paper, Photo, WorldDraft, at, moment, workday
from tests.bench.paper_world.scenarios import frozen
from tests.bench.paper_world.words import chinese_day, day_of, expand, short_day
from xiaohao.bench_format import Registration

_SKIES = ("晴", "多云", "小雨", "阴", "有风")


@dataclass(frozen=True)
class _Pattern:
    title: str
    forms: tuple[str, ...]
    head: tuple[str, ...]
    body: tuple[str, ...]
    foot: tuple[str, ...]
    numbered: bool = False


@cache
def _patterns() -> dict[str, _Pattern]:
    with (Path(__file__).parent / "papers.toml").open("rb") as file:
        written = tomllib.load(file)
    return {kind: _pattern(each) for kind, each in written.items()}


def _pattern(written: dict[str, Any]) -> _Pattern:
    return _Pattern(**{name: frozen(value) for name, value in written.items()})


def draw_up(
    rng: Random,
    world: WorldDraft,
    draft: Draft,
    kind: EvidenceKind,
    day: date,
    more: Mapping[str, object] | None = None,
) -> Paper:
    """Return a paper of *kind* about *draft*, stated on *day*; *more* are values of its own."""
    pattern = _patterns()[kind]
    values: dict[str, object] = {**paper_values(rng, draft, day), **(more or {})}
    if kind in (EvidenceKind.ACCEPTANCE, EvidenceKind.ONSITE_RECORD):
        values["checkers"] = "、".join(_outsiders(rng, world))
    number = give_number(world, draft.home, day) if pattern.numbered else ""
    values["number"] = number
    title = expand(rng, pattern.title, values)
    values["papertitle"], values["papertitle_item"] = title, f"{values['spot']}{values['item']}"
    form = rng.choice(pattern.forms)
    head = [expand(rng, line, values) for line in pattern.head]
    chosen = sorted(rng.sample(range(len(pattern.body)), max(min(3, len(pattern.body)), len(pattern.body) - 1)))
    if kind in (EvidenceKind.FUND_RECEIPT, EvidenceKind.REGULATION):
        chosen = list(range(len(pattern.body)))
    body = draft.style.lay_out(rng, [expand(rng, pattern.body[at], values) for at in chosen]) if chosen else []
    foot = [expand(rng, line, values) for line in pattern.foot]
    created = moment(rng, day - timedelta(days=rng.choice((0, 0, 0, 1, 2))))
    paper = Paper(
        kind=kind,
        title=title,
        lines=head + body + foot,
        created=created,
        modified=created + timedelta(minutes=rng.randint(4, 190)),
        stated_on=day,
        number=number,
        form=form,
        author=str(values["post"]),
        adopted_by=str(values["meeting"]) if kind is EvidenceKind.REGULATION else "",
        body=(len(head), len(head) + len(body)),
    )
    paper.filename = filename(rng, paper, draft)
    if number:
        world.registrations.append(Registration(draft.home.unit.code, number, title, day))
    if form == "xlsx":
        paper.rows = table_rows(rng, draft, kind, day)
    return paper


def _outsiders(rng: Random, world: WorldDraft) -> list[str]:
    names = {unit.code: unit.short_names[0] for unit in world.city.units}
    return [names[post.unit] + post.title for post in rng.sample([*world.city.teams, *world.city.discipline], 2)]


def paper_values(rng: Random, draft: Draft, day: date) -> dict[str, object]:
    """Return what the grammar of papers asks for beside the finding's own values."""
    home = draft.home
    asked = rng.randint(20, 260)
    answered = asked - rng.randint(0, asked // 8)
    good = answered - rng.randint(0, answered // 12)
    attended = [post.title for post in home.team] + [post.title for post in rng.sample(home.handlers, 2)]
    dated = chinese_day(day) if rng.random() < 0.15 else day_of(day)
    return {
        **draft.values,
        "title": draft.title,
        "seq": draft.seq,
        "date": dated,
        "day": short_day(day),
        "post": rng.choice(home.handlers).title,
        "leader": next(post.title for post in home.team if post.code == draft.leader),
        "chief": home.chief.title,
        "attended": "、".join(attended),
        "present": len(attended),
        "checkers": "、".join(post.title for post in rng.sample(home.handlers, 2)),
        "measure": rng.choice(draft.measures).text.rstrip("。") if draft.measures else draft.title,
        "deed": rng.choice(draft.deeds).text if draft.deeds else draft.title,
        "deeds": "；".join(deed.text for deed in draft.deeds) or draft.title,
        "asked": asked,
        "answered": answered,
        "good": good,
        "fair": answered - good,
        "sky": rng.choice(_SKIES),
        "culprit": f"有关人员（{draft.values['n']}人）",
        "penalty": rng.choice(("书面检查", "批评教育", "取消当年评优资格")),
        "serial": rng.randrange(10**9, 10**10),
        "voucher": f"{rng.randrange(10**7, 10**8)}",
    }


def give_number(world: WorldDraft, home: Home, day: date) -> str:
    """Return a placeholder number of *day*; `number_papers` replaces it when every day is known."""
    home.doc_last[day.year] = home.doc_last.get(day.year, 0) + 1
    return f"{home.doc_prefix}〔{day.year}〕#{home.unit.code}-{home.doc_last[day.year]}#号"


def filename(rng: Random, paper: Paper, draft: Draft) -> str:
    """Return a name as somebody would give it."""
    name = rng.choice(
        (
            paper.title,
            f"{draft.seq}.{paper.title}",
            f"附件{rng.randint(1, 9)} {paper.title}",
            f"{paper.title}（盖章）",
            f"扫描_{rng.randrange(10**6):06}",
        )
    )
    return "".join(letter for letter in name if letter not in '/\\:*?"<>|')[:60] + "." + paper.form


def attach(
    rng: Random,
    draft: Draft,
    paper: Paper,
    purpose: Purpose,
    measure: int | None,
    *,
    on: date | None = None,
    locator: str = "",
) -> Link:
    """Attach *paper* to *draft*, uploaded some days after it was made, before the submission."""
    assert paper.modified is not None
    latest = draft.submission.at if draft.submission else draft.as_of
    uploaded = (
        moment(rng, on) if on else paper.modified + timedelta(days=rng.randint(0, 6), minutes=rng.randint(1, 300))
    )
    uploaded = max(
        min(uploaded, latest - timedelta(minutes=rng.randint(9, 600))), paper.modified + timedelta(seconds=40)
    )
    link = Link(paper, purpose, uploaded, rng.choice((draft.handler, draft.handler, draft.leader)), measure, locator)
    draft.links.append(link)
    return link


def table_rows(rng: Random, draft: Draft, kind: EvidenceKind, day: date) -> list[list[object]]:
    """Return a sheet: first the title row, then the header, then rows whose figures move as real ones do."""
    values = draft.values
    if draft.scenario.metrics:
        return metric_rows(rng, draft, day, days=rng.randint(9, 24))
    head: list[object]
    if kind is EvidenceKind.SURVEY:
        head = ["序号", "题目", "满意", "基本满意", "不满意"]
        topics = ("办理时间", "公开程度", "服务态度", "结果", "是否反复", "费用")
        rows = [
            [n, topic, rng.randint(20, 230), rng.randint(0, 24), rng.randint(0, 5)] for n, topic in enumerate(topics, 1)
        ]
    elif kind is EvidenceKind.CALLBACK:
        head = ["序号", "回访日期", "对象", "问题", "答复"]
        answers = ("已经退了", "拿到了，没有反复", "解决了", "知道这事，办好了", "比以前快", "记不清日子，但收到了")
        rows = [
            [
                n,
                (day - timedelta(days=rng.randint(0, 5))).isoformat(),
                post.title,
                f"{values['item']}是否解决",
                rng.choice(answers),
            ]
            for n, post in enumerate(rng.sample(draft.home.staff, rng.randint(4, 9)), 1)
        ]
    elif kind is EvidenceKind.PAYROLL_ADJUST:
        head = ["序号", "岗位", "调整前（元）", "调整后（元）", "核减（元）"]
        people = rng.sample(draft.home.staff, min(draft.heads or 5, 20))
        before = [rng.randint(3100, 8800) for _ in people]
        cut = [rng.randint(80, 900) for _ in people]
        rows = [[n, post.title, b, b - c, c] for n, (post, b, c) in enumerate(zip(people, before, cut, strict=True), 1)]
    else:
        head = ["序号", "编号", "日期", "事项", "数值", "经办"]
        rows = [
            [
                n,
                f"{values['code']}-{rng.randrange(1000):03}",
                (day - timedelta(days=rng.randint(1, 60))).isoformat(),
                f"{rng.choice((values['spot'], values['section']))}{values['item']}",
                rng.randint(120, 99000) / 10,
                rng.choice(draft.home.handlers).title,
            ]
            for n in range(1, rng.randint(6, 18))
        ]
    return [[f"{draft.home.unit.name}{values['item']}情况表（{day_of(day)}）"], head, *rows]


def metric_rows(rng: Random, draft: Draft, day: date, *, days: int) -> list[list[object]]:
    """Return daily readings of a plant: each wanders about its own level."""
    levels = [rng.uniform(18, 46), rng.uniform(1.2, 6.5), rng.uniform(0.1, 0.6), rng.uniform(6.6, 8.1)]
    rows: list[list[object]] = []
    for back in range(days, 0, -1):
        shake = rng.gauss(0, 0.05)
        reading = [round(level * (1 + shake + rng.gauss(0, 0.06)), 2) for level in levels[:3]]
        rows.append([(day - timedelta(days=back)).isoformat(), *reading, round(levels[3] + rng.gauss(0, 0.12), 2)])
    return [
        [f"{draft.values['spot']}{draft.values['item']}日监测记录"],
        ["日期", "COD(mg/L)", "氨氮(mg/L)", "总磷(mg/L)", "pH"],
        *rows,
    ]


def photograph(
    rng: Random, draft: Draft, day: date, *, scene: int, state: int, kind: EvidenceKind = EvidenceKind.PHOTO_PAIR
) -> Paper:
    """Return a picture of the finding's place taken on *day*, by a telephone that writes time and position."""
    taken = at(workday(day), rng.randint(8, 17), rng.randrange(60)) + timedelta(seconds=rng.randrange(60))
    place = draft.place or draft.home.seat
    photo = Photo(
        scene, state, rng.randrange(10**9), taken, place.lat + rng.gauss(0, 0.0012), place.lon + rng.gauss(0, 0.0012)
    )
    name = rng.choice(
        (
            f"IMG_{taken:%Y%m%d_%H%M%S}",
            f"微信图片_{taken:%Y%m%d%H%M%S}",
            f"现场{rng.randint(1, 9)}",
            f"{draft.values['spot']}{rng.randint(1, 30)}",
        )
    )
    return Paper(kind, name, [], taken, taken, form="jpg", filename=f"{name}.jpg", photo=photo)


def number_papers(world: WorldDraft) -> None:
    """Give the document numbers out in the order of the days, with gaps, and write them into every text."""
    final: dict[str, str] = {}
    rng = world.rng
    last: dict[tuple[str, str], int] = {}
    for line in sorted(world.registrations, key=lambda line: (line.registered_on, line.number)):
        book = (line.unit, line.number.split("#")[0])
        last[book] = last.get(book, rng.randint(2, 30) + line.registered_on.timetuple().tm_yday // 9) + rng.randint(
            1, 4
        )
        if "#" in line.number:
            final[line.number] = f"{book[1]}{last[book]}号"
    world.registrations = [replace(line, number=final.get(line.number, line.number)) for line in world.registrations]
    papers = {id(link.paper): link.paper for each in world.lists for draft in each.findings for link in draft.links}
    for paper in papers.values():
        paper.lines = [final.get(line, line) for line in paper.lines]
        paper.number = final.get(paper.number, paper.number)
    for each in world.lists:
        for draft in each.findings:
            draft.person_actions = [
                replace(action, document=final.get(action.document, action.document)) for action in draft.person_actions
            ]
            for rule in draft.rules:
                rule.number = final.get(rule.number, rule.number)


def until(first: datetime, last: datetime, rng: Random) -> datetime:
    """Return a moment in the office hours of some working day between the two."""
    days = max((last.date() - first.date()).days, 0)
    return min(max(moment(rng, workday(first.date() + timedelta(days=rng.randint(0, days)))), first), last)
