"""What people do in the rehearsed year: enough that every row of the ladder has its day, on days that are awkward.

Days are counted from the first one. Whoever has nothing written here is as slow as people are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from cases.moments import SHANGHAI
from persistence.people import load_actor, person_of_login
from persistence.tables import criteria, findings, posts, signal_hits, tenures
from tasks.work import Attachment
from tests.rehearsal.house import Rehearsed, moment
from tests.support.hearing import Hearing
from tests.tasks.town import proof

CHECKED = "已核对第3号凭证和现场照片，情况与报告一致"
Deed = Callable[["People"], object]


@dataclass
class People:
    """Acts on the rehearsed house, a few minutes after one another."""

    house: Rehearsed
    first: date

    def act(self, login: str, act: str, number: str, *files: Attachment, **given: Any) -> Any:
        """Let somebody do something now."""
        self.house.now += timedelta(minutes=3)
        with self.house.office.read() as conn:
            found = person_of_login(conn, login)
            assert found is not None, login
            actor = load_actor(conn, found[0], self.today, account_id=found[1])
        done = self.house.office.perform(actor, act, number, given, attachments=files)
        self.house.office.settle(100)
        return done

    @property
    def today(self) -> date:
        """The day on the wall."""
        return self.house.now.astimezone(SHANGHAI).date()

    def in_days(self, days: int) -> str:
        """Return a day as forms want it, counted from the first one."""
        return (self.first + timedelta(days=days)).isoformat()

    # --- stretches --------------------------------------------------------------------------------------------------

    def issue_jiaoyu(self) -> None:
        """市教育局 gets its findings, due within National Day, on the first day behind it, and in Spring Festival."""
        number = "XC2026-003"
        self.act("team2", "confirm_registration", number, verdict="agreed", comment=CHECKED)
        with self.house.office.read() as conn:
            post = dict(conn.execute(select(posts.c.role, posts.c.id).where(posts.c.unit_id == 13)).tuples().all())
        held = {"leader": post["responsible_leader"], "handler": post["handler"], "chief": post["chief"]}
        days = ("2026-10-03", "2026-10-08", "2027-02-07")
        for place, due_on in enumerate(days, 1):
            given = {name: str(post) for name, post in held.items()} | {"due_on": due_on, "is_key": place == 2}
            self.act("office1", "settle_finding", f"{number}-00{place}", **given)
        self.act("office1", "consolidate_list", number, verdict="agreed", comment=CHECKED)
        self.act("office1", "give_feedback", number, feedback_on=str(self.today), place="市委第一会议室")

    def plan(self, unit: int, number: str, count: int, *, taken: int = 0) -> None:
        """A unit takes its findings and has its plan agreed upon."""
        for place in range(taken + 1, count + 1):
            self.act(f"u{unit}handler", "accept_finding", f"{number}-00{place}")
        summary = "党委专题研究，逐项明确措施、责任和完成时限。"
        plan = proof(f"方案{unit}.pdf", "PLAN")
        self.act(f"u{unit}chief", "submit_plan", number, plan, summary=summary, adopted_on=str(self.today))
        for login in ("discipline1", "organisation1", "office1", "team1"):
            self.act(login, "review_plan", number, verdict="agreed", grade="good", comment=CHECKED)

    def submit(self, number: str, unit: int, *, kind: str = "FUND_RECEIPT", old: int | None = None) -> None:
        """The handler hands a finding in, with a paper that is *old* days old."""
        told = ["1 已追回资金 3 笔共 12 万元并上缴", "2 已修订制度 1 项，2 月起执行"]
        name = f"凭证{number}-{self.today}.pdf"
        stated = None if old is None else self.today - timedelta(days=old)
        files = (proof(name, kind, effective_on=stated), proof(f"制度{name}", "REGULATION"))
        self.act(f"u{unit}handler", "submit_rectification", number, *files,
                 completion="问题涉及的资金 12 万元已全部追回，制度已修订并执行。", measures_done=told)  # fmt: skip

    def send_back(self, number: str, unit: int) -> None:
        """The responsible leader of the unit does not agree."""
        self.act(
            f"u{unit}leader",
            "review_rectification",
            number,
            verdict="returned",
            comment="第 2 笔凭证金额与台账不一致，请补正",
        )

    def sign(self, number: str, unit: int) -> None:
        """The unit agrees and signs."""
        self.act(f"u{unit}leader", "review_rectification", number, verdict="agreed", comment=CHECKED)
        self.act(f"u{unit}chief", "sign_rectification", number, verdict="agreed", pledge=True, comment=CHECKED)

    def verify(self, number: str, verdict: str) -> None:
        """Somebody from outside confirms it or sends it back."""
        with self.house.office.read() as conn:
            own = select(criteria.c.seq).join(findings, findings.c.id == criteria.c.finding_id)
            seqs = conn.scalars(own.where(findings.c.number == number).order_by(criteria.c.seq)).all()
        met = [str(seq) for seq in seqs] if verdict == "confirmed" else []
        texts = [f"{seq} 查阅佐证原件第 {seq} 卷，与填报核对" for seq in seqs]
        self.act("verifier2", "verify_rectification", number, verdict=verdict, criteria_met=met,
                 criteria_conclusions=texts, comment="抽查凭证 4 份，缺少第 3 笔回款记录，逐条核对")  # fmt: skip

    def extend(self, number: str, unit: int, until: int) -> None:
        """The unit asks for more time and gets it."""
        day = self.in_days(until)
        self.act(
            f"u{unit}handler",
            "ask_extension",
            number,
            until=day,
            reason="诉讼调解尚未结束，已清退 5 户，余下 2 户待判决。",
        )
        self.act(
            "signer2", "decide_extension", number, verdict="approved", comment="查阅调解材料 2 份，理由成立", until=day
        )

    def progress(self, number: str, unit: int) -> None:
        """The handler reports how it goes."""
        self.act(
            f"u{unit}handler", "report_progress", number, text=f"截至 {self.today} 已清退资金 3 笔，其余正在协商。"
        )

    def explain_suspicion(self, number: str) -> None:
        """The verifiers examine at last: everything has an explanation."""
        self._hearing(number).examine("explained").second()

    def hear(self, number: str, unit: int) -> None:
        """What a verifier doubted is heard and found established on one day; nobody asks for a review."""
        heard = Hearing(lambda login, act, given: self.act(login, act, number, **given), unit=f"u{unit}")
        heard.establish(self.today)

    def _hearing(self, number: str) -> Hearing:
        def undecided() -> Sequence[int]:
            waits = (signal_hits.c.decision.is_(None), findings.c.number == number)
            with self.house.office.read() as conn:
                own = select(signal_hits.c.id).join(findings, findings.c.id == signal_hits.c.finding_id)
                return list(conn.scalars(own.where(*waits, signal_hits.c.cycle == findings.c.cycle)))

        return Hearing(lambda login, act, given: self.act(login, act, number, **given), undecided)

    def leave(self, login: str) -> None:
        """Somebody leaves his post at the end of the day."""
        with self.house.office.read() as conn:
            found = person_of_login(conn, login)
            assert found is not None, login
            held = conn.scalars(select(tenures.c.id).where(tenures.c.person_id == found[0])).one()
        self.act("secadmin1", "end_tenure", "office", tenure=str(held), valid_until=str(self.today))

    def take_over(self, login: str, post_of: str) -> None:
        """A colleague is given the post that somebody has left."""
        with self.house.office.read() as conn:
            person, left = person_of_login(conn, login), person_of_login(conn, post_of)
            assert person is not None
            assert left is not None
            post = conn.scalars(select(tenures.c.post_id).where(tenures.c.person_id == left[0])).one()
        given = {"post": str(post), "person": str(person[0]), "valid_from": str(self.today)}
        self.act("secadmin1", "appoint", "office", **given)

    def suspend(self, number: str) -> None:
        """The clock of a finding is stopped."""
        self.act("office1", "suspend_finding", number, because="litigation", comment=CHECKED)
        self.act("signer1", "decide_correction", number, verdict="approved", comment=CHECKED)

    def resume(self, number: str) -> None:
        """It goes on, and its due day moves."""
        self.act("office1", "resume_finding", number, comment=CHECKED)
        self.act("office2", "confirm_correction", number, verdict="approved", comment=CHECKED)


def _once_through(number: str, unit: int, verdict: str) -> Deed:
    """Return the deed of a finding that is handed in, signed and verified on one day."""

    def deed(people: People) -> None:
        people.submit(number, unit)
        people.sign(number, unit)
        people.verify(number, verdict)

    return deed


def _agree_to_xuzhuang(people: People) -> None:
    """The two bodies that had not yet said anything agree to the plan of 徐庄镇."""
    for login in ("office1", "team1"):
        people.act(login, "review_plan", "XC2026-002", verdict="agreed", grade="good", comment=CHECKED)


Life = Mapping[int, Deed]  # by the days since the first one

LIFE: Life = {
    2: People.issue_jiaoyu,
    4: lambda people: people.plan(13, "XC2026-003", 3),
    5: _agree_to_xuzhuang,  # a Saturday
    9: lambda people: people.progress("XC2026-001-005", 11),
    16: lambda people: people.submit("XC2026-002-001", 12, kind="REPORT"),
    17: lambda people: people.send_back("XC2026-002-001", 12),
    19: lambda people: people.submit("XC2026-002-001", 12),
    22: lambda people: people.send_back("XC2026-002-001", 12),
    33: lambda people: people.extend("XC2026-001-003", 11, 100),  # a Saturday
    38: lambda people: people.progress("XC2026-002-002", 12),
    45: lambda people: people.leave("u14handler"),
    54: lambda people: people.progress("XC2026-001-005", 11),
    58: _once_through("XC2026-002-002", 12, "returned"),
    65: _once_through("XC2026-002-002", 12, "returned"),
    77: lambda people: people.suspend("XC2026-002-003"),
    79: lambda people: people.suspend("XC2026-001-006"),
    84: lambda people: people.take_over("u14member", "u14handler"),
    93: lambda people: people.resume("XC2026-001-006"),
    98: lambda people: people.resume("XC2026-002-003"),
    120: lambda people: people.explain_suspicion("XC2026-001-006"),
    130: _once_through("XC2026-002-001", 12, "false"),
    133: lambda people: people.hear("XC2026-002-001", 12),
    199: lambda people: people.extend("XC2026-003-001", 13, 230),  # on the first day of National Day
}
"""What happens on which day, in the afternoon."""


IN_TOWN: Life = {
    3: lambda people: people.submit("XC2026-001-001", 11),
    4: lambda people: people.send_back("XC2026-001-001", 11),
    8: lambda people: people.submit("XC2026-001-001", 11),
    9: lambda people: people.send_back("XC2026-001-001", 11),
    11: lambda people: people.submit("XC2026-001-002", 11, kind="MEETING_MINUTES", old=200),
    15: lambda people: people.extend("XC2026-001-003", 11, 39),
}
"""What happens in the town of the short rehearsal."""


def live(people: People, day: date, life: Life) -> None:
    """Let people do what they do on *day*."""
    people.house.now = max(people.house.now, moment(day, 14))
    deed = life.get((day - people.first).days)
    if deed is not None:
        deed(people)
