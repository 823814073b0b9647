"""A small town for tests: the demonstration people, a unit with three findings that were issued, a clock to set."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from cases.finding import Kind
from cases.moments import SHANGHAI, shanghai_date
from cases.rights import Actor
from persistence import outbox
from persistence.database import Database
from persistence.people import load_actor, person_of_login
from persistence.seal import Key, Keyring
from persistence.tables import findings, notices, posts, signal_hits
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.office import Answer, Office
from tasks.open_list import NewFinding, open_list
from tasks.passwords import Passwords
from tasks.patrols.run import Patrolled, run_patrol
from tasks.work import Attachment
from tests.support.memory_disk import template
from xiaohao.demonstration import furnish

KEYS = Keyring([Key("70377070", b"m" * 32, b"s" * 32)])  # the same in every process: templates are shared
UNIT = 11
ISSUED_ON = date(2026, 3, 2)  # a Monday
DUE_ON = date(2026, 6, 30)
CHECKED = "已核对第3号凭证和现场照片，情况与报告一致"


def at(day: date | str, hour: int = 9) -> datetime:
    """Return a moment of a day in Shanghai, as UTC."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI).astimezone(UTC)


def proof(name: str, kind: str, *, sha256: str | None = None, **more: Any) -> Attachment:
    """Return a piece of evidence; its content is made up, since no rule here opens it."""
    return Attachment(sha256 or f"{abs(hash(name)):064x}"[:64], 10, "application/pdf", name, kind=kind, **more)


@dataclass
class Town:
    """The office and what tests do with it; *now* is the clock on the wall."""

    database: Database
    now: datetime = field(default_factory=lambda: at(ISSUED_ON))

    def __post_init__(self) -> None:
        every_act()
        self.office = Office(self.database, KEYS, now=lambda: self.now)

    def actor(self, login: str) -> Actor:
        with self.office.read() as conn:
            found = person_of_login(conn, login)
            assert found is not None, login
            return load_actor(conn, found[0], shanghai_date(self.now), account_id=found[1])

    def act(self, login: str, act: str, number: str, given: dict[str, Any] | None = None, *files: Attachment) -> Answer:
        return self.office.perform(self.actor(login), act, number, given or {}, attachments=files)

    def patrol(self, name: str, day: date | str, **more: Any) -> Patrolled:
        """Let the clock on the wall show *day* and run a patrol."""
        self.now = at(day)
        return run_patrol(self.office, name, self.now, "clock", **more)

    def submit(self, number: str, *files: Attachment, login: str = "u11handler") -> Answer:
        told = {
            "completion": "已收回租金 3 笔共 12 万元，制度已修订并执行。",
            "measures_done": ["1 已收回 3 笔", "2 已修订制度 1 项"],
        }
        return self.act(login, "submit_rectification", number, told, *files)

    def letters(self, letter: str | None = None) -> list[Row[Any]]:
        """Return letters, oldest first."""
        with self.office.read() as conn:
            rows = outbox.mailbox(conn, limit=1_000)
        return [row for row in reversed(rows) if letter in (None, row.letter)]

    def finding(self, number: str) -> Row[Any]:
        with self.office.read() as conn:
            row: Row[Any] = conn.execute(select(findings).where(findings.c.number == number)).one()
            return row

    def notices(self) -> list[tuple[str, str]]:
        """Return (code, outcome) of all notices in their order."""
        with self.office.read() as conn:
            rows = conn.execute(select(notices.c.code, notices.c.outcome).order_by(notices.c.at, notices.c.id))
            return [(code, outcome) for code, outcome in rows]

    def signals(self, number: str) -> list[str]:
        with self.office.read() as conn:
            query = select(signal_hits.c.signal).join(findings, findings.c.id == signal_hits.c.finding_id)
            return list(conn.scalars(query.where(findings.c.number == number).order_by(signal_hits.c.signal)))


THREE = tuple(
    NewFinding(str(n), f"租金收缴不到位之{n}", Kind.PHASED, detail=f"第 {n} 处", measures=("追缴租金", "修订制度"))
    for n in (1, 2, 3)
)


def build(url: str, new: Sequence[NewFinding] = THREE) -> None:
    """Fill a database with the town: a list of the findings *new*, issued and accepted, its plan approved."""
    database = Database(url)
    town = Town(database)
    begin(town.office, rehearsal=True)
    furnish(town.office, Passwords(cheap=True))
    opened = open_list(town.office, town.actor("team1"), unit_id=UNIT, round_id=1, title="清单", new=new)
    number, own = opened.number, list(opened.more["created"])
    town.office.settle()
    town.act("team1", "register_findings", number, {"comment": f"登记 {len(new)} 个问题"})
    town.act("team2", "confirm_registration", number, {"verdict": "agreed", "comment": CHECKED})
    with town.office.read() as conn:
        post = dict(conn.execute(select(posts.c.role, posts.c.id).where(posts.c.unit_id == UNIT)).tuples().all())
    roles = {"leader": "responsible_leader", "handler": "handler", "chief": "chief"}
    for finding in own:
        held = {name: str(post[role]) for name, role in roles.items()}
        town.act("office1", "settle_finding", finding, held | {"due_on": str(DUE_ON)})
    town.act("office1", "consolidate_list", number, {"verdict": "agreed", "comment": CHECKED})
    town.act("office1", "give_feedback", number, {"feedback_on": str(ISSUED_ON), "place": "会议室"})
    town.office.settle(100)
    for finding in own:
        town.act("u11handler", "accept_finding", finding)
    plan = {"summary": "党委专题研究，逐项明确措施、责任和完成时限。", "adopted_on": str(ISSUED_ON)}
    town.now += timedelta(hours=1)
    town.act("u11chief", "submit_plan", number, plan, proof("方案.pdf", "PLAN"))
    for login in ("discipline1", "organisation1", "office1", "team1"):
        town.act(login, "review_plan", number, {"verdict": "agreed", "grade": "good", "comment": CHECKED})
    town.office.settle(100)
    database.dispose()


def _fill(folder: Path) -> None:
    build(f"sqlite:///{folder}/town.sqlite")


def sqlite_copy(folder: Path) -> str:
    """Put a copy of the town, built once in a run, into *folder* and return its URL."""
    return f"sqlite:///{shutil.copy(template('town', _fill) / 'town.sqlite', folder)}"
