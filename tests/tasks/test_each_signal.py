"""Each signal is raised by what people really do: real files, attached by acts, read, and looked at by the clock.

One story is played once on each database: findings of one unit, each rectified on paper in a way of its own, with
honest ones beside them. The tests ask what was raised.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest
from sqlalchemy import Row, select

from cases.evidence_facts import ReadState
from cases.finding import Kind
from cases.moments import shanghai_date
from config.signal_words import signal_sentence
from persistence.attachments import Attachments
from persistence.database import Database
from persistence.evidence_facts import states_of
from persistence.tables import criteria, evidence, findings, measures, signal_hits
from tasks.between_cases import wake_due
from tasks.evidence_facts import read_waiting
from tasks.open_list import NewFinding
from tasks.work import Attachment
from tests.support.evidence_files import docx, pdf, xlsx
from tests.tasks.town import CHECKED, UNIT, Town, at, build

MEASURES = ("追缴拖欠的门面房租金并缴入国库", "修订国有资产出租管理办法")
COMPLETION = "已收回拖欠的租金 3 笔共 12 万元，缴入国库，并修订管理办法 1 项。"
DONE = ("已收回 3 笔共 12 万元", "已修订管理办法 1 项并于 4 月执行")
RECEIPT = ("缴款凭证", "今收到门面房租金120000.00元，缴入国库。", "2026年3月20日")

UNFILLED = re.compile(r"[{}]|None|[a-z]+_[a-z]+")  # a blank, nothing, or a code that nobody put into words

# --- papers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paper:
    """A file of evidence before it is kept."""

    name: str
    content: bytes
    kind: str


def written(name: str, kind: str, *paragraphs: str, made: str = "2026-04-16") -> Paper:
    """Return a Word file that was begun on the day *made*."""
    created = datetime.fromisoformat(made).replace(hour=2, tzinfo=UTC)
    return Paper(f"{name}.docx", docx(*paragraphs, created=created), kind)


def receipt(name: str) -> Paper:
    """Return a receipt that belongs to one finding alone."""
    return written(f"{name}凭证", "FUND_RECEIPT", *RECEIPT[:2], f"用途：{name}", RECEIPT[2], made="2026-03-21")


def minutes(day: str, name: str) -> Paper:
    told = f"2026年3月{day}召开国有资产租金清收专题会议，到会 9 人，逐户核对欠缴数额。"
    return written(name, "MEETING_MINUTES", name, told)


FROZEN = [("监测日", "扬尘浓度", "噪声分贝"), *((f"4月{day}日", 61.5, 48.2) for day in range(1, 7))]
ALIKE = (
    "门面房租金清收工作专班自四月起逐户上门核对租赁合同与缴费台账，对城东商业街三家长期欠租的商户分别送达催缴通知书",
    "其中第一家在收到通知后三日内缴清全部欠款，第二家因经营困难签订分期还款协议并已支付首期款项，第三家由法律顾问发函后缴清",
    "清收所得款项均通过对公账户直接缴入国库，财务部门逐笔登记入账，档案室留存合同复印件、催缴通知书存根和银行回单备查",
)
OWN = (
    "食堂采购验收改由三名不同岗位的职工轮流签字，每天早晨在收货口称重并与送货单核对，差额当场注明",
    "仓库管理员每周五盘点米面粮油，盘点表交工会代表复核，四月份先后发现两次短斤少两，供货商已经补足并写下书面说明",
)


# --- the findings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A finding and how it is rectified: the *signals* that it raises, and those that an *honest* one does not."""

    signals: tuple[str, ...]
    papers: Sequence[Paper]
    honest: tuple[str, ...] = ()
    on: str = "2026-04-27"
    title: str = "门面房租金收缴不到位"
    measures: tuple[str, ...] = MEASURES
    completion: str = COMPLETION
    done: tuple[str, ...] = DONE


UNSEEN = Case(
    ("PR-26",),
    [receipt("西街"), receipt("西街制度")],
    on="2026-04-01",
    title="西街仓库出租未经评估",
    measures=("补做西街仓库租金评估并按评估价补收差额", "制定出租评估规程"),
    completion="已于3月20日补做评估，补收差额 12 万元，制定出租评估规程 1 项。",
    done=("已补做评估并补收 12 万元", "已制定规程 1 项"),
)
SIGNED_OFF = Case(
    ("PR-24", "PR-35"),
    [receipt("车位"), receipt("车位制度")],
    on="2026-04-01",
    title="地下车位出借给外部公司未收费",
    measures=("收回出借的地下车位并补收使用费", "制定车位使用规程"),
    completion="已于3月20日收回车位 6 个，补收使用费 3 万元，制定车位使用规程 1 项。",
    done=("已收回车位并补收 3 万元", "已制定规程 1 项"),
)
RECEIPT_FOR_ALL = Paper("汇总凭证.pdf", pdf(RECEIPT), "FUND_RECEIPT")

CASES = (
    Case(("PR-17",), [receipt("次日收回")], on="2026-03-05"),
    UNSEEN,
    SIGNED_OFF,
    Case(("PR-02",), [written("东街清收情况", "REPORT", "东街", *ALIKE)]),
    Case(("PR-02",), [written("南街清收情况", "REPORT", "南街", *ALIKE)]),
    Case(
        ("PR-04", "PR-06", "PR-30", "PR-32"),
        [
            Paper("监测记录.xlsx", xlsx(FROZEN, title="监测"), "EXECUTION_CHECK"),
            written("清收纪实", "ONSITE_RECORD", "民和镇党委班子成员逐户上门核对，当场收回租金 3 笔。"),
        ],
        title="城东12处门面房租金长期未按合同约定足额收取",
        measures=("切实加强城东12处门面房租金长期未按合同约定足额收取问题的整改", MEASURES[1]),
        completion="已收回8处门面房租金共 12 万元，缴入国库，并修订管理办法 1 项。",
    ),
    Case(
        ("PR-08",),
        [written("清收通知", "NOTICE", "关于清收租金的通知", "各商户请于十日内缴清。", "2026年3月6日")],
    ),
    Case(
        ("PR-19",),
        [RECEIPT_FOR_ALL],
        completion="高度重视，切实加强组织领导，进一步压实责任，不断完善措施，持续推动整改落实见效。",
        done=("切实加强租金收缴", "进一步完善制度办法"),
    ),
    Case(
        ("PR-01", "PR-20", "PR-31"),
        [RECEIPT_FOR_ALL],
        completion="下一步将逐户追缴拖欠的门面房租金，计划年内修订管理办法，预计年底见效。",
        done=("正在与商户协商还款时间", DONE[1]),
    ),
    Case(("PR-05", "PR-09", "PR-21"), [minutes("10日", "会议纪要"), minutes("12日", "会议记录")]),
    Case((), [minutes("11日", "专题会议纪要"), minutes("11日", "专题会议记录")], honest=("PR-21",)),
    Case(
        (),
        [
            written("食堂验收情况", "REPORT", *OWN),
            written("催缴通知", "NOTICE", "关于催缴租金的通知", "2026年3月9日", made="2026-03-10"),
        ],
        honest=("PR-02", "PR-08"),
    ),
    Case(("PR-18",), [receipt("到期前夜")], on="2026-06-29"),
)


# --- the story --------------------------------------------------------------------------------------------------------


@dataclass
class Story:
    """A town in which all cases were played, and where their files are kept."""

    town: Town
    attachments: Attachments
    numbers: Sequence[str]

    def keep(self, paper: Paper, measure: int | None = None) -> Attachment:
        kept = self.attachments.keep(io.BytesIO(paper.content), paper.name, limit_bytes=10_000_000)
        return Attachment(kept.sha256, kept.size, kept.media_type, paper.name, kind=paper.kind, measure_id=measure)

    def read(self) -> None:
        """Let everything that waits be read, and the cases hear of it."""
        read_waiting(self.town.office, self.attachments, limit=100)
        self.town.office.settle(500)

    def submit(self, number: str, case: Case) -> None:
        told = {
            "completion": case.completion,
            "measures_done": [f"{n} {done}" for n, done in enumerate(case.done, 1)],
        }
        proven = zip(case.papers, measures_of(self.town, number), strict=False)
        self.town.act("u11handler", "submit_rectification", number, told, *(self.keep(*paper) for paper in proven))

    def hits(self, number: str) -> list[Row[Any]]:
        with self.town.office.read() as conn:
            query = select(signal_hits).join(findings, findings.c.id == signal_hits.c.finding_id)
            return list(conn.execute(query.where(findings.c.number == number).order_by(signal_hits.c.id)))

    def number_of(self, case: Case) -> str:
        return self.numbers[CASES.index(case)]


def measures_of(town: Town, number: str) -> list[int]:
    with town.office.read() as conn:
        query = select(measures.c.id).join(findings, findings.c.id == measures.c.finding_id)
        return list(conn.scalars(query.where(findings.c.number == number).order_by(measures.c.seq)))


def play(town: Town, attachments: Attachments) -> Story:
    """Let all of it happen, in the order of the days."""
    with town.office.read() as conn:
        numbers = conn.scalars(select(findings.c.number).order_by(findings.c.number)).all()
    story = Story(town, attachments, numbers)
    cases = sorted(zip(numbers, CASES, strict=True), key=lambda each: each[1].on)
    for day, submitted in groupby(cases, key=lambda each: each[1].on):
        town.now = at(day, 10)
        for number, case in submitted:
            story.submit(number, case)
        story.read()
        if day == UNSEEN.on:
            look_back(story)
            change_what_was_signed_off(story)
    town.patrol("signals", "2026-06-30")
    return story


def look_back(story: Story) -> None:
    """Take two findings as far as the look-back: nobody goes where the place had to be seen."""
    town, unseen, seen = story.town, story.number_of(UNSEEN), story.number_of(SIGNED_OFF)
    place = {"register": "particulars", "on": "2026-04-01", "place": "西街仓库", "needs_on_site": "true"}
    town.act("office1", "enter_register", unseen, place)
    for number in (unseen, seen):
        verify(town, number)
    town.now = at("2026-04-20")
    wake_due(town.office)
    visit(story, unseen, "call_back")
    visit(story, seen, "on_site")
    town.office.settle(500)


def verify(town: Town, number: str) -> None:
    town.act("u11leader", "review_rectification", number, {"verdict": "agreed", "comment": CHECKED})
    town.act("u11chief", "sign_rectification", number, {"verdict": "agreed", "comment": CHECKED, "pledge": True})
    with town.office.read() as conn:
        query = select(criteria.c.seq).join(findings, findings.c.id == criteria.c.finding_id)
        seqs = conn.scalars(query.where(findings.c.number == number)).all()
    met = {"criteria_met": [str(n) for n in seqs], "criteria_conclusions": [f"{n} 已达到" for n in seqs]}
    town.act("verifier1", "verify_rectification", number, met | {"verdict": "confirmed", "comment": CHECKED})


def visit(story: Story, number: str, method: str, *, again: bool = False) -> None:
    """Look back on a finding, or *again* on one that was signed off."""
    town, today = story.town, str(shanghai_date(story.town.now))
    prepare, record = ("start_durability", "record_durability") if again else ("prepare_look_back", "record_look_back")
    people = [str(town.actor(login).person_id) for login in ("lookback1", "lookback2")]
    where = {"method": method, "place": "财务部", "sample": "抽取 5 笔凭证"}
    town.act("office1", prepare, number, where | {"inspectors": people, "starts_on": today})
    told = {"record": "查看凭证 5 份，与填报一致，访谈 3 人，未见异常。", "result": "held", "ended_on": today}
    brought = story.keep(receipt(f"核对 {number} {today}"))
    town.act("lookback1", record, number, where | told | {"started_on": today}, brought)
    town.act("lookback2", "confirm_look_back", number, {"verdict": "confirmed", "comment": CHECKED})


def change_what_was_signed_off(story: Story) -> None:
    """Sign a finding off and look back again; the unit lays more paper into the closed dossier once people complain."""
    town, number = story.town, story.number_of(SIGNED_OFF)
    town.now = at("2026-04-21")
    town.act("signer1", "sign_off", number, {"verdict": "signed", "comment": CHECKED, "sheet_number": "1"})
    town.now = at("2026-04-22")
    town.act("office1", "open_durability", number)
    visit(story, number, "on_site", again=True)
    town.now = at("2026-04-24")
    said = {"source": "petition", "text": "反映地下车位至今仍出借给外部公司未收费", "unit": str(UNIT)}
    town.act("office1", "enter_register", "office", {"register": "complaint", "on": "2026-04-24", **said})
    town.office.settle(500)
    assert "PR-24" in {hit.signal for hit in story.hits(number)}
    statement = {"comment": "车位 6 个已于3月20日收回，后附缴款凭证 1 份。"}
    town.act("u11leader", "give_statement", number, statement, story.keep(receipt("车位补充")))
    story.read()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("each_signal_sqlite")),
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("each_signal_postgres")]),
    ],
)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story as it was played on a database of each kind, by one worker each."""
    folder = tmp_path_factory.mktemp("each_signal")
    server = request.getfixturevalue("postgres_server") if request.param == "postgres" else None
    url = server.fresh_database() if server else f"sqlite:///{folder / 'town.sqlite'}"
    build(url, [NewFinding(str(n), one.title, Kind.PHASED, measures=one.measures) for n, one in enumerate(CASES, 1)])
    database = Database(url)
    yield play(Town(database), Attachments(folder / "evidence"))
    database.dispose()
    if server:
        server.drop(url)


@pytest.mark.parametrize(("case", "signal"), [(n, signal) for n, case in enumerate(CASES) for signal in case.signals])
def test_a_signal_is_raised_by_what_people_did_and_told_in_a_whole_sentence(
    story: Story, case: int, signal: str
) -> None:
    raised = [hit for hit in story.hits(story.numbers[case]) if hit.signal == signal]

    assert raised
    for hit in raised:
        for language, opening in (("zh", "系统提示需核查的疑点："), ("en", "To be checked: ")):
            told = signal_sentence(language, signal, hit.facts)
            assert told.startswith(opening)
            assert not UNFILLED.search(told), told


@pytest.mark.parametrize(("case", "signal"), [(n, signal) for n, case in enumerate(CASES) for signal in case.honest])
def test_what_was_honestly_done_raises_nothing_of_it(story: Story, case: int, signal: str) -> None:
    assert signal not in {hit.signal for hit in story.hits(story.numbers[case])}


def test_what_a_later_look_back_brings_home_is_no_change_of_the_dossier(story: Story) -> None:
    changed = [hit for hit in story.hits(story.number_of(SIGNED_OFF)) if hit.signal == "PR-35"]

    assert [[quote["text"] for quote in hit.quotes] for hit in changed] == [["车位补充凭证.docx"]]


def test_every_file_was_read(story: Story) -> None:
    """Or what is not raised would say nothing."""
    with story.town.office.read() as conn:
        contents = conn.scalars(select(evidence.c.sha256)).all()
        states = states_of(conn, contents)
    assert {state for state, _ in states.values()} == {ReadState.READ}
