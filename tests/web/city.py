"""The demonstration city behind a real application, with one list of three findings; made once, copied per test."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select

from cases.finding import Kind
from cases.moments import shanghai_date
from cases.rights import Actor
from persistence.attachments import Attachments
from persistence.database import Database
from persistence.people import load_actor, person_of_login
from persistence.seal import Keyring
from persistence.tables import findings, issue_lists, posts
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.office import Answer, Office
from tasks.open_list import NewFinding, open_list
from tasks.passwords import Passwords
from web.app import make_app
from web.settings import WebSettings
from xiaohao.demonstration import demo_users, furnish

UNIT = 11
CHECKED = "已核对第3号凭证和现场照片，情况与报告一致"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    + bytes(60)
)


@dataclass(frozen=True)
class City:
    """An office with people, and how a test speaks to it."""

    office: Office
    attachments: Attachments
    passwords: Passwords

    def app(self, settings: WebSettings | None = None) -> Any:
        """Return a fresh application."""
        return make_app(self.office, self.attachments, self.passwords, settings=settings)

    def client(self, settings: WebSettings | None = None) -> TestClient:
        """Return a browser without cookies."""
        return TestClient(self.app(settings), base_url="http://127.0.0.1:8000", follow_redirects=False)

    def actor(self, login: str) -> Actor:
        """Return the person who signs in as *login*, with today's rights."""
        with self.office.read() as conn:
            found = person_of_login(conn, login)
            assert found is not None, login
            return load_actor(conn, found[0], shanghai_date(self.office.now()), account_id=found[1])

    def act(self, login: str, act: str, number: str, **given: Any) -> Answer:
        """Do an act as *login*."""
        return self.office.perform(self.actor(login), act, number, given)

    @property
    def list_number(self) -> str:
        """Number of the only issue list."""
        with self.office.read() as conn:
            return str(conn.scalar(select(issue_lists.c.number)))

    @property
    def numbers(self) -> list[str]:
        """Numbers of its findings."""
        with self.office.read() as conn:
            return list(conn.scalars(select(findings.c.number).order_by(findings.c.number)))

    def issue(self) -> list[str]:
        """Bring the list to the unit and return the numbers of the findings."""
        own = self.list_number
        self.act("team1", "register_findings", own, comment="登记3个问题，底稿齐全")
        self.act("team2", "confirm_registration", own, verdict="agreed", comment=CHECKED)
        with self.office.read() as conn:
            unit_posts = conn.execute(select(posts.c.role, posts.c.id).where(posts.c.unit_id == UNIT))
            of_role = {role: str(post) for role, post in unit_posts}
        for number in self.numbers:
            self.act(
                "office1", "settle_finding", number, leader=of_role["responsible_leader"], handler=of_role["handler"],
                chief=of_role["chief"], due_on=(date.today() + timedelta(days=30)).isoformat(),
            )  # fmt: skip
        self.act("office1", "consolidate_list", own, verdict="agreed", comment=CHECKED)
        self.act("office1", "give_feedback", own, feedback_on=date.today().isoformat(), place="市委第一会议室")
        return self.numbers


def token_of(login: str) -> str:
    """Return the API token of a demonstration account."""
    return next(user.token for user in demo_users() if user.login == login)


def password_of(login: str) -> str:
    """Return the password of a demonstration account."""
    return next(user.password for user in demo_users() if user.login == login)


@cache
def _template() -> Path:
    folder = Path(mkdtemp(prefix="xiaohao-city-"))
    found_city(f"sqlite:///{folder / 'city.sqlite'}", folder).office.database.dispose()
    return folder


def found_city(url: str, folder: Path) -> City:
    """Return a city in the empty database at *url*; its keys and files are in *folder*."""
    every_act()
    office = Office(Database(url), Keyring.read(folder / "keys.json"))
    city = City(office, Attachments(folder / "files"), Passwords(cheap=True))
    begin(office, rehearsal=True)
    furnish(office, city.passwords)
    new = [
        NewFinding(str(seq), title, Kind.PHASED, detail=f"{title}的具体情况。", measures=("清退到位", "修订制度"))
        for seq, title in enumerate(("超标准发放津贴补贴", "公务接待审批不严", "固定资产账实不符"), 1)
    ]
    open_list(office, city.actor("office1"), unit_id=UNIT, round_id=1, title="江夏国资集团巡察反馈问题清单", new=new)
    return city


def fresh_city(folder: Path) -> City:
    """Return a city of one's own in *folder*."""
    place = folder / "city"
    shutil.copytree(_template(), place)
    office = Office(Database(f"sqlite:///{place / 'city.sqlite'}"), Keyring.read(place / "keys.json"))
    return City(office, Attachments(place / "files"), Passwords(cheap=True))
