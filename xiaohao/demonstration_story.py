"""The demonstration's past: real acts by the demonstration people, on moments of the last months, the same every time.

江夏国资集团 is half a year on its way: one finding signed off, one returned, one extended, one waiting for its
look-back, one overdue, one with evidence of a process only. 徐庄镇 has its plan in the joint review, 市卫健委 has just
had its feedback, and the list of 市教育局 is still being registered.
"""

import io
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy import select

from cases.finding import Kind
from cases.moments import SHANGHAI, shanghai_date
from cases.rights import Actor
from persistence.attachments import Attachments
from persistence.people import load_actor, person_of_login
from persistence.tables import criteria, findings, measures, open_tasks, posts
from tasks.between_cases import wake_due
from tasks.office import Answer, Office
from tasks.open_list import NewFinding, open_list
from tasks.patrols.audit import seal
from tasks.patrols.run import run_patrol
from tasks.work import Attachment
from xiaohao.demonstration import INSPECTED
from xiaohao.demonstration_registers import enter_refunds, enter_registers

ROUND = 1
FILE_LIMIT = 5_000_000
SIDE = ("discipline1", "organisation1", "office1", "team1")  # the four bodies of the joint review


def tell_story(office: Office, attachments: Attachments, *, findings: int = 0) -> None:
    """Play the story on a furnished, empty rehearsal database; *findings* generated ones follow it."""
    story = _Story(office, attachments)
    story.jiangxia()
    story.xuzhuang()
    story.jiaoyu()
    story.weijian()
    story.more(findings)
    story.look_round()


@dataclass(frozen=True, slots=True)
class _File:
    """A piece of evidence of the story; *measure* is its number, *days* before the act the date that it states."""

    name: str
    kind: str
    measure: int | None = None
    purpose: str = "RESULT"
    days: int = 1


class _Story:
    """Tells it: who does what, how many days ago."""

    def __init__(self, office: Office, attachments: Attachments) -> None:
        self._office, self._attachments = office, attachments
        self._today = shanghai_date(office.now())
        self._at = office.now()
        self._actors: dict[str, Actor] = {}

    # --- moments, people, files -------------------------------------------------------------------------------------

    def days_ago(self, days: int, hour: int = 9) -> None:
        """Go on to another day; what fell due until then has happened."""
        day = self._today - timedelta(days=days)
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)
        self._at = min(moment, self._office.now())
        while wake_due(self._office, at=self._at):
            pass

    def day(self, days: int) -> str:
        """Return a day as forms want it, so many days before the present moment of the story."""
        return (shanghai_date(self._at) - timedelta(days=days)).isoformat()

    def _ago(self, days: int) -> str:
        return (self._today - timedelta(days=days)).isoformat()

    def act(
        self, login: str, act: str, number: str, given: dict[str, Any] | None = None, files: Sequence[_File] = ()
    ) -> Answer:
        """Let somebody do something, a few minutes after what happened before."""
        self._at += timedelta(minutes=7)
        kept = tuple(self._keep(number, file) for file in files)
        return self._office.perform(self._actor(login), act, number, given or {}, attachments=kept, at=self._at)

    def _actor(self, login: str) -> Actor:
        if login not in self._actors:
            with self._office.read() as conn:
                found = person_of_login(conn, login)
                assert found is not None, f"{login} is one of the demonstration people"
                self._actors[login] = load_actor(conn, found[0], self._today, account_id=found[1])
        return self._actors[login]

    def person(self, login: str) -> str:
        """Return a person's id as forms want it."""
        return str(self._actor(login).person_id)

    def _keep(self, number: str, file: _File) -> Attachment:
        content = drawn(file.name, f"{number} {file.name}")
        kept = self._attachments.keep(io.BytesIO(content), file.name, limit_bytes=FILE_LIMIT)
        return Attachment(
            sha256=kept.sha256,
            size=kept.size,
            media_type=kept.media_type,
            filename=file.name,
            kind=file.kind,
            purpose=file.purpose,
            measure_id=self._measure(number, file.measure) if file.measure else None,
            effective_on=shanghai_date(self._at) - timedelta(days=file.days),
        )

    def _measure(self, number: str, seq: int) -> int | None:
        of_number = select(measures.c.id).join(findings, findings.c.id == measures.c.finding_id)
        with self._office.read() as conn:
            own = findings.c.number == number
            return int(conn.execute(of_number.where(own, measures.c.seq == seq)).scalar_one())

    # --- stretches of the way ---------------------------------------------------------------------------------------

    def open(self, unit_id: int, new: Sequence[NewFinding]) -> tuple[str, list[str]]:
        """Open a list and return its number and those of its findings."""
        name = next(name for unit, name, _ in INSPECTED if unit == unit_id)
        answer = open_list(
            self._office, self._actor("team1"),
            unit_id=unit_id, round_id=ROUND, title=f"{name}巡察反馈问题清单", new=new, at=self._at,
        )  # fmt: skip
        self._office.settle()
        return answer.number, list(answer.more["created"])

    def register(self, number: str, count: int) -> None:
        """The team hands the findings in and a second handler confirms them."""
        self.act("team1", "register_findings", number, {"comment": f"登记 {count} 个问题，底稿和谈话记录齐全"})
        self.act(
            "team2",
            "confirm_registration",
            number,
            {"verdict": "agreed", "comment": "逐条核对底稿和谈话记录，事实与证据一致"},
        )

    def issue(self, number: str, unit_id: int, due: Sequence[tuple[str, date]], place: str = "市委第一会议室") -> None:
        """The office maps responsibility, settles the list and gives the feedback."""
        with self._office.read() as conn:
            own = select(posts.c.role, posts.c.id).where(posts.c.unit_id == unit_id)
            post = dict(conn.execute(own).tuples().all())
        roles = {"leader": "responsible_leader", "handler": "handler", "chief": "chief"}
        responsible = {field: str(post[role]) for field, role in roles.items()}
        for finding, due_on in due:
            steps = {"milestones": f"{due_on.isoformat()} 建立制度并运行\n{due_on + timedelta(days=365)} 满一年复查"}
            lasting = steps if finding in self._continuous() else {}
            self.act("office1", "settle_finding", finding, responsible | {"due_on": due_on.isoformat()} | lasting)
        opinion = {"verdict": "agreed", "comment": "分类准确，责任岗位和时限逐条核对无误，共核对一遍台账"}
        self.act("office1", "consolidate_list", number, opinion)
        given = {"feedback_on": self.day(0), "place": place, "attendees": "被巡察单位领导班子成员"}
        self.act("office1", "give_feedback", number, given, [_File("反馈意见.pdf", "NOTICE", days=0)])

    def _continuous(self) -> set[str]:
        """Return the findings that are kept up for good: they need dated steps."""
        with self._office.read() as conn:
            return set(conn.scalars(select(findings.c.number).where(findings.c.kind == "CONTINUOUS")))

    def receive(self, number: str, unit_id: int, superior: str) -> None:
        """The three who were told sign for it."""
        for login in (f"u{unit_id}chief", f"u{unit_id}member", superior):
            self.act(login, "sign_receipt", number)

    def plan(self, number: str, unit_id: int) -> None:
        """The unit hands in its plan."""
        summary = "党委专题研究，成立整改专班，书记任组长，逐项明确措施、责任岗位和完成时限，每两周调度一次。"
        files = [_File("整改方案及三张清单.pdf", "PLAN")]
        self.act(f"u{unit_id}chief", "submit_plan", number, {"summary": summary, "adopted_on": self.day(1)}, files)

    def review(self, number: str, bodies: Sequence[str] = SIDE) -> None:
        """The joint review agrees, each body under its own account."""
        opinion = {
            "verdict": "agreed",
            "grade": "good",
            "comment": "逐条对照反馈意见和整改台账审核，措施具体，时限明确",
        }
        for login in bodies:
            self.act(login, "review_plan", number, opinion)

    def submit(self, finding: str, unit_id: int, completion: str, done: Sequence[str], files: Sequence[_File]) -> None:
        """The unit reports a finding as rectified."""
        told = {"completion": completion, "measures_done": [f"{n} {text}" for n, text in enumerate(done, 1)]}
        self.act(f"u{unit_id}handler", "submit_rectification", finding, told, files)

    def sign(self, finding: str, unit_id: int) -> None:
        """The responsible leader reviews and the first responsible person signs."""
        opinion = {"verdict": "agreed", "comment": "已逐项核对凭证和记录，完成情况属实"}
        self.act(f"u{unit_id}leader", "review_rectification", finding, opinion)
        pledge = {"verdict": "agreed", "pledge": True, "comment": "班子会听取汇报，查看了全部佐证材料，对真实性负责"}
        self.act(f"u{unit_id}chief", "sign_rectification", finding, pledge)

    def verify(self, finding: str, verdict: str, comment: str) -> None:
        """Somebody from outside checks the dossier against the criteria."""
        with self._office.read() as conn:
            of_number = select(criteria.c.seq).join(findings, findings.c.id == criteria.c.finding_id)
            wanted = conn.scalars(of_number.where(findings.c.number == finding).order_by(criteria.c.seq)).all()
            reading = select(open_tasks.c.id).join(findings, findings.c.id == open_tasks.c.case_id)
            waits = conn.scalar(reading.where(findings.c.number == finding, open_tasks.c.act == "read_second"))
        if waits:  # something of middle weight was raised: another person reads before anybody verifies
            opinion = {"verdict": "consistent", "comment": "通读全部佐证原件 2 份，与填报内容一致"}
            self.act("office2", "read_second", finding, opinion)
        met = [str(seq) for seq in wanted] if verdict == "confirmed" else []
        conclusions = [f"{seq} 查阅佐证原件，{'已达到' if verdict == 'confirmed' else '尚未达到'}" for seq in wanted]
        given = {"verdict": verdict, "criteria_met": met, "criteria_conclusions": conclusions, "comment": comment}
        self.act("verifier1", "verify_rectification", finding, given)

    def look_back(self, finding: str, place: str) -> None:
        """Two people go there, and the second confirms what the first wrote."""
        people = [self.person("lookback1"), self.person("lookback2")]
        visit = {"method": "on_site", "place": place, "sample": "从 12 笔业务中随机抽取 5 笔，访谈经办人员 3 人"}
        self.act("office1", "prepare_look_back", finding, visit | {"inspectors": people, "starts_on": self.day(0)})
        seen = "现场查看账簿和凭证原件 5 份，与填报一致；访谈 3 人，均说明新流程已执行，未发现反弹。"
        times = {"started_on": self.day(0), "ended_on": self.day(0)}
        record = visit | times | {"record": seen, "result": "held", "satisfaction": 96}
        self.act(
            "lookback1", "record_look_back", finding, record, [_File("回头看现场记录.png", "ONSITE_RECORD", days=0)]
        )
        self.act(
            "lookback2",
            "confirm_look_back",
            finding,
            {"verdict": "confirmed", "comment": "共同到场，抽查 5 笔，记录属实"},
        )

    # --- the lists --------------------------------------------------------------------------------------------------

    def jiangxia(self) -> None:
        """江夏国资集团: half a year on its way, a finding in every state."""
        self.days_ago(172)
        number, own = self.open(11, listed("jiangxia"))
        self.register(number, len(own))
        self.days_ago(168)
        due = [self._today + timedelta(days=days) for days in (-60, 20, -3, 30, -25, 15)]
        self.issue(number, 11, list(zip(own, due, strict=True)))
        self.days_ago(166)
        self.receive(number, 11, "superior1")
        for finding in own:
            self.act("u11handler", "accept_finding", finding)
        self.days_ago(158)
        self.plan(number, 11)
        self.days_ago(154)
        self.review(number)
        signed, returned, extended, waiting, overdue, on_paper = own

        self.days_ago(120)
        enter_refunds(self.act, self._ago, own)
        self.act(
            "u11handler",
            "report_progress",
            overdue,
            {"text": "已收回房产租赁合同 3 份，其余 2 份正在协商", "percent": 40},
        )
        self._signed_off(signed)
        self._extended(extended)
        self._returned(returned)
        self._waiting_for_look_back(waiting)
        self._on_paper(on_paper)
        self.days_ago(2)
        enter_registers(self.act, self._ago, number, own)

    def _signed_off(self, finding: str) -> None:
        self.days_ago(100)
        done = [
            "已收回超标准薪酬 18.6 万元并上缴财政，缴款凭证 3 份",
            "修订薪酬管理办法，1 月起按新标准发放，薪酬表 12 份",
        ]
        files = [
            _File("财政缴款凭证.pdf", "FUND_RECEIPT", 1, days=4),
            _File("调整后薪酬发放表.png", "PAYROLL_ADJUST", 2, days=2),
        ]
        self.submit(finding, 11, "超标准发放的薪酬 18.6 万元已全部收回上缴，薪酬制度已修订并执行。", done, files)
        self.days_ago(98)
        self.sign(finding, 11)
        self.days_ago(92)
        self.verify(finding, "confirmed", "查阅缴款凭证 3 份、薪酬表 12 份，金额一致")
        self.days_ago(74)
        self.look_back(finding, "江夏国资集团财务部")
        self.days_ago(70)
        decision = {
            "verdict": "signed",
            "comment": "核查和回头看记录齐全，凭证金额一致，准予销号",
            "sheet_number": "销字〔2026〕1号",
        }
        self.act("signer1", "sign_off", finding, decision | {"decided_on": self.day(0), "votes_for": 5})

    def _extended(self, finding: str) -> None:
        self.days_ago(12)
        reason = "涉及 2 户承租人诉讼尚在调解，已完成 5 户清退，余下预计两个月内办结。"
        until = (self._today + timedelta(days=40)).isoformat()
        self.act("u11handler", "ask_extension", finding, {"until": until, "reason": reason})
        self.days_ago(9)
        opinion = {"verdict": "approved", "comment": "查阅调解材料 2 份，延期理由成立", "until": until}
        self.act("signer2", "decide_extension", finding, opinion)

    def _returned(self, finding: str) -> None:
        self.days_ago(30)
        done = ["已清理往来款 7 笔", "已建立按季清理制度"]
        files = [_File("往来款清理表.png", "SYSTEM_DATA", 1), _File("往来款管理办法.pdf", "REGULATION", 2)]
        self.submit(finding, 11, "往来款 7 笔已经清理，制度已经建立并执行。", done, files)
        self.days_ago(28)
        self.sign(finding, 11)
        self.days_ago(21)
        self.verify(finding, "returned", "清理表缺少第 4 笔、第 6 笔的回款凭证，请补充后再报")

    def _waiting_for_look_back(self, finding: str) -> None:
        self.days_ago(16)
        done = ["已对 4 名责任人作出处理决定", "中层以上人员签订廉洁从业承诺并开展专项检查 1 次"]
        files = [
            _File("处理决定书.pdf", "SANCTION", 1, days=6),
            _File("专项检查记录.png", "EXECUTION_CHECK", 2, days=3),
        ]
        self.submit(finding, 11, "4 名责任人已处理到位，专项检查未发现新的违规报销。", done, files)
        self.days_ago(14)
        self.sign(finding, 11)
        self.days_ago(2)
        self.verify(finding, "confirmed", "查阅处理决定 4 份、检查记录 1 份，均为原件")

    def _on_paper(self, finding: str) -> None:
        self.days_ago(1)
        done = ["召开专题会议进行研究部署", "印发通知要求各子公司抓好落实"]
        before = 171  # days ago: the feedback came three days later
        minutes = _File("专题会议纪要.pdf", "MEETING_MINUTES", 1, days=before)
        files = [minutes, _File("关于抓好落实的通知.txt", "NOTICE", 2)]
        self.submit(finding, 11, "集团高度重视，已召开会议、印发通知，全面部署整改。", done, files)

    def xuzhuang(self) -> None:
        """徐庄镇: the plan is in the joint review, two bodies have agreed."""
        self.days_ago(26)
        number, own = self.open(12, listed("xuzhuang"))
        self.register(number, len(own))
        self.days_ago(20)
        due = [
            (finding, self._today + timedelta(days=days)) for finding, days in zip(own, (12, 70, 130, 150), strict=True)
        ]
        self.issue(number, 12, due, "徐庄镇机关会议室")
        self.days_ago(18)
        self.receive(number, 12, "superior2")
        for finding in own[:3]:
            self.act("u12handler", "accept_finding", finding)
        self.days_ago(8)
        self.plan(number, 12)
        self.days_ago(5)
        self.review(number, SIDE[:2])

    def jiaoyu(self) -> None:
        """市教育局: the team has handed in, the second handler has not confirmed yet."""
        self.days_ago(3)
        number, own = self.open(13, listed("jiaoyu"))
        self.act("team1", "register_findings", number, {"comment": f"登记 {len(own)} 个问题，底稿待第二人复核"})

    def weijian(self) -> None:
        """市卫健委: feedback was given a few days ago, the receipts are waiting."""
        self.days_ago(9)
        number, own = self.open(14, listed("weijian"))
        self.register(number, len(own))
        self.days_ago(4)
        self.issue(number, 14, [(finding, self._today + timedelta(days=150)) for finding in own], "市卫健委会议室")
        self.act("u14chief", "sign_receipt", number)

    def more(self, count: int) -> None:
        """Generated findings, forty to a list, handed to the other units."""
        units = [unit_id for unit_id, *_ in INSPECTED[4:]]
        for place, start in enumerate(range(0, count, 40)):
            unit_id = units[place % len(units)]
            self.days_ago(60 - place % 50)
            number, own = self.open(unit_id, list(generated(start, min(40, count - start))))
            self.register(number, len(own))
            due = [(finding, self._today + timedelta(days=30 + n % 150)) for n, finding in enumerate(own)]
            self.issue(number, unit_id, due)

    def look_round(self) -> None:
        """The patrols of the last days, so that nothing that was due is told in one heap today."""
        for days in (60, 24, 10, 1, 0):
            self.days_ago(days, hour=7)
            for name in ("deadlines", "signals", "letters"):
                run_patrol(self._office, name, self._at, "clock", period=f"{shanghai_date(self._at)} demonstration")
        self._office.settle(10_000)
        seal(self._office)


def drawn(name: str, text: str) -> bytes:
    """Return a small real file of the kind that *name* ends with, different for every *text*."""
    if name.endswith(".txt"):
        return f"{text}\n\n各子公司：\n　　请对照反馈意见抓好落实。\n".encode()
    shade = sum(text.encode()) % 60
    image = Image.new("RGB", (320, 226), (238 - shade // 4, 236, 228))
    pen = ImageDraw.Draw(image)
    pen.rectangle((12, 12, 308, 214), outline=(166, 27, 27), width=2)
    for line in range(6):
        length = 120 + (sum(text.encode()[line::7]) % 150)
        pen.line((30, 50 + line * 26, 30 + length, 50 + line * 26), fill=(70, 70, 70), width=3)
    pen.ellipse((228, 130, 292, 194), outline=(200, 30, 30), width=3)
    pen.text((30, 22), text.encode("ascii", "ignore").decode().strip(), fill=(60, 60, 60))
    stream = io.BytesIO()
    if name.endswith(".pdf"):
        fixed = time.gmtime(1_767_225_600)
        image.save(stream, "PDF", title=text, creationDate=fixed, modDate=fixed)
    else:
        image.save(stream, "PNG")
    return stream.getvalue()


def generated(start: int, count: int) -> Iterator[NewFinding]:
    """Yield *count* findings, the same for the same *start*: every one is another sentence."""
    topics = _lists()["topics"]
    for n in range(start, start + count):
        topic, year, times = topics[n % len(topics)], 2021 + n % 5, 2 + n % 17
        yield NewFinding(
            seq=str(n + 1),
            title=f"{topic['title']}（{year} 年，{times} 起，编号 {n + 1}）",
            kind=list(Kind)[n % 2],
            category=topic["category"],
            detail=f"巡察发现，{year} 年以来{topic['title']}，涉及 {times} 起，底稿第 {n + 1} 页。",
            amount_yuan=Decimal(1_000 + n * 37) if n % 3 == 0 else None,
            measures=(f"{topic['measure']}，逐笔登记并附凭证", "修订有关制度，按季检查执行情况"),
        )


def listed(name: str) -> list[NewFinding]:
    """Return the findings of one of the four lists."""
    return [
        NewFinding(
            seq=str(place),
            title=row["title"],
            kind=Kind(row.get("kind", "PHASED")),
            category=row["category"],
            aspect=row.get("aspect", ""),
            detail=row["detail"],
            amount_yuan=Decimal(row["amount_yuan"]) if "amount_yuan" in row else None,
            headcount=row.get("headcount"),
            measures=tuple(row["measures"]),
        )
        for place, row in enumerate(_lists()[name], 1)
    ]


@cache
def _lists() -> Mapping[str, list[dict[str, Any]]]:
    return tomllib.loads(files("xiaohao").joinpath("demonstration_lists.toml").read_text("utf-8"))
