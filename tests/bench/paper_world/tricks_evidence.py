"""Tricks with papers and pictures: PR-01, 03, 07, 08, 09, 25, 30, 35."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from cases.evidence import PROCESS, EvidenceKind, Purpose
from cases.finding import Kind
from tests.bench.paper_world.drafts import Draft, Link, Paper, Photo, at, moment, workday
from tests.bench.paper_world.papers import attach, draw_up, metric_rows, photograph, until
from tests.bench.paper_world.tricks import NoPlace, Stage, has, shown_on_site, trick
from tests.bench.paper_world.words import chinese_day, day_of, short_day
from xiaohao.bench_format import Planted, Strength

_PROVING = (
    EvidenceKind.ONSITE_RECORD,
    EvidenceKind.ACCEPTANCE,
    EvidenceKind.CALLBACK,
    EvidenceKind.SURVEY,
    EvidenceKind.EXECUTION_CHECK,
)


def _link_of(draft: Draft, paper: Paper) -> Link:
    return next(link for link in draft.links if link.paper is paper)


@trick("PR-01")
def reused(stage: Stage, strength: Strength) -> Planted:
    """One file for two problems."""
    rng = stage.rng
    kinds = _PROVING if strength is not Strength.WEAK else (EvidenceKind.NOTICE, EvidenceKind.MEETING_MINUTES)
    listed, donor = stage.take(has(*kinds))
    paper = rng.choice([paper for paper in donor.papers() if paper.kind in kinds])
    far = strength is Strength.STRONG
    for other in rng.sample(stage.world.lists, len(stage.world.lists)):
        if other.round != listed.round or (other is listed) == far:
            continue
        for _, taker in stage.fitting(
            lambda draft: bool(draft.done_at and draft.done_at > paper.modified + timedelta(days=2)), of=other
        ):
            if paper.created.date() <= other.feedback_on:
                break
            stage.mark(taker)
            own = [link for link in taker.links if link.paper.kind in kinds]
            if own and far:
                taker.links.remove(own[0])
            attach(rng, taker, paper, Purpose.RESULT if kinds is _PROVING else Purpose.ACTION, 1)
            implied = ("PR-02", "PR-06", "PR-21", "PR-03") if far else ("PR-02", "PR-21")
            return Planted("PR-01", strength, (taker.number, donor.number), "同一文件用于两个问题", implies=implied)
    raise NoPlace


@trick("PR-03")
def picture(stage: Stage, strength: Strength) -> Planted:
    """A picture of something else, of another day or another place."""
    rng = stage.rng
    listed, draft = stage.take(shown_on_site)
    assert draft.done_at
    day = workday(draft.done_at.date() - timedelta(days=4))
    scene = rng.randrange(10**9)
    before = photograph(rng, draft, listed.feedback_on + timedelta(days=3), scene=scene, state=1)
    after = photograph(rng, draft, day, scene=scene, state=2)
    assert before.photo
    assert after.photo
    how = "照片元数据与地点或时间不符"
    implied: tuple[str, ...] = ()
    if strength is Strength.STRONG:
        after.photo = replace(before.photo, change="brighten", taken_at=after.photo.taken_at)
        how = "整改前照片调色后充作整改后照片"
    elif strength is Strength.MEDIUM:
        donors = [
            paper
            for _, other in stage.fitting(has("PHOTO_PAIR"))
            for paper in other.papers(EvidenceKind.PHOTO_PAIR)
            if other.home is not draft.home
        ]
        if donors and donors[0].photo and rng.random() < 0.6:
            donor = donors[0].photo
            after.photo = Photo(
                donor.scene, donor.state, donor.shot, after.photo.taken_at, after.photo.lat, after.photo.lon, "crop"
            )
            how = "把另一问题的照片裁边后使用"
        else:
            _shot_on(after, moment(rng, listed.feedback_on - timedelta(days=rng.randint(40, 120))))
            how, implied = "整改后照片摄于反馈之前", ("PR-07",)
    elif rng.random() < 0.5:
        after.photo.lat = (after.photo.lat or 0) + 0.026
        how = "照片拍摄地距问题地点两三公里"
    else:
        _shot_on(after, moment(rng, listed.feedback_on - timedelta(days=2)))
        how, implied = "整改后照片摄于反馈前两日", ("PR-07",)
    also = _owner_of(stage, after, draft)
    attach(rng, draft, before, Purpose.BASELINE, 1, on=listed.feedback_on + timedelta(days=5))
    attach(rng, draft, after, Purpose.RESULT, 1, on=day)
    return Planted("PR-03", strength, (draft.number,), how, also=also, implies=implied)


def _shot_on(paper: Paper, when: datetime) -> None:
    assert paper.photo
    paper.photo.taken_at = paper.created = when
    name = paper.filename
    paper.filename = f"现场{when.second % 9 + 1}.jpg" if any(letter.isdigit() for letter in name) else name


def _owner_of(stage: Stage, paper: Paper, draft: Draft) -> tuple[str, ...]:
    """Return whose scene it is, if it is another finding's."""
    for listed in stage.world.lists:
        for other in listed.findings:
            if other is not draft and any(
                each.photo and paper.photo and each.photo.scene == paper.photo.scene for each in other.papers()
            ):
                return (other.number,)
    return ()


@trick("PR-07")
def older_than_feedback(stage: Stage, strength: Strength) -> Planted:
    """A paper from before the finding is shown as what was done about it."""
    rng = stage.rng
    kinds = (
        (EvidenceKind.REGULATION,)
        if strength is Strength.STRONG
        else (EvidenceKind.MEETING_MINUTES, EvidenceKind.NOTICE, EvidenceKind.REGULATION, EvidenceKind.EXECUTION_CHECK)
    )
    listed, draft = stage.take(has(*kinds), lambda draft: draft.kind is not Kind.IMMEDIATE)
    paper = rng.choice(draft.papers(*kinds))
    assert paper.stated_on
    back = {Strength.STRONG: rng.randint(25, 60), Strength.MEDIUM: rng.randint(3, 10)}.get(strength)
    if back is None:
        paper.created = moment(rng, listed.feedback_on - timedelta(days=rng.randint(2, 15)))
        if paper.form == "jpg":
            raise NoPlace
        return Planted("PR-07", strength, (draft.number,), "文件所载日期在反馈之后，文件创建于反馈之前")
    redate(stage, draft, paper, listed.feedback_on - timedelta(days=back))
    paper.created = moment(rng, paper.stated_on)
    paper.modified = paper.created + timedelta(minutes=40)
    return Planted("PR-07", strength, (draft.number,), "佐证日期早于反馈", implies=("PR-21",))


def redate(stage: Stage, draft: Draft, paper: Paper, day: date) -> None:
    """Let *paper* state *day*, in its text, the books and the name of its number."""
    assert paper.stated_on
    for written in (day_of, chinese_day, short_day):
        paper.lines = [line.replace(written(paper.stated_on), written(day)) for line in paper.lines]
    books = stage.world.registrations
    stage.world.registrations = [
        replace(line, registered_on=day) if line.number == paper.number else line for line in books
    ]
    if paper.number and day.year != paper.stated_on.year:
        number = paper.number.replace(f"〔{paper.stated_on.year}〕", f"〔{day.year}〕")
        paper.lines = [line.replace(paper.number, number) for line in paper.lines]
        stage.world.registrations = [
            replace(line, number=number) if line.number == paper.number else line for line in stage.world.registrations
        ]
        for rule in draft.rules:
            rule.number = number if rule.paper is paper else rule.number
        paper.number = number
    for rule in draft.rules:
        if rule.paper is paper:
            rule.issued_on = day
    paper.stated_on = day


@trick("PR-08")
def back_dated(stage: Stage, strength: Strength) -> Planted:
    """Papers made afterwards, dated as if they had been there."""
    rng = stage.rng
    if strength is Strength.STRONG:
        listed, draft = stage.take(lambda draft: len([paper for paper in draft.papers() if paper.form != "jpg"]) >= 4)
        assert draft.done_at
        entry = workday(draft.done_at.date() + timedelta(days=1))
        listed.entries = tuple(sorted({*listed.entries, entry}))
        for link in draft.links:
            if link.paper.form != "jpg":
                link.paper.created = moment(rng, entry - timedelta(days=2)) + timedelta(minutes=rng.randint(0, 59))
                link.paper.created = min(link.paper.created, draft.done_at - timedelta(minutes=40))
                link.paper.modified = link.paper.created + timedelta(minutes=9)
                link.uploaded_at = max(draft.done_at - timedelta(minutes=rng.randint(3, 25)), link.paper.modified)
        return Planted("PR-08", strength, (draft.number,), "督查进驻前两日集中生成全部材料", implies=("PR-18",))
    listed, draft = stage.take(lambda draft: any(_early(draft, paper) for paper in draft.papers()))
    paper = rng.choice([paper for paper in draft.papers() if _early(draft, paper)])
    assert paper.stated_on
    assert draft.done_at
    later = moment(rng, workday(draft.done_at.date() - timedelta(days=rng.randint(1, 5))))
    if strength is Strength.MEDIUM:
        paper.created, paper.modified = later, later + timedelta(minutes=30)
        _upload_after(draft, paper)
        return Planted("PR-08", strength, (draft.number,), "文件创建晚于落款三十日以上，登记簿没有重印记录")
    real = min(later.date(), paper.stated_on + timedelta(days=rng.randint(24, 29)))
    paper.created = moment(rng, real)
    paper.modified = paper.created + timedelta(minutes=20)
    _upload_after(draft, paper)
    stage.world.registrations = [
        replace(line, registered_on=real) if line.number == paper.number else line for line in stage.world.registrations
    ]
    neighbour = draw_up(
        rng,
        stage.world,
        draft,
        EvidenceKind.NOTICE,
        paper.stated_on + timedelta(days=11),
        {"meeting": draft.values.get("meeting", "")},
    )
    attach(rng, draft, neighbour, Purpose.ACTION, None)
    return Planted("PR-08", strength, (draft.number,), "发文字号顺序与落款日期矛盾")


def _early(draft: Draft, paper: Paper) -> bool:
    """Return whether *paper* bears a number and a date long before the work was done."""
    far = draft.done_at and paper.stated_on and (draft.done_at.date() - paper.stated_on).days > 42
    return bool(far and paper.number and paper.form != "jpg")


def _upload_after(draft: Draft, paper: Paper) -> None:
    link = _link_of(draft, paper)
    link.uploaded_at = max(link.uploaded_at, paper.modified + timedelta(minutes=7))


@trick("PR-09")
def process_only(stage: Stage, strength: Strength) -> Planted:
    """Meetings, notices and rules, and nothing that came of them."""
    rng = stage.rng
    listed, draft = stage.take(lambda draft: not draft.amount and not draft.visits)
    draft.links = [link for link in draft.links if link.paper.kind in PROCESS]
    assert draft.done_at
    asked = {
        Strength.STRONG: (EvidenceKind.PLAN, EvidenceKind.STUDY_RECORD, EvidenceKind.NOTICE),
        Strength.MEDIUM: (EvidenceKind.STUDY_RECORD,),
    }
    for kind in asked.get(strength, ()):
        day = until(listed.plan_approved_at, draft.done_at - timedelta(days=1), rng).date()
        more = {"due": short_day(draft.due_on), "meeting": draft.values.get("meeting", short_day(day))}
        attach(rng, draft, draw_up(rng, stage.world, draft, kind, day, more), Purpose.ACTION, None)
    if strength is Strength.WEAK:
        before = photograph(rng, draft, listed.feedback_on + timedelta(days=4), scene=rng.randrange(10**9), state=1)
        attach(rng, draft, before, Purpose.BASELINE, 1)
    return Planted("PR-09", strength, (draft.number,), "只有过程材料，没有结果佐证", implies=("PR-20",))


@trick("PR-25")
def on_the_shelf(stage: Stage, strength: Strength) -> Planted:
    """A rule that nobody adopted, received or used."""
    _, draft = stage.take(
        lambda draft: bool(draft.rules and draft.done_at and draft.as_of - draft.done_at > timedelta(days=125))
    )
    rule = draft.rules[0]
    paper = rule.paper
    if strength is Strength.STRONG:
        paper.lines = [
            line
            for line in paper.lines
            if line != paper.number and not line.startswith("抄送") and not line.startswith("各")
        ]
        paper.body = (0, 0)
        stage.world.registrations = [line for line in stage.world.registrations if line.number != paper.number]
        paper.number = rule.number = rule.adopted_by = ""
        rule.distribution, rule.executions, rule.issued_on = (), [], None
    elif strength is Strength.MEDIUM:
        rule.executions = []
    else:
        assert rule.issued_on
        late = at(workday(rule.issued_on + timedelta(days=stage.rng.randint(100, 115))), 10)
        rule.executions = [replace(each, at=late) for each in rule.executions[:1]]
        rule.distribution = ()
    for link in [link for link in draft.links if link.paper.kind is EvidenceKind.EXECUTION_CHECK]:
        link.paper.kind = EvidenceKind.SURVEY
        link.paper.title = "职工意见征集情况"
    return Planted("PR-25", strength, (draft.number,), "制度没有文号、研究记录、发放范围或执行记录", implies=("PR-20",))


@trick("PR-30")
def frozen(stage: Stage, strength: Strength) -> Planted:
    """Readings that do not move."""
    rng = stage.rng
    listed, draft = stage.take(shown_on_site)
    assert draft.done_at
    day = until(listed.plan_approved_at + timedelta(days=9), draft.done_at - timedelta(days=1), rng).date()
    paper = readings(stage, draft, day)
    rows = paper.rows
    if strength is Strength.WEAK:
        column = rng.randint(1, 3)
        for row in rows[2:]:
            row[column] = rows[2][column]
        how = "一项指标全程一个数"
    else:
        start = rng.randint(2, 4)
        for row in rows[start + 1 : start + (7 if strength is Strength.STRONG else 3)]:
            row[1:] = rows[start][1:]
        how = "多日各项读数完全相同"
    attach(rng, draft, paper, Purpose.RESULT, 1)
    return Planted("PR-30", strength, (draft.number,), how)


def readings(stage: Stage, draft: Draft, day: date) -> Paper:
    """Return a workbook of daily readings that ends on the day before *day*."""
    paper = draw_up(stage.rng, stage.world, draft, EvidenceKind.SYSTEM_DATA, day)
    paper.rows = metric_rows(stage.rng, draft, day, days=stage.rng.randint(9, 20))
    return paper


@trick("PR-35")
def changed_afterwards(stage: Stage, strength: Strength) -> Planted:
    """The dossier is not the one that was signed off."""
    rng = stage.rng
    _, draft = stage.take(
        lambda draft: bool(draft.signed_off_at and draft.as_of - draft.signed_off_at > timedelta(days=40))
    )
    assert draft.signed_off_at
    when = draft.signed_off_at + timedelta(days=rng.randint(2, 30), minutes=rng.randint(1, 400))
    old = rng.choice(draft.links)
    if strength is not Strength.MEDIUM:
        old.withdrawn_at = (
            when if strength is Strength.STRONG else draft.signed_off_at + timedelta(minutes=rng.randint(20, 600))
        )
    if strength is not Strength.WEAK:
        kind = old.paper.kind if old.paper.form != "jpg" else EvidenceKind.ONSITE_RECORD
        more = {
            "due": short_day(draft.due_on),
            "meeting": draft.values.get("meeting", ""),
            "payer": draft.home.unit.name,
            "payee": "",
            "account": "",
            "plain": "",
            "voucher": "",
        }
        paper = draw_up(rng, stage.world, draft, kind, old.paper.stated_on or when.date(), more)
        paper.created, paper.modified = when - timedelta(hours=3), when - timedelta(hours=1)
        link = Link(paper, old.purpose, when, draft.handler, old.measure)
        link.replaces = old if strength is Strength.STRONG else None
        draft.links.append(link)
    return Planted("PR-35", strength, (draft.number,), "销号后增补、替换或撤下佐证", implies=("PR-08",))
