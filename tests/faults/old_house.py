"""The house of fe3e884 (tests/persistence/houses) as it lay there, and a day of work in it.

A day is some forty acts of every kind, each under a key of its own: a day that was interrupted is worked again, and
what was acknowledged is not done twice.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from persistence.database import Database
from persistence.tables import extensions, ledger, signal_hits
from tasks.office import Answer
from tasks.passwords import Passwords
from tests.journeys.test_an_old_house import archive_of, house
from tests.support.city import CHECKED, City, stands_at
from xiaohao.archive import rows_of, tables_there
from xiaohao.settings import Settings
from xiaohao.wiring import Wired

REVISION = "fe3e884"
VISIT: Mapping[str, Any] = {"method": "on_site", "place": "集团财务部", "sample": "抽取3笔凭证核对"}
SEEN = "到集团财务部查阅第9号凭证，制度执行正常，没有反弹，走访职工2人。"
AGREED: Mapping[str, Any] = {"verdict": "agreed", "comment": CHECKED}
APPROVED: Mapping[str, Any] = {"verdict": "approved", "comment": CHECKED}


def lay_old_archive(target: str) -> None:
    """Write the archive that the old house wrote to *target*."""
    archive_of(REVISION, Path(target))


def lay_old_house() -> None:
    """Lay its folder down, on PostgreSQL with its rows in the schema that they had."""
    settings, old = Settings.read(), house(REVISION)
    database = Database(settings.database_url)
    shutil.copytree(old, settings.data, ignore=shutil.ignore_patterns("archive", "running.json"), dirs_exist_ok=True)
    if database.dialect == "sqlite":
        return
    (settings.data / "xiaohao.sqlite").unlink()
    schema = json.loads((old / "archive" / "manifest.json").read_text("utf-8"))["schema"]
    with database.writing() as conn:
        database.upgrade(conn, schema)
        for table in tables_there(conn):
            path = old / "archive" / "tables" / f"{table.name}.jsonl"
            rows = sorted(rows_of(table, path), key=lambda row: str(row.get("path"))) if path.is_file() else []
            for row in rows:  # one after another: a unit stands below another
                conn.execute(insert(table), row)


@dataclass
class Diary(City):
    """The office at work on one day; each act under the key of its place in the day."""

    runs: Mapping[str, str] = field(default_factory=dict)
    _count: int = 0

    def perform(self, login: str, act: str, number: str, given: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        """Do the next act of the day."""
        self._count += 1
        return super().perform(login, act, number, given, key=f"act {self._count} of the day", **more)

    def act(self, login: str, act: str, number: str, *, files: Any = (), **given: Any) -> Answer:
        """Do the next act of the day on the case that stands in a state, or bears a number."""
        return self.perform(login, act, self.runs.get(number, number), given, attachments=tuple(files))


def go_on() -> None:
    """Do one act on a case that was under way: it goes on."""
    _diary().act("u11leader", "review_rectification", "review_rectification", **AGREED)


def work_a_day() -> None:
    """Do everything that waits on that day, and what it leads to."""
    diary = _diary()
    for work in (_findings, _changes, _suspicions, _look_backs, _lists, _office):
        work(diary)
        diary.office.settle(100)


def _diary() -> Diary:
    settings, story = Settings.read(), json.loads((house(REVISION) / "running.json").read_text("utf-8"))
    wired = Wired(settings)
    office = wired.open()
    diary = Diary(office, wired.attachments, Passwords(cheap=True), settings.database_url, runs=story["runs"])
    with office.read() as conn:
        last = max(conn.execute(select(func.max(ledger.c.at))).scalar_one(), datetime.fromisoformat(story["now"]))
    tomorrow = datetime.fromisoformat(story["now"]) + timedelta(days=1)
    office.now = stands_at(max(tomorrow, last + timedelta(minutes=1)))
    return diary


def _findings(diary: Diary) -> None:
    diary.act("u11handler", "accept_finding", "second_cycle")
    number = diary.runs["submit_rectification"]
    diary.act(
        "u11handler", "submit_rectification", number, files=diary.results(number),
        completion="资金已全部清退上缴财政专户，责任人已作出处理", measures_done=["1 已清退", "2 已修订"],
    )  # fmt: skip
    diary.act("u11leader", "review_rectification", "review_rectification", **AGREED)
    diary.act("u11chief", "sign_rectification", "sign_rectification", pledge=True, **AGREED)
    number = diary.runs["verify_rectification"]
    diary.act(
        "verifier1", "verify_rectification", number, verdict="confirmed", comment=CHECKED,
        criteria_met=diary.criteria(number), criteria_conclusions=["1 已查看缴款凭证"],
    )  # fmt: skip
    people = [str(diary.actor(login).person_id) for login in ("lookback1", "lookback2")]
    starts_on = diary.today.isoformat()
    diary.act("office1", "prepare_look_back", "prepare_look_back", inspectors=people, starts_on=starts_on, **VISIT)
    diary.act(
        "lookback1", "record_look_back", "record_look_back", started_on=starts_on, ended_on=starts_on, result="held",
        record=SEEN, **VISIT,
    )  # fmt: skip
    diary.act("lookback2", "confirm_look_back", "confirm_look_back", verdict="confirmed", comment=CHECKED)
    diary.act("signer1", "sign_off", "confirm_look_back", verdict="signed", comment=CHECKED, sheet_number="〔2026〕5号")


def _changes(diary: Diary) -> None:
    diary.act("office1", "resume_finding", "suspended", comment=CHECKED)
    diary.act("office2", "confirm_correction", "suspended", **APPROVED)
    diary.act("office2", "confirm_correction", "confirm_correction_resume", **APPROVED)
    diary.act("office2", "confirm_correction", "confirm_correction", **APPROVED)
    diary.act("signer1", "decide_correction", "decide_correction", **APPROVED)
    own = diary.id_of(diary.runs["decide_extension"])
    (before,) = diary.column(select(extensions.c.from_due_on).where(extensions.c.finding_id == own))
    until = (before + timedelta(days=50)).isoformat()
    diary.act("signer1", "decide_extension", "decide_extension", until=until, **APPROVED)


def _suspicions(diary: Diary) -> None:
    diary.act("office2", "read_second", "read_second", verdict="consistent", comment=CHECKED)
    number = diary.runs["decide_suspicion"]
    own = select(signal_hits).where(signal_hits.c.finding_id == diary.id_of(number)).order_by(signal_hits.c.id)
    grave = [hit.id for hit in diary.ask(own) if hit.severity in ("HIGH", "CRITICAL")]
    diary.act(
        "verifier1", "decide_suspicion", number, comment="调阅原始凭证 3 份，到现场查看并询问 2 人。",
        decisions=[f"{hit} explained" for hit in grave], reasons=[f"{hit} {CHECKED}" for hit in grave],
    )  # fmt: skip
    diary.act(
        "signer1", "decide_proposal", "decide_proposal", interview="adopted", criticism="dropped",
        comment="已查看核定记录和凭证，约谈主要负责人。",
    )  # fmt: skip


def _look_backs(diary: Diary) -> None:
    today = diary.today.isoformat()
    people = [str(diary.actor(login).person_id) for login in ("lookback1", "lookback3")]
    diary.act("office1", "start_durability", "start_durability", inspectors=people, starts_on=today, **VISIT)
    diary.act(
        "lookback3", "record_durability", "record_durability", started_on=today, ended_on=today, result="held",
        record=SEEN, **VISIT,
    )  # fmt: skip
    diary.act("lookback1", "confirm_look_back", "confirm_durability", verdict="confirmed", comment=CHECKED)


def _lists(diary: Diary) -> None:
    today = diary.today.isoformat()
    diary.act("team1", "register_findings", "list_registering", comment="登记2个问题，底稿齐全")
    diary.act("team2", "confirm_registration", "list_confirming", **AGREED)
    diary.act("office1", "give_feedback", "list_feedback", feedback_on=today, place="市委第一会议室")
    for login in ("u22member", "superior2"):
        diary.act(login, "sign_receipt", "list_receipts")
    plan = diary.keep("整改方案.png", "PLAN")
    summary = "党委专题研究，逐项明确措施、责任和完成时限。"
    diary.act("u12chief", "submit_plan", "list_planning", files=[plan], adopted_on=today, summary=summary)
    for login in ("organisation1", "office1", "team1"):
        diary.act(login, "review_plan", "list_joint_review", grade="good", **AGREED)
    diary.act("discipline1", "check_midterm", "list_midterm", verdict="on_track", record=CHECKED)
    report = diary.keep("报告.png", "REPORT")
    diary.act(
        "u16chief", "sign_progress_report", "list_reporting", files=[report], pledge=True,
        summary="问题均已按方案整改，资金清退到位，制度修订3项。",
    )  # fmt: skip
    diary.act("office1", "evaluate_rectification", "list_evaluation", grade="good", score=95, comment=CHECKED)
    diary.act("office1", "publish_result", "list_publication", scope=["party"], published_on=today)
    diary.act("office1", "archive_list", "list_archiving", archive_number="XC-2026-7", comment=CHECKED)


def _office(diary: Diary) -> None:
    today = diary.today
    went = [diary.actor(login).person_id for login in ("verifier2", "discipline1")]
    seen = {"fact": "租金已收回", "dossier": "3笔共12万元", "found": "银行流水3笔共12万元", "agrees": True}
    number = diary.runs["sample_left"].split(",")[0]
    visited = {"sample": diary.runs["sample"], "number": number, "result": "checked", "visited_on": today.isoformat()}
    diary.perform(
        "verifier2", "record_sampled", "office",
        visited | {"visitors": went, "place": "集团财务部", "checks": [seen]},
    )  # fmt: skip
    tomorrow = (today + timedelta(days=1)).isoformat()
    diary.act("sysadmin1", "set_number", "office", name="near.working_days", value=6, valid_from=tomorrow)
    diary.act("sysadmin1", "edit_calendar", "office", day=(today + timedelta(days=40)).isoformat(), kind="holiday")
    diary.act("secadmin1", "edit_person", "office", staff_number="T-4711", name="张三丰")
    diary.act("office1", "urge", "accept_finding", text="请抓紧整改，本周内报告进展情况。")
    diary.act("u11handler", "report_progress", "second_cycle", text="已收回三户门面房租金，票据齐全", percent=40)
