"""The demonstration city at work: an office with people in every role, and one list of three findings of one unit.

A city is built once per process and stage and copied for each test; on PostgreSQL all workers of a run copy one
template. The clock on the wall (`City.go_to`) stands still until a test moves it.
"""

import io
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Row, Table, func, select

from bpmn.release import Release
from cases.finding import Kind
from cases.moments import SHANGHAI, shanghai_date
from cases.rights import Actor
from persistence.attachments import Attachments
from persistence.case_store import find_head
from persistence.database import Database
from persistence.people import load_actor, person_of_login
from persistence.row_verification import verify_rows
from persistence.seal import Key, Keyring
from persistence.tables import (
    criteria,
    cycles,
    findings,
    instances,
    issue_lists,
    ledger,
    measures,
    open_tasks,
    posts,
    signal_hits,
)
from tasks.begin import begin
from tasks.between_cases import wake_due
from tasks.catalogue import every_act
from tasks.office import Answer, Office
from tasks.open_list import NewFinding, open_list
from tasks.passwords import Passwords
from tasks.proving import prove_anew
from tasks.releases import keep_release
from tasks.work import Attachment
from tests.support.hearing import Hearing
from tests.support.memory_disk import template
from tests.support.postgres import PostgresServer
from xiaohao.demonstration import furnish
from xiaohao.doctor import examine

KEY = Key("7e57c171", b"m" * 32, b"s" * 32)
KEYS = Keyring([KEY])  # the same in every process: templates are shared
UNIT = 11
ISSUED_ON = date(2026, 3, 2)  # a Monday
DUE_ON = date(2026, 6, 30)
CHECKED = "已核对第3号凭证和现场照片，情况与报告一致"
TITLES = ("超标准发放津贴补贴", "公务接待审批不严", "固定资产账实不符")
KINDS = (Kind.IMMEDIATE, Kind.PHASED, Kind.CONTINUOUS)
MILESTONES = ("2026-04-15 完成清查", "2026-06-15 完成整改")
REVIEWERS = ("discipline1", "organisation1", "office1", "team1")
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    + bytes(60)
)


def at(day: date | str, hour: int = 9) -> datetime:
    """Return a moment of a day in Shanghai, as UTC."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI).astimezone(UTC)


BEFORE_FEEDBACK = ISSUED_ON - timedelta(days=12)  # a paper of that day proves nothing of the rectification (PR-07)
NOON = at(ISSUED_ON, 14)  # when a test begins, some hours after the template was built


def stands_at(moment: datetime) -> Callable[[], datetime]:
    """Return a clock that shows *moment*, and a microsecond more each time it is read: no two acts at one moment."""
    reads = iter(range(10**9))
    return lambda: moment + timedelta(microseconds=next(reads))


@dataclass
class City:
    """An office with people, and how a test speaks to it."""

    office: Office
    attachments: Attachments
    passwords: Passwords
    url: str = ""
    files: Path = Path()
    is_tampered: bool = False  # a test wrote into the database itself

    # --- time -------------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day in Shanghai by the clock on the wall."""
        return shanghai_date(self.office.now())

    def go_to(self, day: date | str, hour: int = 9) -> None:
        """Let the clock on the wall show *day*, and whatever is due by then happen."""
        self.office.now = stands_at(at(day, hour))
        wake_due(self.office)
        self.office.settle(100)

    def go_on(self) -> None:
        """Let the clock on the wall stand an hour after the last thing that happened."""
        last = max(self.column(select(func.max(ledger.c.at))))
        self.office.now = stands_at(last + timedelta(hours=1))

    # --- acts -------------------------------------------------------------------------------------------------------

    def actor(self, login: str) -> Actor:
        """Return the person who signs in as *login*, with today's rights."""
        with self.office.read() as conn:
            found = person_of_login(conn, login)
            assert found is not None, login
            return load_actor(conn, found[0], self.today, account_id=found[1])

    def act(self, login: str, act: str, number: str, *, files: Sequence[Attachment] = (), **given: Any) -> Answer:
        """Do an act as *login*."""
        return self.office.perform(self.actor(login), act, number, given, attachments=tuple(files))

    def suspend(self, number: str, because: str = "litigation") -> Answer:
        """Let the finding stand still, asked by the office and decided by the leading group."""
        self.act("office1", "suspend_finding", number, because=because, comment=CHECKED)
        return self.act("signer1", "decide_correction", number, verdict="approved", comment=CHECKED)

    def resume(self, number: str) -> Answer:
        """Let the finding go on, asked and confirmed by two people of the office."""
        self.act("office1", "resume_finding", number, comment=CHECKED)
        return self.act("office2", "confirm_correction", number, verdict="approved", comment=CHECKED)

    def perform(self, login: str, act: str, number: str, given: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        """Do an act as *login*, with key, version, task or moment."""
        return self.office.perform(self.actor(login), act, number, given, **more)

    def issue(self, kinds: Sequence[Kind] = (), *, due_on: date | None = None) -> list[str]:
        """Bring the list to the unit and return the numbers of the findings; *kinds* in their order."""
        own = self.list_number
        self.act("team1", "register_findings", own, comment="登记3个问题，底稿齐全")
        self.act("team2", "confirm_registration", own, verdict="agreed", comment=CHECKED)
        due = (due_on or self.today + timedelta(days=30)).isoformat()
        for number in self.numbers:
            self.perform("office1", "settle_finding", number, {**self._posts(), "due_on": due})
        for number, kind in zip(self.numbers, kinds, strict=False):
            steps = {"milestones": list(MILESTONES)} if kind is Kind.CONTINUOUS else {}
            self.perform("office1", "settle_finding", number, {"kind": str(kind), **steps})
        self.act("office1", "consolidate_list", own, verdict="agreed", comment=CHECKED)
        self.act("office1", "give_feedback", own, feedback_on=self.today.isoformat(), place="市委第一会议室")
        self.office.settle(100)
        return self.numbers

    def _posts(self) -> dict[str, str]:
        with self.office.read() as conn:
            own = conn.execute(select(posts.c.role, posts.c.id).where(posts.c.unit_id == UNIT))
            of_role = {role: str(post) for role, post in own}
        return {"leader": of_role["responsible_leader"], "handler": of_role["handler"], "chief": of_role["chief"]}

    def submit_plan(self) -> None:
        """Hand the unit's plan in."""
        self.act(
            "u11chief", "submit_plan", self.list_number, files=[self.keep("整改方案.png", "PLAN")],
            summary="党委专题研究，逐项明确措施、责任和完成时限。", adopted_on=self.today.isoformat(),
        )  # fmt: skip

    def review_plan(self, *logins: str, verdict: str = "agreed") -> None:
        """Let each of *logins* review the plan."""
        for login in logins or REVIEWERS:
            self.act(login, "review_plan", self.list_number, verdict=verdict, grade="good", comment=CHECKED)

    # --- a finding's way --------------------------------------------------------------------------------------------

    def accept(self, number: str) -> Answer:
        """Let the unit accept a finding."""
        return self.act("u11handler", "accept_finding", number)

    def submit(self, number: str, files: Sequence[Attachment] | None = None) -> Answer:
        """Report a finding as rectified, with a result for each measure unless *files* are given."""
        return self.act(
            "u11handler", "submit_rectification", number, files=self.results(number) if files is None else files,
            completion="资金已全部清退上缴财政专户，责任人已作出处理", measures_done=["1 已清退", "2 已修订"],
        )  # fmt: skip

    def review(self, number: str, verdict: str = "agreed") -> Answer:
        """Let the responsible leader look at the submission."""
        return self.act("u11leader", "review_rectification", number, verdict=verdict, comment=CHECKED)

    def sign(self, number: str, verdict: str = "agreed") -> Answer:
        """Let the first responsible person sign for it."""
        return self.act("u11chief", "sign_rectification", number, verdict=verdict, pledge=True, comment=CHECKED)

    def verify(self, number: str, verdict: str = "confirmed", login: str = "verifier1", **given: Any) -> Answer:
        """Let somebody check the submission."""
        told = {"criteria_met": self.criteria(number), "criteria_conclusions": ["1 已查看缴款凭证"], "comment": CHECKED}
        return self.act(login, "verify_rectification", number, verdict=verdict, **(told | given))

    def hearing(self, number: str, unit: str = "u11") -> Hearing:
        """Return the hearing of a finding, to be played; it is about its undecided suspicions where it has some."""

        def about() -> list[int]:
            heard = select(instances.c.id).where(
                instances.c.case_id == self.id_of(number), instances.c.process == "verify_suspicion",
                instances.c.status == "running",
            )  # fmt: skip
            waiting = [row.id for row in self.signals(number) if row.decision is None]
            return waiting if self.column(heard) else []

        return Hearing(lambda login, act, given: self.perform(login, act, number, given), about, unit)

    def prepare(self, number: str, *logins: str) -> Answer:
        """Appoint a look-back."""
        people = [str(self.actor(login).person_id) for login in logins or ("lookback1", "lookback2")]
        return self.act(
            "office1", "prepare_look_back", number, inspectors=people, method="on_site", place="集团财务部",
            starts_on=self.today.isoformat(), sample="抽取3笔凭证核对",
        )  # fmt: skip

    def look(self, number: str, result: str = "held", login: str = "lookback1", **given: Any) -> Answer:
        """Record what the inspectors saw."""
        told = {
            "method": "on_site", "place": "集团财务部", "sample": "抽取3笔凭证核对", "result": result,
            "started_on": self.today.isoformat(), "ended_on": self.today.isoformat(),
            "record": "到集团财务部查阅第3号凭证，走访2名职工，资金确已清退到位，制度执行正常。",
        }  # fmt: skip
        return self.act(login, "record_look_back", number, **(told | given))

    def confirm(self, number: str, verdict: str = "confirmed", login: str = "lookback2") -> Answer:
        """Confirm the record as second inspector."""
        return self.act(login, "confirm_look_back", number, verdict=verdict, comment=CHECKED)

    def sign_off(self, number: str, verdict: str = "signed", login: str = "signer1", **given: Any) -> Answer:
        """Sign a finding off, or return it."""
        told = {"comment": CHECKED, "sheet_number": "〔2026〕5号", "verdict": verdict}
        return self.act(login, "sign_off", number, **(told | given))

    def bring(self, number: str, to: str) -> None:
        """Do what comes next, again and again, until the act *to* is what the finding waits for."""
        for _ in range(30):
            acts = self.waits_for(number)
            if to in acts:
                return
            if acts:
                self.next_step(number, acts[0])
            else:
                self.go_to(self.today + timedelta(days=40))
        raise AssertionError(f"{number} waits for {self.waits_for(number)}, never for {to}")

    def next_step(self, number: str, act: str) -> Answer:
        """Do *act* in the way that lets the finding go on."""
        steps: Mapping[str, Callable[[str], Answer]] = {
            "accept_finding": self.accept,
            "submit_rectification": self.submit,
            "review_rectification": self.review,
            "sign_rectification": self.sign,
            "read_second": lambda one: self.act("office2", "read_second", one, verdict="consistent", comment=CHECKED),
            "verify_rectification": self.verify,
            "prepare_look_back": self.prepare,
            "record_look_back": self.look,
            "confirm_look_back": self.confirm,
            "sign_off": self.sign_off,
        }
        return steps[act](number)

    # --- evidence ---------------------------------------------------------------------------------------------------

    def keep(self, name: str, kind: str = "FUND_RECEIPT", **more: Any) -> Attachment:
        """Keep a file and return it as evidence; its content depends on its name."""
        kept = self.attachments.keep(io.BytesIO(PNG + name.encode()), "照片.png", limit_bytes=10_000)
        return Attachment(kept.sha256, kept.size, kept.media_type, name, kind=kind, **more)

    def results(self, number: str, kind: str = "FUND_RECEIPT") -> list[Attachment]:
        """Return one piece of evidence of *kind* for each measure of a finding."""
        return [
            self.keep(f"{number}缴款凭证{place}.png", kind, measure_id=measure)
            for place, measure in enumerate(self.measures(number), 1)
        ]

    # --- what stands in the tables ----------------------------------------------------------------------------------

    def ask(self, query: Any) -> Sequence[Row[Any]]:
        """Return the rows of a query."""
        with self.office.read() as conn:
            rows: Sequence[Row[Any]] = conn.execute(query).all()
        return rows

    def column(self, query: Any) -> list[Any]:
        """Return the first column of a query."""
        return [row[0] for row in self.ask(query)]

    def change(self, statement: Any) -> None:
        """Change a row behind everybody's back, as an administrator of the database could."""
        self.is_tampered = True
        with self.office.database.writing() as conn:
            conn.execute(statement)

    def take_as_proved(self) -> None:
        """Let what a test put into the database itself count as if it had always been there."""
        prove_anew(self.office, "test")

    @property
    def list_number(self) -> str:
        """Number of the first issue list."""
        return str(self.column(select(issue_lists.c.number).order_by(issue_lists.c.number))[0])

    @property
    def numbers(self) -> list[str]:
        """Numbers of its findings."""
        return self.column(select(findings.c.number).order_by(findings.c.number))

    def finding(self, number: str) -> Row[Any]:
        """Return the row of a finding."""
        return self.ask(select(findings).where(findings.c.number == number))[0]

    def waits_for(self, number: str) -> list[str]:
        """Return the acts that a finding or list waits for, oldest first, by name where they began together."""
        query = select(open_tasks.c.act).where(open_tasks.c.case_id == self.id_of(number))
        return self.column(query.order_by(open_tasks.c.since, open_tasks.c.act, open_tasks.c.id))

    def id_of(self, number: str) -> int:
        """Return the id of the case with this number."""
        table: Table = issue_lists if number.count("-") == 1 else findings
        return int(self.column(select(table.c.id).where(table.c.number == number))[0])

    def version_of(self, number: str) -> int:
        """Return the version of a case."""
        with self.office.read() as conn:
            head = find_head(conn, self.id_of(number))
        assert head is not None
        return head.version

    def measures(self, number: str) -> list[int]:
        """Return the ids of a finding's measures."""
        return self._of(measures, number)

    def criteria(self, number: str) -> list[str]:
        """Return the numbers of a finding's closure criteria."""
        query = select(criteria.c.seq).where(criteria.c.finding_id == self.id_of(number)).order_by(criteria.c.seq)
        return [str(seq) for seq in self.column(query)]

    def events(self, number: str) -> list[str]:
        """Return what happened to a case, oldest first."""
        query = select(ledger.c.event).where(ledger.c.case_id == self.id_of(number)).order_by(ledger.c.seq)
        return self.column(query)

    def cycles(self, number: str) -> list[Row[Any]]:
        """Return the cycles of a finding, first one first."""
        query = select(cycles).where(cycles.c.finding_id == self.id_of(number)).order_by(cycles.c.cycle)
        return list(self.ask(query))

    def signals(self, number: str) -> list[Row[Any]]:
        """Return the signals of a finding."""
        query = select(signal_hits).where(signal_hits.c.finding_id == self.id_of(number))
        return list(self.ask(query.order_by(signal_hits.c.id)))

    def _of(self, table: Table, number: str) -> list[int]:
        query = select(table.c.id).where(table.c.finding_id == self.id_of(number)).order_by(table.c.seq)
        return self.column(query)

    def untold(self) -> list[str]:
        """Return the rows that were written past the ledger; none, unless the test itself wrote into the database."""
        if self.is_tampered:
            return []
        with self.office.read() as conn:
            faults = verify_rows(conn, self.office.keyring).faults
        return [f"{one.fault}: {one.scope} {one.table} {one.row}" for one in faults]

    def complaints(self) -> list[str]:
        """Return what the doctor has to say."""
        return [f"{one.check}: {one.what}" for one in examine(self.office, self.attachments)]

    def count(self, table: Table) -> int:
        """Return how many rows a table has."""
        return int(self.column(select(func.count()).select_from(table))[0])

    # --- releases ---------------------------------------------------------------------------------------------------

    def publish(self, release: Release) -> None:
        """Put a release in force behind the checker's back, as somebody with the database's password could."""
        self.is_tampered = True
        with self.office.database.writing() as conn:
            keep_release(conn, release, title="直接入库", state="published", drafted_by=None, at=self.office.now())


# --- building -------------------------------------------------------------------------------------------------------


def _register(city: City) -> None:
    begin(city.office, rehearsal=True)
    furnish(city.office, city.passwords)
    new = [
        NewFinding(str(seq), title, Kind.PHASED, detail=f"{title}的具体情况。", measures=("清退到位", "修订制度"))
        for seq, title in enumerate(TITLES, 1)
    ]
    title = "江夏国资集团巡察反馈问题清单"
    open_list(city.office, city.actor("office1"), unit_id=UNIT, round_id=1, title=title, new=new)


def _issue(city: City) -> None:
    city.issue(KINDS, due_on=DUE_ON)


def _approve_plan(city: City) -> None:
    for number in city.numbers:
        city.accept(number)
    city.submit_plan()
    city.review_plan()
    city.office.settle(100)


def _submit(city: City) -> None:
    for number in city.numbers:
        city.bring(number, "verify_rectification")


def _look_back(city: City) -> None:
    city.bring(city.numbers[0], "sign_off")


def _look_back_twice(city: City) -> None:
    for number in city.numbers[:2]:
        city.bring(number, "sign_off")


def _sign_off(city: City) -> None:
    for number in city.numbers:
        city.bring(number, "sign_off")
        city.sign_off(number)


@dataclass(frozen=True)
class Stage:
    """How far a city is: what was done, and on which other stage it builds."""

    after: str | None
    do: Callable[[City], None]


STAGES: dict[str, Stage] = {
    "registered": Stage(None, _register),  # three findings on a list, nothing done yet
    "issued": Stage("registered", _issue),  # one IMMEDIATE, one PHASED, one CONTINUOUS, in this order
    "rectifying": Stage("issued", _approve_plan),
    "verifying": Stage("rectifying", _submit),
    "signing": Stage("verifying", _look_back),  # the first finding waits for its sign-off
    "two_signing": Stage("rectifying", _look_back_twice),  # the first two do, and the clock is far ahead
    "signed_off": Stage("rectifying", _sign_off),  # all three are, and the clock is far ahead
}


def way_to(stage: str) -> list[str]:
    """Return the stages that lead to *stage*, itself last."""
    after = STAGES[stage].after
    return [*(way_to(after) if after else []), stage]


def open_city(url: str, files: Path, *, now: datetime | None = None) -> City:
    """Return the city in the database at *url*; its clock stands at *now*, or goes when None."""
    every_act()
    clock: dict[str, Callable[[], datetime]] = {} if now is None else {"now": stands_at(now)}
    return City(Office(Database(url), KEYS, **clock), Attachments(files), Passwords(cheap=True), url, files)


def build(url: str, files: Path, *stages: str) -> None:
    """Take the city in the database at *url* through *stages*, one after another."""
    for stage in stages:
        city = open_city(url, files, now=at(ISSUED_ON, 8 + len(way_to(stage))))
        STAGES[stage].do(city)
        city.office.database.dispose()


def _template(stage: str) -> Path:
    """Return the folder of a city at *stage*: its database and its files."""

    def make(folder: Path) -> None:
        if after := STAGES[stage].after:
            shutil.copytree(_template(after), folder, dirs_exist_ok=True)
        build(f"sqlite:///{folder}/city.sqlite", folder / "files", stage)

    return template(f"city-{stage}", make)


def sqlite_copy(folder: Path, stage: str) -> str:
    """Put a copy of the city at *stage*, with its files, into the new *folder* and return the URL."""
    shutil.copytree(_template(stage), folder)
    return f"sqlite:///{folder}/city.sqlite"


def _postgres_template(server: PostgresServer, stage: str) -> str:
    """Return the name of the database of a city at *stage*, made of the one at the stage before."""
    before = STAGES[stage].after

    def fill(url: str) -> None:
        with TemporaryDirectory() as place:
            files = Path(place) / "files"
            if before:
                shutil.copytree(_template(before) / "files", files)
            build(url, files, stage)

    name = f"city_{stage}"
    return (
        server.template(name, fill, after=_postgres_template(server, before)) if before else server.template(name, fill)
    )


@contextmanager
def postgres_copy(server: PostgresServer, folder: Path, stage: str) -> Iterator[str]:
    """Give the URL of a copy of the city at *stage*, dropped afterwards; its files are put into the new *folder*."""
    shutil.copytree(_template(stage) / "files", folder / "files")  # the same, since content depends on names only

    url = server.fresh_database(_postgres_template(server, stage))
    yield url
    server.drop(url)
